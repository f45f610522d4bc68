"""Run a fixer's tool in the sandbox and bring out what it changed, as a diff.

Only tracked files count: what set-up generated stays out. The diff is data from a stranger's
sandbox; the host applies it to a tree of its own and judges the result.
"""

from __future__ import annotations

import posixpath

from regreen.jobs import StepSpec
from regreen.jobs.runner import JobRun
from regreen.model import ToolRun

_SECONDS = 1800.0
_LIMIT = 64 << 20
_INDEX = "/home/runner/work/_temp/_regreen_index"
_DIFF = "/home/runner/work/_temp/_regreen_diff"
_GIT = "/usr/bin/git -c core.fsmonitor=false -c core.hooksPath=/dev/null"

_TREE = f"""\
cp .git/index {_INDEX} && GIT_INDEX_FILE={_INDEX} {_GIT} add --update . &&
GIT_INDEX_FILE={_INDEX} {_GIT} write-tree --missing-ok"""

_TOOLS_ON_PATH = """\
for folder in .tox/*/bin .nox/*/bin .venv/bin venv/bin "$HOME"/.cache/pre-commit/*/py_env-*/bin; do
  if [ -d "$folder" ]; then PATH="$PATH:$(cd "$folder" && pwd)"; fi
done
export PATH
"""


def run_tool(run: JobRun, step: StepSpec, proposal: ToolRun) -> bytes:
    """Run ``proposal`` with the environment of ``step`` and return the diff of what it changed.

    Empty when it changed nothing, or could not run at all; its exit code does not matter, since
    linters that mend still report what is left.
    """
    folder = posixpath.normpath(posixpath.join(run.view.repository, proposal.directory))
    before = _tree(run, step)
    script = f"{_TOOLS_ON_PATH}{proposal.command}"
    run.execute(script, step, folder=folder, seconds=_SECONDS)
    after = _tree(run, step)
    if before is None or after is None or before == after:
        return b""
    done = run.execute(
        f"{_GIT} diff --binary --full-index --no-renames --no-ext-diff --no-textconv --no-color"
        f" {before} {after} > {_DIFF}",
        step,
        folder=run.view.repository,
        seconds=_SECONDS,
    )
    return (run.sandbox.read(_DIFF, limit=_LIMIT) or b"") if done.ok else b""


def _tree(run: JobRun, step: StepSpec) -> str | None:
    done = run.execute(_TREE, step, folder=run.view.repository, seconds=_SECONDS)
    name = done.output.decode("ascii", "replace").strip().splitlines()
    return name[-1] if done.ok and name and name[-1].isalnum() else None
