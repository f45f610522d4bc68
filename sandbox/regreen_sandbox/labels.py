"""Who owns a container, network, volume, image or temporary tree, and whether that one still lives.

A process is named by its number, the tick it was started at, the boot of its machine, the machine
and the process namespace: numbers are used again, and an engine may be shared by machines and by
containers that see other processes. Read from ``/proc`` (see proc(5)), so Linux only.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path

from regreen_sandbox.errors import SandboxError

OWNER = "regreen.owner"
RUN = "regreen.run"
STARTED = "regreen.started"
KIND = "regreen.kind"

_PROC = Path("/proc")


class Kind(StrEnum):
    """What a labelled thing is for; images hand their labels on to containers made from them."""

    SANDBOX = "sandbox"
    BUILD = "build"
    SNAPSHOT = "snapshot"
    BASE = "base"
    TOOL = "tool"
    CACHE = "cache"
    PREPARED = "prepared"


LASTING = frozenset({Kind.BASE, Kind.TOOL})
"""Kinds of image that outlive the process that made them."""
KEPT = frozenset({Kind.CACHE, Kind.PREPARED})
"""Kinds of volume and image that outlive it too, until `regreen_sandbox.keep` takes them away."""


class Life(StrEnum):
    """What can be said of an owner from here."""

    LIVING = "living"
    DEAD = "dead"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Owner:
    """One process, on one boot of one machine; ``start`` is in clock ticks since that boot."""

    pid: int
    start: int
    boot: str
    machine: str
    namespace: str

    def __str__(self) -> str:
        return "/".join((str(self.pid), str(self.start), self.boot, self.machine, self.namespace))

    @classmethod
    def parse(cls, text: str) -> Owner | None:
        """Read what ``str`` wrote; ``None`` when it is something else."""
        parts = text.split("/")
        if len(parts) != 5 or not (parts[0].isdecimal() and parts[1].isdecimal()):
            return None
        return cls(int(parts[0]), int(parts[1]), parts[2], parts[3], parts[4])

    @classmethod
    def current(cls) -> Owner:
        """Return this very process. Raises `SandboxError` where there is no ``/proc``."""
        pid = os.getpid()
        start = start_tick(pid)
        if start is None:
            raise SandboxError(
                "regreen reads /proc to tell left-overs from what is in use, and it is not there",
                next_step="run regreen on Linux, with /proc mounted",
            )
        return cls(pid, start, _boot(), _machine(), _namespace())

    def labels(self, kind: Kind) -> dict[str, str]:
        """Return the labels that whatever this owner makes must carry."""
        return {
            OWNER: str(self),
            RUN: _run_id(),
            STARTED: datetime.now(UTC).isoformat(timespec="seconds"),
            KIND: kind.value,
        }


def label_changes(labels: Mapping[str, str]) -> list[str]:
    """Return ``labels`` as the Dockerfile lines that every engine obeys at a commit.

    Podman passes over the labels in a commit's configuration.
    """
    return [f'LABEL "{name}"="{value}"' for name, value in labels.items()]


def judge(owner: Owner) -> Life:
    """Say whether ``owner`` lives, is dead, or cannot be seen from this machine or namespace."""
    if owner.machine != _machine():
        return Life.ELSEWHERE
    if owner.boot != _boot():
        return Life.DEAD
    if owner.namespace != _namespace():
        return Life.ELSEWHERE
    return Life.LIVING if start_tick(owner.pid) == owner.start else Life.DEAD


def alive(owner: Owner) -> bool:
    """Return ``False`` only when ``owner`` is certainly dead."""
    return judge(owner) is not Life.DEAD


def start_tick(pid: int) -> int | None:
    """Return when process ``pid`` was started; ``None`` when there is none, or only its zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@cache
def _machine() -> str:
    try:
        name = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except OSError:
        name = ""
    return (name or os.uname().nodename).replace("/", "_")


def _namespace() -> str:
    return (_PROC / "self/ns/pid").readlink().name.strip("pid:[]")


@cache
def _run_id() -> str:
    return uuid.uuid4().hex
