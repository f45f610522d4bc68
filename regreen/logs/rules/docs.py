"""Builders of documentation: Sphinx (builds, doctests, link checks) and MkDocs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import AutoFixable, Category, Diagnostic

_WARNING = expression(
    r"^(?P<file>/?[\w./@+-]+\.(?:rst|md|py|txt|ipynb|inc))(?::docstring of [^:\n]+)?:"
    r"(?:(?P<line>\d+):)? (?:WARNING|ERROR|CRITICAL|SEVERE): (?P<message>.+?)"
    r"(?: \[(?P<code>[\w.-]+)\])?$"
)
_LEVELS = (": WARNING: ", ": ERROR: ", ": CRITICAL: ", ": SEVERE: ")
_TREATED = expression(
    r"^Warning, treated as error:\n(?:(?P<file>[^\s:][^:\n]*?)(?::docstring of [^:\n]+)?:"
    r"(?:(?P<line>\d+):)?)?(?P<message>[^\n]*)",
    re.MULTILINE,
)
_FINISHED = expression(r"^build (?:finished with problems|failed), \d+ warnings?.*$")


def _warnings(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.grep(_WARNING, *_LEVELS))
    made = [diagnostic(m["file"], m["code"], _stable(m["message"]), m["line"]) for _, m in hits]
    treated = list(excerpt.near(_TREATED, "Warning, treated as error"))
    made += [
        diagnostic(m["file"], None, _stable(m["message"].strip()), m["line"]) for _, m in treated
    ]
    ends = [i for i, _ in excerpt.grep(_FINISHED, "build finished with", "build failed, ")]
    ends += [excerpt.at(m.end()) for _, m in treated]
    if not (made or ends) or (not ends and "build succeeded" in excerpt):
        return
    yield Finding(
        "sphinx",
        Category.BUILD_ERROR,
        Weight.VERDICT if ends else Weight.HINT,
        (*(i for i, _ in hits), *(i for i, _ in treated), *ends),
        unique(made),
        confidence=0.93 if ends else 0.85,
    )


def _stable(message: str) -> str:
    """Without the code that only newer releases print behind a message."""
    return re.sub(r" \[[\w.-]+\]$", "", message)


_HEADING = expression(
    r"^(?P<kind>(?:Sphinx|Extension|Theme|Configuration|Application|Recursion|Encoding) error"
    r"|Exception occurred)(?: \([^)\n]*\))?[!:].*$"
)
_HEADINGS = ("error!", "error:", "Extension error (", "Exception occurred:")
_RAISED = expression(r"^\s*(?:sphinx\.errors\.\w+|sphinx\.util\.\w+\.\w+): (?P<message>\S.*)$")
_INNER = expression(r"^\s*(?P<message>(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)(?:: .*)?)$")
_COMMON = ("Configuration error", "Application error", "Exception occurred", "Encoding error")
"""Headings that other programs print as well."""
_REPORT = 90
"""Lines of a report; newer releases print versions and the last messages in it."""
_REPORTS = 20
"""Reports of one output that are looked at."""
_CAUSES = (
    (
        expression(
            r"No module named|cannot import name|no theme named|Could not import extension"
            r"|requires at least version|needs_sphinx|is not installed|DistributionNotFound"
        ),
        Category.DEPENDENCY_ISSUE,
    ),
    (expression(r"a syntax error in your configuration file"), Category.SYNTAX_ERROR),
    (
        expression(
            r"doesn't contain a conf\.py|programmable error in your configuration|Builder name"
            r"|conf\.py|config(?:uration)? (?:value|directory|file)|not registered or available"
            r"|cannot find source directory|Source directory|already registered"
        ),
        Category.CONFIGURATION_ERROR,
    ),
)


def _errors(excerpt: Excerpt) -> Iterable[Finding]:
    """Sphinx's own reports of what stopped it, in the shapes of the old and the new releases."""
    heads = excerpt.grep(_HEADING, *_HEADINGS)
    sphinx = _is_sphinx(excerpt)
    ours = ((i, m) for i, m in heads if sphinx or m["kind"] not in _COMMON)
    for index, match in islice(ours, _REPORTS):
        last = min(index + _REPORT, len(excerpt))
        block = range(index + 1, last)
        raised = _last(excerpt, block, _RAISED)
        inner = _last(excerpt, block, _INNER)
        below = next((i for i in block if excerpt.lines[i].strip()), index)
        at = raised if raised is not None else below
        said = excerpt.lines[at].strip()
        said = re.sub(r"^sphinx\.(?:errors|util\.\w+)\.\w+: ", "", said)
        cause = excerpt.lines[inner].strip() if inner is not None else ""
        if match["kind"] == "Exception occurred" and not cause:
            continue
        text = f"{said}\n{cause}"
        category = next((c for e, c in _CAUSES if e.search(text)), Category.BUILD_ERROR)
        tail = inner if inner is not None and "programmable error" in said else None
        message = cause if tail is not None else said
        yield Finding(
            "sphinx",
            category,
            Weight.VERDICT,
            tuple(sorted({index, at, *([tail] if tail is not None else [])})),
            (diagnostic(None, None, message),),
            AutoFixable.NO,
            confidence=0.93,
        )
        return


def _is_sphinx(excerpt: Excerpt) -> bool:
    return any(
        word in excerpt for word in ("phinx", "conf.py", "in your configuration file")
    ) or excerpt.mentions("sphinx-build")


def _last(excerpt: Excerpt, block: range, expression: re.Pattern[str]) -> int | None:
    return max((i for i in block if expression.match(excerpt.lines[i])), default=None)


