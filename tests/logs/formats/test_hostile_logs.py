"""Any bytes in any provider's clothes: a result, in time that grows with the log and no faster."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.errors import LogUnreadable, UsageError
from regreen.logs import analyze

OPENINGS = {
    "gitlab": b"Running with gitlab-runner 17.4.0 (a)\n",
    "azure": b"##[section]Starting: Ruff\n",
    "travis": b"travis_fold:start:a\r\x1b[0K\n",
    "jenkins": b"Started by user x\n[Pipeline] Start of Pipeline\n",
    "freestyle": b"Started by timer\n",
    "buildkite": b"\x1b_bk;t=1714564800123\x07~~~ Running commands\n",
    "circleci": b"CircleCI received exit code 0\n",
    "taskcluster": b"[taskcluster 2024-05-01 12:00:00.123Z] Task ID: a\n",
    "messages": b'[{"type": "out", "message": "',
}
PIECES = [
    b"section_start:1714564800:step_script\r\x1b[0K",
    b"section_end:1714564800:step_script\r\x1b[0K",
    b"section_start:1714564800:after_script[collapsed=true]\r\x1b[0K",
    b"\x1b[32;1m$ make\x1b[0;m\n",
    b"2024-05-01T12:00:00.123456Z 00O ",
    b"2024-05-01T12:00:00.123456Z 01E+",
    b"$ make\n",
    b"ERROR: Job failed: exit code 1\n",
    b"ERROR: Job failed (system failure): x\n",
    b"Job succeeded\n",
    b"##[section]Starting: a\n",
    b"##[section]Finishing: a\n",
    b"##[error]Bash exited with code '1'.\n",
    b"Script contents:\n",
    b"==========\n",
    b"travis_time:start:0a1b2c3d\r\x1b[0K$ ls\n",
    b"travis_time:end:0a1b2c3d:start=1,finish=2,duration=1",
    b'The command "ls" exited with 1.\n',
    b"Done. Your build exited with 1.\n",
    b",event=after_x",
    b"travis_fold:start:after_failure\n",
    b"[Pipeline] sh\n",
    b"[Pipeline] {\n",
    b"[Pipeline] }\n",
    b"[Pipeline] { (a)\n",
    b"[Pipeline] [b] { (Branch: b)\n",
    b"[Pipeline] [b] sh\n",
    b"[b] + ls\n",
    b"[Pipeline] // stage\n",
    b"[Pipeline] End of Pipeline\n",
    b"Failed in branch b\n",
    b'Stage "a" skipped due to earlier failure(s)\n',
    b"Post stage\n",
    b"[ws] $ /bin/sh -xe x\n",
    b"ERROR: script returned exit code 1\n",
    b"Build step 'a' marked build as failure\n",
    b"Finished: FAILURE\n",
    b"Finished: UNSTABLE\n",
    b"Finished: ABORTED\n",
    b"+ ls\n",
    b"--- a\n",
    b"+++ b\n",
    b"~~~ c\n",
    b"^^^ +++\n",
    "🚨 Error: x exited with status 1\n".encode(),
    b"#!/bin/bash -eo pipefail\n",
    b"Exited with code exit status 1\n",
    b"Too long with no output\n",
    b"[taskcluster:error] x\n",
    b"[taskcluster 2024-05-01 12:00:00.123Z] === Task Starting ===\n",
    b"[taskcluster 2024-05-01 12:00:00.123Z] === Task Finished ===\n",
    b"\\u12",
    b"\\",
    b'", "message": "',
    b"\x1b_bk;t=1714564800123\x07",
    b"\x1b[8mha:////4A==\x1b[0m",
    b"\n",
    b"\r",
    b"x",
    b"\xff",
    b"\x00",
]


@pytest.mark.parametrize("opening", OPENINGS.values(), ids=OPENINGS)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=40).map(b"".join))
def test_any_bytes_end_in_a_result_or_a_refusal(opening: bytes, data: bytes) -> None:
    try:
        result = analyze(opening + data)
    except LogUnreadable:
        return
    for failure in (result.failure, *result.also):
        if failure is not None:
            assert all(1 <= e.line <= result.lines for e in failure.evidence)
            assert all("\x1b" not in e.text for e in failure.evidence)
    for segment in result.segments:
        assert 1 <= segment.first <= segment.last <= result.lines
    with contextlib.suppress(UsageError):
        analyze(opening + data, step="no such step")


def seconds(data: bytes) -> float:
    """The least processor time of several, since other programs disturb it too."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        analyze(data)
        taken.append(time.process_time() - began)
    return min(taken)


LOADS = [
    (
        "gitlab",
        b"section_start:1714564800:step_script\r\x1b[0Ksection_end:1714564800:step_script\r\x1b[0K",
    ),
    ("gitlab", b"section_start:1714564800:after_script[collapsed=true]\r\x1b[0K"),
    ("gitlab", b"section_start:1714564800:step_script\r\x1b[0K\x1b[32;1m$ make\x1b[0;m\n"),
    ("azure", b"##[section]Starting: a\n"),
    (
        "azure",
        b"##[section]Starting: a\n##[section]Finishing: a\n##[error]Bash exited with code '1'.\n",
    ),
    ("travis", b"travis_time:start:0a1b2c3d\r\x1b[0K$ ls\n"),
    ("travis", b"travis_time:end:0a1b2c3d:start=1,finish=2,duration=1"),
    ("travis", b'The command "ls" exited with 1.\n'),
    ("travis", b'travis_time:start:0a1b2c3d\r\x1b[0K$ ls\nThe command "ls" exited with 1.\n'),
    ("jenkins", b"[Pipeline] sh\n"),
    ("jenkins", b"[Pipeline] {\n"),
    ("jenkins", b"[Pipeline] {\n[Pipeline] sh\n"),
    ("jenkins", b"[Pipeline] { (a)\n[Pipeline] sh\nERROR: script returned exit code 1\n"),
    ("jenkins", b"[Pipeline] [b] { (Branch: b)\n[Pipeline] [b] sh\n[b] + ls\nFailed in branch b\n"),
    ("jenkins", b'Stage "a" skipped due to earlier failure(s)\n'),
    ("freestyle", b"[ws] $ /bin/sh -xe x\n"),
    ("freestyle", b"[ws] $ /bin/sh -xe x\nBuild step 'a' marked build as failure\n"),
    ("buildkite", b"--- a\n+++ b\n"),
    ("buildkite", b"~~~ c\n"),
    ("buildkite", "🚨 Error: x exited with status 1\n".encode()),
    ("circleci", b"#!/bin/bash -eo pipefail\n"),
    ("circleci", b"#!/bin/bash -eo pipefail\nExited with code exit status 1\n"),
    ("taskcluster", b"[taskcluster:error] x\n"),
    (
        "taskcluster",
        b"[taskcluster 2024-05-01Z] === Task Starting ===\n[taskcluster:error] x\n",
    ),
    ("messages", b"x\\u12"),
    ("messages", b'x", "message": "'),
    ("travis", b"\r"),
]


@pytest.mark.parametrize(("opening", "piece"), LOADS)
def test_time_is_linear_in_the_marks(opening: str, piece: bytes) -> None:
    few = OPENINGS[opening] + piece * 1000
    many = OPENINGS[opening] + piece * 10_000
    assert seconds(many) < 35 * max(seconds(few), 0.01)
