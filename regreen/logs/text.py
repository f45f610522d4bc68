"""Bytes of a log to plain lines: encodings, prefixes, terminal codes, carriage returns.

What a hosted runner and a plain pipe print for the same output comes out as the same lines here,
so that the rules never see the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.logs.expressions import expression

LONGEST_LINE = 4096
"""Characters of one line that the rules see; what stands behind is data, not a message."""

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z"
_BOM = "(?:\ufeff|∩╗┐|ï»¿)"
_COLUMNS = r"[^\t\n]*+\t[^\t\n]*+\t"
PREFIX = expression(rf"^{_BOM}?(?:\[(?:task )?{_TIME}\] ?|{_TIME}(?: |$))?{_BOM}?", re.MULTILINE)
COLUMNS_PREFIX = expression(
    rf"^{_BOM}?(?:(?P<job>[^\t\n]*+)\t(?P<step>[^\t\n]*+)\t)?{_BOM}?(?:{_TIME}(?: |$))?{_BOM}?",
    re.MULTILINE,
)
_HAS_COLUMNS = expression(rf"^{_BOM}?{_COLUMNS}{_BOM}?{_TIME}", re.MULTILINE)

_ANSI = expression(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]"
    r"|\^\[\[[\d;?]*[A-Za-z]|\x9b[0-?]*[ -/]*[@-~]"
)
_CONTROL = expression(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\ufeff]")
_MARK = expression(r"##\[(?P<kind>[a-z]+)\]|::(?P<word>[a-z-]+)(?: [^\n]*?)?::")
_SPOKEN = frozenset({"error", "warning", "notice", "debug", "group", "command", "section"})


def has_columns(text: str) -> bool:
    """Whether the lines begin ``job<TAB>step<TAB>time``, as ``gh run view --log`` prints them."""
    return _HAS_COLUMNS.search(text) is not None


def strip_terminal(text: str) -> str:
    """Return ``text`` without escape sequences and control characters (tabs, line ends stay)."""
    if "\x1b" in text or "^[[" in text or "\x9b" in text:
        text = _ANSI.sub("", text)
    return _CONTROL.sub("", text)


def clean(
    text: str, prefix: re.Pattern[str] = PREFIX, *, unescape: bool = False
) -> Iterator[tuple[int, str]]:
    """Yield ``(offset of the raw line, plain line)`` for every line of ``text``.

    What ``prefix`` matches (columns, time stamps), terminal codes and the runner's marks
    (``##[error]``, ``::error …::``) are cut off; a carriage return ends a line, as it does for the
    runner. ``unescape`` is for output that no runner has read yet: ``%0A`` in a command's message
    begins a new line.
    """
    text = prefix.sub("", text)
    text = strip_terminal(text)
    for offset, raw in enumerate(text.split("\n")):
        if "\r" in raw:
            for piece in raw.rstrip("\r").split("\r"):
                yield offset, piece[:LONGEST_LINE]
        elif raw[:2] in ("##", "::"):
            for piece in _spoken(raw[:LONGEST_LINE], unescape):
                yield offset, piece
        else:
            yield offset, raw[:LONGEST_LINE]


def _spoken(line: str, unescape: bool) -> list[str]:
    """The message of a runner's mark or workflow command; the line itself when it is neither."""
    mark = _MARK.match(line)
    if mark is None:
        return [line]
    kind = mark["kind"] or mark["word"]
    if kind in ("endgroup", "add-mask", "set-output"):
        return [""]
    if kind not in _SPOKEN:
        return [line]
    message = line[mark.end() :]
    if mark["word"] and unescape:
        message = message.replace("%0D", "").replace("%0A", "\n").replace("%25", "%")
    return message.split("\n")
