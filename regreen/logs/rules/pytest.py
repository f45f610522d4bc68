"""pytest: failed tests, errors, errors while collecting, with and without a short summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.logs.rules.imports import missing
from regreen.model import AutoFixable, Category, Diagnostic

_SUMMARY = re.compile(
    r"^(?:=+ )?(?=(?:.*, )?\d+ (?:failed"
    r"|errors?)\b)(?:\d+ [a-z ]+(?:, )?)+ in [\d.:]+s?(?: seconds)?.*$",
    re.MULTILINE,
)
_SHORT = re.compile(
    r"^(?:\[gw\d+\] )?(?:\[ *\d+%\] )?(?P<kind>FAILED|ERROR|SUBFAILED"
    r"|SUBFAIL)(?:\([^)\n]*\)|\[[^\]\n]*\])? "
    r"(?P<file>\S+?\.(?:py|pyx|rst|md|txt|ipynb|yaml|yml"
    r"|feature))(?:::(?P<test>.+?))?(?P<why> - .*)?$",
    re.MULTILINE,
)
_PROGRESS = re.compile(
    r"^(?P<file>\S+?\.py)::(?P<test>\S.*?) (?P<kind>FAILED|ERROR)(?: +\[ *\d+%\])?$", re.MULTILINE
)
_HEADING = re.compile(r"^_{3,} (?P<name>\S.*?) _{3,}$", re.MULTILINE)
_SECTION = re.compile(r"^=+ (?P<name>ERRORS|FAILURES) =+$", re.MULTILINE)
_COLLECTING = re.compile(r"^(?:_+ )?ERROR collecting (?P<file>\S+)(?: _+)?$", re.MULTILINE)
_CONFTEST = re.compile(
    r"^(?:ImportError while loading conftest|ImportError while importing) .*$", re.MULTILINE
)
_PLACE = re.compile(r"^(?P<file>[^\s:][^:\n]*\.py):(?P<line>\d+): ")
_USAGE = re.compile(
    r"^(?:ERROR: (?:usage:|not found:|file or directory not found:|Missing required plugins?).*"
    r"|.*?: error: unrecognized arguments:.*|ERROR: file not found:.*"
    r"|pytest: error: .*|ERROR: .*: unknown hook .*|.*pytest\.PytestConfigWarning.*"
    r"|ERROR: .*(?:pyproject\.toml|pytest\.ini|tox\.ini|setup\.cfg).*)$",
    re.MULTILINE,
)
_NOTHING = re.compile(
    r"^(?:=+ )?(?:no tests (?:ran|collected)|\d+ deselected) in .*$", re.MULTILINE
)
_BROKEN = re.compile(
    r"^E +(?P<type>SyntaxError|IndentationError|TabError): (?P<message>.*)$", re.MULTILINE
)
_NEWER = re.compile(
    r"^E +TypeError: (?P<message>unsupported operand type\(s\) for \|: .*"
    r"|'(?:type|ABCMeta|_GenericAlias)' object is not subscriptable)$"
    r"|^E +ImportError: (?P<absent>cannot import name '\w+' from "
    r"'(?:typing|types|collections|enum|dataclasses|inspect|ast|asyncio|functools)')",
    re.MULTILINE,
)
_COLLECTION = ("ERROR", "collection")
_BROKEN_FILE = re.compile(r'^E +File "(?P<file>[^"\n]+)", line (?P<line>\d+)$')
_SESSION = re.compile(
    r"^=+ test session starts =+$|^=+ (?:FAILURES|ERRORS|short test summary info) =+$", re.MULTILINE
)
_CRASH = re.compile(
    r"^(?:Fatal Python error: .*|Segmentation fault.*|INTERNALERROR> .*"
    r"|!+ .*(?:Interrupted|KeyboardInterrupt).* !+)$",
    re.MULTILINE,
)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    summaries = tuple(index for index, _ in excerpt.grep(_SUMMARY, " failed", " error"))
    tests = sorted(_tests(excerpt), key=lambda pair: pair[0])
    collecting = [(i, m["file"]) for i, m in excerpt.grep(_COLLECTING, "ERROR collecting ")]
    collecting += [(i, d.file) for i, d in tests if (d.code, d.message) == _COLLECTION]
    conftest = [i for i, _ in excerpt.grep(_CONFTEST, "ImportError while ")]
    if not (summaries or tests or conftest):
        yield from _unfinished(excerpt)
        return
    if (collecting or conftest) and not _any_ran(excerpt, summaries):
        cause = _collection_cause(excerpt, summaries or tuple(conftest[-1:]))
        if cause is not None:
            yield cause
            return
    lines = (*(i for i, _ in tests), *(i for i, _ in collecting), *summaries)
    if lines:
        made = [d for _, d in tests] or [diagnostic(f, *_COLLECTION) for f in _files(collecting)]
        yield Finding(
            "pytest", _checked(made), Weight.VERDICT, lines, unique(made), confidence=0.97
        )


def _files(collecting: list[tuple[int, str | None]]) -> list[str | None]:
    return [file for _, file in collecting]


def _checked(tests: list[Diagnostic]) -> Category:
    """What the failed items check: plug-ins run linters and type checkers as tests."""
    kinds = {d.message.rsplit("::", 1)[-1].lower() for d in tests}
    if kinds and kinds <= {"mypy", "mypy-status"}:
        return Category.TYPE_ERROR
    if kinds and kinds <= {"flake8", "pycodestyle", "black", "isort", "ruff", "ruff::format"}:
        return Category.LINTING_ERROR
    return Category.TEST_FAILURE


def _any_ran(excerpt: Excerpt, summaries: tuple[int, ...]) -> bool:
    """Whether the last summary counts failed tests, and not only errors."""
    return bool(summaries) and " failed" in f" {excerpt.lines[summaries[-1]]}"


def _tests(excerpt: Excerpt) -> Iterator[tuple[int, Diagnostic]]:
    named = [
        (index, match)
        for expression in (_SHORT, _PROGRESS)
        for index, match in excerpt.grep(expression, "FAILED", "ERROR ", "ERROR\n", "SUBFAIL")
    ]
    for index, match in named:
        yield index, _test(match["kind"], match["file"], match["test"])
    if not named:
        yield from _from_headings(excerpt)


def _test(kind: str, file: str, test: str | None) -> Diagnostic:
    code = "ERROR" if kind == "ERROR" else None
    return diagnostic(file, code, (test or _COLLECTION[1]).split(" - ")[0].strip())


def _from_headings(excerpt: Excerpt) -> Iterator[tuple[int, Diagnostic]]:
    """Tests named only above their tracebacks: older pytest, or ``-rN``."""
    sections = [
        (index, match["name"])
        for index, match in excerpt.grep(_SECTION, "= ERRORS =", "= FAILURES =")
    ]
    if not sections:
        return
    headings = [(i, m["name"]) for i, m in excerpt.grep(_HEADING, "___ ") if i > sections[0][0]]
    for number, (index, name) in enumerate(headings):
        end = headings[number + 1][0] if number + 1 < len(headings) else len(excerpt)
        place = next((m for line in excerpt.lines[index:end] if (m := _PLACE.match(line))), None)
        section = [kind for at, kind in sections if at < index][-1]
        error = section == "ERRORS"
        name = re.sub(r"^ERROR (?:at \w+ of|collecting) ", "", name)
        test = name.replace(".", "::") if not name.endswith(".py") else _COLLECTION[1]
        yield index, diagnostic(place["file"] if place else None, "ERROR" if error else None, test)


def _collection_cause(excerpt: Excerpt, ends: tuple[int, ...]) -> Finding | None:
    """What kept the tests from being collected, when that is no test's fault."""
    gone = missing(excerpt, prefix="E ")
    if gone.diagnostics:
        return Finding(
            "python",
            Category.DEPENDENCY_ISSUE,
            Weight.VERDICT,
            (*gone.lines, *ends),
            gone.diagnostics,
            AutoFixable.PARTIAL,
            confidence=0.95,
        )
    broken = [
        *excerpt.grep(_BROKEN, "Error: "),
        *excerpt.grep(_NEWER, "TypeError: ", "cannot import name "),
    ]
    if broken:
        return Finding(
            "python",
            Category.SYNTAX_ERROR,
            Weight.VERDICT,
            (*(index for index, _ in broken), *ends),
            unique(_broken(excerpt, index, match) for index, match in broken),
            confidence=0.9,
        )
    return None


