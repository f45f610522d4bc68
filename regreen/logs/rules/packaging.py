"""Distributions made, checked and uploaded: twine, cibuildwheel, auditwheel, dependency review."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern
from regreen.logs.rules.causes import cause
from regreen.model import AutoFixable, Category

_REFUSED = expression(
    r"^[ \t]*(?:ERROR +)?(?P<message>(?:requests\.exceptions\.)?HTTPError:"
    r" (?P<code>[45]\d\d)\b.*)$",
    re.MULTILINE,
)
_DETAIL = 3
"""Lines below the status in which the index says what it did not like."""
_FILE = expression(r"already exists|description|[Ii]nvalid value|[Mm]etadata|filename|[Vv]ersion")
_WHEEL = expression(
    r"^[ \t]*(?:Error: |\u2717 |##\[error\])?(?P<message>cibuildwheel: (?:error: )?Command .*"
    r" failed "
    r"(?:with (?:code|exit code) \d+|.*)|(?:cibuildwheel: error: )?Command \[.*\] failed with "
    r"(?:exit )?code \d+\..*)$",
    re.MULTILINE,
)


def _refused(excerpt: Excerpt) -> Iterable[Finding]:
    """An upload with twine: 403 is a matter of rights, 400 of the files, 5xx of the index."""
    uploads = "Uploading " in excerpt or "twine" in excerpt or excerpt.mentions("twine")
    for index, match in excerpt.grep(_REFUSED, "HTTPError: "):
        if not uploads and not match[0].startswith("ERROR "):
            continue
        status = match["code"]
        below = range(index + 1, min(index + 1 + _DETAIL, len(excerpt)))
        said = " ".join(excerpt.lines[i].strip() for i in below)
        if status in {"401", "403"}:
            category = Category.PERMISSION_ERROR
        elif status.startswith("5") or status == "429":
            category = Category.NETWORK_ERROR
        else:
            about = f"{match['message']} {said}"
            settled = _FILE.search(about) or status != "400"
            category = Category.CONFIGURATION_ERROR if settled else Category.PERMISSION_ERROR
        yield Finding(
            "twine",
            category,
            Weight.VERDICT,
            (index, *(i for i in below if excerpt.lines[i].strip())),
            (diagnostic(None, status, re.sub(r" from https?://\S+", "", match["message"])),),
            confidence=0.88,
        )


def _wheel(excerpt: Excerpt) -> Iterable[Finding]:
    """A command that cibuildwheel ran failed; why stands above."""
    hits = list(excerpt.grep(_WHEEL, "cibuildwheel: ", "Command ["))
    if not hits or not ("cibuildwheel" in excerpt or excerpt.mentions("cibuildwheel")):
        return
    index, match = hits[-1]
    found = cause(excerpt, max(index - 400, 0), index)
    category = found.category if found else Category.BUILD_ERROR
    if "test" in match["message"] and "pytest" in match["message"]:
        category = Category.TEST_FAILURE
    yield Finding(
        "cibuildwheel",
        category,
        Weight.SIGN,
        (found.index, index) if found else (index,),
        (diagnostic(None, found.code if found else None, found.message if found else match[0]),),
        confidence=0.86,
    )


RULES = (
    Rule(
        "twine",
        ("HTTPError: ",),
        _refused,
        "ERROR    HTTPError: 403 Forbidden from the index",
        "WARNING  Retrying after 503",
    ),
    pattern(
        "twine-files",
        r"^(?:ERROR +)?(?P<message>Checking (?:distribution )?\S+: (?:FAILED|Failed).*"
        r"|InvalidDistribution: .*"
        r"|MissingConfiguration: .*|InvalidConfiguration: .*|UploadToDeprecatedPyPIDetected: .*"
        r"|RedirectDetected: .*|NonInteractive: .*|InvalidPyPIUploadURL: .*)$",
        triggers=(
            "Checking ",
            "InvalidDistribution: ",
            "MissingConfiguration: ",
            "InvalidConfiguration: ",
            "UploadToDeprecated",
            "RedirectDetected: ",
            "NonInteractive: ",
            "InvalidPyPIUploadURL",
        ),
        category=Category.CONFIGURATION_ERROR,
        tool="twine",
        weight=Weight.VERDICT,
        confidence=0.88,
        matches="Checking dist/a-1.0.tar.gz: FAILED due to warnings",
        ignores="Checking dist/a-1.0.tar.gz: PASSED",
    ),
    Rule(
        "cibuildwheel",
        ("cibuildwheel: ", "failed with code ", "failed with exit code "),
        _wheel,
        "a.c:1:2: error: no\ncibuildwheel: error: Command ['python', '-m', 'build'] failed with"
        " code 1. ",
        "cibuildwheel: all done",
    ),
    pattern(
        "cibuildwheel-settings",
        r"^(?:Error: )?cibuildwheel: (?:error: )?(?P<message>(?:No build identifiers selected"
        r"|Could not find any of|Malformed|Unknown|Invalid|Option).*)$",
        triggers=("cibuildwheel: ",),
        category=Category.CONFIGURATION_ERROR,
        tool="cibuildwheel",
        weight=Weight.VERDICT,
        matches="cibuildwheel: No build identifiers selected: BuildSelector(build_config='cp27')",
        ignores="cibuildwheel: all done",
    ),
    pattern(
        "wheel-repair",
        r"^(?:auditwheel: error: |.*)?(?P<message>cannot repair \"[^\"\n]+\" to .*"
        r"|delocate\.\S*DelocationError: .*|ValueError: Cannot repair wheel.*)$",
        triggers=("cannot repair ", "DelocationError", "Cannot repair wheel"),
        category=Category.BUILD_ERROR,
        tool="auditwheel",
        weight=Weight.VERDICT,
        matches=(
            'auditwheel: error: cannot repair "a.whl" to "manylinux_2_17_x86_64" ABI because of'
            " the presence of too-recent versioned symbols."
        ),
        ignores="Fixed-up wheel written to a.whl",
    ),
    pattern(
        "dependency-review",
        r"^(?P<message>Dependency review (?:detected|found) (?:vulnerable packages"
        r"|incompatible licenses|denied packages).*)$",
        triggers=("Dependency review ",),
        category=Category.SECURITY_SCAN,
        tool="dependency-review",
        weight=Weight.VERDICT,
        fixable=AutoFixable.NO,
        matches="Dependency review detected vulnerable packages.",
        ignores="Dependency review did not detect any vulnerable packages",
    ),
)
