r"""Private keys in PEM: on lines of their own, behind time stamps, or in one line with ``\n``.

The frame (RFC 7468, and OpenPGP's armour, RFC 9580) stays readable, what it holds goes. A frame
that is only named (in a source line, a search pattern) is followed by no key, and ends at once.
"""

from __future__ import annotations

from regreen.logs.expressions import expression

_BEGIN = expression(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_MARK = b"PRIVATE KEY"
_END = b"-----END"
_BODY = expression(rb"(?:(?<=\\[nr])|(?<![A-Za-z0-9+/=\\]))[A-Za-z0-9+/=]{16,}+")
_ALONE = expression(
    rb"(?:^|(?<=[\s>|+\"'`m,]))(?=[A-Za-z+/]*[0-9=]|[A-Za-z+/]{40})[A-Za-z0-9+/]{0,80}+=*+(?=[\"',\\nr\s\x1b\[0-9m]*$)"
)
_HEADER = expression(rb"(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash|X-[\w-]+): [^\n]*$")
_BLANK = expression(rb"^(?:\S*Z|[\w ./-]*\t[\w ./-]*\t\S*)?[\s>|+\"'`]*$")
_OPENS = expression(rb"^[\s\"'`,\\nr\x1b\[0-9m]*$")
_WIDTH = 4096
_TAIL = 160
"""The end of a log's line in which a key's line (76 characters at most, RFC 9580) stands."""
_PATIENCE = 3
"""Lines of something else (output of another process) that may stand between a key's lines."""
_LINES = 400
"""A 16384-bit RSA key has 200 lines."""


class Keys:
    """Hides the insides of keys in a text that comes in pieces of whole lines."""

    def __init__(self) -> None:
        self._left = 0
        self._patience = 0

    @property
    def inside(self) -> bool:
        """Whether the text so far ends inside a key."""
        return self._left > 0

    def mask(self, data: bytes) -> bytes:
        """Return ``data``, the lines that follow those given before, with keys replaced."""
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            if not self._left:
                place = data.find(_MARK, at)
                begin = data.rfind(b"\n", at, place) + 1 if place >= 0 else len(data)
                begin = max(begin, at)
                pieces.append(data[at:begin])
                at = begin
            if at < len(data):
                end = data.find(b"\n", at) + 1 or len(data)
                pieces.append(self._line(data[at:end]))
                at = end
        return b"".join(pieces)

    def _line(self, line: bytes) -> bytes:
        text, feed = (line[:-1], b"\n") if line.endswith(b"\n") else (line, b"")
        found = _BEGIN.search(text)
        if found:
            return text[: found.end()] + self._opened(text, found.end()) + feed
        if not self._left:
            return line
        self._left -= 1
        inside, frame, after = text.partition(_END)
        if frame:
            self._left = 0
            return _BODY.sub(b"***", inside) + frame + after + feed
        return self._inside(text) + feed

    def _opened(self, text: bytes, at: int) -> bytes:
        """``text`` from the end of a frame's first part; more keys may begin on the same line."""
        pieces: list[bytes] = []
        while True:
            stop = text.find(_END, at)
            inside = text[at : stop if stop >= 0 else len(text)]
            body = _BODY.search(inside)
            if body and stop >= 0:
                inside = inside[: body.start()] + b"***" + (b"\\n" if b"\\n" in inside else b"")
            elif body:
                inside = _BODY.sub(b"***", inside)
            found = _BEGIN.search(text, stop) if stop >= 0 else None
            if not found:
                goes_on = stop < 0 and (body is not None or _OPENS.match(inside) is not None)
                self._left = _LINES if goes_on else 0
                self._patience = _PATIENCE
                return b"".join((*pieces, inside, text[stop:] if stop >= 0 else b""))
            pieces += (inside, text[stop : found.end()])
            at = found.end()

    def _inside(self, text: bytes) -> bytes:
        if len(text) > _WIDTH:
            return _BODY.sub(b"***", text)
        if _HEADER.search(text) or _BLANK.match(text) or text.rstrip(b"\r\"' ,").endswith(b"***"):
            return text
        tail = max(0, len(text) - _TAIL)
        masked = text[:tail] + _ALONE.sub(b"***", text[tail:], count=1)
        if masked == text:
            self._patience -= 1
            if self._patience <= 0:
                self._left = 0
        else:
            self._patience = _PATIENCE
        return masked
