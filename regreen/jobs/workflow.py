"""What a workflow file says: its jobs, their steps.

Nothing is evaluated: every text may still hold ``${{ }}``. Names follow GitHub's workflow syntax;
``if`` and ``with`` are Python keywords and are called ``condition`` and ``inputs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from regreen.jobs.expressions import Value


@dataclass(frozen=True, slots=True)
class Defaults:
    """``defaults.run``: what a ``run`` step uses unless it says otherwise."""

    shell: str | None = None
    working_directory: str | None = None


@dataclass(frozen=True, slots=True)
class Strategy:
    """A job's ``strategy``; ``matrix`` is as written (a mapping, or one expression)."""

    matrix: Value
    fail_fast: Value
    max_parallel: Value


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step as written; exactly one of ``run`` and ``uses`` is set.

    ``index`` counts from 0. ``id`` is ``None`` when the file gives none. ``lines`` says in which
    line each of its keys stands, ``line`` where the step begins (1-based).
    """

    index: int
    id: str | None
    name: str | None
    run: str | None
    uses: str | None
    inputs: Mapping[str, str]
    env: Mapping[str, str]
    shell: str | None
    working_directory: str | None
    condition: str | None
    continue_on_error: Value
    timeout_minutes: Value
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The step's name as written, or what GitHub shows instead."""
        if self.name:
            return self.name
        first = (self.run or self.uses or "").strip().partition("\n")[0]
        return f"Run {first}"


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One job as written. ``uses`` is set for a call of a reusable workflow, which has no steps."""

    id: str
    name: str | None
    runs_on: Value
    needs: tuple[str, ...]
    condition: str | None
    strategy: Strategy | None
    env: Mapping[str, str]
    defaults: Defaults
    container: Value
    services: Value
    steps: tuple[StepSpec, ...]
    timeout_minutes: Value
    continue_on_error: Value
    outputs: Mapping[str, str]
    uses: str | None
    inputs: Mapping[str, Value]
    secrets: Value
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workflow:
    """One workflow file. ``on`` maps each event to its filters as written (``None`` without)."""

    path: str
    name: str | None
    on: Mapping[str, Value]
    env: Mapping[str, str]
    defaults: Defaults
    jobs: Mapping[str, JobSpec]

    @property
    def title(self) -> str:
        """The workflow's name, or its path, as GitHub shows it."""
        return self.name or self.path
