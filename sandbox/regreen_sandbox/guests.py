"""Containers whose main process is the image's own: services, and the containers of actions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import docker.errors
from docker.types import Healthcheck, Mount

from regreen_sandbox.capture import Capture, Frames
from regreen_sandbox.containeroptions import CreateOptions, Health
from regreen_sandbox.disk import DiskKeeper, DiskWatch, has_quotas, refuse_quotas
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError, SandboxGone
from regreen_sandbox.labels import Kind
from regreen_sandbox.making import finish
from regreen_sandbox.network.wiring import Wiring
from regreen_sandbox.posture import Posture, host_config
from regreen_sandbox.profiles import Profile
from regreen_sandbox.starting import remove_container
from regreen_sandbox.wire import open_wire

_SILENCE = 30.0


@dataclass(frozen=True, slots=True)
class Guest:
    """What such a container is made with; ``None`` is the image's own.

    ``network_mode`` is the engine's. ``volumes`` are ours, by the path that they are at.
    """

    image: str
    network_mode: str
    env: Mapping[str, str] = field(default_factory=dict)
    options: CreateOptions = field(default_factory=CreateOptions)
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    mounts: tuple[Mount, ...] = ()


@dataclass(frozen=True, slots=True)
class GuestState:
    """How such a container stands; ``health`` is empty where nothing checks it."""

    running: bool
    exit_code: int
    out_of_memory: bool
    health: str


@dataclass(frozen=True, slots=True)
class Made:
    """A container that was made and not started yet."""

    engine: Engine
    name: str
    disk: DiskWatch

    def start(self) -> None:
        """Start it. Raises `SandboxError`, in particular when its program is not there."""
        with self.engine.guard("starting a container"):
            self.engine.client.api.start(self.name)

    def state(self) -> GuestState:
        """Return how it stands now. Raises `SandboxGone` when it was removed."""
        with self.engine.guard("looking at a container"):
            try:
                state = self.engine.client.api.inspect_container(self.name)["State"]
            except docker.errors.NotFound:
                raise SandboxGone("the container was removed while it was needed") from None
        health = str((state.get("Health") or {}).get("Status") or "")
        return GuestState(
            bool(state["Running"]),
            int(state["ExitCode"]),
            bool(state["OOMKilled"]),
            "" if health == "none" else health,
        )

    def log(self, limit: int) -> bytes:
        """Return what it wrote, ``limit`` bytes of it at most, the middle left out."""
        capture, frames = Capture(limit), Frames()
        path = f"/containers/{self.name}/logs?stdout=1&stderr=1"
        with (
            suppress(SandboxError),
            self.engine.guard("reading a container's log"),
            suppress(docker.errors.APIError),
            open_wire(self.engine, "GET", path, silence=_SILENCE) as wire,
        ):
            for piece in wire.pieces():
                for payload in frames.feed(piece):
                    capture.add(payload)
        return capture.output

    def close(self) -> None:
        """Remove it; one that is gone, or an engine that died, is no error."""
        remove_container(self.engine, self.name)


def make(posture: Posture, guest: Guest, volumes: tuple[str, ...] = ()) -> Made:
    """Make a container beside a sandbox's, within the same limits. Raises `SandboxError`.

    ``volumes`` are the names of those mounts that count as its disk.
    """
    engine, name = posture.engine, f"regreen-{uuid.uuid4().hex}"

    def create() -> DiskKeeper:
        with engine.guard(f"making a container of {guest.image[:19]}"):
            if has_quotas(engine):
                try:
                    engine.client.api.create_container(**_options(posture, guest, name, quota=True))
                    return DiskKeeper.QUOTA
                except docker.errors.APIError as error:
                    if not refuse_quotas(engine, error):
                        raise
            engine.client.api.create_container(**_options(posture, guest, name, quota=False))
        return DiskKeeper.WATCHDOG

    keeper = finish(create, otherwise=lambda: remove_container(engine, name))
    return Made(engine, name, DiskWatch(engine, name, posture.limits, volumes, keeper))


def _options(posture: Posture, guest: Guest, name: str, *, quota: bool) -> dict[str, Any]:
    asked, entrypoint = guest.options, guest.entrypoint
    if asked.entrypoint is not None and entrypoint is None:
        entrypoint = (asked.entrypoint,)
    shared = guest.network_mode.startswith("container:")
    environment = {**guest.env, **asked.env}
    if shared and asked.hostname:
        # A network namespace that is another container's comes with that one's host name.
        environment = {"HOSTNAME": asked.hostname, **environment}
    return {
        "image": guest.image,
        "name": name,
        "entrypoint": None if entrypoint is None else list(entrypoint),
        "command": None if guest.command is None else list(guest.command),
        "user": asked.user or None,
        "hostname": None if shared else asked.hostname or None,
        "working_dir": asked.workdir or None,
        "environment": environment,
        "labels": posture.owner.labels(Kind.SANDBOX),
        "healthcheck": _healthcheck(asked.health),
        "stop_signal": asked.stop_signal or None,
        "host_config": host_config(
            posture.engine,
            posture.limits,
            Profile.SERVICE.rights,
            Wiring(guest.network_mode),
            options=asked,
            mounts=guest.mounts,
            runtime=posture.runtime,
            quota=quota,
        ),
        # The client would copy the host's proxy settings, passwords and all, into it.
        "use_config_proxy": False,
    }


def _healthcheck(health: Health) -> Healthcheck | None:
    """Return the check as the engine wants it, in nanoseconds; what is 0 is the image's own."""
    if health.none:
        return Healthcheck(test=["NONE"])
    if health == Health():
        return None
    return Healthcheck(
        test=None if health.command is None else ["CMD-SHELL", health.command],
        interval=_nanoseconds(health.interval),
        timeout=_nanoseconds(health.timeout),
        start_period=_nanoseconds(health.start_period),
        retries=health.retries or 0,
    )


def _nanoseconds(seconds: float | None) -> int:
    return int((seconds or 0) * 1e9)
