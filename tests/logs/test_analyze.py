"""Raw logs in all their shapes: steps, facts, the failing step, line numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from regreen.errors import LogUnreadable, UsageError
from regreen.logs import analyze, classify
from regreen.model import Category
from tests.logs.hosted import CHECKOUT, SHA, START, Ran, job, log, stamped

BLACK = Ran(
    script="pip install black\nblack --check src",
    output="would reformat /home/runner/work/demo/demo/src/a.py\n\nOh no! \U0001f4a5\n"
    "1 file would be reformatted, 3 files would be left unchanged.",
    exit_code=1,
)
GREEN = Ran(script="echo hello", output="hello")
SETUP = Ran(uses="actions/setup-python@v5", inputs={"python-version": "3.11", "cache": "pip"})


def test_facts_steps_and_failure_of_a_hosted_log() -> None:
    data = log(SETUP, GREEN, BLACK)
    result = analyze(data)
    assert result.facts.provider == "github"
    assert result.facts.repository == "octo/demo"
    assert result.facts.tested == SHA
    assert result.facts.job == "lint"
    assert result.facts.image == "ubuntu-24.04"
    assert result.facts.started_at == START
    assert [s.name for s in result.segments] == [
        "actions/checkout@v4",
        "actions/setup-python@v5",
        "echo hello",
        "pip install black",
    ]
    assert result.segments[1].uses == "actions/setup-python@v5"
    assert result.segments[1].inputs == {"python-version": "3.11", "cache": "pip"}
    assert result.failing is result.segments[3]
    assert result.failing.command == "pip install black\nblack --check src"
    assert result.failing.exit_code == 1
    assert result.failure is not None
    assert result.failure.tool == "black"
    assert result.failure.files == ("src/a.py",)
    assert result.lines == data.count(b"\n")


def test_evidence_lines_are_raw_line_numbers() -> None:
    data = log(SETUP, BLACK)
    failure = analyze(data).failure
    assert failure is not None
    raw = data.decode().split("\n")
    texts = {e.text: raw[e.line - 1] for e in failure.evidence}
    assert all(text in line for text, line in texts.items())
    assert any("would reformat" in text for text in texts)
    assert any("exit code 1" in text for text in texts)


def test_first_and_last_are_the_steps_lines() -> None:
    data = log(BLACK)
    failing = analyze(data).failing
    assert failing is not None
    raw = data.decode().split("\n")
    assert "##[group]Run pip install black" in raw[failing.first - 1]
    assert "##[error]Process completed" in raw[failing.last - 1]


SHAPES: dict[str, Callable[[str], bytes]] = {
    "utf-8 with BOM": lambda text: text.encode("utf-8-sig"),
    "utf-16-le": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16 without BOM": lambda text: text.encode("utf-16-le"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "no last line end": lambda text: text.rstrip("\n").encode(),
    "invalid bytes": lambda text: text.encode().replace(b"hello", b"h\xff\xfello"),
    "colours": lambda text: text.replace("would reformat", "\x1b[1mwould\x1b[0m reformat").encode(),
    "caret escapes": lambda text: text.replace("\x1b", "^[").encode(),
    "no time stamps": lambda _: "\n".join(job(GREEN, BLACK)).encode(),
    "no colours": lambda text: text.replace("\x1b[36;1m", "").replace("\x1b[0m", "").encode(),
    "gh run view": lambda _: stamped(job(GREEN, BLACK), "lint\tUNKNOWN STEP\t").encode(),
    "gh run view with BOM": lambda _: stamped(job(GREEN, BLACK), "lint\tStep\t\ufeff").encode(),
    "mojibake BOM": lambda _: stamped(job(GREEN, BLACK), "lint\tStep\t∩╗┐").encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_tells_the_same(shape: str) -> None:
    result = analyze(SHAPES[shape](stamped(job(GREEN, BLACK))))
    plain = analyze(log(GREEN, BLACK))
    assert result.failure is not None
    assert plain.failure is not None
    assert result.failing is not None
    assert result.failing.command == BLACK.script
    assert result.failure.signature == plain.failure.signature
    assert result.facts.tested == SHA
    assert [e.line for e in result.failure.evidence] == [e.line for e in plain.failure.evidence]


def test_progress_bars_end_with_carriage_returns() -> None:
    bars = "\r".join(f"{n} %" for n in range(100))
    step = Ran(script="black .", output=f"{bars}\rwould reformat a.py", exit_code=1)
    failure = analyze(log(step)).failure
    assert failure is not None
    assert failure.files == ("a.py",)


def test_a_log_equals_the_same_output_in_the_sandbox() -> None:
    outputs = {
        "black .": "would reformat {root}/src/a.py\n\nOh no!\n1 file would be reformatted.",
        "isort -c .": "ERROR: {root}/src/a.py Imports are incorrectly sorted and/or formatted.",
        "ruff check": "{mark}src/a.py:1:8: F401 `os` imported but unused",
        "pytest": "E   OSError: {root}/x\nFAILED t/test_a.py::test_b - x\n= 1 failed in {time}s =",
        "./own": "\x1b[31mthe moon at {root}/src/moon.txt is wrong after {time}s\x1b[0m",
    }
    for script, output in outputs.items():
        hosted = output.format(root="/home/runner/work/demo/demo", mark="##[error]", time="1.25")
        here = output.format(
            root="/home/runner/work/demo/demo", mark="::error file=src/a.py::", time="8.5"
        )
        failure = analyze(log(Ran(script=script, output=hosted, exit_code=1))).failure
        assert failure is not None
        assert failure.signature == classify(script, None, here, 1)[0].signature, script


def test_groups_that_a_tool_prints_are_not_steps() -> None:
    step = Ran(
        script="make",
        output="##[group]Run the linters\nwould reformat a.py\n##[endgroup]\nOh no!",
        exit_code=1,
    )
    result = analyze(log(step))
    assert [s.name for s in result.segments] == ["actions/checkout@v4", "make"]
    assert result.failure is not None
    assert result.failure.tool == "black"


def test_the_script_is_not_part_of_the_output() -> None:
    step = Ran(script="echo 'would reformat a.py'\nexit 4", output="bye", exit_code=4)
    failure = analyze(log(step)).failure
    assert failure is not None
    assert failure.category is Category.UNKNOWN


def test_a_step_is_chosen_by_its_heading_or_first_line() -> None:
    data = log(
        Ran(script="isort -c .", output="ERROR: a.py Imports are incorrectly sorted.", exit_code=1),
        BLACK,
    )
    for name in ("isort -c .", "Run isort -c ."):
        failure = analyze(data, step=name).failure
        assert failure is not None
        assert failure.tool == "isort"


def test_a_step_is_chosen_by_its_name_and_unknown_names_are_said() -> None:
    lines = job(BLACK)
    data = stamped(lines, "lint\tCheck formatting\t").encode()
    failure = analyze(data, step="check formatting").failure
    assert failure is not None
    assert failure.step == "Check formatting"
    with pytest.raises(UsageError, match="no step 'Deploy'") as caught:
        analyze(data, step="Deploy")
    assert "Check formatting" in caught.value.next_step


def test_a_name_that_a_plain_log_cannot_know_leaves_the_choice_to_the_log() -> None:
    failure = analyze(log(BLACK), step="Check formatting").failure
    assert failure is not None
    assert failure.tool == "black"


def test_plain_output_is_one_segment() -> None:
    result = analyze(
        b"collecting\nwould reformat src/a.py\n\nOh no!\n1 file would be reformatted.\n"
    )
    assert result.facts.provider is None
    assert [s.name for s in result.segments] == ["log"]
    assert result.failure is not None
    assert result.failure.evidence[0].line == 2


def test_a_quiet_plain_output_shows_no_failure() -> None:
    assert analyze(b"All done!\n3 files would be left unchanged.\n").failure is None


def test_an_old_checkout_names_the_commit_in_quotes() -> None:
    old = (
        log(BLACK)
        .decode()
        .replace("--format=%H", "--format='%H'")
        .replace(f"Z {SHA}", f"Z '{SHA}'")
    )
    assert analyze(old.encode()).facts.tested == SHA


def test_without_a_full_commit_the_short_one_is_kept() -> None:
    short = log(BLACK).decode().replace(f"Z {SHA}\n", "Z \n")
    assert analyze(short.encode()).facts.tested == SHA[:7]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n\t\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
        bytes(range(256)) * 16,
        b"text\x00\x00\x00\x00\x00\x00\x00\x00",
    ],
    ids=["empty", "blank", "BOM", "BOM16", "zip", "png", "gzip", "bytes", "zeros"],
)
def test_what_is_no_log_is_refused_with_a_next_step(data: bytes) -> None:
    with pytest.raises(LogUnreadable) as caught:
        analyze(data)
    assert caught.value.exit_code == 2
    assert "regreen" in caught.value.next_step


def test_started_at_is_utc() -> None:
    started = analyze(log(BLACK)).facts.started_at
    assert isinstance(started, datetime)
    assert started.utcoffset() is not None


def test_checkout_is_a_segment_with_inputs() -> None:
    segment = analyze(log(BLACK)).segments[0]
    assert segment.uses == CHECKOUT.uses
    assert segment.inputs["fetch-depth"] == "1"


def test_only_the_checkout_says_which_commit_was_tested() -> None:
    other = "[command]/usr/bin/git log -1 --format=%H\n" + "d" * 40
    lines = job(Ran(script="ls"))
    at = lines.index("##[group]Run actions/checkout@v4")
    early = [*lines[:at], *Ran(script="cat notes", output=other).lines(), *lines[at:]]
    assert analyze(stamped(early).encode()).facts.tested == SHA


def test_an_exit_code_alone_is_proven_by_the_line_that_holds_it() -> None:
    failure = analyze(b"working\n\nexited with exit code 137\n\n").failure
    assert failure is not None
    assert failure.category == "resource_exhaustion"
    assert [(e.line, e.text) for e in failure.evidence] == [(3, "exited with exit code 137")]
