"""The order of ideas decides, whatever the order in which they end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regreen.verify.ordered import Line, Stop, Stopped


class Fake(Executor):
    """Ends one of the pieces in hand each time that somebody looks, as the test says which."""

    def __init__(self, choices: Sequence[int]) -> None:
        self.choices = iter(choices)
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Looked = Looked(self)
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        self.most = max(self.most, len(self.waiting))
        return future

    def step(self) -> None:
        """End one piece."""
        if not self.waiting:
            return
        future, work = self.waiting.pop(next(self.choices, 0) % len(self.waiting))
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)

    def finish(self) -> None:
        while self.waiting:
            self.step()


class Looked(Future[Any]):
    """A future that comes nearer to its end by being looked at."""

    def __init__(self, executor: Fake) -> None:
        super().__init__()
        self.executor = executor

    def done(self) -> bool:
        if not super().done():
            self.executor.step()
        return super().done()

    def cancel(self) -> bool:
        gone = super().cancel()
        self.executor.finish()
        return gone


class Broken(Exception):
    pass


@dataclass
class Trial:
    """Pieces by what becomes of them: 0 nothing, 1 a win, 2 an exception."""

    fates: Sequence[int]
    most: int = 1000
    pulled: int = 0
    settled: list[int] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)

    def pieces(self) -> Iterator[Callable[[Stop], int]]:
        for number, fate in enumerate(self.fates):
            self.pulled += 1

            def piece(_stop: Stop, number: int = number, fate: int = fate) -> int:
                if fate == 2:
                    raise Broken(str(number))
                self.made.append(number)
                return number

            yield piece

    def settle(self, number: int) -> str | None:
        self.settled.append(number)
        return f"won {number}" if self.fates[number] == 1 else None

    def run(self, executor: Executor, width: int) -> str | None:
        line: Line[int, str] = Line(
            executor,
            width,
            self.settle,
            lambda: self.most - len(self.settled),
            lambda number: self.fates[number] == 1,
            self.dropped.append,
        )
        try:
            return line.first(self.pieces())
        except Broken as error:
            return f"broken {error}"


FATES = st.lists(st.sampled_from([0, 0, 0, 1, 2]), max_size=12)


@given(FATES, st.lists(st.integers(0, 8)), st.integers(1, 6), st.integers(1, 14))
@settings(max_examples=300, deadline=None)
def test_the_result_is_that_of_one_after_the_other(
    fates: list[int], choices: list[int], width: int, most: int
) -> None:
    alone, fake = Trial(fates, most), Fake([])
    expected = alone.run(fake, 1)
    trial, executor = Trial(fates, most), Fake(choices)
    assert trial.run(executor, width) == expected
    assert trial.settled == alone.settled
    assert alone.dropped == []
    # Whatever was made is either judged or cleared away, once; nothing is in hand any more.
    assert sorted(trial.made) == sorted(trial.settled + trial.dropped)
    assert executor.waiting == []
    assert executor.most <= width
    assert alone.pulled <= len(alone.settled) + 1


def test_what_is_not_needed_any_more_is_broken_off_and_awaited() -> None:
    begun, ended = threading.Barrier(2), threading.Event()

    def winner(_stop: Stop) -> str:
        begun.wait(10)
        return "won"

    def other(stop: Stop) -> str:
        broken = threading.Event()
        with stop.holding(broken.set):
            begun.wait(10)
            assert broken.wait(60)
        ended.set()
        raise ConnectionError("its sandbox is gone")

    with ThreadPoolExecutor(2) as pool:
        line: Line[str, str] = Line(pool, 2, str, lambda: 9, bool, lambda _: None)
        assert line.first(iter([winner, other])) == "won"
        assert ended.is_set()


def test_nothing_is_begun_once_it_is_to_end() -> None:
    stop = Stop()
    stop.now()
    with pytest.raises(Stopped), stop.holding(lambda: None):
        pytest.fail("it was begun")
