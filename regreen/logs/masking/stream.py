"""Masking a stream of bytes in bounded memory, however long the text or a line of it is.

Nothing but a private key's lines and the values that the log declares reaches beyond a line, so
whole lines are masked a batch at a time. A line too long to be kept is cut at a place where masking
the two sides apart gives the same as masking them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from regreen.logs.expressions import expression
from regreen.logs.masking.following import Beyond
from regreen.logs.masking.lines import mask_lines, promising
from regreen.logs.masking.values import Values, declarations

_BATCH = 512 << 10
"""Bytes that are masked at once."""
_LONGEST = 2 << 20
"""A line's bytes that are kept before it is cut."""
_REACH = 16 << 10
"""What is masked on each side of a cut to see whether a secret crosses it."""
_NEAR = 40 << 10
"""What stands before a place and may tell of it: a private key has up to 400 lines of 76 signs."""
_STEPS = 48
_STEP = 5003
"""Longer than a secret that must not slip through; a prime, so as not to fall in with a pattern."""
_REST = expression(rb"[^\s\"'<>]*")


def masked_chunks(chunks: Iterable[bytes], secrets: Sequence[str] = ()) -> Iterator[bytes]:
    """Yield the bytes of ``chunks`` with every secret replaced by ``***``.

    The text is UTF-8; bytes that are none pass through unchanged. Where the chunks' borders lie
    makes no difference, and for lines under 1 MiB the result is that of ``mask`` on the whole text,
    save that a value which the log declares (``::add-mask::VALUE``) is hidden from its line on: the
    lines before it have left already. Longer lines hide every secret of up to 4 KiB.
    """
    masker = Masker([secret.encode("utf-8", "surrogateescape") for secret in secrets])
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        for at in range(0, len(chunk), _LONGEST):
            held.append(chunk[at : at + _LONGEST])
            size += len(held[-1])
            if size >= _BATCH:
                done, rest = masker.take(b"".join(held))
                held, size = [rest], 0
                if done:
                    yield done
    done = masker.finish(b"".join(held))
    if done:
        yield done


class Masker:
    """Masks the pieces of one text, given in their order."""

    def __init__(self, secrets: list[bytes]) -> None:
        """Hide ``secrets``, and what the text declares, besides all that looks like a secret."""
        self._given = Values(secrets)
        self._spaced = {words[0] for secret in secrets if len(words := secret.split()) > 1}
        self._learnt = Values()
        self._beyond = Beyond()
        self._swallow = False

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what of ``data`` can be said, masked, and the rest, to be given again."""
        done: list[bytes] = []
        at = 0
        while True:
            stop = data.rfind(b"\n", at, at + _LONGEST) + 1
            if not stop:
                if len(data) - at < _LONGEST:
                    return b"".join(done), data[at:]
                stop = self._cut(data, at)
                piece = self._piece(data[at:stop])
                uncut = piece.endswith(b"***") and not data.endswith(b"***", at, stop)
                self._swallow = uncut or not piece
                done.append(piece)
            else:
                done.append(self._piece(data[at:stop]))
            at = stop

    def finish(self, data: bytes) -> bytes:
        """Return the end of the text, masked."""
        done, rest = self.take(data)
        return done + self._piece(rest)

    def glimpse(self, line: bytes) -> bytes:
        """Return what of the unfinished ``line``, which follows all that was given, may be shown.

        Its last word may be half of a secret, and what follows a word that promises one is for the
        whole line to tell.
        """
        end = max(line.rfind(blank) for blank in (b" ", b"\t", b"\r")) + 1
        ends = (line.find(word, 0, end) for word in self._spaced)
        head = line[: min([end, *(place for place in ends if place >= 0)])]
        if self._swallow or self._beyond.pending or promising(head):
            return b""
        return mask_lines(self._values(head)).partition(b"***")[0]

    def skip(self, data: bytes) -> None:
        """Pass over ``data``, which nobody is shown: what it declares is hidden all the same."""
        self._learn(value for _, value in declarations(data))
        near = data[-_NEAR:]
        self.take(near[near.find(b"\n") + 1 :])
        self._swallow = not data.endswith(b"\n")

    def _learn(self, values: Iterable[bytes]) -> None:
        for value in values:
            self._learnt.add([value])
            if len(words := value.split()) > 1:
                self._spaced.add(words[0])

    def _piece(self, data: bytes) -> bytes:
        """Whole lines, or a piece of one, masked; a secret that was cut goes on at the front."""
        if self._swallow:
            found = _REST.match(data)
            data = data[found.end() :] if found else data
            self._swallow = not data
        pieces: list[bytes] = []
        at = 0
        for place, value in declarations(data):
            if place > at:
                pieces.append(self._values(data[at:place]))
                at = place
            self._learn([value])
        pieces.append(self._values(data[at:]))
        return self._beyond.mask(mask_lines(b"".join(pieces)))

    def _values(self, data: bytes) -> bytes:
        return self._learnt.mask(self._given.mask(data))

    def _cut(self, data: bytes, at: int) -> int:
        """Where to cut a long line: where no secret lies across, when there is such a place."""
        for step in range(_STEPS):
            place = at + _LONGEST // 2 - step * _STEP
            left, right = data[place - _REACH : place], data[place : place + _REACH]
            masked = self._apart(left)
            if masked.endswith(b"***"):
                continue
            if self._apart(left + right) == masked + self._apart(right):
                return place
        return at + _LONGEST // 2

    def _apart(self, data: bytes) -> bytes:
        return Beyond().mask(mask_lines(self._values(data)))
