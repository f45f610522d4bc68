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

_PATIENCE = 90.0
_TIDY_SECONDS = 300.0
_REGREEN = (sys.executable, "-m", "regreen")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its JSON object, or why there is none; and its transcript."""

    summary: Mapping[str, Any] | None
    fault: str
    log: str


def fix(words: Sequence[str], folder: Path, seconds: float) -> Ended:
    """Run ``regreen fix`` with ``words`` in ``folder``, for at most ``seconds``."""
    process = subprocess.Popen(
        [*_REGREEN, "fix", "--json", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        printed, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return Ended(None, f"not done in {seconds:.0f} s", _transcript(folder))
    except BaseException:
        _end(process)
        raise
    try:
        summary = json.loads(printed)
    except json.JSONDecodeError:
        fault = f"exit {process.returncode}: {' '.join(said.split())[-300:]}"
        return Ended(None, fault, _transcript(folder))
    return Ended(summary, "", _transcript(folder))


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupt the run as Ctrl-C does; kill what does not end, and remove what it left."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        command = [*_REGREEN, "clean"]
        subprocess.run(command, capture_output=True, timeout=_TIDY_SECONDS, check=False)


def _transcript(folder: Path) -> str:
    """Return the newest log that the run kept below ``folder``, empty without one."""
    logs = sorted((folder / ".regreen" / "logs").glob("*.log"))
    return logs[-1].read_text(encoding="utf-8", errors="replace") if logs else ""
