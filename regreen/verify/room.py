"""How many candidates the machine has memory for at once.

Each sandbox may take what the reproduction could take, since a step that needs it must get it. So
not the limit is divided but the number cut: as many as fit into what is free now, each with what
the job took at most so far (its limit, where nobody measured). Processors need no such care: each
sandbox has the same shares, so that the kernel divides them evenly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from regreen_sandbox.container import Sandbox
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.limits import GIB, MIB, Limits, host_memory

_READ = """\
for file in memory.peak memory/memory.max_usage_in_bytes; do
  cat "/sys/fs/cgroup/$file" 2> /dev/null && exit
done
"""
"""Where a container sees the most memory it ever took: cgroup v2 (Linux 5.19 on), cgroup v1."""
_LEAST = 256 * MIB
"""What a sandbox is counted with at least: another candidate may do more than the first did."""
_SPARE = 1.25
_SAME_MACHINE = 0.02


@dataclass(frozen=True, slots=True)
class Room:
    """How many at once, and in words why they are fewer than were asked for, if they are."""

    count: int
    note: str = ""


def peak_memory(sandbox: Sandbox) -> int | None:
    """Return the most bytes of memory that ``sandbox`` took so far; ``None`` where nobody knows.

    The kernel counts the files that it keeps at hand for it too, so that it is rather too much. The
    word is the container's own; `side_by_side` holds it between sane bounds.
    """
    argv = ("/bin/sh", "-c", _READ)
    try:
        done = sandbox.run(argv, env={"PATH": "/usr/bin:/bin"}, cwd="/", timeout=60)
    except SandboxError:  # its last step may have ended it
        return None
    text = done.output.decode("ascii", "replace").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def side_by_side(jobs: int, limits: Limits, engine: Engine, peak: int | None) -> Room:
    """Return how many of ``jobs`` sandboxes with ``limits`` fit into the free memory, at least one.

    ``peak`` is the most that one took so far.
    """
    memory = min(limits.memory_bytes, engine.memory_bytes or limits.memory_bytes)
    need = memory if peak is None else min(memory, max(_LEAST, int(peak * _SPARE)))
    free = _free(engine)
    count = max(1, min(jobs, free // need))
    if count >= jobs:
        return Room(max(1, jobs))
    words = (
        f"{count} of {jobs} candidates at once: {free / GIB:.1f} GiB of memory are free, "
        f"and one may take {need / GIB:.1f} GiB (sandbox.memory_gib, --jobs)"
    )
    return Room(count, words)


def _free(engine: Engine) -> int:
    """What the engine's machine has free; all that it has when that is not this machine."""
    total = host_memory()
    known = engine.memory_bytes or total
    if abs(known - total) > _SAME_MACHINE * total:
        return known
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return known
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) << 10 if found else known
