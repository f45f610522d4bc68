"""The second reproduction of a job whose set-up takes a minute: a prepared environment."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.sandbox.measure import ROUNDS, Figures, command

SETUP_SECONDS = float(os.environ.get("REGREEN_BENCH_SETUP_SECONDS", "60"))
_RED = 1
"""The exit code of a failure that was found, and not mended."""
_WORKFLOW = """\
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: python3 -m venv .venv && .venv/bin/pip install .
      - run: python3 -m py_compile broken.py
"""
_PYPROJECT = """\
[build-system]
requires = []
build-backend = "slow"
backend-path = ["."]
[project]
name = "slow"
version = "1"
"""
_BACKEND = f"""\
import time, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    time.sleep({SETUP_SECONDS})
    name, info = "slow-1-py3-none-any.whl", "slow-1.dist-info/"
    files = {{
        "slow_module.py": "",
        info + "METADATA": "Metadata-Version: 2.1\\nName: slow\\nVersion: 1\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    record = "".join(f"{{path}},,\\n" for path in (*files, info + "RECORD"))
    with zipfile.ZipFile(f"{{folder}}/{{name}}", "w") as wheel:
        for path, text in {{**files, info + "RECORD": record}}.items():
            wheel.writestr(path, text)
    return name
"""


def measure() -> dict[str, Figures]:
    """Return the seconds of the first reproduction, and the median of those after it."""
    with tempfile.TemporaryDirectory(prefix="regreen-bench-") as name:
        folder = Path(name)
        files = {
            ".github/workflows/ci.yml": _WORKFLOW,
            "pyproject.toml": _PYPROJECT,
            "slow.py": _BACKEND,
            "broken.py": "def f(:\n",
        }
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "a slow set-up"]):
            subprocess.run(["git", *who, *words], cwd=folder, check=True, timeout=60)
        ours = [sys.executable, "-m", "regreen", "reproduce", "--workflow", "ci.yml"]
        first = command(ours, folder, _RED)
        later = [command(ours, folder, _RED) for _ in range(ROUNDS)]
    return {
        "prepared": {
            "first": first,
            "second": statistics.median(later),
            f"first, less its {SETUP_SECONDS:g} s of set-up": first - SETUP_SECONDS,
        }
    }