_FAILED_TESTS = expression(r"^ *[1-9]\d* failures? in (?:tests|setup code|cleanup code)$")
_EXAMPLE = expression(
    r'^File "(?P<file>[^"\n]+)", line (?P<line>\d+|\?+), in (?P<name>.+)\nFailed example:\n'
    r"\s*(?P<message>[^\n]+)",
    re.MULTILINE,
)


def _doctests(excerpt: Excerpt) -> Iterable[Finding]:
    ends = [i for i, _ in excerpt.grep(_FAILED_TESTS, " in tests", " in setup", " in cleanup")]
    closing = [i for i, _ in excerpt.grep(_FINISHED, "build finished with", "build failed, ")]
    if ends:
        hits = list(excerpt.near(_EXAMPLE, "Failed example:"))
        yield Finding(
            "sphinx-doctest",
            Category.TEST_FAILURE,
            Weight.VERDICT,
            (*(i for i, _ in hits), *ends, *closing),
            unique(_example(m) for _, m in hits),
            confidence=0.95,
        )


def _example(match: re.Match[str]) -> Diagnostic:
    line = match["line"] if match["line"].isdigit() else None
    return diagnostic(match["file"], None, match["message"], line)


_BROKEN_LINK = expression(
    r"^\(\s*(?P<file>\S+): line\s+(?P<line>\d+)\) (?P<code>broken|timeout)\s+"
    r"(?P<message>\S+) - (?P<reason>.*)$"
)
_OUT_OF_REACH = expression(
    r"(?i)timed? ?out|max retries|connection|name resolution|429|50[0-4] |temporar|ssl"
)


def _links(excerpt: Excerpt) -> Iterable[Finding]:
    """Dead links; when no server could be asked at all, the network."""
    hits = list(excerpt.grep(_BROKEN_LINK, " broken ", " timeout "))
    if hits:
        closing = [i for i, _ in excerpt.grep(_FINISHED, "build finished with", "build failed, ")]
        away = all(_OUT_OF_REACH.search(m["reason"]) for _, m in hits)
        yield Finding(
            "sphinx-linkcheck",
            Category.NETWORK_ERROR if away else Category.BUILD_ERROR,
            Weight.VERDICT,
            (*(i for i, _ in hits), *closing),
            unique(diagnostic(None, m["code"], m["message"]) for _, m in hits),
            confidence=0.9,
        )


RULES = (
    Rule(
        "sphinx-linkcheck",
        (" broken ", " timeout "),
        _links,
        "(           index: line   11) broken    http://example.org/gone - 404 Client Error",
        "(           index: line   11) ok        http://example.org/",
        beats=frozenset({"sphinx"}),
    ),
    Rule(
        "sphinx-doctest",
        (" in tests", " in setup code", " in cleanup code"),
        _doctests,
        "    1 test\n    1 failure in tests\n    0 failures in setup code",
        "    3 tests\n    0 failures in tests\n    0 failures in setup code",
        beats=frozenset({"sphinx"}),
    ),
    Rule(
        "sphinx-error",
        _HEADINGS,
        _errors,
        "Theme error:\nno theme named 'nothere' found (missing theme.conf?)",
        "error: nothing",
    ),
    Rule(
        "sphinx",
        (*_LEVELS, "Warning, treated as error", "build finished with", "build failed, "),
        _warnings,
        "build finished with problems, 2 warnings (with warnings treated as errors).",
        "build succeeded, 2 warnings.",
    ),
    pattern(
        "mkdocs",
        r"^(?:Aborted with \d+ warnings? in strict mode!|(?:ERROR +- +)?"
        r"(?P<message>Error (?:reading|building) page '[^'\n]+':.*))$",
        triggers=("in strict mode!", "Error reading page", "Error building page"),
        category=Category.BUILD_ERROR,
        tool="mkdocs",
        weight=Weight.VERDICT,
        matches="Aborted with 2 warnings in strict mode!",
        ignores="Documentation built in 1.2 seconds",
    ),
    pattern(
        "mkdocs-plugin",
        r"^ERROR +- +(?P<message>Config value '[^'\n]+': "
        r"(?:The \"[^\"\n]+\" plugin is not installed|Unrecognised theme name: .*"
        r"|Failed to load .*: No module named .*))",
        triggers=("Config value '",),
        category=Category.DEPENDENCY_ISSUE,
        tool="mkdocs",
        weight=Weight.VERDICT,
        matches="ERROR   -  Config value 'plugins': The \"nothere\" plugin is not installed",
        ignores="WARNING -  Config value 'site_nam': Unrecognised configuration name: site_nam",
    ),
    pattern(
        "mkdocs-settings",
        r"^(?:ERROR +- +(?P<message>Config (?:value|file) "
        r"(?!'[^'\n]+': (?:The \"[^\"\n]+\" plugin is not|Unrecognised theme|Failed to load)).*"
        r"|MkDocs encountered an error parsing.*)"
        r"|Error: (?:Config file '[^'\n]+' does not exist"
        r"|MkDocs encountered an error parsing the configuration file).*)$",
        triggers=("Config value '", "Config file '", "MkDocs encountered an error"),
        category=Category.CONFIGURATION_ERROR,
        tool="mkdocs",
        weight=Weight.VERDICT,
        matches="Error: Config file 'mkdocs.yml' does not exist.",
        ignores="ERROR   -  Config value 'plugins': The \"nothere\" plugin is not installed",
    ),
)
