"""The command line as a person would call it, on a real engine and a real package index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from regreen_sandbox.engine import Engine


@dataclass(frozen=True)
class Ended:
    """How a call of the command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Regreen = Callable[..., Ended]


@pytest.fixture
def regreen(tmp_path: Path, engine: Engine) -> Regreen:
    """Runs ``regreen`` in an empty folder of its own; keywords are variables for it."""
    (tmp_path / "cwd").mkdir()
    env = {k: v for k, v in os.environ.items() if not k.startswith("REGREEN_")} | {
        "NO_COLOR": "1",
        "REGREEN_HISTORY": "false",
    }

    def call(*words: str | Path, **more: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "regreen", *map(str, words)],
            cwd=tmp_path / "cwd",
            env=env | more,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return call
