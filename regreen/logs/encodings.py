"""What a log's bytes are: UTF-8, UTF-16 with or without a mark, packed messages, or no text."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from regreen.errors import LogUnreadable
from regreen.logs.messages import packed, unpacked

PACKED = "messages"
"""Stands for the encoding of text that is packed in a JSON array."""
_UNPACK = "unpack it and give `regreen` the failed job's file in it"
_NEXT = "give the text of a failed job's log: `regreen analyze --log FILE`"
_SNIFF = 1 << 16
_TASTE = 1 << 10
"""Bytes that tell text from binary data: a log begins with words, whatever a step prints later."""
_MARKS = (
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PACKED = (b"PK\x03\x04", b"\x1f\x8b")
_MAGIC = (*_PACKED, b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"%PDF", b"\x7fELF")


def start_of_text(read: Callable[[int, int], bytes]) -> tuple[int, str | None]:
    """Return where the text begins, after a byte order mark, and its encoding unless UTF-8.

    ``read`` gives the bytes from an offset on, at most so many. UTF-16 is recognised by its mark or
    by the zero bytes of its ASCII half. Raises ``LogUnreadable`` for what is empty, blank or no
    text.
    """
    head = read(0, _SNIFF)
    begin, encoding = 0, _bare_utf16(head[:4096])
    for mark, marked in _MARKS:
        if head.startswith(mark):
            begin, encoding = len(mark), marked
            break
    text = head[begin:]
    if encoding is not None:
        text = text.decode(encoding, "replace").encode("utf-8", "replace")
    if not text.strip() and _blank_from(read, len(head)):
        raise LogUnreadable("the log is empty", _NEXT)
    if _binary(text[:_TASTE]):
        raise LogUnreadable(
            "the log is binary data, not text", _UNPACK if text.startswith(_PACKED) else _NEXT
        )
    if encoding is None and packed(text, whole=len(head) < _SNIFF):
        encoding = PACKED
    return begin, encoding


@contextmanager
def utf8_copy(chunks: Iterable[tuple[int, bytes]], encoding: str) -> Iterator[BinaryIO]:
    """Yield a temporary file with the text of ``chunks`` as UTF-8."""
    data = (chunk for _, chunk in chunks)
    with tempfile.TemporaryFile() as copy:
        for part in unpacked(data) if encoding == PACKED else _decoded(data, encoding):
            copy.write(part)
        copy.flush()
        if copy.tell() == 0:
            raise LogUnreadable("the log is empty", _NEXT)
        yield copy


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _blank_from(read: Callable[[int, int], bytes], start: int) -> bool:
    while chunk := read(start, _SNIFF):
        if chunk.strip():
            return False
        start += len(chunk)
    return True


def _bare_utf16(head: bytes) -> str | None:
    half = len(head) // 2
    if half < 4:
        return None
    if head[1::2].count(0) > 0.8 * half and head[0::2].count(0) < 0.05 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.8 * half and head[1::2].count(0) < 0.05 * half:
        return "utf-16-be"
    return None


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
