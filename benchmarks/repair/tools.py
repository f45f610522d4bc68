"""The helpers that a few failing commands call, as a folder and as an action that brings it.

``$CASES`` is the folder, ``$CASES_PYTHON`` a Python with PyYAML; both are ready before a case runs,
so that no case depends on what a registry served on its day.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.repair.made import TOOLS

_NPM_SECONDS = 300
_PYTHON = """\
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH="$here/python" exec /usr/bin/python3 "$@"
"""
_RUN = """\
echo "CASES=$GITHUB_ACTION_PATH" >> "$GITHUB_ENV"
echo "CASES_PYTHON=$GITHUB_ACTION_PATH/python.sh" >> "$GITHUB_ENV"
"""


@dataclass(frozen=True, slots=True)
class Tools:
    """The helpers, ready to run; ``actions`` is what ``--actions-dir`` takes."""

    actions: Path

    @property
    def folder(self) -> Path:
        """Where the helpers lie."""
        return self.actions / TOOLS

    def variables(self) -> dict[str, str]:
        """Return the variables that the cases' commands read."""
        return {"CASES": str(self.folder), "CASES_PYTHON": str(self.folder / "python.sh")}


def prepare(beside: Path, folder: Path, more: Path | None) -> Tools:
    """Make the helpers of ``tools/`` beside the cases file ``beside`` ready, below ``folder``.

    ``more`` is a folder with actions of others, as regreen's ``--actions-dir`` takes it.
    """
    tools = Tools(folder / "actions")
    if more is not None:
        shutil.copytree(more, tools.actions, symlinks=True)
    source = beside.resolve().parent / "tools"
    if not source.is_dir():
        tools.actions.mkdir(parents=True, exist_ok=True)
        return tools
    shutil.copytree(source, tools.folder, copy_function=shutil.copyfile)
    for path in (tools.folder, *tools.folder.rglob("*")):
        path.chmod(0o755)
    for manifest in sorted(tools.folder.rglob("package.json")):
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=manifest.parent, check=True, timeout=_NPM_SECONDS)
    _bring_yaml(tools.folder)
    step = {"run": _RUN, "shell": "bash"}
    action = {"name": "tools", "runs": {"using": "composite", "steps": [step]}}
    (tools.folder / "action.yml").write_text(json.dumps(action), encoding="utf-8")
    return tools


def _bring_yaml(folder: Path) -> None:
    """Put PyYAML's Python part and a Python that sees it into ``folder``."""
    found = importlib.util.find_spec("yaml")
    assert found is not None
    assert found.origin is not None
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(Path(found.origin).parent, folder / "python" / "yaml", ignore=ignored)
    program = folder / "python.sh"
    program.write_text(_PYTHON, encoding="utf-8")
    program.chmod(0o755)
