"""Python programs that ended in a traceback of their own, and files that do not compile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.paths import relative
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, unique
from regreen.model import Category, Diagnostic

_BROKEN = expression(
    r'^[ \t]{0,80}(?:\*\*\*)?[ \t]{0,8}(?:Sorry: )?File "(?P<file>[^"\n]+)", line'
    r" (?P<line>\d+)\n(?:[^\n]*\n){0,3}?"
    r"[ \t]*(?:Sorry: )?(?P<code>SyntaxError|IndentationError|TabError): (?P<message>.*)$",
    re.MULTILINE,
)
_ERRORS = ("SyntaxError: ", "IndentationError: ", "TabError: ")
_ONE_LINE = expression(
    r"^(?:\*\*\* )?Sorry: (?P<code>\w+): (?P<message>.*) \((?P<file>\S+), line (?P<line>\d+)\)$",
    re.MULTILINE,
)
_LAST = expression(r"^(?P<code>(?:[a-z_]\w*\.)*[A-Za-z_]\w*)(?:: (?P<message>.*))?$")
_GROUP = expression(r"^ *\| (?P<code>(?:[a-z_]\w*\.)*\w*ExceptionGroup): (?P<message>.*)$")
_FRAME = expression(r'^ *(?:\| +)?File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<name>\S+)')
_ENVIRONMENT = expression(r'^ *File "(?:<frozen os>|[^"\n]*[/\\]os\.py)", line \d+, in __getitem__')
_TRACEBACK = "Traceback (most recent call last):"
_KINDS = (
    (expression(r"^(?:PermissionError)$"), Category.PERMISSION_ERROR),
    (expression(r"^MemoryError$"), Category.RESOURCE_EXHAUSTION),
    (expression(r"TimeoutExpired$"), Category.TIMEOUT),
    (
        expression(
            r"(?:ConnectionError|ConnectTimeout|ReadTimeout|URLError|SSLError|MaxRetryError|"
            r"ConnectionRefusedError|ConnectionResetError|gaierror|NewConnectionError)$"
        ),
        Category.NETWORK_ERROR,
    ),
    (
        expression(r"(?:VersionConflict|DistributionNotFound|PackageNotFoundError)$"),
        Category.DEPENDENCY_ISSUE,
    ),
    (
        expression(
            r"(?:TOMLDecodeError|ConfigError|ConfigurationError|InvalidConfigError|ImproperlyConfigured"
            r"|ParserError|ScannerError)$"
        ),
        Category.CONFIGURATION_ERROR,
    ),
    (expression(r"^AssertionError$"), Category.TEST_FAILURE),
)


def _broken(excerpt: Excerpt) -> Iterable[Finding]:
    hits = [*excerpt.near(_BROKEN, *_ERRORS), *excerpt.grep(_ONE_LINE, "Sorry: ")]
    hits = [(i, m) for i, m in hits if not m["file"].startswith("<")] or hits
    if hits:
        ends = [excerpt.at(m.end()) for _, m in hits]
        yield Finding(
            "python",
            Category.SYNTAX_ERROR,
            Weight.VERDICT if is_final(excerpt, max(ends)) else Weight.SIGN,
            tuple(sorted({*(i for i, _ in hits), *ends})),
            unique(diagnostic(m["file"], m["code"], m["message"], m["line"]) for _, m in hits),
            confidence=0.95,
        )


def _traceback(excerpt: Excerpt) -> Iterable[Finding]:
    """An exception nobody caught, if it is the last thing that was said."""
    first = excerpt.at(excerpt.text.rfind(_TRACEBACK))
    lead = excerpt.lines[first].partition("Traceback")[0]
    if "|" in lead or "+" in lead:
        hits = list(excerpt.grep(_GROUP, "ExceptionGroup: "))[-1:]
        first = hits[0][0] if hits else first
    else:
        hits = list(_exception(excerpt, first))
    if not hits or len(excerpt) - hits[0][0] > 60:
        return
    index, match = hits[0]
    kind = match["code"].rsplit(".", 1)[-1]
    category = next((c for e, c in _KINDS if e.search(kind)), Category.UNKNOWN)
    frames = [line for line in excerpt.lines[first:index] if _FRAME.match(line)]
    if kind == "KeyError" and any(_ENVIRONMENT.match(line) for line in frames):
        category = Category.CONFIGURATION_ERROR
    yield Finding(
        "python",
        category,
        Weight.SIGN,
        (first, index),
        (_placed(frames, kind, match["message"] or kind),),
        confidence=0.7 if category is not Category.UNKNOWN else 0.4,
    )


def _exception(excerpt: Excerpt, first: int) -> Iterator[tuple[int, re.Match[str]]]:
    """The line below a traceback's frames, which are indented."""
    for index in range(first + 1, min(first + 3000, len(excerpt))):
        line = excerpt.lines[index]
        if line and not line[0].isspace():
            if match := _LAST.match(line):
                yield index, match
            return


def _placed(frames: list[str], kind: str, message: str) -> Diagnostic:
    """The exception at the innermost frame that lies in the repository."""
    for line in reversed(frames):
        frame = _FRAME.match(line)
        if frame and relative(frame["file"]) is not None:
            return diagnostic(frame["file"], kind, message, frame["line"])
    return diagnostic(None, kind, message)


RULES = (
    Rule(
        "python-syntax",
        _ERRORS,
        _broken,
        '  File "/home/runner/work/a/a/b.py", line 1\n    def f(:\n         '
        " ^\nSyntaxError: invalid syntax",
        "E   SyntaxError: invalid syntax",
    ),
    Rule(
        "python-traceback",
        (_TRACEBACK,),
        _traceback,
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nValueError: no',
        "ValueError: no",
    ),
)
