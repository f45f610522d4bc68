"""Where a failure comes from: a pulled run's job and its log, and the commits that belong to it.

Nothing is written into the user's clone: runs lie in ``.regreen/runs``, commits that the clone
lacks in the user's cache.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regreen.errors import UsageError
from regreen.git import Address, Fetched, Repository, Scratch, UnreachableError
from regreen.logs import LogReader
from regreen.model import Analysis, LogFacts, Run, RunJob
from regreen.report import Reporter
from regreen.request import RunAsked
from regreen.runs import credentials, latest, named, own_key, pull, wanted


@dataclass(frozen=True, slots=True)
class Origin:
    """One failed job of a pulled run, and the repository that knows its commits.

    ``fetched`` holds what the clone lacks.
    """

    run: Run
    job: RunJob
    repository: Repository
    fetched: Fetched

    @property
    def log(self) -> Path:
        """The job's log. Raises UsageError when the provider has it no more."""
        if self.job.log is not None:
            return self.job.log
        workflow = f" --workflow {self.run.workflow_path}" if self.run.workflow_path else ""
        raise UsageError(
            f"the log of job {self.job.name!r} cannot be had: {self.job.log_missing}",
            f"run the job without a log: regreen reproduce{workflow} --commit {self.run.head}",
        )

    def complete(self, analysis: Analysis) -> Analysis:
        """Return ``analysis`` with what the provider tells of the run where the log does not."""
        facts, whole = analysis.facts, self.run.tested or self.run.head
        abbreviated = facts.tested is not None and whole.startswith(facts.tested)
        started = facts.started_at or self.job.started_at or self.run.started_at
        return replace(
            analysis,
            facts=replace(
                facts,
                provider=self.run.provider,
                repository=self.run.repository,
                tested=whole if abbreviated else facts.tested or whole,
                job=facts.job or self.job.name,
                started_at=started,
            ),
        )


def open_origin(
    asked: RunAsked,
    job: str | None,
    folder: Path,
    state: Path,
    cache: Path,
    reader: LogReader,
    reporter: Reporter,
) -> Origin | None:
    """Pull the run that was asked for and choose its failed job; ``None`` when no job failed.

    ``folder`` is where the clone is looked for, ``state`` where pulled runs lie, ``cache`` where
    fetched commits and the key of pulled runs do. Raises UsageError when the run cannot be had,
    when it has not ended, and when several jobs failed and none is chosen.
    """
    clone = _clone(folder)
    remote = clone.remote() if clone else None
    key = own_key(cache)
    if asked.text is not None:
        reference = named(asked.text, state / "runs", remote, key)
    else:
        reference = latest(remote, branch=asked.branch, workflow=asked.workflow, reporter=reporter)
        reporter.note(f"the newest failed run is {reference}")
    run = pull(
        reference,
        state / "runs",
        mask=reader.masked_chunks,
        key=key,
        jobs=[job] if job else "failed",
        reporter=reporter,
    )
    chosen = _failed_job(run, job or reference.job, reporter)
    if chosen is None:
        return None
    how = "failed" if chosen.failed else f"ended with {chosen.conclusion or 'nothing yet'}"
    reporter.note(f"{run.repository}#{run.id}, attempt {run.attempt}: job {chosen.name!r} {how}")
    if clone is not None and not _is_clone(clone, run):
        reporter.note(f"{folder} is no clone of {run.repository}: its commits are fetched")
        clone = None
    fetched = Fetched.open(cache, clone)
    return Origin(run, chosen, clone or Repository.open(fetched.folder), fetched)


