"""Group headings that nobody ends, or that a script or a tool only shows."""

from __future__ import annotations

import time

import pytest

from regreen.logs import analyze
from tests.logs.hosted import Ran, job, log, stamped

STAMP = "2024-05-01T12:00:00.0000000Z "
HEADING = f"{STAMP}##[group]Run x\n"


def seconds(data: bytes) -> float:
    """The least processor time of several, since other programs disturb it too."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        analyze(data)
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize(
    ("piece", "end"),
    [
        (HEADING, ""),
        (HEADING, f"{STAMP}##[endgroup]\n"),
        (HEADING, f"{STAMP}shell: bash\n"),
        (f"{HEADING}{STAMP}shell: bash\n", ""),
        (f"{STAMP}\x1b[36;1m##[group]Run x\x1b[0m\n", f"{STAMP}##[endgroup]\n"),
        (f"{STAMP}\x1b[36;1m##[endgroup]\x1b[0m\n", ""),
    ],
    ids=["bare", "one end", "one shell", "shells", "coloured", "coloured ends"],
)
def test_time_is_linear_in_the_headings(piece: str, end: str) -> None:
    few = f"{HEADING}{piece * 1500}{end}".encode()
    many = f"{HEADING}{piece * 15_000}{end}".encode()
    assert seconds(many) < 35 * seconds(few)


def test_a_group_without_an_end_does_not_swallow_the_next_step() -> None:
    data = log(
        Ran(script="make", output="##[group]Run the linters\nfine"),
        Ran(script="black --check .", output="would reformat a.py\n\nOh no!", exit_code=1),
    )
    result = analyze(data)
    assert [s.name for s in result.segments] == ["actions/checkout@v4", "make", "black --check ."]
    assert result.failing is not None
    assert result.failing.command == "black --check ."


@pytest.mark.parametrize("line", ["##[group]Run x", "echo '##[endgroup]'", "##[endgroup]"])
def test_the_runner_s_words_in_a_script_are_the_script_s(line: str) -> None:
    script = f"cat <<END\n{line}\nEND\nexit 4"
    result = analyze(log(Ran(script=script, output="bye", exit_code=4)))
    assert result.failing is not None
    assert (result.failing.command or "").split("\n")[2:] == ["END", "exit 4"]
    assert [s.name for s in result.segments] == ["actions/checkout@v4", "cat <<END"]


@pytest.mark.parametrize("kept", [1, 3, 4, 5])
def test_a_log_cut_off_in_a_heading_ends_with_what_is_known_of_it(kept: int) -> None:
    step = list(Ran(script="make\nmake check").lines())
    data = stamped([*job(Ran(script="ls"))[:-4], *step[:kept]]).encode()
    last = analyze(data).segments[-1]
    known = {1: ("make", None), 3: ("ls", "ls")}.get(kept, ("make", "make\nmake check"))
    assert (last.name, last.command) == known
