"""A container of regreen's own that holds doors open (see `regreen_sandbox.services.doors`)."""

from __future__ import annotations

import base64
import uuid
import zlib
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import Any

from docker.types import LogConfig, Mount

from regreen_sandbox.capture import Frames
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import MIB
from regreen_sandbox.making import finish
from regreen_sandbox.starting import remove_container
from regreen_sandbox.wire import open_wire

SOCKETS = "/run/regreen-doors"
"""Where the volume of the sockets between two networks is mounted."""
_READY_SECONDS = 60.0


class Doorway:
    """A running container of doors; closing it shuts them."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name

    def close(self) -> None:
        """Remove it; one that is gone, or an engine that died, is no error."""
        remove_container(self._engine, self.name)


def open_doors(
    engine: Engine,
    image: str,
    owner: Owner,
    *,
    network_mode: str,
    doors: tuple[str, ...],
    sockets: str = "",
) -> Doorway:
    """Open ``doors`` in a network and return when all of them are.

    ``image`` is a base image of regreen's; ``sockets`` is the volume of the sockets, if any door
    needs one. Raises `SandboxError`.
    """
    doorway = Doorway(engine, f"regreen-{uuid.uuid4().hex}")
    options = _options(engine, image, owner, network_mode, doors, sockets)

    def make() -> None:
        with engine.guard("making a container of doors"):
            engine.client.api.create_container(name=doorway.name, **options)

    finish(make, otherwise=doorway.close)
    try:
        with engine.guard("starting a container of doors"):
            engine.client.api.start(doorway.name)
            _await_ready(engine, doorway.name)
    except BaseException:
        with suppress(SandboxError):
            doorway.close()
        raise
    return doorway


def _options(
    engine: Engine,
    image: str,
    owner: Owner,
    network_mode: str,
    doors: tuple[str, ...],
    sockets: str,
) -> dict[str, Any]:
    return {
        "image": image,
        "entrypoint": ["/usr/bin/python3", "-I", "-c", _program(), *doors],
        "command": [],
        # Root for the volume's folder, and for ports that only root may listen on; no other right.
        "user": "0:0",
        "working_dir": "/",
        "labels": owner.labels(Kind.SANDBOX),
        "healthcheck": {"test": ["NONE"]},
        "host_config": engine.client.api.create_host_config(
            network_mode=network_mode,
            cap_drop=["ALL"],
            cap_add=["NET_BIND_SERVICE"],
            security_opt=["no-new-privileges"],
            read_only=True,
            ipc_mode="private",
            cgroupns="private",
            mounts=[Mount(SOCKETS, sockets, type="volume")] if sockets else [],
            mem_limit=256 * MIB,
            memswap_limit=256 * MIB,
            pids_limit=32,
            log_config=LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
            restart_policy={"Name": "no"},
        ),
        "use_config_proxy": False,
    }


@cache
def _program() -> str:
    source = files("regreen_sandbox").joinpath("services/doors.py").read_bytes()
    packed = base64.b85encode(zlib.compress(source, 9)).decode("ascii")
    # The guard of __main__ holds for a program given with -c too.
    return f"import base64,zlib;exec(zlib.decompress(base64.b85decode('{packed}')))"


def _await_ready(engine: Engine, name: str) -> None:
    said, frames = b"", Frames()
    path = f"/containers/{name}/logs?follow=1&stdout=1&stderr=1"
    with open_wire(engine, "GET", path, silence=_READY_SECONDS) as wire:
        for piece in wire.pieces():
            said += b"".join(frames.feed(piece))
            if b"ready\n" in said:
                return
    words = said.decode(errors="replace").strip().rpartition("\n")[2] or "it said nothing"
    raise SandboxError(
        f"a service's port could not be opened: {words}",
        next_step="look at the ports of the workflow's services",
    )
