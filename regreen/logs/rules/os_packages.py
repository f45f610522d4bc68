"""The operating systems' package managers: apt, apk, dnf and yum, brew, choco."""

from __future__ import annotations

from regreen.logs.rules.base import Weight, verdict
from regreen.model import AutoFixable, Category

RULES = (
    verdict(
        "system-package",
        "apt",
        Category.DEPENDENCY_ISSUE,
        r"^ *(?P<message>E: (?:Unable to locate package .*|Package '.*' has no installation "
        r"candidate"
        r"|Version '.*' for '.*' was not found|Couldn't find any package by (?:regex|glob) .*"
        r"|Unable to correct problems.*|Unmet dependencies.*|Package '.*' not found"
        r"|The repository '.*' (?:does not have a|no longer has a) Release file\.)"
        r"|ERROR: unable to select packages:|No match for argument: .*|Error: Unable to find a "
        r"match: .*"
        r"|Error: No (?:available formula|formulae|previously).*|Error: Nothing to do"
        r"|The package was not found with the source\(s\) listed\.)$",
        (
            "E: Unable to",
            "E: Package",
            "E: Version",
            "E: Couldn't",
            "E: Unmet",
            "E: The repository",
            "unable to select packages",
            "No match for argument",
            "Unable to find a match",
            "Error: No ",
            "Error: Nothing to do",
            "The package was not found",
        ),
        "E: Unable to locate package libnope-dev",
        "E: other",
        fixable=AutoFixable.PARTIAL,
    ),
    verdict(
        "system-package-network",
        "apt",
        Category.NETWORK_ERROR,
        r"^ *(?P<message>E: (?:Failed to fetch .*|Unable to fetch some archives.*|Some index files "
        r"failed .*"
        r"|.*Hash Sum mismatch.*)|ERROR: \S+: (?:temporary error .*|network error .*|DNS lookup "
        r"error)"
        r"|WARNING: fetching .*: temporary error.*"
        r"|Error: (?:Failed to download metadata for repo .*|Error downloading packages:.*)"
        r"|Errors during downloading metadata for repository .*|Cannot find a valid baseurl for "
        r"repo: .*)$",
        (
            "E: Failed to fetch",
            "E: Unable to fetch",
            "E: Some index",
            "Hash Sum mismatch",
            "temporary error",
            "network error",
            "DNS lookup error",
            "Failed to download metadata",
            "Error downloading packages",
            "downloading metadata",
            "valid baseurl",
        ),
        "E: Failed to fetch http://archive.example.org/a.deb  404  Not Found [IP: 192.0.2.1 80]",
        "W: Failed to fetch http://archive.example.org/InRelease",
    ),
    verdict(
        "system-package-lock",
        "apt",
        Category.PERMISSION_ERROR,
        r"^(?P<message>E: (?:Could not (?:get lock|open lock file) .*|Unable to (?:acquire|lock) .*"
        r"|List directory .* is missing.*)|ERROR: Unable to lock database: .*"
        r"|dpkg: error: requested operation requires superuser privilege"
        r"|Error: This command has to be run with superuser privileges.*)$",
        (
            "E: Could not",
            "E: Unable to",
            "E: List directory",
            "Unable to lock database",
            "superuser priv",
        ),
        "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)",
        "E: Unable to locate package a",
        weight=Weight.SIGN,
    ),
)
