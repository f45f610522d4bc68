"""How much of the engine's disk one container uses, and its end when that is too much.

Where the engine's storage has quotas, the kernel keeps the limit and a job sees a full disk. Else a
watchdog does: it looks at the free space several times a second, which costs nothing, and asks the
engine for the container's real size only when so much has gone that it can be over.
"""

from __future__ import annotations

import base64
import json
import os
import time
from contextlib import suppress
from enum import StrEnum

import docker.errors

from regreen_sandbox.caches import measured
from regreen_sandbox.engine import ANSWER_SECONDS, Engine
from regreen_sandbox.errors import DiskFull, DiskLimitReached, SandboxGone
from regreen_sandbox.limits import MIB, Limits

LOOK_SECONDS = 60.0
"""The real size is asked for at least this often: others may free what this container fills."""
_LOOK_SHARE = 20
"""Asking takes the engine longer the more files there are; it gets this much time between."""
_ENGINES_FILES = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
"""The engine mounts these from its own folder; root in the container can fill them."""
_WITH_QUOTAS = frozenset({"btrfs", "zfs"})
_quotas: dict[tuple[str, str], bool] = {}


class DiskKeeper(StrEnum):
    """Who sees to it that a sandbox keeps its disk limit."""

    QUOTA = "quota"
    WATCHDOG = "watchdog"


def has_quotas(engine: Engine) -> bool:
    """Say whether the engine's storage can bound a container; asked once for each engine.

    btrfs and zfs can, overlay2 on xfs that is mounted with ``pquota``; see ``docker run
    --storage-opt`` in Docker's reference. Others refuse the option, and `refuse_quotas` remembers.
    """
    key = _key(engine)
    if key not in _quotas:
        with engine.guard("asking for the engine's storage"):
            info = engine.client.info()
        driver = str(info.get("Driver"))
        below = {str(name): str(value) for name, value in info.get("DriverStatus") or ()}
        _quotas[key] = driver in _WITH_QUOTAS or (
            driver.startswith("overlay") and below.get("Backing Filesystem") == "xfs"
        )
    return _quotas[key]


def refuse_quotas(engine: Engine, error: docker.errors.APIError) -> bool:
    """Say whether ``error`` is the engine's refusal of a quota.

    It is remembered, unless the quota is only too small: btrfs counts the image's files as well.
    """
    words = str(error.explanation).lower()
    if "quota" in words and "exceeded" in words:
        return True
    refused = "storage-opt" in words or "storage opt" in words or "quota" in words
    if refused:
        _quotas[_key(engine)] = False
    return refused


def _key(engine: Engine) -> tuple[str, str]:
    return str(engine.client.api.base_url), str(engine.root)


class DiskWatch:
    """Watches one container. ``volumes`` are its writable ones, which count as well."""

    def __init__(
        self,
        engine: Engine,
        container: str,
        limits: Limits,
        volumes: tuple[str, ...],
        keeper: DiskKeeper,
    ) -> None:
        self._engine = engine
        self._container = container
        self._limits = limits
        self._volumes = frozenset(volumes)
        self.keeper = keeper
        self._free = engine.free_bytes()
        self._room = limits.disk_bytes
        self._look_at = time.monotonic() + LOOK_SECONDS

    def check(self) -> None:
        """Kill the container and raise when the disk, or its part of it, is used up.

        Raises `DiskFull` when the engine's disk has no more than the reserve, `DiskLimitReached`
        when the container is over its limit, `SandboxGone` when it is not there any more.
        """
        try:
            require_room(self._engine, self._limits)
            if self._due():
                self._require_within_limit()
        except DiskFull:
            kill(self._engine, self._container)
            raise

    def _due(self) -> bool:
        free = self._engine.free_bytes()
        gone = 0 if free is None or self._free is None else self._free - free
        return gone > self._room or time.monotonic() >= self._look_at

    def _require_within_limit(self) -> None:
        began = time.monotonic()
        self._free = self._engine.free_bytes()
        used, limit = self._used(), self._limits.disk_bytes
        if used > limit:
            raise DiskLimitReached(
                f"the job wrote {used // MIB} MiB to its disk, and may write {limit // MIB} MiB; "
                "its sandbox was ended"
            )
        now = time.monotonic()
        self._room = limit - used
        self._look_at = now + max(LOOK_SECONDS, _LOOK_SHARE * (now - began))

    def _used(self) -> int:
        api = self._engine.client.api
        with self._engine.guard("measuring a container's disk"):
            named = {"name": f"^/?{self._container}$"}
            found = api.containers(all=True, size=True, filters=named)
            if not found:
                raise SandboxGone("the container was removed while it was needed")
            used = int(found[0].get("SizeRw") or 0)
            used += sum(self._size(path) for path in _ENGINES_FILES)
            # An image may ask for volumes of its own, besides those that are mounted for us.
            asked = {str(m.get("Name")) for m in found[0].get("Mounts") or () if m.get("Name")}
        if volumes := self._volumes | asked:
            for volume in measured(self._engine):
                if volume["Name"] in volumes:
                    used += max(0, int((volume.get("UsageData") or {}).get("Size", 0)))
        return used

    def _size(self, path: str) -> int:
        """The size of a file in the container, 0 where it cannot be told."""
        api = self._engine.client.api
        address = f"{api.base_url}/v{api.api_version}/containers/{self._container}/archive"
        answer = api.request("HEAD", address, params={"path": path}, timeout=ANSWER_SECONDS)
        with suppress(ValueError, KeyError, TypeError):
            stat = json.loads(base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"]))
            return int(stat["size"])
        return 0


def require_room(engine: Engine, limits: Limits) -> None:
    """Raise `DiskFull` when the engine's disk has no more than the reserve of bytes or files."""
    engine.require_space(limits.disk_reserve_bytes)
    total, left = _inodes(engine)
    # Some file systems (btrfs) have no fixed number of files, and small ones few of them.
    reserve = min(limits.inode_reserve, total // 20)
    if left < reserve:
        raise DiskFull(
            f"only {left} more files can be made where Docker keeps its data "
            f"({engine.root}); regreen leaves room for {reserve}"
        )


def _inodes(engine: Engine) -> tuple[int, int]:
    """Return how many files the engine's disk can hold and how many more; zeros: not known."""
    try:
        disk = os.statvfs(engine.root)
    except OSError:
        return 0, 0
    return disk.f_files, disk.f_favail


def kill(engine: Engine, container: str) -> None:
    """End a container at once; one that has ended already is fine."""
    with engine.guard("killing a container"), suppress(docker.errors.APIError):
        engine.client.api.kill(container)
