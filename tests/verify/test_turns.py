"""Lines of candidates that run side by side."""

from __future__ import annotations

from regreen.report import Silent
from regreen.verify.turns import Turns


class Heard(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def output(self, piece: str) -> None:
        self.lines.append(piece)


def test_the_first_in_line_is_heard_at_once_and_the_others_when_it_is_their_turn() -> None:
    heard = Heard()
    turns = Turns(heard)
    first, second, third = turns.speaker(), turns.speaker(), turns.speaker()
    second.note("2a")
    first.note("1a")
    third.note("3a")
    assert heard.lines == ["1a"]
    turns.over()
    second.note("2b")
    first.note("too late")
    assert heard.lines == ["1a", "2a", "2b"]
    turns.silence()
    third.note("3b")
    assert heard.lines[3:] == []


def test_a_flood_of_one_that_waits_is_cut_and_of_the_one_that_speaks_is_not() -> None:
    heard = Heard()
    turns = Turns(heard)
    first, second = turns.speaker(), turns.speaker()
    for _ in range(10):
        first.output("x" * (1 << 20))
        second.output("y" * (1 << 20))
    assert sum(map(len, heard.lines)) == 10 << 20
    heard.lines.clear()
    turns.over()
    second.note("end")
    kept = "".join(heard.lines)
    assert 4 << 20 <= len(kept) < 5 << 20
    assert kept.endswith("another candidate was at work)\nend")
