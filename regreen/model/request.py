"""What the user asks for, before anything is looked up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a search may spend: wall-clock seconds and tried candidates.

    ``jobs`` candidates are tried at once, as far as the machine has memory for them; the default is
    one for each processor that this process may use.
    """

    seconds: float = 600.0
    tries: int = 50
    jobs: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which job is meant: as the user named it, before anything was looked up."""

    workflow: str | None = None
    job: str | None = None
    step: str | None = None
    matrix: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """What a command's flags ask of the sandbox; ``None`` and nothing: as the settings have it.

    ``network`` is auto, on, packages or off; ``hosts`` are reached besides; ``sudo`` false forbids
    it; ``image`` is what the job runs in, ``runtime`` the engine's runtime; ``jobs`` candidates are
    tried at once; ``fresh`` makes no use of an environment that was prepared earlier. ``offline``:
    no action is fetched; ``actions_dir`` is a folder with the user's own checkouts of actions.
    ``index`` is as-of or today, ``extra_indexes`` are addresses of further package indexes.
    """

    network: str | None = None
    hosts: tuple[str, ...] = ()
    sudo: bool | None = None
    image: str | None = None
    runtime: str | None = None
    jobs: int | None = None
    fresh: bool = False
    index: str | None = None
    extra_indexes: tuple[str, ...] = ()
    offline: bool = False
    actions_dir: Path | None = None
