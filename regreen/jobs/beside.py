"""The containers that a job runs in and beside: what of them is planned, and what cannot be had.

The sandbox's own planning is imported only for jobs that have any: most have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regreen.jobs.containers import ContainerSpec, container_spec
from regreen.jobs.expressions import Value, resolve
from regreen.jobs.workflow import JobSpec
from regreen.model import Unsupported
from regreen_sandbox.containeroptions import Refused

if TYPE_CHECKING:
    from regreen_sandbox.jobcontainer import JobContainer
    from regreen_sandbox.services import ServicePlan

_LOGIN = "credentials for a registry: no login is made from here"


@dataclass(frozen=True, slots=True)
class Beside:
    """A job's containers; ``gaps`` are what cannot be had, each with the job's key it stands at."""

    container: ContainerSpec | None = None
    services: Mapping[str, ContainerSpec] = field(default_factory=dict)
    gaps: tuple[tuple[str, str], ...] = ()


def containers_of(job: JobSpec, contexts: Mapping[str, Value]) -> Beside:
    """Return the containers of ``job``. Raises ExpressionError."""
    gaps: list[tuple[str, str]] = []
    container = container_spec(resolve(job.container, contexts))
    if isinstance(container, Unsupported):
        gaps.append(("container", container.what))
        container = None
    elif container is not None:
        gaps += (("container", words) for words in _refusals(container))
    services: dict[str, ContainerSpec] = {}
    listed = resolve(job.services, contexts)
    for name, value in listed.items() if isinstance(listed, dict) else ():
        service = container_spec(value, f"the service {name}", service=True)
        if isinstance(service, Unsupported):
            gaps.append(("services", service.what))
        elif service is not None:
            services[name] = service
            planned = service_plan(name, service)
            if isinstance(planned, Refused):
                gaps.append(("services", f"the service {name}: {planned.what}"))
    return Beside(container, services, tuple(gaps))


def _refusals(container: ContainerSpec) -> Iterator[str]:
    if container.credentials:
        yield f"the container {container.image}: {_LOGIN}"
    planned = job_container(container)
    if isinstance(planned, Refused):
        yield planned.what


def job_container(spec: ContainerSpec) -> JobContainer | Refused:
    """Return what the sandbox of a job in a container is made with."""
    from regreen_sandbox.jobcontainer import plan_job_container

    return plan_job_container(
        env=spec.env, volumes=spec.volumes, ports=spec.ports, options=spec.options
    )


def service_plan(name: str, spec: ContainerSpec) -> ServicePlan | Refused:
    """Return how a service is started."""
    from regreen_sandbox.services import plan_service

    if spec.credentials:
        return Refused(_LOGIN)
    return plan_service(
        name,
        spec.image,
        env=spec.env,
        ports=spec.ports,
        volumes=spec.volumes,
        options=spec.options,
        entrypoint=spec.entrypoint,
        command=spec.command,
    )
