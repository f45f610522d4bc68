"""Masking what a running program prints, line by line as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from regreen.logs.masking.stream import Masker

_LONGEST = 2 << 20
"""Bytes of a line that are held back for its end; a longer one is cut by the masker."""


class LiveMask:
    """Takes a text in pieces and gives it back masked, each line as soon as its end is there.

    What it gives, joined, is the masked text. A value that the text declares
    (``::add-mask::VALUE``) is hidden from its line on.
    """

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        """Hide ``secrets`` besides all that looks like a secret."""
        self._masker = Masker([secret.encode("utf-8", "surrogateescape") for secret in secrets])
        self._held: list[bytes] = []
        self._size = 0
        self._shown = b""

    def feed(self, data: bytes) -> bytes:
        """Take ``data`` and return the lines that are now whole; the rest waits for its end."""
        self._held.append(data)
        self._size += len(data)
        if b"\n" not in data and self._size < _LONGEST:
            return b""
        done, rest = self._masker.take(b"".join(self._held))
        self._held, self._size = [rest], len(rest)
        return self._behind(done)

    def idle(self) -> bytes:
        """Return more of the unfinished line, as far as it can hide no part of a secret."""
        seen = self._masker.glimpse(b"".join(self._held))
        if len(seen) <= len(self._shown) or not seen.startswith(self._shown):
            return b""
        more = seen[len(self._shown) :]
        self._shown = seen
        return more

    def skip(self, data: bytes) -> None:
        """Leave out what is held and ``data``; what they declare is hidden all the same."""
        self._masker.skip(b"".join((*self._held, data)))
        self._held, self._size, self._shown = [], 0, b""

    def finish(self) -> bytes:
        """Return the end of the text."""
        done = self._masker.finish(b"".join(self._held))
        self._held, self._size = [], 0
        return self._behind(done)

    def _behind(self, done: bytes) -> bytes:
        """What follows on the part of the line that was shown already."""
        if not done:
            return b""
        shown, self._shown = self._shown, b""
        if done.startswith(shown):
            return done[len(shown) :]
        return b"\n" + done  # the line's end tells that its beginning reads otherwise
