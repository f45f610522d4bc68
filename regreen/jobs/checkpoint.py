"""Where a job stood, or begins: values that a workshop gives and takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from regreen.git import Tree
from regreen.jobs.prepared import Boundary
from regreen.jobs.runner import JobRun
from regreen.jobs.state import State
from regreen.model import StepOutcome
from regreen_sandbox.container import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A job just before one of its steps: the sandbox's files, the state, and the files' tree.

    ``directory`` is where that step runs, relative to the repository; ``commit`` is checked out.
    Without a ``snapshot`` the steps since ``earlier`` (``None``: since the job's start) are run
    again to come there.
    """

    snapshot: Snapshot | None
    state: State
    tree: Tree
    commit: str
    directory: str
    earlier: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A job at its beginning, or behind set-up steps that were ``skipped``: prepared earlier.

    ``boundary`` is where its set-up ends; ``made`` is when what was taken was prepared, and
    ``saved`` the seconds that it took then.
    """

    run: JobRun
    boundary: Boundary | None
    skipped: tuple[StepOutcome, ...] = ()
    made: datetime | None = None
    saved: float = 0.0


@dataclass(frozen=True, slots=True)
class Reached:
    """A checkpoint's snapshot and the state that belongs to it."""

    snapshot: Snapshot
    state: State
