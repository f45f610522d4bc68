"""pytest: failed tests, errors, files that cannot be collected, wrong usage, crashes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules import pytest_items
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, unique
from regreen.logs.rules.imports import missing
from regreen.logs.rules.pytest_items import Named
from regreen.model import AutoFixable, Category, Diagnostic

_BAD = expression(r"\b\d+ (?:failed|errors?)\b")
_RAN = expression(r"\b\d+ failed\b")
_CONFTEST = expression(r"^ImportError while loading conftest '(?P<file>[^'\n]+)'\.?$")
_PLACE = expression(r"^(?P<file>[^\s:][^:\n]*\.py):(?P<line>\d+): ")
_LAST_E = expression(r"^E {1,3}(?P<type>[A-Za-z_][\w.]*): (?P<message>.*)$")
_USAGE = expression(
    r"^(?:(?:ERROR: )?(?P<message>(?:file (?:or directory )?not found: |not found: "
    r"|found no collectors for |Missing required plugins?: |\S+: unknown hook "
    r"|Unknown config option|module or package not found: "
    r"|\S*(?:pyproject\.toml|pytest\.ini|tox\.ini|setup\.cfg)[:' ]"
    r"|Wrong expression passed to '-[mk]'|[Ii]nvalid -[mk] |--\w[\w-]* ).*)"
    r"|\S.*: error: (?P<option>(?:unrecognized arguments?|argument \S+|ambiguous option"
    r"|the following arguments).*)"
    r"|pytest: error: (?P<other>.*)|.*(?P<warned>pytest\.PytestConfigWarning: .*))$"
)
_MARKERS = expression(
    r"^(?:E +|ERROR \S+ - Failed: )(?P<message>'\S+' (?:not found in `markers` configuration option"
    r"|not a registered marker|is not a registered marker))"
)
_NOTHING = expression(
    r"^(?:=+ )?(?:no tests (?:ran|collected).* |(?:\d+ (?:deselected|skipped|warnings?),? )+)in "
)
_BROKEN = expression(r"^E +(?P<type>SyntaxError|IndentationError|TabError): (?P<message>.*)$")
_NEWER = expression(
    r"^E +TypeError: (?P<message>unsupported operand type\(s\) for \|: .*"
    r"|'(?:type|ABCMeta|_GenericAlias)' object is not subscriptable)$"
    r"|^E +ImportError: (?P<absent>cannot import name '\w+' from "
    r"'(?:typing|types|collections|enum|dataclasses|inspect|ast|asyncio|functools)')"
)
_BROKEN_FILE = expression(r'^E +File "(?P<file>[^"\n]+)", line (?P<line>\d+)$')
_GONE = expression(r"^ERROR \S+ - (?:ModuleNotFoundError\b|ImportError: No module named)")
_COLLECTION = "collection"
_SUGAR = expression(r"^ {6,9}(?:\d+ failed|- \S+\.py:\d+ \S.*)$")
_RUNS = 200
"""Runs of one step that are looked at, from its end."""
_STOPPED = expression(
    r"^(?:.{0,300}?Fatal Python error: (?P<fatal>.*)|INTERNALERROR> "
    r"(?P<internal>[A-Za-z_][\w.]*(?:Error"
    r"|Exception|Exit|Interrupt|Warning)(?:: .*)?)"
    r"|!+ (?:_pytest\.outcomes\.)?(?P<stop>(?:Interrupted|KeyboardInterrupt|Exit|stopping).*?) !+)$"
)
_CORE = expression(
    r"^.{0,300}?(?P<core>Segmentation fault|Aborted|Bus error|Illegal instruction"
    r"|Floating point exception)\b"
)
_SIGNALS = {
    132: "Illegal instruction",
    134: "Aborted",
    135: "Bus error",
    136: "Floating point exception",
    139: "Segmentation fault",
}
_IMPORTS = ("ModuleNotFoundError", "ImportError")
_FRAME = expression(
    r'^  File "(?P<file>[^"\n]+)", line (?P<line>\d+) in (?P<name>(?:test|setup)\w*)$'
)
_TIMEOUT = expression(r"^\++ Timeout \++$")
_PLUGIN = expression(
    r"^(?:ImportError|ModuleNotFoundError|ERROR): Error importing plugin \"(?P<code>[\w.]+)\": "
    r"(?P<message>.*)$"
)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    found = False
    for begin, stop in list(pytest_items.sessions(excerpt))[-_RUNS:]:
        part = excerpt.part(begin, stop) if (begin, stop) != (0, len(excerpt)) else excerpt
        for finding in _session(part):
            found = True
            yield replace(finding, lines=tuple(line + begin for line in finding.lines))
    if not found:
        yield from _unfinished(excerpt)


def _session(part: Excerpt) -> Iterator[Finding]:
    """What failed in one run: its tests, or what kept them from being collected."""
    result = pytest_items.result(part)
    counts = "" if result is None else part.lines[result]
    if counts and not _BAD.search(counts):
        return
    named = pytest_items.failed(part)
    ends: tuple[int, ...] = () if result is None else (result,)
    uncollected = [n for n in named if n.error and n.test is None]
    conftest = list(part.grep(_CONFTEST, "ImportError while loading conftest"))
    if (uncollected or conftest) and not (_RAN.search(counts) or any(not n.error for n in named)):
        ends = ends or tuple(index for index, _ in conftest)
        cause = _collection_cause(part, ends, uncollected)
        if cause is None and conftest:
            cause = _conftest(part, *conftest[-1])
        if cause is not None:
            yield cause
            return
    if named or ends:
        ends += tuple(index for index, _ in part.grep(_SUGAR, "         - ", " failed"))
        lines = (*(n.index for n in named), *ends)
        counted = ", ".join(_BAD.findall(counts))
        made = [_made(n) for n in named] or [diagnostic(None, None, counted)]
        yield Finding(
            "pytest", _checked(made), Weight.VERDICT, lines, unique(made), confidence=0.97
        )


def _made(item: Named) -> Diagnostic:
    code = "ERROR" if item.error else None
    return diagnostic(item.file, code, item.test or _COLLECTION, item.line)


def _checked(tests: list[Diagnostic]) -> Category:
    """What the failed items check: plug-ins run linters and type checkers as tests."""
    kinds = {d.message.rsplit("::", 1)[-1].lower() for d in tests}
    if kinds and kinds <= {"mypy", "mypy-status"}:
        return Category.TYPE_ERROR
    if kinds and kinds <= {"flake8", "pycodestyle", "black", "isort", "ruff", "ruff::format"}:
        return Category.LINTING_ERROR
    return Category.TEST_FAILURE


def _collection_cause(
    part: Excerpt, ends: tuple[int, ...], uncollected: list[Named]
) -> Finding | None:
    """What kept the tests from being collected, when that is no test's fault."""
    gone = missing(part, prefix="E ")
    if gone.diagnostics:
        return _cause(Category.DEPENDENCY_ISSUE, (*gone.lines, *ends), gone.diagnostics, 0.95)
    broken = [
        *part.grep(_BROKEN, "Error: "),
        *part.grep(_NEWER, "TypeError: ", "cannot import name "),
    ]
    if broken:
        made = unique(_broken(part, index, match) for index, match in broken)
        lines = (*(index for index, _ in broken), *ends)
        return _cause(Category.SYNTAX_ERROR, lines, made, 0.9)
    marks = list(part.grep(_MARKERS, "`markers`", "registered marker"))
    if marks:
        return _other(Category.CONFIGURATION_ERROR, [(i, m["message"]) for i, m in marks], 0.8)
    hidden = [index for index, _ in part.grep(_GONE, "ERROR ")]
    if hidden and len(hidden) == len(uncollected):
        made = unique(_made(n) for n in uncollected)
        return _cause(Category.DEPENDENCY_ISSUE, (*hidden, *ends), made, 0.85)
    return None


