"""Bring a patch into a job that goes on from a checkpoint, as the commit that it will be."""

from __future__ import annotations

from regreen.jobs.job import at_commit
from regreen.jobs.runner import JobRun
from regreen_sandbox.errors import SandboxError

_APPLY_SECONDS = 600.0
_COMMIT = """\
git="/usr/bin/git -c core.hooksPath=/dev/null -c user.name=regreen -c user.email=regreen@localhost"
$git apply --whitespace=nowarn "$1" || exit
$git apply --cached --whitespace=nowarn "$1" && $git commit --quiet --no-verify -m "Mend CI" || :
$git rev-parse HEAD
"""
_PATCH = "/home/runner/work/_temp/_regreen_patch"


class DoesNotApply(SandboxError):
    """A patch does not fit the files as the job has made them."""


def bring(run: JobRun, diff: bytes) -> None:
    """Apply ``diff`` to the repository in ``run`` and commit it there.

    Steps that ask git whether anything changed must see it as when it is verified. Raises
    DoesNotApply when the job's own changes stand in the way.
    """
    if not diff:
        return
    run.sandbox.write(_PATCH, diff)
    done = run.sandbox.run(
        ("/bin/sh", "-c", _COMMIT, "sh", _PATCH),
        env={},
        cwd=run.view.repository,
        timeout=_APPLY_SECONDS,
    )
    if not done.ok:
        words = done.output.decode("utf-8", "replace").strip()
        raise DoesNotApply(f"the patch does not apply in the sandbox: {words}")
    lines = done.output.decode("ascii", "replace").split()
    if lines and lines[-1].isalnum():
        run.job = at_commit(run.job, lines[-1])
