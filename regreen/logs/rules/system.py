"""The system's package managers: apt, apk, dnf and yum, zypper, pacman, Homebrew, Chocolatey."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import AutoFixable, Category

_DEPENDENCY = Category.DEPENDENCY_ISSUE
_PARTIAL = AutoFixable.PARTIAL

_APT = expression(r"^E: (?P<message>\S.*)$", re.MULTILINE)
_KINDS = (
    (expression(r"enough free space|No space left"), Category.RESOURCE_EXHAUSTION),
    (
        expression(
            r"Permission denied|are you root|Could not get lock|Unable to (?:acquire|lock)"
            r"|List directory "
        ),
        Category.PERMISSION_ERROR,
    ),
    (
        expression(
            r"Unable to locate package|no installation candidate|' was not found"
            r"|Unable to correct problems|[Uu]nmet dependencies|Couldn't find any package by"
            r"|Sub-process \S*dpkg returned|Packages were downgraded"
            r"|Essential packages were removed|does not have a Release file|No packages found"
            r"|Unsatisfied|held packages were changed|returned an error code"
            r"|Build-?[Dd]ependencies for|Release '[^']+' for '[^']+' was not found"
        ),
        _DEPENDENCY,
    ),
    (
        expression(
            r"Failed to fetch|Unable to fetch|index files failed|Unable to connect"
            r"|Hash Sum mismatch"
            r"|Temporary failure|timed out|Method \S+ has died|Could not (?:connect|resolve)"
        ),
        Category.NETWORK_ERROR,
    ),
    (
        expression(
            r"is not signed|Invalid operation|Command line option|Release file for .* not valid"
            r"|Type '.*' is not known|Malformed|The list of sources could not be read"
            r"|Conflicting values set|The repository '.*' (?:is no longer|changed)|not be read"
            r"|does not (?:take|understand)|expired"
        ),
        Category.CONFIGURATION_ERROR,
    ),
)
_ECHO = expression(r"^(?:Unable to fetch some archives|Some index files failed)")


def _apt(excerpt: Excerpt) -> Iterable[Finding]:
    """Errors of apt begin with ``E:``; the summing-up below a fetch that failed is no news."""
    found: dict[Category, list[tuple[int, str]]] = {}
    for index, match in excerpt.grep(_APT, "E: "):
        text = match["message"]
        category = next((c for e, c in _KINDS if e.search(text)), None)
        if _ECHO.match(text) and found:
            category = next(reversed(found))
        if category is not None:
            found.setdefault(category, []).append((index, text))
    mendable = {_DEPENDENCY: _PARTIAL, Category.NETWORK_ERROR: AutoFixable.YES}
    for category, said in found.items():
        yield Finding(
            "apt",
            category,
            Weight.VERDICT,
            tuple(index for index, _ in said),
            unique(diagnostic(None, _package(text), text) for _, text in said),
            mendable.get(category, AutoFixable.NO),
            confidence=0.93,
        )


def _package(text: str) -> str | None:
    match = re.match(r"Unable to locate package (\S+)|Package '([^']+)' has no", text)
    return (match[1] or match[2]) if match else None


RULES = (
    Rule(
        "apt",
        ("E: ",),
        _apt,
        "E: Unable to locate package libnothere-dev",
        "E: nothing",
    ),
    pattern(
        "apk",
        r"^ERROR: (?P<message>(?:unable to select packages:|unsatisfiable constraints:)"
        r"(?:\n +[^\n]+){0,8}|Not committing changes due to missing repository tags[^\n]*)",
        triggers=("unable to select packages", "unsatisfiable constraints", "repository tags"),
        spans=True,
        category=_DEPENDENCY,
        tool="apk",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="ERROR: unable to select packages:\n  a (no such package):\n    required by: x",
        ignores="OK: 12 MiB in 20 packages",
    ),
    pattern(
        "apk-network",
        r"^ERROR: (?P<message>\S+: (?:temporary error \(try again later\)|network error.*"
        r"|DNS .*|TLS: .*|operation timed out|connection .*|could not connect.*|IO ERROR))$"
        r"|^WARNING: (?P<fetching>fetching .*: (?:temporary error|network error|DNS).*)$",
        triggers=("temporary error", "network error", "ERROR: ", "DNS "),
        category=Category.NETWORK_ERROR,
        tool="apk",
        weight=Weight.SIGN,
        fixable=AutoFixable.YES,
        matches="ERROR: a-1.0-r0: temporary error (try again later)",
        ignores="ERROR: a-1.0: failed",
    ),
    pattern(
        "dnf",
        r"^(?P<message>Error: Unable to find a match: (?P<code>.*)|No match for argument: .*"
        r"|Error: Nothing to do|(?:Error|Failed to resolve the transaction): ?\n Problem[^\n]*"
        r"(?:\n +- [^\n]*){0,6}|Error: Package: .*|No package .* available\."
        r"|No provider of '.*' found\.|Error: GPG check FAILED"
        r"|Failed to resolve the transaction:)$",
        triggers=(
            "Unable to find a match",
            "No match for argument",
            "Error: Nothing to do",
            "\n Problem",
            "Error: Package: ",
            "No provider of ",
            "GPG check FAILED",
            "resolve the transaction",
        ),
        spans=True,
        category=_DEPENDENCY,
        tool="dnf",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="Error: Unable to find a match: libnothere-devel",
        ignores="Complete!",
    ),
    pattern(
        "dnf-network",
        r"^(?:Error: |\s*)(?P<message>Failed to download metadata for repo .*"
        r"|Cannot find a valid baseurl for repo: .*|Cannot retrieve .*metalink for repository.*"
        r"|Error downloading packages:.*|Cannot download .*: All mirrors were tried.*"
        r"|Curl error \(\d+\): .*|Errors during downloading metadata for repository .*)$",
        triggers=(
            "Failed to download metadata for",
            "valid baseurl",
            "Cannot retrieve",
            "Error downloading packages",
            "All mirrors were tried",
            "Curl error (",
            "Errors during downloading metadata",
        ),
        category=Category.NETWORK_ERROR,
        tool="dnf",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=AutoFixable.YES,
        matches="Error: Failed to download metadata for repo 'a': Cannot prepare mirrorlist",
        ignores="Metadata cache created.",
    ),
    pattern(
        "system-rights",
        r"^(?P<message>ERROR: Unable to lock database: .*|Error: This command has to be run with"
        r" superuser privileges.*|dpkg: error: requested operation requires superuser privilege"
        r"|ERROR: Unable to open log: Permission denied)$",
        triggers=("Unable to lock database", "superuser privilege", "Unable to open log"),
        category=Category.PERMISSION_ERROR,
        weight=Weight.VERDICT,
        matches="ERROR: Unable to lock database: Permission denied",
        ignores="superuser privileges",
    ),
    pattern(
        "pacman",
        r"^error: (?P<message>target not found: (?P<code>\S+)"
        r"|failed to prepare transaction \(could not satisfy dependencies\)"
        r"|unresolvable package conflicts detected)$",
        triggers=("error: target not found", "error: failed to prepare", "error: unresolvable"),
        category=_DEPENDENCY,
        tool="pacman",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="error: target not found: mingw-w64-nothere",
        ignores="error: target",
    ),
    pattern(
        "brew",
        r"^(?:##\[error\])?Error: (?P<message>No (?:available formula|formulae or casks found"
        r"|available formula or cask)\b.*|No formulae found in taps\.|\S+: no bottle available!.*"
        r"|An unsatisfied requirement failed this build\.|The `brew link` step did not complete.*"
        r"|Cask '.*' is unavailable.*|\S+ has been disabled because .*"
        r"|Cannot install .* because conflicting formulae are installed\..*)$",
        triggers=(
            "Error: No ",
            "no bottle available",
            "unsatisfied requirement",
            "`brew link` step",
            "is unavailable",
            "has been disabled because",
            "conflicting formulae",
        ),
        category=_DEPENDENCY,
        tool="brew",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        matches='Error: No available formula with the name "nothere".',
        ignores="Error: No",
    ),
    pattern(
        "choco",
        r"^(?P<message>The package was not found with the source\(s\) listed\."
        r"|Unable to (?:find|resolve dependency) (?:package|')'?.*"
        r"|Chocolatey installed \d+/\d+ packages\. +[1-9]\d* packages failed\.)",
        triggers=("was not found with the source(s)", "packages failed.", "Unable to resolve dep"),
        category=_DEPENDENCY,
        tool="choco",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="Chocolatey installed 0/1 packages. 1 packages failed.",
        ignores="Chocolatey installed 1/1 packages.",
    ),
)
