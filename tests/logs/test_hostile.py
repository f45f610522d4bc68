"""Any bytes: no crash, no hang, no unmasked line ends lost."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from regreen.errors import LogUnreadable, UsageError
from regreen.logs import analyze, classify
from tests.logs.hosted import Ran, log

PIECES = st.sampled_from(
    [
        b"##[group]Run ", b"##[group]", b"##[endgroup]\n", b"##[error]", b"\x1b[36;1m", b"\x1b[0m",
        b"shell: bash\n", b"with:\n", b"env:\n", b"  a: b\n", b"Post job cleanup.", b"\n", b"\r",
        b"Process completed with exit code 1.", b"2024-05-01T12:00:00.1234567Z ", b"job\tstep\t",
        b"\xef\xbb\xbf", b"\xff", b"\x00", b"::error file=a::", b"FAILED a.py::b",
        b"- hook id: x\n",
        b"x....Failed\n", b"Complete job name: ", b"Current runner version: ", b"E   ", b"[*] ",
        b"a.py:1:1: F401 x\n", b"ModuleNotFoundError: No module named 'a'\n", b"[{", b"\x1b]0;",
        b'"noqa_row"', b"The operation was canceled.", b"1 failed in 2s", b"a.py:1: error: x\n",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=12), max_size=60).map(b"".join))
@example(b"##[group]Run \n##[endgroup]")
@example(b"a\n##[error]Process completed with exit code 1.")
def test_any_bytes_end_in_a_result_or_a_refusal(data: bytes) -> None:
    try:
        result = analyze(data)
    except LogUnreadable:
        return
    for failure in (result.failure, *result.also):
        if failure is not None:
            assert all(1 <= e.line <= result.lines for e in failure.evidence)
            assert all("\x1b" not in e.text for e in failure.evidence)
    with contextlib.suppress(UsageError):
        analyze(data, step="no such step")


@given(st.text(), st.text(), st.integers(1, 255))
def test_a_failed_step_always_has_a_failure(script: str, output: str, code: int) -> None:
    failures = classify(script, None, output, code)
    assert failures
    assert all(failure.signature.items for failure in failures)


@pytest.mark.parametrize(
    "piece",
    [
        "a", " ", ":", "a.py:1:1: ", "E   ", "=", "_", "\x1b[", "::error ", "1 failed, ", "a/",
        "FAILED a", "\r", "^[[", "- ", "(", "Error: ", "[{", "error: ", "No module named ", "\t",
    ],
)  # fmt: skip
@pytest.mark.parametrize("lines", [1, 20_000], ids=["one line", "many lines"])
def test_time_is_linear_in_the_output(piece: str, lines: int) -> None:
    line = piece * (2_000_000 // len(piece) // lines)
    data = log(Ran(script="./own", output="\n".join([line] * lines), exit_code=1))
    began = time.perf_counter()
    assert analyze(data).failure is not None
    assert time.perf_counter() - began < 8
