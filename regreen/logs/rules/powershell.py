"""PowerShell 5 and 7: their error blocks, and what the message in them means.

PowerShell 7 prints ``where: file:line``, ``Line |``, a gutter with the source and the message
behind ``     | ``; Windows PowerShell 5 prints the message, then ``At file:line char:n`` and
``FullyQualifiedErrorId``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.logs.rules.spoken import is_last
from regreen.model import AutoFixable, Category, Diagnostic

_HEAD = re.compile(r"^(?P<who>[\w.-]{1,80}): (?P<file>\S[^\n|]{0,250}?\.psm?1):(?P<line>\d+)$")
_GUTTER = re.compile(r"^ {0,8}\d{0,6} *\| ?(?P<text>.*)$")
_MARKS = re.compile(r"^[ ~]*$")
_AT = re.compile(r"^At (?P<file>\S.{0,250}?):(?P<line>\d+) char:\d+$")
_ID = re.compile(r"^ {4}\+ FullyQualifiedErrorId : (?P<code>[^\s,]+)")
_MEANS: tuple[tuple[re.Pattern[str], Category, float], ...] = (
    (
        re.compile(
            r"is not recognized as (?:a|the) name of|CommandNotFoundException|No match was found"
            r" for the specified search criteria|no valid module file was found"
            r"|Unable to find (?:package|module|type \[)|could not be loaded\. For more information"
        ),
        Category.DEPENDENCY_ISSUE,
        0.85,
    ),
    (
        re.compile(
            r"ParserError|ParseException|Missing closing '|Unexpected token '|The string is missing"
            r" the terminator|Missing (?:expression|statement|argument in parameter|'\)')"
            r"|MissingEndCurlyBrace|UnexpectedToken"
        ),
        Category.SYNTAX_ERROR,
        0.9,
    ),
    (
        re.compile(
            r"running scripts is disabled|UnauthorizedAccess|Access to the path .* is denied"
            r"|Access is denied|\b40[13] \((?:Forbidden|Unauthorized)\)|PermissionDenied"
        ),
        Category.PERMISSION_ERROR,
        0.85,
    ),
    (
        re.compile(
            r"The remote name could not be resolved|No such host is known|Unable to connect to the"
            r" remote server|The operation has timed out|connection attempt failed|\b(?:5\d\d|429) "
            r"\(|forcibly closed|The SSL connection could not|Unable to resolve package source"
            r"|remote server returned an error: \(5"
        ),
        Category.NETWORK_ERROR,
        0.82,
    ),
    (
        re.compile(
            r"(?:Cannot find path|path) '.*(?:does not exist|is not valid|either does not exist)"
            r"|Could not find (?:a part of the path|file|item)|PathNotFound|ItemNotFound"
            r"|A parameter cannot be found|Cannot bind (?:argument|parameter)|is not a valid value"
            r"|Cannot validate argument on parameter|Missing an argument for parameter"
            r"|A positional parameter cannot be found|because it is null|is not set|not found:"
            r"|Cannot find (?:drive|any service|an overload|path)|File not found|already exists"
            r"|cannot be found because it does not exist"
        ),
        Category.CONFIGURATION_ERROR,
        0.75,
    ),
    (re.compile(r"[Nn]ot enough space|OutOfMemory"), Category.RESOURCE_EXHAUSTION, 0.85),
    (re.compile(r"\btests? failed|Pester.*failed"), Category.TEST_FAILURE, 0.7),
)


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    for lines, said, text in (*_seven(excerpt), *_five(excerpt)):
        category, confidence = _meaning(text)
        known = category is not Category.UNKNOWN
        last = known and is_last(excerpt, lines[-1])
        yield Finding(
            "powershell",
            category,
            Weight.VERDICT if last else Weight.HINT,
            lines,
            unique((said,)),
            AutoFixable.PARTIAL if category is Category.DEPENDENCY_ISSUE else AutoFixable.NO,
            confidence=confidence if last else min(confidence, 0.5),
        )


def _meaning(text: str) -> tuple[Category, float]:
    for expression, category, confidence in _MEANS:
        if expression.search(text):
            return category, confidence
    return Category.UNKNOWN, 0.4


def _seven(excerpt: Excerpt) -> Iterator[tuple[tuple[int, ...], Diagnostic, str]]:
    """The last block of PowerShell 7."""
    rules = [index for index, line in enumerate(excerpt.lines) if line.rstrip() == "Line |"][-1:]
    for index in rules:
        head = _HEAD.match(excerpt.lines[index - 1].rstrip()) if index else None
        end, message = index, ""
        for at in range(index + 1, min(index + 40, len(excerpt))):
            row = _GUTTER.match(excerpt.lines[at])
            if row is None:
                break
            end = at
            if not _MARKS.match(row["text"]) and not excerpt.lines[at].lstrip()[:1].isdigit():
                message = f"{message} {row['text'].strip()}".strip()
        if head is not None and message:
            said = diagnostic(head["file"], head["who"], message, head["line"])
            yield (index - 1, end), said, f"{head['who']}: {message}"


def _five(excerpt: Excerpt) -> Iterator[tuple[tuple[int, ...], Diagnostic, str]]:
    """The last block of Windows PowerShell 5."""
    for end, found in list(excerpt.grep(_ID, "FullyQualifiedErrorId"))[-1:]:
        for at in range(end - 1, max(end - 14, 0), -1):
            place = _AT.match(excerpt.lines[at].rstrip())
            if place is None:
                continue
            message = excerpt.lines[at - 1].strip()
            said = diagnostic(place["file"], found["code"], message, place["line"])
            yield (at - 1, at, end), said, f"{message} {found['code']}"
            return


RULES = (
    Rule(
        "powershell",
        ("Line |", "FullyQualifiedErrorId"),
        _find,
        "Get-Thing: D:\\a\\demo\\demo\\build.ps1:3\nLine |\n   3 |  Get-Thing\n     |  ~~~~~~~~~\n"
        "     | The term 'Get-Thing' is not recognized as a name of a cmdlet, function,\n"
        "     | script file, or executable program.",
        "Line | Branch",
    ),
)
