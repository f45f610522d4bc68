"""One run of ``regreen fix``, ended when its time is over, and tidied up after."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regreen.errors import ExitCode

_PATIENCE = 90.0
_TIDY_SECONDS = 300.0
REGREEN = (sys.executable, "-m", "regreen")
_RUNNING: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its JSON object, or why there is none; and its transcript.

    ``late`` when it was ended since its time was over.
    """

    summary: Mapping[str, Any] | None
    fault: str
    log: str
    late: bool = False


class Stopped(Exception):
    """The run was ended from outside: it says nothing about the case."""


def fix(
    words: Sequence[str], folder: Path, seconds: float, program: Sequence[str] = REGREEN
) -> Ended:
    """Run ``regreen fix`` with ``words`` in ``folder``, for at most ``seconds``. Raises Stopped."""
    process = subprocess.Popen(
        [*program, "fix", "--json", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _RUNNING.add(process)
    try:
        printed, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return Ended(None, f"not done in {seconds:.0f} s", _transcript(folder), late=True)
    except BaseException:
        _end(process)
        raise
    finally:
        _RUNNING.discard(process)
    if process.returncode == ExitCode.INTERRUPTED:
        raise Stopped
    try:
        summary = json.loads(printed)
    except json.JSONDecodeError:
        fault = f"exit {process.returncode}: {' '.join(said.split())[-300:]}"
        return Ended(None, fault, _transcript(folder))
    return Ended(summary, "", _transcript(folder))


def interrupt() -> None:
    """End every run of this process; regreen takes SIGTERM for Ctrl-C."""
    for process in tuple(_RUNNING):
        process.send_signal(signal.SIGTERM)


def _end(process: subprocess.Popen[str]) -> None:
    """Ask the run to end; kill it when it does not, and remove what it left in the engine.

    SIGTERM it is, since a job in a shell's background does not hear SIGINT.
    """
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        command = [*REGREEN, "clean"]
        subprocess.run(command, capture_output=True, timeout=_TIDY_SECONDS, check=False)


def _transcript(folder: Path) -> str:
    """Return the newest log that the run kept below ``folder``, empty without one."""
    logs = sorted((folder / ".regreen" / "logs").glob("*.log"))
    return logs[-1].read_text(encoding="utf-8", errors="replace") if logs else ""
