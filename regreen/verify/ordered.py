"""Work that is tried side by side, and judged one after the other in the order it was thought of.

Which piece wins depends on that order alone, not on which piece happens to end first: with one
worker and with many the same pieces are judged, and with the same result.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 4
"""Pieces in line for each that runs: so many ended ones may wait for a slow one before them."""


class Stopped(Exception):
    """This piece of work is not wanted any more."""


class Stop:
    """Ends one piece of work from outside, whatever it waits for at the moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._breaks: list[Callable[[], None]] = []

    @property
    def stopped(self) -> bool:
        """Whether the work is to end."""
        return self._stopped

    def check(self) -> None:
        """Raise `Stopped` when the work is to end."""
        if self._stopped:
            raise Stopped

    @contextmanager
    def holding(self, end: Callable[[], None]) -> Iterator[None]:
        """While inside, `now` calls ``end``, which must break off whatever is done inside.

        Raises `Stopped` when it is too late to begin.
        """
        with self._lock:
            self.check()
            self._breaks.append(end)
        try:
            yield
        finally:
            with self._lock:
                self._breaks.remove(end)

    def now(self) -> None:
        """End the work. What breaks it off may raise nothing that matters."""
        with self._lock:
            self._stopped = True
            ends = tuple(self._breaks)
        for end in ends:
            with suppress(Exception):
                end()


@dataclass(frozen=True, slots=True)
class _Piece(Generic[T]):
    future: Future[T]
    stop: Stop


@dataclass(frozen=True, slots=True)
class Line(Generic[T, R]):
    """How pieces are worked on and judged.

    ``width`` run at once on ``executor``. ``settle`` judges the next result in order and may return
    what ends the search; from then on it answers for the result. ``most`` says how many more pieces
    may be in line now. ``hopeful`` is true of a result that is likely to end the search, behind
    which nothing more is begun; ``drop`` clears away a result that is never judged.
    """

    executor: Executor
    width: int
    settle: Callable[[T], R | None]
    most: Callable[[], int]
    hopeful: Callable[[T], bool]
    drop: Callable[[T], None]

    def first(self, pieces: Iterator[Callable[[Stop], T]]) -> R | None:
        """Return what the first piece in order gives that ``settle`` accepts; ``None`` if none.

        Only as many of ``pieces`` are asked for as there is room for. What still runs in the end,
        or on any exception and Ctrl-C, is ended first. A piece's exception is raised when it is
        that piece's turn: one behind the winner counts for nothing, as if it had not been begun.
        """
        line: deque[_Piece[T]] = deque()
        more = True
        try:
            while True:
                running = [piece.future for piece in line if not piece.future.done()]
                if more and self._room(line, running):
                    piece = next(pieces, None)
                    more = piece is not None
                    if piece is not None:
                        line.append(self._begin(piece))
                elif not line:
                    return None
                elif line[0].future in running:
                    # Whichever has ended since it was counted as running ends the waiting.
                    wait(running, return_when=FIRST_COMPLETED)
                elif (won := self.settle(line.popleft().future.result())) is not None:
                    return won
        finally:
            self._end(line)

    def _begin(self, piece: Callable[[Stop], T]) -> _Piece[T]:
        stop = Stop()
        return _Piece(self.executor.submit(_work, piece, stop), stop)

    def _room(self, line: Sequence[_Piece[T]], running: Sequence[Future[T]]) -> bool:
        if len(running) >= self.width or len(line) >= min(self.most(), _AHEAD * self.width):
            return False
        return not any(self._decides(p.future) for p in line if p.future not in running)

    def _decides(self, future: Future[T]) -> bool:
        return future.exception() is not None or self.hopeful(future.result())

    def _end(self, line: Sequence[_Piece[T]]) -> None:
        """End what is left, all at once, and wait until it has ended."""
        if not line:
            return
        with ThreadPoolExecutor(len(line)) as pool:
            for piece in line:
                piece.future.cancel()
                pool.submit(piece.stop.now)
        wait([piece.future for piece in line])
        for piece in line:
            if not piece.future.cancelled() and piece.future.exception() is None:
                self.drop(piece.future.result())


def _work(piece: Callable[[Stop], T], stop: Stop) -> T:
    """Do one piece; what goes wrong in one that is not wanted any more is the ending's doing."""
    try:
        stop.check()
        return piece(stop)
    except Exception:
        stop.check()
        raise
