"""The other jobs of a commit that a patch is held against: its test jobs, its job's siblings.

Of each test job one combination is taken, the one whose Python is nearest to the failing job's.
They are planned from the workflows of the commit that they are run at, and started by the event
that started the failing job.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from regreen.case import Case
from regreen.config import Settings
from regreen.errors import RegreenError, UnsupportedError
from regreen.git import Tree
from regreen.housing import open_sandbox
from regreen.jobs import Found, Job, Workflow, plan, read_all
from regreen.jobs.calling import Sight
from regreen.jobs.expressions import ExpressionError, Status, condition, to_string
from regreen.jobs.foreseen import foreseen
from regreen.jobs.given import Given
from regreen.jobs.legs import Leg, legs_of, shown
from regreen.jobs.surroundings import contexts_of
from regreen.jobs.workshop import Workshop
from regreen.logs import LogReader
from regreen.model import Selection
from regreen.needed import with_needed
from regreen.planning import sight_of
from regreen.report import Reporter
from regreen.request import workflow_paths
from regreen.verify.neighbours import Neighbour, Rooms
from regreen_sandbox.network import Policy
from regreen_sandbox.profiles import Profile
from regreen_sandbox.runners import settled
from regreen_sandbox.toolchains import PythonMissing

_TESTS = re.compile(
    r"(?<![\w./-])(?:\S*/)?(?:pytest|py\.test|unittest|tox|nox|nose2|nosetests|trial|stestr|behave"
    r"|ctest|runtests\.py|manage\.py test|setup\.py test|(?:make|just|task|hatch run|inv|invoke"
    r"|pdm run|poe) (?:\S+ )*?\S*(?:tests?|check|cov)\b)(?![\w/-]|\.\w)"
)
_INSTALLS = re.compile(r"\b(?:install|add|sync|lock|download|require|cache|freeze)\b")
_COMMANDS = re.compile(r"\n|&&|\|\||;|\|")
_LINTS = re.compile(r"(?:-e|-s|-m|--session|--env)[ =]?\S*(?:lint|flake|format|style|docs?|mypy)\b")
_VERSION = re.compile(r"(\d+)\.(\d+)")
_MOST = 3
"""Test jobs that are run at most: each is a whole job, twice."""
_FAR = 1_000
_LOOK = "regreen jobs shows which jobs can be run here"


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Finds and plans the other jobs around ``case``.

    ``workshop`` is what the failing job was reproduced in: no other job is given less.
    """

    case: Case
    settings: Settings
    log_reader: LogReader
    reporter: Reporter
    workshop: Workshop

    def test_jobs(self) -> tuple[Neighbour, ...]:
        """Return the jobs of the same event that run tests, those of the job's own file first."""
        own = self.case.job
        best: dict[tuple[str, str], tuple[int, Leg]] = {}
        for leg in self._legs(self.case.tree, self.case.commit):
            job = self._planned(leg, self.case.tree, self.case.commit)
            if job is None or not runs_tests(job) or self._is_own(leg):
                continue
            far = _distance(_python(own), _python(job))
            if leg.key not in best or far < best[leg.key][0]:
                best[leg.key] = (far, leg)
        legs = [leg for _, leg in best.values()]
        legs.sort(key=lambda leg: leg.key[0] != own.workflow)
        return tuple(map(self._neighbour, legs[:_MOST]))

    def siblings(self) -> tuple[Neighbour, ...]:
        """Return the other combinations of the failing job's matrix, in their order."""
        legs = self._legs(self.case.tree, self.case.commit)
        own = next((leg for leg in legs if self._is_own(leg)), None)
        if own is None:
            return ()
        same = (leg for leg in legs if leg.key == own.key and leg is not own)
        return tuple(self._neighbour(leg) for leg in same if not leg.pending)

    def _is_own(self, leg: Leg) -> bool:
        job = self.case.job
        same = (leg.workflow.path, leg.job.id) == (job.workflow, job.id)
        return same and dict(leg.combination) == dict(job.combination)

    def _neighbour(self, leg: Leg) -> Neighbour:
        values = {key: shown(value) for key, value in leg.values.items()}
        return Neighbour(leg.names[0], leg.workflow.path, values, partial(self._open, leg))

    def _sight(self, tree: Tree, commit: str) -> Sight:
        """Return what is known of a run of ``commit`` that the same event starts."""
        about = replace(self.case.about, commit=commit, given=self._given)
        return sight_of(about, tree, self.case.analysis.facts if self.case.analysis else None)

    @property
    def _given(self) -> Given:
        given = self.case.request.given
        return given if given.event else replace(given, event=self._event)

    @property
    def _event(self) -> str:
        return to_string(self.case.job.github.get("event_name"))

    def _legs(self, tree: Tree, commit: str) -> tuple[Leg, ...]:
        """Return the combinations of all jobs that the event starts."""
        if self.case.job.provider != "github":
            return ()
        sight = self._sight(tree, commit)
        started = [one for one in self._workflows(tree) if self._event in one.on]
        return tuple(
            leg
            for leg in legs_of(started, self.case.name, commit, sight)
            if not leg.problem and _starts(leg, sight)
        )

    def _workflows(self, tree: Tree) -> Iterator[Workflow]:
        """Yield the commit's workflows; the failing job's own too where it is a file beside."""
        files = {path: tree.read(path) or b"" for path in workflow_paths(tree, None)}
        own = self.case.job.workflow
        if own.removeprefix("./") not in files and Path(own).is_file():
            files[own] = Path(own).read_bytes()
        yield from read_all(files).workflows.values()

    def _planned(self, leg: Leg, tree: Tree, commit: str) -> Job | None:
        sight = self._sight(tree, commit)
        try:
            return plan(
                _found(leg), repository=self.case.name, commit=commit, sight=sight, read=tree.text
            )
        except (RegreenError, ExpressionError):
            return None

    @contextmanager
    def _open(self, leg: Leg, commit: str) -> Iterator[Rooms]:
        """Yield what the job of ``leg`` runs in at ``commit``. Raises RegreenError."""
        case = self._case(leg, commit)
        with ExitStack() as stack:
            try:
                shop, _ = stack.enter_context(
                    open_sandbox(case, self.settings, self.log_reader, self.reporter)
                )
            except PythonMissing as error:
                raise UnsupportedError(error.message, error.next_step) from error
            yield self._rooms(shop)

    def _rooms(self, shop: Workshop) -> Rooms:
        """Return the workshop as the failing job has it, and with all that the user allows."""
        least, own = shop.conditions, self.workshop.conditions
        if own.policy is Policy.ON:
            least = replace(least, policy=Policy.ON)
        if own.profile is Profile.SUDO and least.profile is Profile.RUNNER:
            least = replace(least, profile=Profile.SUDO)
        wider = least
        if self.settings.sudo and least.profile is Profile.RUNNER:
            wider = replace(wider, profile=Profile.SUDO)
        if self.settings.network == "auto" and least.policy is Policy.PACKAGES:
            wider = replace(wider, policy=Policy.ON)
        return Rooms(shop.under(least), None if wider == least else shop.under(wider))

    def _case(self, leg: Leg, commit: str) -> Case:
        """Return the job of ``leg`` as the workflows of ``commit`` have it."""
        case, tree = self.case, self.case.scratch.tree(commit)
        sight = self._sight(tree, commit)
        same = (one for one in self._legs(tree, commit) if _same(one, leg))
        if (now := next(same, None)) is None:
            raise UnsupportedError(f"{commit[:12]} has no job {leg.names[0]}", _LOOK)
        job = plan(_found(now), repository=case.name, commit=commit, sight=sight, read=tree.text)
        job = replace(job, image_label=settled(job.image_label, case.as_of))
        job = foreseen(job, tree.read, case.request.actions)
        if job.unsupported:
            raise UnsupportedError("; ".join(job.unsupported), _LOOK)
        values = {key: shown(value) for key, value in now.values.items()}
        selection = Selection(now.key[0], now.key[1], None, values)
        request = replace(
            case.request, commit=commit, selection=selection, given=self._given, as_of=case.as_of
        )
        found = replace(case, request=request, commit=commit, job=job, analysis=None, origin=None)
        return with_needed(found, self.settings, self.log_reader, self.reporter)


