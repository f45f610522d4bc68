"""A workflow's service as it is to be started: what it asks for, read and checked.

Formats: GitHub's "Workflow syntax", ``jobs.<job_id>.services``, and Docker's reference of
``docker container create``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from regreen_sandbox.containeroptions import CreateOptions, Refused, parse_options
from regreen_sandbox.jobcontainer import Volume, parse_volumes

_PORT = re.compile(
    r"(?:(?:\d+(?:\.\d+){3}|\[[\da-f:]*\]):)?"
    r"(?:(?P<host>\d{0,5})(?:-(?P<host_end>\d{1,5}))?:)?"
    r"(?P<inside>\d{1,5})(?:-(?P<end>\d{1,5}))?(?:/(?P<protocol>tcp|udp|sctp))?"
)
_MOST_PORTS = 64


@dataclass(frozen=True, slots=True)
class Port:
    """A published port; ``host`` is ``None`` where any free one will do."""

    inside: int
    host: int | None = None
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """One service; ``None`` is the image's own."""

    name: str
    image: str
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    volumes: tuple[Volume, ...] = ()
    options: CreateOptions = field(default_factory=CreateOptions)
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None


def plan_service(
    name: str,
    image: str,
    *,
    env: Mapping[str, str] | None = None,
    ports: tuple[str, ...] = (),
    volumes: tuple[str, ...] = (),
    options: str = "",
    entrypoint: tuple[str, ...] | None = None,
    command: tuple[str, ...] | None = None,
) -> ServicePlan | Refused:
    """Return the service as it is to be started, or what of it is not to be had."""
    asked = parse_options(options)
    if isinstance(asked, Refused):
        return Refused(f"the service {name}: {asked.what}")
    mounted = parse_volumes((*volumes, *asked.volumes))
    if isinstance(mounted, Refused):
        return Refused(f"the service {name}: {mounted.what}")
    published: list[Port] = []
    for text in (*ports, *asked.ports):
        found = tuple(_ports(text.strip()))
        if not found or len(found) > _MOST_PORTS:
            return Refused(f"the service {name}: the port {text!r} is not of the form host:port")
        published += found
    for port in published:
        if port.protocol != "tcp" and port.host not in (None, port.inside):
            return Refused(f"the service {name}: another {port.protocol} port than the container's")
    once = tuple(dict.fromkeys(published))
    return ServicePlan(name, image, dict(env or {}), once, mounted, asked, entrypoint, command)


def _ports(text: str) -> Iterator[Port]:
    """Yield what ``80``, ``8080:80``, ``127.0.0.1:8080:80/tcp`` and ranges of them publish."""
    found = _PORT.fullmatch(text)
    if found is None:
        return
    first, last = int(found["inside"]), int(found["end"] or found["inside"])
    host = int(found["host"]) if found["host"] else None
    host_end = int(found["host_end"] or (host or 0) + last - first)
    if host is not None and host_end - host != last - first:
        return
    if not 0 < first <= last < 65536 or (host is not None and not 0 < host <= host_end < 65536):
        return
    for step in range(last - first + 1):
        outside = None if host is None else host + step
        yield Port(first + step, outside, found["protocol"] or "tcp")
