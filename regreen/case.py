"""One job of one commit, ready to be run, and what CI's log said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from regreen.config import Settings
from regreen.errors import UsageError
from regreen.git import Repository, Scratch, Tree
from regreen.jobs import Job
from regreen.jobs.calling import Sight
from regreen.jobs.conditions import Conditions
from regreen.jobs.given import Given
from regreen.jobs.runner import Setting
from regreen.jobs.workshop import Workshop, open_workshop
from regreen.logs import LogReader
from regreen.model import Analysis, Failure, Selection
from regreen.origin import Origin, find_tested
from regreen.planning import About, plan_job, sight_of
from regreen.report import Reporter
from regreen.request import Request, choose_commit
from regreen.shelves import stores
from regreen_sandbox.custom import custom_image
from regreen_sandbox.disk import require_room
from regreen_sandbox.engine import Engine, connect, sweep, sweeping
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.images import BaseImage, ensure_base
from regreen_sandbox.index import machine_sources, require_servable
from regreen_sandbox.keep import FOLDER_NAME, Keep
from regreen_sandbox.limits import GIB
from regreen_sandbox.network import Access, Policy
from regreen_sandbox.profiles import Profile
from regreen_sandbox.runners import settled
from regreen_sandbox.toolchains import ToolImage, with_pythons

_T = TypeVar("_T")
_TESTS = re.compile(r"\b(?:pytest|unittest|tox|nox|nose2?|trial|stestr|behave|ctest|make test)\b")
_LOCAL = "local/"


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
    tree = scratch.tree(commit)
    selection = named_by_run(request.selection, origin, tree)
    facts = analysis.facts if analysis else None
    name = (facts.repository if facts else None) or repository.web_name()
    name = name or f"{_LOCAL}{repository.path.name.removesuffix('.git') or 'repository'}"
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
        return find_tested(origin, analysis.facts, reporter)
    return choose_commit(repository, request.commit, analysis, reporter)


def named_by_run(selection: Selection, origin: Origin | None, tree: Tree) -> Selection:
    """The run's own workflow file, where the commit has it; its job was chosen with the run."""
    if origin is None:
        return selection
    own = origin.run.workflow_path
    known = own if own is not None and own in tree.entries else None
    return replace(selection, workflow=selection.workflow or known, job=None)


@contextmanager
def open_sandbox(
    case: Case, settings: Settings, reader: LogReader, reporter: Reporter
) -> Iterator[tuple[Workshop, ToolImage]]:
    """Yield what the case's job can be run with, again and again, and the image it runs in.

    Raises SandboxError when the engine, the image or a Python is missing.
    """
    conditions = least(settings)
    if case.job.container is not None or case.job.layout.user == "root":
        conditions = replace(conditions, profile=Profile.ROOT)
    with connect() as engine, _swept(engine, settings):
        upstream = _aside(lambda: machine_sources(settings.cache / "index", settings.extra_indexes))
        if engine.unkept:
            reporter.note(f"this engine keeps no bound on a job's {', '.join(engine.unkept)}")
        base, image = _images(case, settings, engine, reporter)
        for words in substitutions(image):
            reporter.note(words)
        as_of = None if settings.index == "today" else case.as_of
        if as_of is not None:
            reporter.note(f"package index as of {as_of:%Y-%m-%d %H:%M} UTC")
        with open_workshop(
            _setting(case, settings, image, reader, reporter),
            case.scratch,
            engine=engine,
            image=image.id,
            carrier_image=base.id,
            upstream=upstream.result(),
            cache=settings.cache / "index",
            as_of=as_of,
            remote=_address(case),
            keep=None if case.request.given.secrets else _keep(case, settings, engine),
            conditions=conditions,
            images=settings.images(),
            own_path=bool(named_image(case.job, settings)),
        ) as workshop:
            yield workshop, image


def _swept(engine: Engine, settings: Settings) -> AbstractContextManager[None]:
    """Remove what killed processes left: beside other work, or first where the disk is full."""
    try:
        require_room(engine, settings.limits())
    except SandboxError:
        sweep(engine)
        return nullcontext()
    return sweeping(engine)


def _setting(
    case: Case, settings: Settings, image: ToolImage, reader: LogReader, reporter: Reporter
) -> Setting:
    setting = Setting(
        case.job,
        image.pythons,
        settings.limits(),
        reader.mask,
        reader.classify,
        reporter,
        reader.live,
        stores=stores(
            case.request,
            settings,
            case.repository.path,
            case.scratch.folder / "artifacts",
            _identity(case),
        ),
    )
    if case.job.provider == "gitlab":
        from regreen.jobs.gitlab.script import ahead, last_command  # most jobs are GitHub's

        return replace(setting, classify=last_command(reader.classify), ahead=ahead)
    return setting


def _address(case: Case) -> str | None:
    """Return the web address of the repository, ``None`` where nothing tells."""
    server = case.job.github["server_url"]
    return None if case.name.startswith(_LOCAL) else f"{server}/{case.name}"


def least(settings: Settings) -> Conditions:
    """Return what a job is given to begin with, before it is known to need more.

    Raises UsageError for a host that is none, or an index that cannot be served.
    """
    try:
        Access(hosts=settings.hosts)
        for address in settings.extra_indexes:
            require_servable(address)
    except SandboxError as error:
        raise UsageError(error.message, error.next_step) from error
    auto = settings.network == "auto"
    policy = Policy.PACKAGES if auto else Policy(settings.network)
    return Conditions(policy, settings.hosts, Profile.RUNNER, settings.runtime)


def _aside(work: Callable[[], _T]) -> Future[_T]:
    """Do ``work`` in a thread; a command that ends before it does not wait for it."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future


def _images(
    case: Case, settings: Settings, engine: Engine, reporter: Reporter
) -> tuple[BaseImage, ToolImage]:
    """Return a base image of regreen's own, and the image that the job runs in."""
    label = case.job.image_label
    base = ensure_base(engine, label, settings=settings.images(), report=reporter.note)
    ground = base
    if named := named_image(case.job, settings):
        ground = custom_image(engine, named, settings=settings.images(), report=reporter.note)
    asked = (*case.job.pythons.values(), case.job.pythons_inside)
    requests = dict.fromkeys(version for versions in asked for version in versions)
    image = with_pythons(engine, ground, tuple(requests), reporter.note)
    if not case.job.nodes:
        return base, image
    from regreen.jobs.actions.nodes import externals_of, node_binaries  # few jobs need it
    from regreen_sandbox.nodes import with_nodes

    binaries = node_binaries(settings.cache, case.job.nodes)
    externals = externals_of(case.job.layout)
    made = with_nodes(engine, image.id, binaries, externals, reporter.note)
    return base, replace(image, id=made)


def named_image(job: Job, settings: Settings) -> str:
    """Return the image of somebody else's that the job is to run in; empty for one of regreen's."""
    return settings.image or (job.container.image if job.container else "") or job.image


def _keep(case: Case, settings: Settings, engine: Engine) -> Keep:
    """Return what is kept for the case's repository: its own, whatever it is called."""
    return Keep(
        engine,
        settings.cache / FOLDER_NAME,
        int(settings.cache_gib * GIB),
        identity=_identity(case),
        repository=case.name,
        fresh=case.request.sandbox.fresh,
    )


def _identity(case: Case) -> str:
    """Return what tells the repository from every other, also from one of the same name."""
    return f"{case.name}\0{case.repository.path.resolve()}"


def substitutions(image: ToolImage) -> tuple[str, ...]:
    """Return in words what stands in for what in ``image``."""
    base = image.base.substitution
    return ((base,) if base else ()) + image.substitutions
