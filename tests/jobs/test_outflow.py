"""A step's output on its way to the reporter: in order, at once, and never in the step's way."""

from __future__ import annotations

import queue
import threading

import pytest

from regreen.jobs import outflow
from regreen.jobs.outflow import Outflow
from regreen.logs.masking import LiveMask

WAIT = 30


def test_a_line_is_shown_before_the_next_one_is_written() -> None:
    shown: queue.Queue[str] = queue.Queue()
    with Outflow(LiveMask(), shown.put) as flow:
        for number in range(5):
            flow.write(f"line {number}\n".encode())
            assert shown.get(timeout=WAIT) == f"line {number}\n"


def test_an_unfinished_line_is_shown_after_a_while_and_so_is_a_progress_bar() -> None:
    shown: queue.Queue[str] = queue.Queue()
    with Outflow(LiveMask(), shown.put) as flow:
        flow.write(b"Go on? ")
        assert shown.get(timeout=WAIT) == "Go on? "
        flow.write(b"yes\n")
        assert shown.get(timeout=WAIT) == "yes\n"
        bar = 0
        while shown.empty():
            bar += 1
            flow.write(f"{bar} %\r".encode())
            threading.Event().wait(0.02)
        assert shown.get().startswith("1 %\r")


def test_a_character_cut_in_two_and_bytes_that_are_none() -> None:
    said: list[str] = []
    with Outflow(LiveMask(), said.append) as flow:
        flow.write("schön".encode()[:4])
        flow.write("schön".encode()[4:] + b" \xff\nend")
    assert "".join(said) == "schön �\nend"


def test_a_flood_is_neither_kept_in_memory_nor_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outflow, "FREE", 1 << 20)
    said: list[str] = []
    held = threading.Event()

    def slow(text: str) -> None:
        said.append(text)
        if len(said) == 1:
            assert held.wait(WAIT)

    line = b"x" * 99 + b"\n"
    with Outflow(LiveMask(), slow) as flow:
        flow.write(b"first\n")
        while len(said) < 1:
            threading.Event().wait(0.01)
        flow.write(b"::add-mask::hunter2secret\n")
        for _ in range(60):  # less than may wait, since nobody masks meanwhile
            flow.write(line * 1000)
        flow.write(b"the last is hunter2secret\n")
        held.set()
    text = "".join(said)
    assert "bytes are left out]\n" in text
    assert text.endswith("the last is ***\n")
    assert len(text) < 2 << 20
    lines = text.splitlines()
    assert {len(one) for one in lines if one.startswith("x")} == {99}


def test_what_the_reporter_raises_is_raised_where_the_step_runs() -> None:
    def broken(_text: str) -> None:
        raise BrokenPipeError

    def step() -> None:
        with Outflow(LiveMask(), broken) as flow:
            while True:
                flow.write(b"a line\n")

    with pytest.raises(BrokenPipeError):
        step()


def test_leaving_on_an_error_does_not_wait_for_a_reporter_that_hangs() -> None:
    hangs = threading.Event()

    def hang(_text: str) -> None:
        hangs.wait()

    def step() -> None:
        with Outflow(LiveMask(), hang) as flow:
            flow.write(b"a line\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        step()
    hangs.set()
