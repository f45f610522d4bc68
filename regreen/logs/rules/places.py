"""Where an unknown program's complaints lie: rows of the form that compilers and linters share.

``file:line: message`` and ``file:line:column: message`` are the GNU coding standards' form of error
messages. A program that no rule knows is taken at its word where its last words have that form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Weight, diagnostic, unique
from regreen.model import Diagnostic

_ROW = expression(
    r"^(?P<file>[^\s:'\"(<>|][^\s:'\"<>|]{0,250}):(?P<line>[1-9]\d{0,6}):(?:(?P<column>\d{1,5}):)?"
    r"\s+(?P<message>\S.{0,1000})"
)
_FILE = expression(r"(?:^|/)(?:[\w.@+%=~-]*\.[A-Za-z][\w+-]{0,11}|[A-Z][A-Za-z]+file)$")
_HOST = expression(
    r"^[^/]*\.(?:com|org|net|io|dev|local|localdomain|internal|cloud|svc|lan|home|edu|gov)$"
)
"""What has a port behind its name, not a line."""
_MILD = expression(r"(?i)^(?:\w*warning\b|note\b|info\b|hint\b|debug\b)")
_ENDS = 3
"""Of so many last lines one has to be a row."""
_REACH = 400
_MOST = 200


def placed(finding: Finding, excerpt: Excerpt) -> Finding:
    """Return a guess with the files and lines that the output names at its end.

    A finding of a known tool, or one that names files itself, is returned as it is.
    """
    known = finding.tool is not None or any(d.file for d in finding.diagnostics)
    if known or finding.weight > Weight.HINT or finding.end < 0:
        return finding
    rows = _rows(excerpt, finding.end)
    if not rows:
        return finding
    own = {diagnostic(None, None, excerpt.lines[index]).key for index, _ in rows}
    others = [d for d in finding.diagnostics if d.key not in own]
    return replace(finding, diagnostics=unique([*(row for _, row in rows), *others]))


def _rows(excerpt: Excerpt, end: int) -> Sequence[tuple[int, Diagnostic]]:
    said = [index for index in range(max(end - _REACH, 0), end + 1) if excerpt.lines[index].strip()]
    if not any(_row(excerpt.lines[index]) for index in said[-_ENDS:]):
        return ()
    read = ((index, _row(excerpt.lines[index])) for index in said)
    return [(index, row) for index, row in read if row is not None][-_MOST:]


def _row(line: str) -> Diagnostic | None:
    match = _ROW.match(line)
    if match is None or not _FILE.search(match["file"]) or _HOST.match(match["file"]):
        return None
    if _MILD.match(match["message"]):
        return None
    found = diagnostic(
        match["file"], None, match["message"].rstrip(), match["line"], match["column"]
    )
    return found if found.file is not None else None
