"""What a wrapper hides: the inner tool is named in the failure, whoever called it.

``wrappers.json`` holds what tox, nox, make, just, hatch, uv, Poetry, PDM, pre-commit and a script
printed in the sandbox, over one package with an unused import, an unformatted line and a red test.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regreen.logs import classify
from regreen.model import Category

RECORDED = json.loads((Path(__file__).parent / "wrappers.json").read_text(encoding="utf-8"))
INNER = {
    "tox -e lint": "flake8",
    "tox -q -e py": "pytest",
    "nox -s lint": "ruff",
    "nox -s tests": "pytest",
    "make lint": "black",
    "make test": "pytest",
    "just lint": "black",
    "just test": "pytest",
    "./check.sh": "black",
    "hatch run lint": "ruff",
    "hatch run test": "pytest",
    "uv run --no-project --with ruff ruff check src": "ruff",
    "uv run --no-project --with pytest pytest tests": "pytest",
    "poetry run pytest tests": "pytest",
    "pdm run lint": "ruff",
    "pre-commit run --all-files": "black",
}


def test_every_recording_is_looked_at() -> None:
    assert INNER.keys() == RECORDED.keys()


@pytest.mark.parametrize(("command", "tool"), INNER.items())
def test_the_inner_tool_is_named(command: str, tool: str) -> None:
    told = RECORDED[command]
    failure = classify(command, f"Run {command}", "\n".join(told["log"]), told["exit"])[0]
    assert failure.tool == tool
    wanted = Category.TEST_FAILURE if tool == "pytest" else Category.LINTING_ERROR
    assert failure.category is wanted
    file = "tests/test_a.py" if tool == "pytest" else "src/pk/__init__.py"
    assert file in failure.files