def _cause(
    category: Category, lines: tuple[int, ...], made: tuple[Diagnostic, ...], confidence: float
) -> Finding:
    partial = category is Category.DEPENDENCY_ISSUE
    fixable = AutoFixable.PARTIAL if partial else AutoFixable.NO
    return Finding("python", category, Weight.VERDICT, lines, made, fixable, confidence=confidence)


def _broken(part: Excerpt, index: int, match: re.Match[str]) -> Diagnostic:
    """The file that this Python cannot read, from the lines above its error."""
    groups = match.groupdict()
    message = groups["message"] or groups.get("absent") or ""
    kind = groups.get("type") or ("ImportError" if groups.get("absent") else "TypeError")
    for line in reversed(part.lines[max(index - 4, 0) : index]):
        if place := _BROKEN_FILE.match(line) or _PLACE.match(line):
            return diagnostic(place["file"], kind, message, place["line"])
    return diagnostic(None, kind, message)


def _conftest(part: Excerpt, index: int, match: re.Match[str]) -> Finding:
    """A conftest that raises something else: the exception, at the file itself."""
    said = list(part.grep(_LAST_E, "E  ", first=index))
    end, message, kind = index, _COLLECTION, "ERROR"
    if said:
        end, last = said[-1]
        message, kind = last["message"], last["type"]
    return Finding(
        "pytest",
        Category.TEST_FAILURE,
        Weight.VERDICT,
        (index, end),
        (diagnostic(match["file"], kind, message),),
        confidence=0.8,
    )


