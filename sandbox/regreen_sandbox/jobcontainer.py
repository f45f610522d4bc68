"""A workflow's ``container:`` as the sandbox is made with it.

Its volumes are plain folders of the container: new ones are empty on GitHub too, and a snapshot
holds them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regreen_sandbox.containeroptions import CreateOptions, Refused, parse_options


@dataclass(frozen=True, slots=True)
class JobContainer:
    """What a job's container gets besides its image; ``folders`` stand for its volumes."""

    env: Mapping[str, str] = field(default_factory=dict)
    options: CreateOptions = field(default_factory=CreateOptions)
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume as written: ``name`` is empty for one that nobody else can name."""

    name: str
    path: str
    read_only: bool = False


def plan_job_container(
    *,
    env: Mapping[str, str] | None = None,
    volumes: tuple[str, ...] = (),
    ports: tuple[str, ...] = (),
    options: str = "",
) -> JobContainer | Refused:
    """Return what a job's container is made with, or what of it is not to be had.

    ``ports`` change nothing: steps run inside the container, where its ports are. An entry point
    changes nothing either, as GitHub's runner sets its own.
    """
    asked = parse_options(options)
    if isinstance(asked, Refused):
        return asked
    if asked.read_only:
        return Refused("the container option --read-only: the job's files lie in the container")
    if ports and any(not port.strip() for port in ports):
        return Refused("the container has an empty port")
    found = parse_volumes((*volumes, *asked.volumes))
    if isinstance(found, Refused):
        return found
    folders = tuple(volume.path for volume in found)
    return JobContainer(dict(env or {}), replace(asked, volumes=(), ports=()), folders)


def parse_volumes(written: tuple[str, ...]) -> tuple[Volume, ...] | Refused:
    """Read volumes as Docker writes them: ``path``, ``name:path`` or either with ``:ro``."""
    volumes = []
    for text in written:
        first, *rest = text.strip().split(":")
        mode = rest.pop() if rest and not rest[-1].startswith("/") else ""
        name, path = (first, rest[0]) if rest else ("", first)
        if not path.startswith("/") or len(rest) > 1:
            return Refused(f"the volume {text!r} is not of the form name:/path")
        if name.startswith(("/", ".", "~")):
            return Refused(f"the volume {text!r}: a folder of this machine is never mounted")
        volumes.append(Volume(name, posixpath.normpath(path), "ro" in mode.split(",")))
    return tuple(volumes)
