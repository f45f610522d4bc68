"""Everything one job needs to be run again and again: image, index, limits, packed commits.

A workshop hands out fresh sandboxes (from the image), and sandboxes that go on from a checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from regreen.git import Export, Scratch, Tree, export
from regreen.jobs.job import Job, at_commit
from regreen.jobs.runner import JobRun, Setting
from regreen.jobs.state import State
from regreen.jobs.workflow import StepSpec
from regreen.model import Failure, StepOutcome
from regreen_sandbox.container import Snapshot, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.index import IndexProxy, Upstream
from regreen_sandbox.labels import Owner

_APPLY_SECONDS = 600.0
_COMMIT = """\
git="/usr/bin/git -c core.hooksPath=/dev/null -c user.name=regreen -c user.email=regreen@localhost"
$git apply --whitespace=nowarn "$1" || exit
$git apply --cached --whitespace=nowarn "$1" && $git commit --quiet --no-verify -m "Mend CI" || :
$git rev-parse HEAD
"""
_PATCH = "/home/runner/work/_temp/_regreen_patch"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A job just before one of its steps: the sandbox's files, the state, and the files' tree.

    ``directory`` is where that step runs, relative to the repository; ``commit`` is checked out.
    """

    snapshot: Snapshot
    state: State
    tree: Tree
    commit: str
    directory: str


@dataclass(slots=True)
class Workshop:
    """Makes sandboxes for one job. Use :func:`open_workshop`."""

    setting: Setting
    scratch: Scratch
    engine: Engine
    image: str
    owner: Owner
    upstream: Upstream
    cache: Path
    as_of: datetime | None
    remote: str | None
    resources: ExitStack
    exports: dict[tuple[str, int], Export] = field(default_factory=dict)
    proxies: dict[datetime | None, IndexProxy] = field(default_factory=dict)

    @property
    def job(self) -> Job:
        """The job that is run."""
        return self.setting.job

    def failures(self, failed: StepOutcome) -> tuple[Failure, ...]:
        """Return why a step failed, the cause first."""
        return self.setting.classify(failed.command, failed.name, failed.log, failed.exit_code)

    @contextmanager
    def fresh(self, commit: str, *, today: bool = False) -> Iterator[JobRun]:
        """Yield the job at its start, at ``commit``, in a sandbox that nothing ran in before.

        The package index is as of the run, or as it is now when ``today``.
        """
        proxy = self._proxy(None if today else self.as_of)
        with start(
            self.engine,
            self.image,
            limits=self.setting.limits,
            owner=self.owner,
            index_socket=proxy.socket,
        ) as sandbox:
            yield JobRun(self.setting, sandbox, lambda depth: self._packed(commit, depth), commit)

    @contextmanager
    def resume(self, checkpoint: Checkpoint) -> Iterator[JobRun]:
        """Yield the job as it stood at ``checkpoint``, in a sandbox of its own."""
        commit = checkpoint.commit
        with checkpoint.snapshot.start() as sandbox:
            yield JobRun(
                self.setting,
                sandbox,
                lambda depth: self._packed(commit, depth),
                commit,
                checkpoint.state,
            )

    def checkpoint(self, run: JobRun, tree: Tree, step: StepSpec) -> Checkpoint:
        """Keep ``run`` as it stands before ``step``; ``tree`` is what its files were made from."""
        return Checkpoint(
            run.sandbox.snapshot(), run.state, tree, run.commit, run.view.relative_directory(step)
        )

    def bring(self, run: JobRun, checkpoint: Checkpoint, tree: Tree) -> None:
        """Change the tracked files of a resumed ``run`` from the checkpoint's tree to ``tree``.

        The change is committed there, as it will be when it is verified: steps that ask git whether
        anything changed must see it so. Raises SandboxError when the job's own changes stand in
        the way.
        """
        diff = self.scratch.diff(checkpoint.tree, tree)
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
            raise SandboxError(f"the patch does not apply in the sandbox: {words}")
        lines = done.output.decode("ascii", "replace").split()
        if lines and lines[-1].isalnum():
            run.job = at_commit(run.job, lines[-1])

    def commit_of(self, parent: str, tree: Tree, message: str = "Mend CI\n") -> str:
        """Return a commit of ``tree`` on ``parent``, dated like the parent."""
        return self.scratch.commit(tree, parent, message, self.scratch.commit_time(parent))

    def index_errors(self) -> tuple[str, ...]:
        """Return what the package index could not answer so far."""
        return tuple(e for proxy in self.proxies.values() for e in proxy.errors)

    def undated(self) -> tuple[str, ...]:
        """Return the projects that the index served whole, since it tells no upload times."""
        return tuple(dict.fromkeys(u for proxy in self.proxies.values() for u in proxy.undated))

    def _proxy(self, as_of: datetime | None) -> IndexProxy:
        if as_of not in self.proxies:
            proxy = IndexProxy(self.upstream, self.cache, as_of)
            self.proxies[as_of] = self.resources.enter_context(proxy)
        return self.proxies[as_of]

    def _packed(self, commit: str, depth: int) -> Export:
        key = (commit, depth)
        if key not in self.exports:
            self.exports[key] = export(self.scratch, commit, depth=depth, remote=self.remote)
        return self.exports[key]


@contextmanager
def open_workshop(
    setting: Setting,
    scratch: Scratch,
    *,
    engine: Engine,
    image: str,
    upstream: Upstream,
    cache: Path,
    as_of: datetime | None,
    remote: str | None,
) -> Iterator[Workshop]:
    """Yield a workshop; its index proxies end with it."""
    with ExitStack() as resources:
        yield Workshop(
            setting=setting,
            scratch=scratch,
            engine=engine,
            image=image,
            owner=Owner.current(),
            upstream=upstream,
            cache=cache,
            as_of=as_of,
            remote=remote,
            resources=resources,
        )
