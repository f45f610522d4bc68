"""Host processes: bounded, and gone with all their children when they are not wanted any more."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import pytest

from regreen_sandbox.errors import ProgramMissing, ProgramTimeout, SandboxError
from regreen_sandbox.labels import start_tick
from regreen_sandbox.process import run, start_daemon

STUBBORN = """
trap '' TERM
bash -c 'trap "" TERM; echo $$ > child; while :; do sleep 0.1; done' &
echo $$ > leader
while :; do sleep 0.1; done
"""


def test_what_a_program_did() -> None:
    done = run(["sh", "-c", "cat; echo no >&2; exit 3"], timeout=10, stdin=b"in\0put")
    assert (done.exit_code, done.stdout, done.stderr, done.ok) == (3, b"in\0put", b"no\n", False)
    assert done.argv[0] == "sh"
    assert 0 < done.seconds < 10


def test_environment_and_folder_are_those_given(tmp_path: Path) -> None:
    script = "import os; print(sorted(os.environ), os.getcwd(), end='')"
    done = run([sys.executable, "-c", script], timeout=10, cwd=tmp_path, env={"ONE": "1"})
    assert "'ONE'" in done.stdout.decode()
    assert "HOME" not in done.stdout.decode()
    assert done.stdout.decode().endswith(str(tmp_path))


def test_without_input_a_program_reads_its_end() -> None:
    assert run(["cat"], timeout=10).stdout == b""


def test_output_larger_than_a_pipe_on_both_streams() -> None:
    script = "import sys; sys.stderr.write('e' * 3_000_000); sys.stdout.write('o' * 3_000_000)"
    done = run([sys.executable, "-c", script], timeout=20)
    assert (len(done.stdout), len(done.stderr)) == (3_000_000, 3_000_000)


def test_a_missing_program_and_a_missing_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match="no-such-program"):
        run(["no-such-program"], timeout=1)
    with pytest.raises(SandboxError, match="no such folder"):
        run(["true"], timeout=1, cwd=tmp_path / "gone")


def test_a_background_child_that_keeps_the_output_does_not_keep_us() -> None:
    began = time.monotonic()
    assert run(["sh", "-c", "sleep 5 & echo done"], timeout=20).stdout == b"done\n"
    assert time.monotonic() - began < 3


def test_at_the_time_out_the_whole_group_goes_even_if_it_ignores_being_asked(
    tmp_path: Path,
) -> None:
    with pytest.raises(ProgramTimeout, match=r"1 seconds.*") as caught:
        run(["bash", "-c", STUBBORN], timeout=1, cwd=tmp_path)
    assert caught.value.next_step
    assert _gone(tmp_path / "leader")
    assert _gone(tmp_path / "child")


def test_an_interrupt_ends_the_program(tmp_path: Path) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.7)
        with pytest.raises(KeyboardInterrupt):
            run(["bash", "-c", STUBBORN], timeout=30, cwd=tmp_path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert _gone(tmp_path / "leader")
    assert _gone(tmp_path / "child")


def test_a_daemon_runs_in_a_session_of_its_own_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pid = start_daemon(["sh", "-c", "echo up; exec sleep 30"], log=log)
    try:
        deadline = time.monotonic() + 5
        while log.read_bytes() != b"up\n" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert log.read_bytes() == b"up\n"
        assert os.getsid(pid) == pid != os.getsid(0)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _gone(pidfile: Path) -> bool:
    pid = int(pidfile.read_text())
    deadline = time.monotonic() + 3
    while start_tick(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    return start_tick(pid) is None
