"""A job as it will run, step by step: every expression resolved that can be before the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """What becomes of a step.

    ``run``: its script runs. ``served``: regreen does what the action does. ``action``: the
    action's own code runs. ``nothing``: it does nothing here. ``skipped``: its condition is false.
    ``refused``: it would have an effect outside of the sandbox, or belongs to another system.
    ``unsupported``: it cannot be run.
    """

    RUN = "run"
    SERVED = "served"
    ACTION = "action"
    NOTHING = "nothing"
    SKIPPED = "skipped"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class PlannedContainer:
    """A container as it is asked for."""

    image: str
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    options: str = ""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step. What only the running job can tell still stands there as ``${{ }}``.

    ``number`` counts from 1. ``why`` gives the reason of its fate. ``condition`` is set where only
    the running job can tell whether it holds; ``always`` says that it also runs after a failure.
    ``shell`` is the argument list with ``{0}`` for the script's file. ``env`` is the step's own.
    """

    number: int
    id: str | None
    name: str
    place: str
    fate: Fate
    why: str = ""
    condition: str = ""
    always: bool = False
    shell: tuple[str, ...] = ()
    script: str | None = None
    folder: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    uses: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    pythons: tuple[str, ...] = ()
    seconds: float | None = None
    tolerated: bool = False


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job and its steps.

    ``label`` is the runner's image that is stood for, ``image`` the user's own instead, if any.
    ``variables`` are those that every step sees besides ``env``. ``needs`` maps each job that is
    needed to its result; ``failing`` is the number of the step that CI's log or the user named.
    """

    repository: str
    commit: str
    workflow: str
    id: str
    name: str
    why: str
    provider: str
    event: str
    ref: str
    label: str
    image: str
    workspace: str
    combination: Mapping[str, str]
    needs: Mapping[str, str]
    env: Mapping[str, str]
    variables: Mapping[str, str]
    container: PlannedContainer | None
    services: Mapping[str, PlannedContainer]
    outputs: Mapping[str, str]
    steps: tuple[PlannedStep, ...]
    notes: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    failing: int | None = None
    seconds: float | None = None
