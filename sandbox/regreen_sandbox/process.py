"""The one module that starts processes on the host: argument lists, always with a time-out.

Output goes to unnamed temporary files and not to pipes, so that neither a flood nor a background
child that keeps the output open can block the caller.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from regreen_sandbox.errors import ProgramMissing, ProgramTimeout, SandboxError

TERMINATE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Completed:
    """What a host program did; a negative ``exit_code`` is the signal that ended it."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the program ended with 0."""
        return self.exit_code == 0


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> Completed:
    """Run ``argv`` in a session of its own and return what it did, whatever its exit code.

    ``env`` is the whole environment (``None``: this process's own); without ``stdin`` the program
    reads end-of-file. Raises `ProgramMissing` when it is not there, `ProgramTimeout` after
    ``timeout`` seconds. Then, and on any interruption, its process group is ended and killed.
    """
    started = time.monotonic()
    with (
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        source.write(stdin or b"")
        source.seek(0)
        child = _start(argv, cwd=cwd, env=env, stdin=source, stdout=out, stderr=err)
        try:
            exit_code = child.wait(timeout)
        except subprocess.TimeoutExpired:
            _end_group(child)
            raise ProgramTimeout(
                f"{argv[0]} did not end within {timeout:g} seconds and was killed{_said(err)}"
            ) from None
        except BaseException:
            _end_group(child)
            raise
        out.seek(0)
        err.seek(0)
        seconds = time.monotonic() - started
        return Completed(tuple(argv), exit_code, out.read(), err.read(), seconds)


def start_daemon(
    argv: Sequence[str], *, log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> int:
    """Start ``argv`` detached from this process, its output appended to ``log``; return its pid.

    The caller answers for ending it. Raises `ProgramMissing` when it is not there.
    """
    with log.open("ab") as out:
        child = _start(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    child.returncode = 0  # it outlives this object: no warning, no waiting
    return child.pid


def _start(
    argv: Sequence[str],
    *,
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdin: IO[bytes] | int,
    stdout: IO[bytes],
    stderr: IO[bytes],
) -> subprocess.Popen[bytes]:
    if cwd is not None and not cwd.is_dir():
        raise SandboxError(
            f"{argv[0]} cannot run in {cwd}: there is no such folder",
            next_step="name a folder that exists",
        )
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise ProgramMissing(f"{argv[0]} cannot be run: {error.strerror}") from None


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Terminate the group that ``child`` leads, then kill it; it is reaped only afterwards."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + TERMINATE_SECONDS
        while time.monotonic() < deadline and not _ended(child.pid):
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        child.wait(TERMINATE_SECONDS)


def _ended(pid: int) -> bool:
    """Whether ``pid`` has ended, leaving it unreaped so that its number stays taken."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _said(err: IO[bytes]) -> str:
    err.seek(0)
    lines = err.read(4096).decode(errors="replace").strip().splitlines()
    return f"; it last said: {lines[-1][:200]}" if lines else ""
