"""The carrier: a container of regreen's own that holds a sandbox's network namespace.

Nothing of a job runs in it; the job's container shares the network namespace and no other. It is
there for images that cannot run the relay, and for the policy ``on``, where its main process fences
the namespace in before the job's container is made (see `regreen_sandbox.network.fence`).
"""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Address
from typing import Any

import docker.errors
from docker.types import LogConfig, Mount

from regreen_sandbox.capture import Frames
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineDied, SandboxError, SandboxTimeout
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import MIB
from regreen_sandbox.making import finish
from regreen_sandbox.network.addresses import Reach
from regreen_sandbox.network.wiring import Wiring
from regreen_sandbox.wire import open_wire

_NOBODY = "65534:65534"
_PYTHON = "/usr/bin/python3"
_READY_SECONDS = 60.0
_REFUSE = "REJECT --reject-with icmp-net-unreachable"
_HOSTNAME = "regreen"  # a sandbox has its carrier's
# Of each kind of place one: metadata, private, everybody on the bridge, and by multicast.
_TRIED = (
    "169.254.169.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "255.255.255.255",
    "224.0.0.1",
)


@dataclass(frozen=True, slots=True)
class Fenced:
    """The policy ``on``: what may be reached, and the DNS socket as the container sees it."""

    reach: Reach
    names: str


class Carrier:
    """A running carrier; closing it ends the network of whatever shares its namespace."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name

    def close(self) -> None:
        """Remove it; one that is gone, or an engine that died, is no error."""
        with (
            suppress(EngineDied, SandboxTimeout),
            self._engine.guard("removing a carrier"),
            suppress(docker.errors.NotFound),
        ):
            self._engine.client.api.remove_container(self.name, force=True, v=True)


def start_carrier(
    engine: Engine,
    image: str,
    owner: Owner,
    *,
    mounts: tuple[Mount, ...],
    relay: tuple[str, ...],
    served: tuple[str, ...] = (),
    fenced: Fenced | None,
) -> Carrier:
    """Start a carrier and return it when it carries, and is fenced in if ``fenced``.

    ``image`` is a base image; ``relay`` are the relay's arguments; ``served`` are the names of
    hosts that lead to the relay, here and in what shares the network. Raises `SandboxError`, in
    particular when the fence could not be put up.
    """
    name = f"regreen-{uuid.uuid4().hex}"
    carrier = Carrier(engine, name)
    options = _options(
        engine, image, owner, mounts, Wiring("none", relay=relay, served=served), fenced
    )

    def make() -> None:
        with engine.guard(f"making a carrier of {image}"):
            engine.client.api.create_container(name=name, **options)

    finish(make, otherwise=carrier.close)
    try:
        with engine.guard(f"starting a carrier of {image}"):
            engine.client.api.start(name)
            _await_ready(engine, name, fenced is not None)
    except BaseException:
        with suppress(SandboxError):
            carrier.close()
        raise
    return carrier


def _options(
    engine: Engine,
    image: str,
    owner: Owner,
    mounts: tuple[Mount, ...],
    wiring: Wiring,
    fenced: Fenced | None,
) -> dict[str, Any]:
    main = [*_inline("index/relay.py"), "--ready-file", "/dev/null", *(wiring.relay or ())]
    rights: dict[str, Any] = {"network_mode": wiring.network_mode, **wiring.names}
    if fenced:
        order = {
            "rules": rules(fenced.reach),
            "never": [a for a in _TRIED if not fenced.reach.allows(IPv4Address(a))],
            "beside": [*_inline("network/names.py"), fenced.names],
            "main": main,
        }
        main = [*_inline("network/fence.py"), json.dumps(order)]
        rights |= {
            "network_mode": "bridge",
            "cap_add": ["NET_ADMIN", "SETGID", "SETUID"],
            "dns": ["127.0.0.1"],
            "dns_search": ["."],
            # Port 53 is bound after all rights are given up.
            "sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"},
        }
    host_config = engine.client.api.create_host_config(
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        read_only=True,
        tmpfs={"/run": "size=1m,mode=755"},  # the filter's programs keep a lock there
        ipc_mode="private",
        cgroupns="private",
        mounts=list(mounts),
        mem_limit=256 * MIB,
        memswap_limit=256 * MIB,
        pids_limit=32,
        log_config=LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
        restart_policy={"Name": "no"},
        **rights,
    )
    return {
        "image": image,
        "entrypoint": main,
        "command": [],
        "user": "0:0" if fenced else _NOBODY,
        "hostname": _HOSTNAME,
        "working_dir": "/",
        "labels": owner.labels(Kind.SANDBOX),
        "healthcheck": {"test": ["NONE"]},
        "host_config": host_config,
        "use_config_proxy": False,
    }


def rules(reach: Reach) -> dict[str, str]:
    """Return what ``iptables-restore`` (``4``) and ``ip6tables-restore`` (``6``) are to read.

    Refusals are told at once, so that a job does not wait for a time-out. Nobody who cannot be
    reached gets in either, save with what routers say about packets (path MTU discovery, RFC 1191).
    """
    head = ["*filter", ":INPUT ACCEPT", ":FORWARD DROP", ":OUTPUT ACCEPT"]
    loopback = ["-A INPUT -i lo -j ACCEPT", "-A OUTPUT -o lo -j ACCEPT"]
    decided = [
        line
        for network, may in reach.verdicts()
        for line in (
            f"-A INPUT -s {network} -j {'ACCEPT' if may else 'DROP'}",
            f"-A OUTPUT -d {network} -j {'ACCEPT' if may else _REFUSE}",
        )
    ]
    four = [*head, *loopback, "-A INPUT -p icmp -j ACCEPT", *decided, "COMMIT", ""]
    refused = ["-A INPUT -j DROP", "-A OUTPUT -j REJECT --reject-with icmp6-no-route"]
    return {"4": "\n".join(four), "6": "\n".join([*head, *loopback, *refused, "COMMIT", ""])}


@cache
def _inline(path: str) -> tuple[str, ...]:
    """Return a command that runs one of this package's programs, which it carries with it."""
    source = files("regreen_sandbox").joinpath(path).read_bytes()
    packed = base64.b85encode(zlib.compress(source, 9)).decode("ascii")
    program = f"import base64,zlib;exec(zlib.decompress(base64.b85decode('{packed}')))"
    return _PYTHON, "-I", "-c", program


def _await_ready(engine: Engine, name: str, fenced: bool) -> None:
    """Wait for the relay's line, or the end of the main process."""
    said, frames = b"", Frames()
    path = f"/containers/{name}/logs?follow=1&stdout=1&stderr=1"
    with open_wire(engine, "GET", path, silence=_READY_SECONDS) as wire:
        for piece in wire.pieces():
            said += b"".join(frames.feed(piece))
            if b"ready\n" in said:
                return
    words = said.decode(errors="replace").strip()[-500:] or "it said nothing"
    if fenced:
        raise SandboxError(
            f"a network without this machine and its neighbours could not be made: {words}",
            next_step="run with --network packages, or build the base image anew: "
            "regreen image build",
        )
    raise SandboxError(f"the carrier's main process ended at once: {words}")
