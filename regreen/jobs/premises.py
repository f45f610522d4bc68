"""Where a job's sandboxes are started: the image, the network, the caches, the services beside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from regreen.jobs.beside import job_container, service_plan
from regreen.jobs.conditions import Conditions
from regreen.jobs.expressions import Value
from regreen.jobs.job import Job
from regreen.jobs.links import Links
from regreen.report import Reporter
from regreen_sandbox.caches import CacheMount
from regreen_sandbox.container import Sandbox, Snapshot, start
from regreen_sandbox.containeroptions import Refused
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.imageenv import search_path
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.jobcontainer import JobContainer
from regreen_sandbox.keep import Keep
from regreen_sandbox.limits import Limits

if TYPE_CHECKING:
    from regreen_sandbox.services import ServicePlan, Services


_LAST_WORDS = 4_000
"""Characters of the log of a service that did not start."""


def _unheld(_end: Callable[[], None]) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Standing:
    """A sandbox that stands, and what runs beside it; ``path`` is its image's own search path."""

    sandbox: Sandbox
    services: Services | None = None
    path: str = ""

    @property
    def running(self) -> Mapping[str, Value]:
        """What the ``job`` context says of services."""
        if self.services is None:
            return {}
        told: dict[str, Value] = {
            name: {"id": one.id, "network": one.network, "ports": dict(one.ports)}
            for name, one in self.services.contexts.items()
        }
        return {"services": told}


@dataclass(frozen=True, slots=True)
class Premises:
    """Starts the sandboxes of one job.

    ``images`` says where the images of services come from; ``keep`` has the caches (``None``: no
    caches). With ``own_path`` the search path is the image's and not a hosted runner's.
    ``holding`` surrounds the use of each sandbox and is told how to break it off from outside.
    """

    job: Job
    engine: Engine
    image: str
    links: Links
    as_of: datetime | None
    limits: Limits
    reporter: Reporter
    images: ImageSettings = field(default_factory=ImageSettings)
    keep: Keep | None = None
    own_path: bool = False
    holding: Callable[[Callable[[], None]], AbstractContextManager[None]] = _unheld
    lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def open(
        self,
        image: str,
        conditions: Conditions,
        *,
        today: bool = False,
        cached: bool = False,
        as_of: datetime | None = None,
    ) -> Iterator[Standing]:
        """Yield a sandbox of ``image``, with the job's services beside it.

        The package index is as of the run, of another ``as_of``, or as it is now when ``today``.
        Installers find the repository's caches only when ``cached``. Raises SandboxError.
        """
        caches = self._caches(conditions) if cached else ()
        with ExitStack() as stack:
            sandbox = stack.enter_context(
                start(
                    self.engine,
                    image,
                    limits=self.limits,
                    owner=self.links.owner,
                    network=self.links.network(None if today else as_of or self.as_of, conditions),
                    profile=conditions.profile,
                    caches=caches,
                    runtime=conditions.runtime,
                    job_container=self._job_container(),
                )
            )
            stack.enter_context(self.holding(sandbox.close))
            yield self._with_services(sandbox, stack)

    @contextmanager
    def again(self, snapshot: Snapshot) -> Iterator[Standing]:
        """Yield a sandbox of a snapshot; only jobs without services have any."""
        with snapshot.start() as sandbox, self.holding(sandbox.close):
            yield Standing(sandbox, path=self._path())

    def _with_services(self, sandbox: Sandbox, stack: ExitStack) -> Standing:
        if not self.job.services:
            return Standing(sandbox, path=self._path())
        from regreen_sandbox.services import ServiceFailed, start_services  # most jobs have none

        try:
            services = start_services(
                sandbox,
                self._service_plans(),
                settings=self.images,
                carrier_image=self.links.carrier_image,
                report=self.reporter.note,
                by_name=self.job.container is not None or self.job.provider == "gitlab",
            )
        except ServiceFailed as failed:
            said = failed.log.decode("utf-8", "replace").strip()[-_LAST_WORDS:]
            self.reporter.note(f"the service {failed.name} said: {said or 'nothing'}")
            raise
        return Standing(sandbox, stack.enter_context(services), self._path())

    def _path(self) -> str:
        """Return the search path that the image sets; empty where a hosted runner's counts."""
        return search_path(self.engine, self.image) if self.own_path else ""

    def _service_plans(self) -> tuple[ServicePlan, ...]:
        plans = [service_plan(name, spec) for name, spec in self.job.services.items()]
        return tuple(plan for plan in plans if not isinstance(plan, Refused))

    def _job_container(self) -> JobContainer | None:
        if self.job.container is None:
            return None
        planned = job_container(self.job.container)
        return None if isinstance(planned, Refused) else planned

    def _caches(self, conditions: Conditions) -> tuple[CacheMount, ...]:
        rights = conditions.profile.rights
        if self.keep is None or rights.home is None or self.job.container is not None:
            return ()
        with self.lock:
            try:
                return self.keep.caches(self.image, home=rights.home, uid=rights.owner)
            except SandboxError as error:
                self.reporter.note(f"no caches are mounted: {error.message}")
                return ()