def _unfinished(excerpt: Excerpt) -> Iterable[Finding]:
    """A run that never came to a summary: wrong usage, nothing collected, a crash."""
    plugin = list(excerpt.grep(_PLUGIN, "Error importing plugin"))
    usage = list(excerpt.grep(_USAGE, "ERROR: ", "error: ", "ConfigWarning"))
    if plugin:
        made = unique(diagnostic(None, m["code"], m["message"]) for _, m in plugin)
        yield _cause(Category.DEPENDENCY_ISSUE, tuple(i for i, _ in plugin), made, 0.9)
    elif usage and (excerpt.mentions("pytest") or "pytest" in excerpt):
        sure = excerpt.exit_code in (None, 4) or len(excerpt) - usage[-1][0] <= 10
        finding = _other(Category.CONFIGURATION_ERROR, [_first_group(h) for h in usage], 0.85)
        yield finding if sure else replace(finding, weight=Weight.SIGN)
    else:
        yield from _nothing(excerpt) or _crash(excerpt)


def _nothing(excerpt: Excerpt) -> list[Finding]:
    """Exit code 5: no test was collected, or all were deselected."""
    hits = [index for index, _ in excerpt.grep(_NOTHING, "no tests ", "deselected", "skipped")]
    unknown = excerpt.exit_code is None and bool(hits) and is_final(excerpt, hits[-1])
    if not hits or not (unknown or excerpt.exit_code == 5):
        return []
    return [_other(Category.CONFIGURATION_ERROR, [(hits[-1], "no tests ran")], 0.6)]


def _crash(excerpt: Excerpt) -> Iterable[Finding]:
    starts = [index for index, _ in excerpt.grep(pytest_items.START, "est session starts")]
    if not starts and not excerpt.mentions("pytest"):
        return
    begin = starts[-1] if starts else 0
    hung = list(excerpt.grep(_TIMEOUT, "+ Timeout +", first=begin))
    stopped = list(
        excerpt.grep(_STOPPED, "Fatal Python error", "INTERNALERROR> ", "!!! ", first=begin)
    )
    killed = list(excerpt.grep(_CORE, *_SIGNALS.values(), first=begin))
    signal = _SIGNALS.get(excerpt.exit_code or 0)
    if hung:
        said = [(hung[-1][0], "a test ran longer than pytest-timeout allows")]
        yield _other(Category.TIMEOUT, said, 0.85)
    elif stopped:
        index, text = _first_group(stopped[-1])
        yield _other(_stop_category(text), [(index, text), *_running(excerpt, index)], 0.8)
    elif killed and (signal or excerpt.exit_code is None):
        yield _other(Category.TEST_FAILURE, [_first_group(killed[-1])], 0.8)
    elif signal and starts:
        yield _other(Category.TEST_FAILURE, [(excerpt.tail(1), signal)], 0.8)
    elif starts and excerpt.exit_code not in (None, 124, 137, 143) and not excerpt.cancelled:
        yield from _broken_off(excerpt, begin)


def _broken_off(excerpt: Excerpt, begin: int) -> Iterable[Finding]:
    """A session without an end: a test, or what it calls, ended the process."""
    if pytest_items.result(excerpt.part(begin, len(excerpt))) is None:
        said = [(begin, "the test run broke off"), (excerpt.tail(1), "the test run broke off")]
        yield replace(_other(Category.TEST_FAILURE, said, 0.5), weight=Weight.HINT)


def _stop_category(text: str) -> Category:
    kind = text.partition(":")[0]
    if kind.endswith(("Warning", "PluginValidationError", "UsageError")):
        return Category.CONFIGURATION_ERROR
    return Category.DEPENDENCY_ISSUE if kind in _IMPORTS else Category.TEST_FAILURE


def _running(excerpt: Excerpt, index: int) -> list[tuple[int, str]]:
    """The test that ran when Python died, from the stacks that ``faulthandler`` prints."""
    for at in range(index, min(index + 200, len(excerpt))):
        if frame := _FRAME.match(excerpt.lines[at]):
            return [(at, frame["name"])]
    return []


def _first_group(hit: tuple[int, re.Match[str]]) -> tuple[int, str]:
    index, match = hit
    return index, next((text for text in match.groups() if text), match[0])


def _other(category: Category, said: list[tuple[int, str]], confidence: float) -> Finding:
    return Finding(
        "pytest",
        category,
        Weight.VERDICT,
        tuple(index for index, _ in said),
        unique(diagnostic(None, None, text.strip("=! ")) for _, text in said),
        confidence=confidence,
    )


RULES = (
    Rule(
        "pytest",
        (
            " failed",
            " error",
            "ImportError while ",
            "FAILED",
            "ERROR",
            "no tests ",
            "deselected",
            "test session starts",
            "Error importing plugin",
        ),
        _find,
        "FAILED tests/test_a.py::test_b - assert 1 == 2\n=== 1 failed, 3 passed in 0.02s ===",
        "=== 4 passed, 1 warning in 0.02s ===",
        words=pytest_items.WORDS,
    ),
)
