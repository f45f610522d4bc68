"""Where a case's job is run: the image, the network, what is kept, and the workshop over it all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TypeVar

from regreen.case import LOCAL, Case
from regreen.config import Settings
from regreen.errors import UsageError
from regreen.jobs import Job
from regreen.jobs.conditions import Conditions
from regreen.jobs.runner import Setting
from regreen.jobs.workshop import Workshop, open_workshop
from regreen.logs import LogReader
from regreen.report import Reporter
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
from regreen_sandbox.toolchains import ToolImage, with_pythons

_T = TypeVar("_T")


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
    return None if case.name.startswith(LOCAL) else f"{server}/{case.name}"


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
