"""Who listens where: the ports of a job's services in the one network that they share with it.

A service listens in the job's own network, so that its port is at localhost as on a hosted runner.
A *door* is a port that leads to another one. Services that would get in each other's way (the same
container port twice) live apart, each in a network of its own, with a door to each port.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from regreen_sandbox.services.plan import Port, ServicePlan

FIRST_FREE = 32768
"""Where Docker begins to look for a free port of the host (``ip_local_port_range``)."""
LOCALHOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Door:
    """A port of the job's network that leads to a port of the service ``name``."""

    address: str
    port: int
    name: str
    inside: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """``published`` is each service's container ports by where they are to be had.

    ``apart`` are the services with a network of their own; ``addresses`` is what a service's name
    means; ``problem`` says why it cannot be done.
    """

    published: Mapping[str, Mapping[str, str]]
    doors: tuple[Door, ...]
    apart: frozenset[str]
    addresses: Mapping[str, str]
    problem: str = ""


def arrange(
    plans: tuple[ServicePlan, ...], exposed: Mapping[str, frozenset[int]], *, by_name: bool
) -> Arrangement:
    """Return who listens where; ``exposed`` are the tcp ports that each service's image names.

    ``by_name``: the job reaches a service by its name and container port, as in container jobs,
    and not at localhost.
    """
    hosts, problem = _hosts(plans)
    listening = {p.name: {o.inside for o in p.ports if o.protocol == "tcp"} for p in plans}
    wanted = {name: ports | exposed.get(name, frozenset()) for name, ports in listening.items()}
    count = Counter(port for ports in wanted.values() for port in ports)
    apart = {name for name, ports in wanted.items() if any(count[port] > 1 for port in ports)}
    if not by_name:
        # A door cannot be where a service itself listens.
        moved = {hosts[p.name, o] for p in plans for o in p.ports if hosts[p.name, o] != o.inside}
        apart |= {name for name, ports in wanted.items() if ports & moved}
    addresses = {
        plan.name: f"127.0.0.{2 + number}" if plan.name in apart else LOCALHOST
        for number, plan in enumerate(plans)
    }
    doors: list[Door] = []
    for plan in plans:
        if by_name and plan.name in apart:
            here = addresses[plan.name]
            doors += [Door(here, port, plan.name, port) for port in sorted(wanted[plan.name])]
        for port in plan.ports if not by_name else ():
            host = hosts[plan.name, port]
            if port.protocol == "tcp" and (host != port.inside or plan.name in apart):
                doors.append(Door(LOCALHOST, host, plan.name, port.inside))
    published = {p.name: {str(o.inside): str(hosts[p.name, o]) for o in p.ports} for p in plans}
    return Arrangement(published, tuple(doors), frozenset(apart), addresses, problem)


def _hosts(plans: tuple[ServicePlan, ...]) -> tuple[dict[tuple[str, Port], int], str]:
    """Return the outer port of every published one, and which of them is asked for twice."""
    hosts: dict[tuple[str, Port], int] = {}
    taken: dict[tuple[int, str], str] = {}
    problem = ""
    for plan in plans:
        mine: set[int] = set()
        for port in plan.ports:
            if port.host is None:
                continue
            other = taken.setdefault((port.host, port.protocol), plan.name)
            if other != plan.name or port.host in mine:
                problem = problem or f"{plan.name}: port {port.host} is already allocated"
            hosts[plan.name, port] = port.host
            mine |= {port.host} if port.protocol == "tcp" else set()
    inside = {port.inside for plan in plans for port in plan.ports}
    free = FIRST_FREE
    for plan in plans:
        for port in plan.ports:
            if port.host is None and port.protocol != "tcp":
                hosts[plan.name, port] = port.inside
            elif port.host is None:
                while (free, "tcp") in taken or free in inside:
                    free += 1
                hosts[plan.name, port] = free
                free += 1
    return hosts, problem
