"""How much of the machine one job may use."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30


def host_memory() -> int:
    """Return the bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


RUNNER_MEMORY = 16 * GIB
RUNNER_DISK = 14 * GIB
RUNNER_CPUS = 4
"""What a job has on GitHub's standard Linux runners for public repositories (documentation, "About
GitHub-hosted runners"): what does not fit there is not to fit here, and the other way about."""
_SPARE_MEMORY = 4 * GIB


def memory_for(total: int) -> int:
    """Return the runner's own memory where a machine of ``total`` has it to spare, else half."""
    if total >= RUNNER_MEMORY + _SPARE_MEMORY:
        return RUNNER_MEMORY
    return max(512 * MIB, total // 2)


def _default_memory() -> int:
    return memory_for(host_memory())


def _default_cpus() -> float:
    return float(min(os.cpu_count() or 1, RUNNER_CPUS))


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one sandbox.

    ``memory_bytes`` counts memory and swap together; a process over it is killed by the kernel.
    ``cpus`` is cut to what the engine's machine has. ``step_seconds`` bounds one command whatever
    time-out its caller asks for; ``job_seconds`` is for whoever runs the steps one after the
    other. ``output_bytes`` is how much of one command's output is kept (the rest is read and
    dropped). ``file_bytes`` bounds a single file, ``disk_bytes`` all that one sandbox may add to
    the engine's disk. ``disk_reserve_bytes`` and ``inode_reserve`` (files that can still be made)
    are what must stay free there whoever uses it: a command that eats into them is stopped.
    """

    memory_bytes: int = field(default_factory=_default_memory)
    pids: int = 2048
    cpus: float = field(default_factory=_default_cpus)
    step_seconds: float = 3600.0
    job_seconds: float = 6 * 3600.0
    output_bytes: int = 64 * MIB
    file_bytes: int = 16 * GIB
    open_files: int = 65536
    disk_bytes: int = RUNNER_DISK
    disk_reserve_bytes: int = GIB
    inode_reserve: int = 200_000
