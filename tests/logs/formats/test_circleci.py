"""CircleCI: a step as text, and as the array of messages that its API gives."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from regreen.logs import analyze
from regreen.logs.messages import unpacked
from regreen.model import Category

SCRIPT = "#!/bin/bash -eo pipefail\nruff check .\n"
RUFF = "src/a.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.\n"
END = "\nExited with code exit status 1\nCircleCI received exit code 1\n"


def array(*messages: str) -> bytes:
    said = [{"message": m, "time": "2024-05-01T12:00:00Z", "type": "out"} for m in messages]
    return json.dumps(said).encode()


def test_a_failed_step_as_text_and_as_messages() -> None:
    for data in ((SCRIPT + RUFF + END).encode(), array(SCRIPT, RUFF[:20], RUFF[20:], END)):
        result = analyze(data)
        assert result.facts.provider == "circleci"
        assert result.failing is not None
        assert result.failure is not None
        assert (result.failing.command, result.failing.exit_code) == ("ruff check .", 1)
        assert result.failure.category is Category.LINTING_ERROR
        lines = [e.line for e in result.failure.evidence]
        assert lines == [3, 4, 6] or lines[-1] == 6


def test_several_steps_one_below_another() -> None:
    green = "#!/bin/bash -eo pipefail\nmake\nfine\n"
    data = (green + "\nCircleCI received exit code 0\n" + SCRIPT + RUFF + END).encode()
    failing = analyze(data).failing
    assert failing is not None
    assert failing.command == "ruff check ."


def test_a_step_without_output_for_too_long() -> None:
    said = "\nToo long with no output (exceeded 10m0s): context deadline exceeded\n"
    result = analyze((SCRIPT + "collecting ...\n" + said).encode())
    assert result.failure is not None
    assert result.failure.category is Category.TIMEOUT


def test_a_tool_s_own_array_is_no_log_of_messages() -> None:
    data = b'[{"message": "`os` imported but unused", "code": "F401", "type": "lint"}]\n'
    assert analyze(data).facts.provider is None


@given(st.lists(st.text(), max_size=6), st.integers(1, 40), st.booleans())
def test_messages_come_out_whole_however_they_are_cut(
    texts: list[str], size: int, ascii_only: bool
) -> None:
    data = json.dumps(
        [{"message": t, "type": "out"} for t in texts], ensure_ascii=ascii_only
    ).encode("utf-8", "replace")
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    assert b"".join(unpacked(pieces)) == "".join(texts).encode("utf-8", "replace")