def _broken(excerpt: Excerpt, index: int, match: re.Match[str]) -> Diagnostic:
    """The file that this Python cannot read, from the lines above its error."""
    groups = match.groupdict()
    message = groups["message"] or groups.get("absent") or ""
    kind = groups.get("type") or ("ImportError" if groups.get("absent") else "TypeError")
    for line in reversed(excerpt.lines[max(index - 4, 0) : index]):
        if place := _BROKEN_FILE.match(line) or _PLACE.match(line):
            return diagnostic(place["file"], kind, message, place["line"])
    return diagnostic(None, kind, message)


def _unfinished(excerpt: Excerpt) -> Iterable[Finding]:
    """A run that never came to a summary: wrong usage, nothing collected, a crash."""
    usage = [(i, m[0]) for i, m in excerpt.grep(_USAGE, "ERROR: ", "error: ", "ConfigWarning")]
    nothing = [(i, m[0]) for i, m in excerpt.grep(_NOTHING, "no tests ", "deselected")]
    if usage and (excerpt.mentions("pytest") or "pytest" in excerpt):
        yield _other(Category.CONFIGURATION_ERROR, usage, 0.85)
    elif nothing and excerpt.exit_code in (None, 5):
        yield _other(Category.CONFIGURATION_ERROR, nothing, 0.6)
    elif any(excerpt.grep(_SESSION, "= ")):
        crash = [
            (i, m[0])
            for i, m in excerpt.grep(_CRASH, "Fatal Python", "Segmentation", "INTERNALERROR", "!!!")
        ]
        if crash:
            yield _other(Category.TEST_FAILURE, crash, 0.75)


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
        ),
        _find,
        "FAILED tests/test_a.py::test_b - assert 1 == 2\n=== 1 failed, 3 passed in 0.02s ===",
        "=== 4 passed, 1 warning in 0.02s ===",
    ),
)
