"""The workshop of a job whose own definition a fix changed: planned anew from the patched files.

The same job and the same combination of its matrix, in the same conditions as the reproduction had.
A combination whose values the fix corrected (``3.10`` without quotes) is taken by its place.
"""

from __future__ import annotations

import re
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime

from regreen.case import Case
from regreen.config import Settings
from regreen.errors import UnsupportedError, UsageError
from regreen.git import Tree
from regreen.housing import open_sandbox
from regreen.jobs import Found, Job, plan
from regreen.jobs.calling import Sight
from regreen.jobs.foreseen import foreseen
from regreen.jobs.job import at_commit
from regreen.jobs.legs import Leg, legs_of
from regreen.jobs.reader import read_all
from regreen.jobs.workshop import Workshop
from regreen.logs import LogReader
from regreen.model import LogFacts
from regreen.planning import About, plan_job, sight_of
from regreen.report import Reporter
from regreen.request import workflow_paths
from regreen_sandbox.profiles import Profile
from regreen_sandbox.runners import settled
from regreen_sandbox.toolchains import PythonMissing

_ACTION = re.compile(r"^\.github/actions/|(?:^|/)action\.ya?ml$")


@dataclass(slots=True)
class Rehouser:
    """Gives the workshops of patched trees; each is made once and ends with ``resources``.

    ``shared`` is the workshop that the red commit's job ran in.
    """

    case: Case
    shared: Workshop
    settings: Settings
    reader: LogReader
    reporter: Reporter
    resources: ExitStack
    made: dict[str, Workshop] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, tree: Tree) -> Workshop:
        """Return what the job that ``tree`` defines is run in: ``shared`` where it is the same.

        Raises RegreenError when the files define no such job, or one that cannot be run here.
        """
        with self.lock:
            if tree.sha not in self.made:
                self.made[tree.sha] = self._workshop(tree)
            return self.made[tree.sha]

    def _workshop(self, tree: Tree) -> Workshop:
        shared = self.shared
        case = replanned_at(self.case, tree, self.reporter)
        if case.job.unsupported:
            raise UnsupportedError("; ".join(case.job.unsupported))
        if _same(shared.job, case.job):
            acts = any(_ACTION.search(path) for path in tree.changed(self.case.tree))
            return replace(shared, reached={}) if acts else shared
        if _housed_alike(shared.job, case.job):
            setting = replace(shared.setting, job=case.job)
            premises = replace(shared.premises, job=case.job)
            return replace(shared, setting=setting, premises=premises, reached={})
        try:
            opened, _ = self.resources.enter_context(
                open_sandbox(case, self.settings, self.reader, self.reporter)
            )
        except PythonMissing as error:
            raise UnsupportedError(error.message, error.next_step) from error
        wanted = shared.conditions
        if opened.conditions.profile is Profile.ROOT:
            wanted = replace(wanted, profile=Profile.ROOT)
        return opened.under(wanted)


def replanned_at(case: Case, tree: Tree, reporter: Reporter) -> Case:
    """Return ``case`` as it is with the files of ``tree``: the same job of a commit on the red one.

    Raises RegreenError when there is no such job, or no single one.
    """
    scratch = case.scratch
    commit = scratch.commit(tree, case.commit, "Mend CI\n", scratch.commit_time(case.commit))
    about = replace(case.about, commit=commit)
    old = case.job
    if old.provider != "github":
        meant = replace(case.request.selection, workflow=old.workflow, job=old.name, step=None)
        job = plan_job(meant, tree, None, about, reporter)
    else:
        facts = case.analysis.facts if case.analysis else None
        legs = _legs(case.tree, sight_of(case.about, case.tree, facts))
        leg = _successor(old, legs, _legs(tree, sight_of(about, tree, facts)))
        job = _planned(leg, about, tree, facts, case.as_of)
        if case.analysis is not None:
            red = next(one for one in legs if _is_leg(one, old))
            job = _as_logged(job, old, _planned(red, case.about, case.tree, facts, case.as_of))
    return replace(case, commit=commit, job=job)


def _planned(
    leg: Leg, about: About, tree: Tree, facts: LogFacts | None, as_of: datetime | None
) -> Job:
    """Return the job of ``leg``, without what a log tells of its runner and Pythons."""
    found = Found(
        leg.workflow,
        leg.job,
        leg.combination,
        None,
        "the job of the patched files",
        name=leg.names[0],
        caller=leg.caller,
        pending=leg.pending,
        problem=leg.problem,
    )
    job = plan(
        found,
        repository=about.repository,
        commit=about.commit,
        sight=sight_of(about, tree, facts),
        read=tree.text,
    )
    job = foreseen(job, tree.read, about.actions)
    return replace(job, image_label=settled(job.image_label, as_of))


def _as_logged(job: Job, old: Job, bare: Job) -> Job:
    """Return ``job`` with what the log told of the red one, where it still asks for the same.

    ``old`` is the red job, ``bare`` what it is without the log.
    """
    if job.image_label == bare.image_label:
        job = replace(job, image_label=old.image_label)
    if job.pythons == bare.pythons:
        job = replace(job, pythons=old.pythons)
    return job


def _legs(tree: Tree, sight: Sight) -> tuple[Leg, ...]:
    files = {path: text for path in workflow_paths(tree, None) if (text := tree.text(path))}
    workflows = read_all(files).workflows
    return legs_of(workflows.values(), sight.repository, sight.commit, sight)


def _is_leg(leg: Leg, job: Job) -> bool:
    return _of_job(leg, job) and dict(leg.combination) == dict(job.combination)


def _of_job(leg: Leg, job: Job) -> bool:
    return (leg.workflow.path, leg.job.id) == (job.workflow.removeprefix("./"), job.id)


def _successor(job: Job, before: tuple[Leg, ...], after: tuple[Leg, ...]) -> Leg:
    """Return the leg of ``after`` that is ``job``: of its values, or at its place."""
    old = [leg for leg in before if _of_job(leg, job)]
    new = [leg for leg in after if _of_job(leg, job)]
    same = [leg for leg in new if _is_leg(leg, job)]
    named = [leg for leg in same if job.name in leg.names]
    if named or same:
        return (named or same)[0]
    at = next((n for n, leg in enumerate(old) if _is_leg(leg, job)), None)
    if at is not None and len(new) == len(old):
        return new[at]
    what = f"the job {job.name!r}" if not new else f"this combination of the job {job.id!r}"
    raise UsageError(f"with it {what} is gone", "name another job with --job")


def _same(one: Job, other: Job) -> bool:
    """Whether two jobs are the same but for the commit and the lines where they stand."""
    return _comparable(one) == _comparable(other)


def _comparable(job: Job) -> Job:
    moved = at_commit(job, "")
    steps = tuple(replace(step, line=0, lines={}) for step in job.steps)
    return replace(moved, steps=steps, failing=None, why="", name="", notes=(), needs=())


def _housed_alike(one: Job, other: Job) -> bool:
    """Whether two jobs are run in the same image, with nothing else beside them."""
    return _housing(one) == _housing(other)


def _housing(job: Job) -> tuple[object, ...]:
    pythons = {version for versions in job.pythons.values() for version in versions}
    return (
        *(job.image_label, job.image, job.container, job.layout, job.services, job.nodes),
        *(pythons, job.pythons_inside),
    )
