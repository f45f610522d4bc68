"""pip and what it fetches from: indexes and repositories, out of reach or without the package.

An index that could not be reached and one that has no such release end pip with the same words;
only the retries above them tell which it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import AutoFixable, Category, Severity

_DEPENDENCY = Category.DEPENDENCY_ISSUE
_PARTIAL = AutoFixable.PARTIAL
_UNREACHED = 12
"""Lines above "no matching distribution" in which a last retry says that no index was reached."""

_NO_MATCH = expression(
    r"^[ \t]*(?:ERROR: |\S+ERROR: )?(?:No matching distribution found for"
    r" (?P<package>[\w.\[\]-]+).*"
    r"|Could not find a version that satisfies the requirement (?P<wanted>[\w.\[\]-]+).*)$",
    re.MULTILINE,
)
_GAVE_UP = expression(r"Retry\(total=0|Could not fetch URL|There was a problem confirming the ssl")
_BROKE_OFF = expression(
    r"^[ \t]*(?:ERROR: )?(?P<message>Could not install packages due to an? \w+: .*"
    r"|HTTP error \d+ while getting .*|\d{3} (?:Server|Client) Error: .* for url: .*"
    r"|pip\._(?:vendor|internal)\.[\w.]*\b(?:ReadTimeoutError|ConnectTimeoutError|ConnectionError"
    r"|ProtocolError|IncompleteRead|MaxRetryError|SSLError|NetworkConnectionError|HTTPError"
    r"|NewConnectionError|ProxyError|TomlError|T[Oo][Mm][Ll]DecodeError|InstallationError"
    r"|InvalidRequirement|RequirementsFileParseError|UnsupportedPythonVersion)\b.*)$",
    re.MULTILINE,
)
_NATURES = (
    (expression(r"Errno 28\b|No space left|not enough space"), Category.RESOURCE_EXHAUSTION),
    (
        expression(r"Errno 13\b|WinError 5\b|Permission denied|\b40[13] Client|HTTP error 40[13]"),
        Category.PERMISSION_ERROR,
    ),
    (expression(r"HTTP error 4\d\d|\b4\d\d Client Error|UnsupportedPython"), _DEPENDENCY),
    (
        expression(
            r"Connection|Max retries|timed out|[Tt]imeout|SSL|Proxy|IncompleteRead|Protocol"
            r"|HTTP error (?:5\d\d|429)|5\d\d Server Error|HTTPError|getaddrinfo"
        ),
        Category.NETWORK_ERROR,
    ),
)
_GIT = expression(
    r"^[ \t]*(?:ERROR: )?(?:\u00d7 |x )?(?P<message>git (?:clone|checkout|fetch|submodule"
    r"|rev-parse)\b"
    r".* did not run successfully\.)"
    r"|^[ \t]*(?:ERROR: )?(?P<old>Command (?:\"git .*\" failed with error code \d+"
    r"|errored out with exit status \d+: git ).*)$",
    re.MULTILINE,
)
_GIT_WORDS = (
    (
        expression(
            r"[Pp]ermission denied|[Aa]uthentication failed|could not read (?:Username|Password)"
            r"|terminal prompts disabled|returned error: 40[13]"
        ),
        Category.PERMISSION_ERROR,
    ),
    (
        expression(
            r"resolve host|timed out|[Cc]onnection (?:refused|reset)|returned error: (?:5\d\d|429)"
            r"|early EOF|RPC failed|hung up|Failed to connect"
        ),
        Category.NETWORK_ERROR,
    ),
)


def _no_match(excerpt: Excerpt) -> Iterable[Finding]:
    """No distribution: because none exists, or because the index could not be reached at all."""
    hits = list(excerpt.grep(_NO_MATCH, "No matching", "Could not find a version"))
    if not hits:
        return
    before = excerpt.lines[max(hits[0][0] - _UNREACHED, 0) : hits[0][0]]
    cut_off = any(_GAVE_UP.search(line) for line in before)
    yield Finding(
        "pip",
        Category.NETWORK_ERROR if cut_off else _DEPENDENCY,
        Weight.VERDICT,
        tuple(index for index, _ in hits),
        unique(diagnostic(None, m["package"] or m["wanted"], _requirement(m[0])) for _, m in hits),
        AutoFixable.YES if cut_off else _PARTIAL,
        Severity.MEDIUM,
        0.95,
    )


def _requirement(text: str) -> str:
    """The message without the list of versions, which grows with every release."""
    return re.sub(r" \(from (?:versions: )?[^\n]*$", "", text).strip().removeprefix("ERROR: ")


_BROKE_OFF_HINTS = (
    "Could not install packages",
    "HTTP error ",
    "Client Error: ",
    "Server Error: ",
    "pip._vendor.",
    "pip._internal.",
)


def _broke_off(excerpt: Excerpt) -> Iterable[Finding]:
    """The download or the installation itself failed: the reason stands in the same line."""
    for index, match in excerpt.grep(_BROKE_OFF, *_BROKE_OFF_HINTS):
        text = match["message"]
        category = next((c for e, c in _NATURES if e.search(text)), Category.CONFIGURATION_ERROR)
        yield Finding(
            "pip",
            category,
            Weight.VERDICT,
            (index,),
            (diagnostic(None, None, re.sub(r"0x[0-9a-f]+", "", text)),),
            confidence=0.92,
        )


def _git(excerpt: Excerpt) -> Iterable[Finding]:
    """A requirement from a repository that git could not clone."""
    hits = list(excerpt.grep(_GIT, "did not run successfully", "Command "))
    if not hits:
        return
    index, match = hits[-1]
    first = max(hits[0][0] - 15, 0)
    said = [
        i
        for i in range(first, min(index + 15, len(excerpt)))
        if re.match(r"\s*(?:fatal|remote|error|ERROR): \S", excerpt.lines[i]) and i != index
    ]
    words = " ".join(excerpt.lines[i].strip() for i in said)
    yield Finding(
        "pip",
        next((c for e, c in _GIT_WORDS if e.search(words)), _DEPENDENCY),
        Weight.VERDICT,
        tuple(sorted({index, *said})),
        (diagnostic(None, "git", words or match["message"] or match["old"]),),
        confidence=0.9,
    )


RULES = (
    Rule(
        "pip-no-match",
        ("No matching distribution found", "Could not find a version that satisfies"),
        _no_match,
        "ERROR: No matching distribution found for nothere==9",
        "Collecting nothere==9",
    ),
    Rule(
        "pip-broke-off",
        (
            "Could not install packages due to",
            "HTTP error ",
            "Server Error: ",
            "Client Error: ",
            "pip._vendor.",
            "pip._internal.",
        ),
        _broke_off,
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        "WARNING: Retrying after connection broken by 'ReadTimeoutError'",
    ),
    Rule(
        "pip-git",
        ("did not run successfully", "failed with error code", "errored out with exit status"),
        _git,
        "  \u00d7 git clone --quiet https://example.org/a.git /tmp/b did not run successfully.\n"
        "  fatal: repository 'https://example.org/a.git/' not found",
        "  \u00d7 Preparing metadata (pyproject.toml) did not run successfully.",
    ),
    pattern(
        "pip-connection",
        r"^error: (?P<message>(?P<code>connection-[\w-]+|ssl-verification-failed"
        r"|proxy-connection-failed|incomplete-download[\w-]*)(?:\n\s*\n\S [^\n]*)?)$",
        triggers=(
            "error: connection-",
            "error: ssl-verif",
            "error: proxy-conn",
            "error: incomplete-download",
        ),
        category=Category.NETWORK_ERROR,
        tool="pip",
        weight=Weight.VERDICT,
        spans=True,
        fixable=AutoFixable.YES,
        matches="error: connection-failed\n\n\u00d7 Failed to connect to a.org while fetching",
        ignores="error: connection",
    ),
)
