"""A package index of the tests' own, and the command line as a person would call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.recovery.index import Index, serve


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


@pytest.fixture(scope="session")
def index() -> Iterator[Index]:
    with serve() as served:
        yield served


@pytest.fixture
def regreen(index: Index, base_image: str, tmp_path: Path) -> Regreen:
    """Runs ``regreen`` in a folder of its own, with packages from the tests' index only."""
    assert base_image
    (tmp_path / "cwd").mkdir()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "REGREEN_"))}
    env |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index.url,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "NO_COLOR": "1",
    }

    def call(*words: str | Path, timeout: float = 240, **more: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "regreen", *map(str, words)],
            cwd=tmp_path / "cwd",
            env=env | more,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return call