def runs_tests(job: Job) -> bool:
    """Whether a step of ``job`` calls what runs tests, as far as its scripts tell."""
    scripts = (step.run or "" for step in job.steps if step.index not in job.excluded)
    return any(
        _TESTS.search(command) and not _INSTALLS.search(command) and not _LINTS.search(command)
        for script in scripts
        for command in _COMMANDS.split(script)
    )


def _starts(leg: Leg, sight: Sight) -> bool:
    """Whether the job's own condition lets it run; where that cannot be told it may."""
    try:
        contexts = contexts_of(leg.workflow, leg.job, leg.caller, sight)
        return condition(leg.job.condition, contexts, Status.SUCCESS)
    except (RegreenError, ExpressionError):
        return True


def _found(leg: Leg) -> Found:
    name = leg.names[0]
    return Found(leg.workflow, leg.job, leg.combination, None, "", name, leg.caller, leg.pending)


def _same(one: Leg, other: Leg) -> bool:
    return one.key == other.key and dict(one.values) == dict(other.values)


def _python(job: Job) -> tuple[int, int] | None:
    """Return the first Python that a job asks for, where it names its minor version."""
    asked = (version for versions in job.pythons.values() for version in versions)
    found = next((match for one in asked if (match := _VERSION.search(one))), None)
    return (int(found[1]), int(found[2])) if found else None


def _distance(one: tuple[int, int] | None, other: tuple[int, int] | None) -> int:
    """Return how far two Pythons are from one another; 0 where one of them is not known."""
    if one is None or other is None:
        return 0
    return abs(one[0] - other[0]) * _FAR + abs(one[1] - other[1])