def find_tested(origin: Origin, facts: LogFacts, reporter: Reporter) -> str:
    """Return the commit that CI tested, fetched when the clone lacks it.

    A pull request's merge commit goes when the pull request moves on; then it is made again from
    its parents, which the log names. Raises UsageError when it cannot be had.
    """
    tested = facts.tested or origin.run.head
    found = _commit(origin, tested, "tested")
    for ref in _refs(origin.run) if found is None else ():
        found = found or _matching(origin, ref, tested)
    if found is None and facts.merged is not None:
        head, base = facts.merged
        if _commit(origin, head, "head") and _commit(origin, base, "base"):
            found = origin.fetched.merge(base, head, _name(origin, "tested"))
            reporter.note("CI's merge commit is gone: it is made again from its parents")
    if found is not None and not origin.fetched.belongs(found, origin.run.head):
        reporter.note(
            f"the log says that {found[:12]} was tested: that is neither the pushed commit "
            f"{origin.run.head[:12]} nor a merge of it"
        )
    if found is None:
        raise UsageError(
            f"the commit that CI tested, {tested}, cannot be had from {origin.run.repository}",
            f"fetch it into the clone, or name another with --commit (pushed: {origin.run.head})",
        )
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a patch applies to the pushed ``head``, and to where it has moved since.

    ``None`` stands for a commit that cannot be had; ``moved_to`` for a head that stayed.
    """

    head: str
    applies: bool | None
    moved_to: str | None = None
    applies_there: bool | None = None

    def notes(self) -> tuple[str, ...]:
        """Say what a person should know before applying the patch."""
        said: list[str] = []
        if self.applies is False:
            said.append(
                f"the patch is proven on what CI tested; it does not apply to the pushed commit "
                f"{self.head[:12]} as it is"
            )
        if self.moved_to:
            how = {True: "applies there too", False: "does not apply there"}
            there = how[self.applies_there] if self.applies_there is not None else "was not tried"
            said.append(
                f"the head has moved since the run, from {self.head[:12]} to "
                f"{self.moved_to[:12]}: the patch {there}"
            )
        return tuple(said)


def standing(origin: Origin, scratch: Scratch, diff: bytes) -> Standing:
    """Try ``diff`` on the pushed commit, and on what branch or pull request point to now."""
    run = origin.run
    head = _applies(origin, scratch, run.head, "head", diff)
    if run.head_now in (None, run.head):
        return Standing(run.head, head)
    now = str(run.head_now)
    return Standing(run.head, head, now, _applies(origin, scratch, now, "head-now", diff))


def _applies(origin: Origin, scratch: Scratch, commit: str, name: str, diff: bytes) -> bool | None:
    try:
        if _commit(origin, commit, name) is None:
            return None
        scratch.apply(scratch.tree(commit), diff)
    except UnreachableError:
        return None
    except UsageError:
        return False
    return True


def _commit(origin: Origin, wanted_: str, name: str) -> str | None:
    url = f"{origin.run.server}/{origin.run.repository}.git"
    known = credentials(origin.run.provider, origin.run.server, os.environ)
    address = Address(url, known.token, known.user) if known else Address(url)
    return origin.fetched.commit(address, wanted_, _name(origin, name))


def _refs(run: Run) -> tuple[str, ...]:
    """The refs that may still hold what a run tested."""
    number = run.pull_request
    if run.provider == "gitlab":
        merge = (f"refs/merge-requests/{number}/merge",) if number is not None else ()
        return (f"refs/pipelines/{run.id}", *merge)
    return (f"refs/pull/{number}/merge",) if number is not None else ()


def _matching(origin: Origin, ref: str, tested: str) -> str | None:
    """What ``ref`` points to, when that is the (perhaps abbreviated) commit ``tested``."""
    found = _commit(origin, ref, "merge")
    return found if found is not None and found.startswith(tested) else None


def _name(origin: Origin, name: str) -> str:
    return f"runs/{origin.run.provider}-{origin.run.id}/{name}"


def _is_clone(clone: Repository, run: Run) -> bool:
    """Whether ``clone`` may be one of the run's repository, which may lie in groups of groups."""
    name = clone.web_name()
    known = (run.repository, run.head_repository or run.repository)
    return name is None or any(one == name or one.endswith(f"/{name}") for one in known)


def _clone(folder: Path) -> Repository | None:
    try:
        return Repository.open(folder)
    except UsageError:
        return None


def _failed_job(run: Run, named: str | None, reporter: Reporter) -> RunJob | None:
    failed: Sequence[RunJob] = [job for job in run.jobs if job.failed]
    if named is not None:
        meant = wanted(run, [named])
        failed = [job for job in meant if job.failed] or meant
    if not failed:
        if run.conclusion is None:
            raise UsageError(
                f"{run.repository}#{run.id} has not ended, and no job has failed so far",
                "wait for a job to fail, or name one with --job",
            )
        if not run.jobs and run.conclusion in ("failure", "startup_failure"):
            raise UsageError(
                f"GitHub started no job of {run.repository}#{run.id}: it refused the workflow",
                f"regreen reproduce --commit {run.head} --workflow {run.workflow_path}",
            )
        return None
    if len(failed) == 1:
        return failed[0]
    names = [job.name for job in failed]
    number = reporter.choose(f"{len(failed)} jobs failed; which one?", names)
    if number is None:
        listed = ", ".join(repr(name) for name in names)
        raise UsageError(f"several jobs failed: {listed}", f"choose one: --job {names[0]!r}")
    return failed[number]
