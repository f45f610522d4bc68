"""Run a fixer's tool in the sandbox and bring out what it changed, as a diff.

Only tracked files count: what set-up generated stays out. Trees are made by git with a repository,
an index and an environment of regreen's own, so that neither the job's variables nor what it did to
its ``.git`` decides what is seen. The diff is data from a stranger's sandbox all the same: the host
applies it to a tree of its own and judges the result.
"""

from __future__ import annotations

import posixpath
import uuid

from regreen.jobs import StepSpec
from regreen.jobs.runner import JobRun
from regreen.model import ToolRun
from regreen_sandbox.errors import FileTooLarge

_GIT_SECONDS = 600.0
_LIMIT = 64 << 20
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}

_TREE = """\
cd -- "$1" || exit
new=
if [ ! -d "$2" ]; then
  new=yes
  /usr/bin/git init --quiet --bare --template= "$2" && mkdir -p "$2/objects/info" &&
  echo "$1/.git/objects" > "$2/objects/info/alternates" || exit
fi
export GIT_DIR="$2" GIT_WORK_TREE="$1"
if [ "$new" ]; then /usr/bin/git read-tree "$3" || exit; fi
/usr/bin/git add --update . && /usr/bin/git write-tree --missing-ok
"""
_DIFF = """\
cd / && export GIT_DIR="$1" || exit
exec /usr/bin/git diff --binary --full-index --no-renames --no-ext-diff --no-textconv --no-color \
  "$2" "$3" > "$4"
"""

_TOOLS_ON_PATH = """\
for folder in .tox/*/bin .nox/*/bin .venv/bin venv/bin "$HOME"/.cache/pre-commit/*/py_env-*/bin; do
  if [ -d "$folder" ]; then PATH="$PATH:$(cd "$folder" && pwd)"; fi
done
export PATH
"""


def run_tool(run: JobRun, step: StepSpec, proposal: ToolRun, seconds: float) -> bytes:
    """Run ``proposal`` with the environment of ``step`` and return the diff of what it changed.

    The tool gets ``seconds`` at most; its exit code does not matter, since linters that mend still
    report what is left. Empty when it changed nothing, could not run, or changed more than 64 MiB.
    """
    place = f"/tmp/.regreen-git-{uuid.uuid4().hex}"
    before = _tree(run, place)
    folder = posixpath.normpath(posixpath.join(run.view.repository, proposal.directory))
    run.execute(f"{_TOOLS_ON_PATH}{proposal.command}", step, folder=folder, seconds=seconds)
    after = _tree(run, place)
    if before is None or after is None or before == after:
        return b""
    out = f"{place}/diff"
    if _git(run, _DIFF, place, before, after, out) is None:
        return b""
    try:
        return run.sandbox.read(out, limit=_LIMIT) or b""
    except FileTooLarge:
        return b""


def _tree(run: JobRun, place: str) -> str | None:
    said = _git(run, _TREE, run.view.repository, place, run.commit)
    lines = (said or "").strip().splitlines()
    return lines[-1] if lines and lines[-1].isalnum() else None


def _git(run: JobRun, script: str, *arguments: str) -> str | None:
    """Return what a script of git commands printed, ``None`` when it failed."""
    argv = ("/bin/sh", "-c", script, "sh", *arguments)
    done = run.sandbox.run(argv, env=_ENVIRONMENT, cwd="/", timeout=_GIT_SECONDS)
    return done.output.decode("utf-8", "replace") if done.ok else None
