"""Bytes of a log to plain lines: encodings, prefixes, terminal codes, carriage returns.

What a hosted runner and a plain pipe print for the same output comes out as the same lines here,
so that the rules never see the difference.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from regreen.errors import LogUnreadable

LONGEST_LINE = 4096
"""Characters of one line that the rules see; what stands behind is data, not a message."""

_UNPACK = "unpack it and give `regreen` the failed job's file in it"
_NEXT = "give the text of a failed job's log: `regreen analyze --log FILE`"

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z"
_BOM = "(?:\ufeff|∩╗┐|ï»¿)"
_COLUMNS = r"[^\t\n]*+\t[^\t\n]*+\t"
PREFIX = re.compile(rf"^{_BOM}?(?:\[(?:task )?{_TIME}\] ?|{_TIME}(?: |$))?{_BOM}?", re.MULTILINE)
COLUMNS_PREFIX = re.compile(
    rf"^{_BOM}?(?:(?P<job>[^\t\n]*+)\t(?P<step>[^\t\n]*+)\t)?{_BOM}?(?:{_TIME}(?: |$))?{_BOM}?",
    re.MULTILINE,
)
_HAS_COLUMNS = re.compile(rf"^{_BOM}?{_COLUMNS}{_BOM}?{_TIME}", re.MULTILINE)

_ANSI = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]"
    r"|\^\[\[[\d;?]*[A-Za-z]|\x9b[0-?]*[ -/]*[@-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\ufeff]")
_MARK = re.compile(r"##\[(?P<kind>[a-z]+)\]|::(?P<word>[a-z-]+)(?: [^\n]*?)?::")
_SPOKEN = frozenset({"error", "warning", "notice", "debug", "group", "command", "section"})


def to_utf8(data: bytes) -> bytes:
    """Return the log as UTF-8 bytes without a byte order mark, line feeds kept one for one.

    UTF-16 is recognised by its mark or by the zero bytes of its ASCII half. Raises
    ``LogUnreadable`` for what is empty, blank or no text.
    """
    encoding = _bare_utf16(data[:4096])
    for mark, marked in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], marked
            break
    if encoding is not None:
        data = data.decode(encoding, "replace").encode("utf-8", "replace")
    if not data.strip():
        raise LogUnreadable("the log is empty", _NEXT)
    if _binary(data[:65536]):
        packed = data.startswith(_PACKED)
        next_step = _UNPACK if packed else _NEXT
        raise LogUnreadable("the log is binary data, not text", next_step)
    return data


def _bare_utf16(head: bytes) -> str | None:
    half = len(head) // 2
    if half < 4:
        return None
    if head[1::2].count(0) > 0.8 * half and head[0::2].count(0) < 0.05 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.8 * half and head[1::2].count(0) < 0.05 * half:
        return "utf-16-be"
    return None


_MARKS = (
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PACKED = (b"PK\x03\x04", b"\x1f\x8b")
_MAGIC = (b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"%PDF", b"\x7fELF")


def _binary(head: bytes) -> bool:
    """Whether more than one byte in fifty is one that no text and no terminal needs."""
    if head.startswith(_MAGIC):
        return True
    odd = head.translate(None, bytes(range(8, 14)) + b"\x07\x1b" + bytes(range(32, 127)))
    control = odd.translate(None, bytes(range(128, 256)))
    if len(control) > len(head) / 50:
        return True
    wrong = head.decode("utf-8", "replace").count("\ufffd")
    return wrong > len(head) / 10


def has_columns(text: str) -> bool:
    """Whether the lines begin ``job<TAB>step<TAB>time``, as ``gh run view --log`` prints them."""
    return _HAS_COLUMNS.search(text) is not None


def strip_terminal(text: str) -> str:
    """Return ``text`` without escape sequences and control characters (tabs, line ends stay)."""
    if "\x1b" in text or "^[[" in text or "\x9b" in text:
        text = _ANSI.sub("", text)
    return _CONTROL.sub("", text)


def clean(text: str, *, columns: bool, unescape: bool = False) -> Iterator[tuple[int, str]]:
    """Yield ``(offset of the raw line, plain line)`` for every line of ``text``.

    Columns, time stamps, terminal codes and the runner's marks (``##[error]``, ``::error …::``) are
    cut off; a carriage return ends a line, as it does for the runner. ``unescape`` is for output
    that no runner has read yet: ``%0A`` in a command's message begins a new line.
    """
    text = (COLUMNS_PREFIX if columns else PREFIX).sub("", text)
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
