"""``RUN --mount``: what can be stood in for, before the command and after it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from regreen_sandbox.dockerfile.errors import UnsupportedInstruction
from regreen_sandbox.dockerfile.parsing import Instruction


@dataclass(frozen=True, slots=True)
class RunMount:
    """A folder that a command sees: empty (a cache), or a copy of a source that goes after it."""

    target: str
    source: str | None = None
    origin: str = ""


def run_mounts(step: Instruction, workdir: str) -> Iterator[RunMount]:
    """Yield what a RUN's flags ask for. Raises `UnsupportedInstruction` for what is not to be had.

    Keys: Docker's "Dockerfile reference", "RUN --mount".
    """
    for flag, value in step.flags:
        if flag in ("network", "security"):
            if value not in ("default", "sandbox"):
                raise UnsupportedInstruction(step.line, f"RUN --{flag}={value}")
            continue
        if flag != "mount":
            raise UnsupportedInstruction(step.line, f"RUN --{flag}")
        keys = _keys(value)
        kind = keys.get("type", "bind")
        target = keys.get("target") or keys.get("dst") or keys.get("destination") or ""
        if kind not in ("cache", "tmpfs", "bind") or not target or "$" in value:
            raise UnsupportedInstruction(step.line, f"RUN --mount={value}")
        there = posixpath.normpath(posixpath.join(workdir, target))
        if kind == "bind":
            source = keys.get("source") or keys.get("src") or "/"
            yield RunMount(there, source, keys.get("from", ""))
        else:
            yield RunMount(there)


def _keys(value: str) -> Mapping[str, str]:
    pairs = (part.partition("=") for part in value.split(","))
    return {name.lower(): text for name, _, text in pairs}
