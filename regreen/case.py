"""One job of one commit, ready to be run, and what CI's log said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from regreen.git import Repository, Scratch, Tree
from regreen.jobs import Job
from regreen.jobs.calling import Sight
from regreen.jobs.given import Given
from regreen.model import Analysis, Failure, Selection
from regreen.planning import About, plan_job, sight_of
from regreen.report import Reporter
from regreen.request import Request, choose_commit
from regreen_sandbox.runners import settled

if TYPE_CHECKING:
    from regreen.origin import Origin

_TESTS = re.compile(r"\b(?:pytest|unittest|tox|nox|nose2?|trial|stestr|behave|ctest|make test)\b")
LOCAL = "local/"
"""The owner of repositories that nothing names."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a recovery is about: no ``analysis`` without a log, no ``origin`` without a run."""

    request: Request
    repository: Repository
    scratch: Scratch
    commit: str
    analysis: Analysis | None
    job: Job
    origin: Origin | None = None

    @property
    def name(self) -> str:
        """The repository as ``owner/name``; the owner is ``local`` when nothing tells."""
        return str(self.job.github["repository"])

    @property
    def about(self) -> About:
        """What the job is of."""
        run = self.origin.run if self.origin else None
        asked = self.request
        return About(self.name, self.commit, run, asked.given, asked.fetch, asked.actions)

    @property
    def sight(self) -> Sight:
        """What is known of the run besides its workflow."""
        return sight_of(self.about, self.tree, self.analysis.facts if self.analysis else None)

    @property
    def tree(self) -> Tree:
        """The commit's files."""
        return self.scratch.tree(self.commit)

    @property
    def expected(self) -> tuple[Failure, ...]:
        """CI's failures, the cause first; empty without a log."""
        if self.analysis is None or self.analysis.failure is None:
            return ()
        return (self.analysis.failure, *self.analysis.also)

    @property
    def as_of(self) -> datetime | None:
        """When the package index is to be served as of: as asked, or the run's start."""
        return self.request.as_of or (self.analysis.facts.started_at if self.analysis else None)

    @property
    def repeat(self) -> int:
        """How often base and patch are run to prove a patch."""
        tests = any(_TESTS.search(step.run or "") for step in self.job.steps)
        return self.request.repeat or (3 if tests else 2)


def open_case(
    request: Request,
    repository: Repository,
    scratch: Scratch,
    analysis: Analysis | None,
    reporter: Reporter,
    origin: Origin | None = None,
) -> Case:
    """Find commit and job that ``request``, the log and the run mean. Raises UsageError."""
    commit = commit_of(request, repository, analysis, reporter, origin)
    return case_at(commit, request, repository, scratch, analysis, reporter, origin)


def case_at(
    commit: str,
    request: Request,
    repository: Repository,
    scratch: Scratch,
    analysis: Analysis | None,
    reporter: Reporter,
    origin: Origin | None = None,
) -> Case:
    """Find the job that is meant at ``commit``. Raises UsageError as `open_case` does."""
    tree = scratch.tree(commit)
    selection = named_by_run(request.selection, origin, tree)
    facts = analysis.facts if analysis else None
    name = (facts.repository if facts else None) or repository.web_name()
    name = name or f"{LOCAL}{repository.path.name.removesuffix('.git') or 'repository'}"
    run = origin.run if origin else None
    about = About(name, commit, run, request.given, request.fetch, request.actions)
    if analysis is not None and analysis.failure is not None:
        failure = analysis.failure
        tool = f" ({failure.tool})" if failure.tool else ""
        reporter.note(f"{failure.category}{tool} in step {failure.step!r}")
    job = _planned(request, selection, tree, analysis, about, reporter)
    return Case(request, repository, scratch, commit, analysis, job, origin)


def replanned(case: Case, given: Given, reporter: Reporter) -> Case:
    """Return ``case`` with its job planned anew, now that more is given. Raises UsageError."""
    request = replace(case.request, given=given)
    selection = named_by_run(request.selection, case.origin, case.tree)
    about = replace(case.about, given=given)
    known = case.job.notes
    job = _planned(request, selection, case.tree, case.analysis, about, reporter, known)
    return replace(case, request=request, job=job)


def _planned(
    request: Request,
    selection: Selection,
    tree: Tree,
    analysis: Analysis | None,
    about: About,
    reporter: Reporter,
    known: tuple[str, ...] = (),
) -> Job:
    """Plan the job that is meant, and tell of it what is not known already."""
    job = plan_job(selection, tree, analysis, about, reporter)
    facts = analysis.facts if analysis else None
    started = request.as_of or (facts.started_at if facts else None)
    job = replace(job, image_label=settled(job.image_label, started))
    reporter.note(f"job {job.name!r} of {job.workflow} at {about.commit[:12]}: {job.why}")
    for words in job.notes:
        if words not in known:
            reporter.note(words)
    return job


def commit_of(
    request: Request,
    repository: Repository,
    analysis: Analysis | None,
    reporter: Reporter,
    origin: Origin | None,
) -> str:
    """Return the commit that ``request``, the log and the run mean. Raises UsageError."""
    if origin is not None and analysis is not None and request.commit is None:
        from regreen.origin import find_tested  # only of a pulled run

        return find_tested(origin, analysis.facts, reporter)
    return choose_commit(repository, request.commit, analysis, reporter)


def named_by_run(selection: Selection, origin: Origin | None, tree: Tree) -> Selection:
    """The run's own workflow file, where the commit has it; its job was chosen with the run."""
    if origin is None:
        return selection
    own = origin.run.workflow_path
    known = own if own is not None and own in tree.entries else None
    return replace(selection, workflow=selection.workflow or known, job=None)
