"""What a person sees of a step while it runs, and that it is no more than text."""

from __future__ import annotations

import io
import re
import sys
import threading
from collections.abc import Callable

import pytest

from regreen.deliver import Console
from regreen.deliver.stream import barred, kept, tame
from regreen.model import StepOutcome

HOSTILE = (
    "\x1b[2J\x1b[H\x1b]0;title\x07\x1b[31mred\x1b[0m\x1b[5;31mblink\x1b[8mhidden"
    "\x1b[1A\x1b[?25l\x1bc\x07\x07\x08\x9b2J\x1b]8;;http://x\x1b\\link\x1bPq\x1b\\ \x1b]0;open"
)


def ended(name: str, conclusion: str = "failure") -> StepOutcome:
    return StepOutcome(0, name, "x", conclusion, 1, 1.0, "", "0" * 64, "")


Shown = Callable[[], str]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """Makes stderr a terminal or none; what it returns tells what was printed."""

    def make(*, terminal: bool, **environment: str) -> Shown:
        for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"TERM": "xterm", "COLUMNS": "60"} | environment).items():
            monkeypatch.setenv(name, value)
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, "utf-8", newline="", write_through=True)
        stream.isatty = lambda: terminal  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stderr", stream)
        return lambda: raw.getvalue().decode()

    return make


def test_only_colours_are_left_of_what_a_terminal_obeys() -> None:
    shown = tame(HOSTILE, colours=True)
    assert set(re.findall(r"\x1b.{0,4}", shown)) == {"\x1b[31m", "\x1b[0mb", "\x1b[0m"}
    assert re.sub(r"\x1b\[\d*m", "", shown) == "redblinkhiddenlink 0;open"
    assert "\x1b" not in tame(HOSTILE, colours=False)
    assert tame("a\tb\x1b[38;5;8mx\x1b[38;2;5;6;8my", colours=True).endswith(
        "\x1b[38;5;8mx\x1b[38;2;5;6;8my\x1b[0m"
    )
    assert not re.search(r"[\x00-\x08\x0e-\x1a\x7f-\x9f]", kept(HOSTILE))
    assert "\x1b[31mred\x1b[0m" in kept(HOSTILE)


def test_output_cannot_pose_as_a_line_of_regreen_or_as_a_command_of_the_runner() -> None:
    text = "Verify 1/2: with the patch\n::error::x\n##[error]x\n  ✓ lint\r\nover\rwritten\n"
    lines = barred(text, colours=True).splitlines()
    assert len(lines) == 6
    assert all(line.startswith("  | ") for line in lines)
    assert not any("##[" in line for line in lines)


@pytest.mark.parametrize("where", ["GITHUB_ACTIONS", "terminal", "pipe"])
def test_verbose_shows_all_as_it_comes(on: Callable[..., Shown], where: str) -> None:
    inside = {"GITHUB_ACTIONS": "true"} if where == "GITHUB_ACTIONS" else {}
    shown = on(terminal=where == "terminal", **inside)
    console = Console(verbose=True)
    console.stage("Reproduce")
    console.step_started("lint")
    console.output("\x1b[31mone\x1b[0m\ntwo ")
    assert ("  | \x1b[31mone\x1b[0m\x1b[0m\n" in shown()) is (where != "pipe")
    assert "  | " in shown()
    console.output("and more\nthree")
    assert "two and more\n" in shown()
    console.note("a note")
    console.output(" goes on\n")
    console.step_ended(ended("lint"))
    console.close()
    plain = re.sub(r"\r\x1b\[2K(?:  … .*?(?=\r))?|\x1b\[\d*m", "", shown())
    order = ["one", "  | two and more", "  | three\n", "  a note\n", "  |  goes on", "✗ lint"]
    places = [plain.find(words) for words in order]
    assert places == sorted(places)
    assert -1 not in places


def test_by_default_the_last_lines_of_a_failed_step_are_shown_once_a_stage(
    on: Callable[..., Shown],
) -> None:
    shown = on(terminal=False)
    console = Console()
    for stage in ("one", "two"):
        console.stage(stage)
        for _ in range(2):
            console.step_started("lint")
            console.output("".join(f"line {n}\n" for n in range(500)) + "\n\nthe la")
            console.output("st")
            console.step_ended(ended("lint"))
    console.step_started("fine")
    console.output("nothing of it\n")
    console.step_ended(ended("fine", "success"))
    assert shown().count("  | line 499\n") == shown().count("  | the last\n") == 2
    assert "line 400" not in shown()
    assert "nothing" not in shown()


def test_the_live_line_tells_step_clock_and_last_words_and_fits(on: Callable[..., Shown]) -> None:
    shown = on(terminal=True, NO_COLOR="1")
    console = Console()
    console.step_started("lint")
    console.output("one\n\x1b]0;t\x07" + "wide 日本 " * 40)
    while "wide" not in shown():
        threading.Event().wait(0.02)
    console.step_ended(ended("lint", "success"))
    drawn = re.findall(r"\r\x1b\[2K([^\r\n]*)", shown())
    assert drawn[0] == "  … lint 0 s"
    live = next(line for line in drawn if "wide" in line)
    assert re.match(r"  … lint \d+ s  wide 日本 ", live)
    from rich.cells import cell_len

    assert all(cell_len(line) < 60 for line in drawn if "…" in line)
    assert "\x1b" not in "".join(drawn)
    assert shown().endswith("s\n")
    after = shown()
    threading.Event().wait(0.5)
    assert shown() == after


def test_no_color_drops_colours_and_quiet_everything(on: Callable[..., Shown]) -> None:
    shown = on(terminal=True, NO_COLOR="1", GITHUB_ACTIONS="true")
    for console in (Console(verbose=True), Console(quiet=True), Console(quiet=True, verbose=True)):
        before = shown()
        console.stage("stage")
        console.step_started("lint")
        console.output("\x1b[31mred\x1b[0m\n")
        console.step_ended(ended("lint"))
        console.close()
        assert "\x1b[31m" not in shown()
        assert (shown() == before) is (before != "")
    assert "  | red\n" in shown()


def test_it_may_be_told_from_many_threads(on: Callable[..., Shown]) -> None:
    shown = on(terminal=True)
    console = Console(verbose=True)

    def tell(name: str) -> None:
        for number in range(50):
            console.step_started(name)
            console.output(f"{name} {number}\n")
            console.step_ended(ended(name))

    threads = [threading.Thread(target=tell, args=(f"t{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    console.close()
    lines = re.sub(r"\r\x1b\[2K(?:  … t\d 0 s[^\r\n]*?(?=\r))?", "", shown()).splitlines()
    said = [line for line in lines if line.startswith("  | ")]
    assert sorted(said) == sorted(f"  | t{n} {i}" for n in range(6) for i in range(50))
