"""A case as a workflow of its own: checkout, its Python, its set-up commands, its failing command.

Where the command calls the helpers that lie beside the cases, a composite action brings them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.repair.rows import Case

JOB = "case"
TOOLS = "cases/tools@v1"
_VENV = "${{ runner.temp }}/case"
_NODE = "20"


def write(case: Case, path: Path) -> None:
    """Write the workflow of ``case`` to ``path``, as JSON, which is YAML."""
    path.write_text(json.dumps(workflow(case), indent=1), encoding="utf-8")


def workflow(case: Case) -> dict[str, Any]:
    """Return the workflow of ``case``; its one job is called `JOB`."""
    steps: list[dict[str, Any]] = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": case["python"]}},
        {"uses": "astral-sh/setup-uv@v6"},
        *(_tools(case) if calls_tools(case) else ()),
        {"name": "Make the environment", "run": _prepare(case["python"])},
    ]
    steps += [{"name": f"Set up {n}", "run": line} for n, line in enumerate(case["setup"], 1)]
    check = {
        "name": case["step"],
        "run": case["check"],
        "working-directory": case["cwd"],
        "env": {k: str(v) for k, v in case["env"].items()},
    }
    job = {"runs-on": "ubuntu-latest", "steps": [*steps, check]}
    return {"name": "case", "on": "push", "jobs": {JOB: job}}


def calls_tools(case: Case) -> bool:
    """Return whether the case needs the helpers beside the cases."""
    return any("$CASES" in line for line in (*case["setup"], case["check"]))


def _tools(case: Case) -> list[dict[str, Any]]:
    """Return the steps that bring the helpers, and Node.js where they are run by it."""
    called = "\n".join((*case["setup"], case["check"]))
    node = [{"uses": "actions/setup-node@v4", "with": {"node-version": _NODE}}]
    return [*(node if "node " in called else []), {"uses": TOOLS}]


def _prepare(python: str) -> str:
    return (
        f'uv venv --python "{python}" {_VENV}\n'
        f'echo "VIRTUAL_ENV={_VENV}" >> "$GITHUB_ENV"\necho "{_VENV}/bin" >> "$GITHUB_PATH"\n'
    )
