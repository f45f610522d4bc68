"""Python programs that ended in a traceback of their own, and files that do not compile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, unique
from regreen.model import Category, Diagnostic

_BROKEN = re.compile(
    r'^\s*(?:\*\*\*)?\s*(?:Sorry: )?File "(?P<file>[^"\n]+)", line'
    r" (?P<line>\d+)\n(?:[^\n]*\n){0,3}?"
    r"\s*(?:Sorry: )?(?P<code>SyntaxError|IndentationError|TabError): (?P<message>.*)$",
    re.MULTILINE,
)
_ONE_LINE = re.compile(
    r"^Sorry: (?P<code>\w+): (?P<message>.*) \((?P<file>\S+), line (?P<line>\d+)\)$", re.MULTILINE
)
_LAST = re.compile(
    r"^(?P<code>(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Warning|Interrupt|Failed|Failure))"
    r"(?:: (?P<message>.*))?$",
    re.MULTILINE,
)
_ENDINGS = ("Error", "Exception", "Exit", "Warning", "Interrupt", "Failed", "Failure")
_TRACEBACK = "Traceback (most recent call last):"
_KINDS = (
    (re.compile(r"^(?:PermissionError)$"), Category.PERMISSION_ERROR),
    (re.compile(r"^MemoryError$"), Category.RESOURCE_EXHAUSTION),
    (re.compile(r"TimeoutExpired$"), Category.TIMEOUT),
    (
        re.compile(
            r"(?:ConnectionError|ConnectTimeout|ReadTimeout|URLError|SSLError|MaxRetryError|"
            r"ConnectionRefusedError|ConnectionResetError|gaierror|NewConnectionError)$"
        ),
        Category.NETWORK_ERROR,
    ),
    (
        re.compile(r"(?:VersionConflict|DistributionNotFound|PackageNotFoundError)$"),
        Category.DEPENDENCY_ISSUE,
    ),
    (
        re.compile(
            r"(?:TOMLDecodeError|ConfigError|ConfigurationError|InvalidConfigError"
            r"|ParserError|ScannerError)$"
        ),
        Category.CONFIGURATION_ERROR,
    ),
    (re.compile(r"^AssertionError$"), Category.TEST_FAILURE),
)


def _broken(excerpt: Excerpt) -> Iterable[Finding]:
    hits = [*excerpt.finditer(_BROKEN), *excerpt.grep(_ONE_LINE, "Sorry: ")]
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
    begin = excerpt.text.rfind(_TRACEBACK)
    first = excerpt.at(begin)
    hits = list(islice(excerpt.grep(_LAST, *_ENDINGS, first=first + 1), 1))
    if not hits:
        return
    index, match = hits[0]
    if len(excerpt) - index > 60:
        return
    kind = match["code"].rsplit(".", 1)[-1]
    category = next((c for e, c in _KINDS if e.search(kind)), Category.UNKNOWN)
    made: Diagnostic = diagnostic(None, kind, match["message"] or kind)
    yield Finding(
        "python",
        category,
        Weight.SIGN,
        (first, index),
        (made,),
        confidence=0.7 if category is not Category.UNKNOWN else 0.4,
    )


RULES = (
    Rule(
        "python-syntax",
        ("SyntaxError: ", "IndentationError: ", "TabError: "),
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
