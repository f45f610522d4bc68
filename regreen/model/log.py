"""What one log says: its steps, the run it belongs to, its failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from regreen.model.failure import Failure


@dataclass(frozen=True, slots=True)
class Segment:
    """One step's part of a log.

    ``name`` is the step's heading (without ``Run ``); ``command`` the script of a ``run`` step, or
    ``None`` for an action; ``uses`` the action's reference; ``inputs`` the ``with:`` block that the
    runner printed; ``first`` and ``last`` are 1-based raw line numbers, both included.
    """

    name: str
    command: str | None
    uses: str | None
    inputs: Mapping[str, str]
    exit_code: int | None
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What a log says of the run it belongs to; ``None`` where it says nothing.

    ``tested`` is the commit that CI checked out, ``image`` the runner's label (``ubuntu-24.04``),
    ``job`` the job's rendered name, ``started_at`` the first time stamp (UTC), ``pythons`` the
    exact versions that its setup-python steps installed, in order, ``merged`` what ``tested`` is
    the merge of: a pull request's head, and the base it was merged into. ``actions`` are those
    that the runner downloaded (``owner/name@ref``), each with the commit that it was.
    """

    provider: str | None = None
    repository: str | None = None
    tested: str | None = None
    job: str | None = None
    image: str | None = None
    started_at: datetime | None = None
    pythons: tuple[str, ...] = ()
    merged: tuple[str, str] | None = None
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that was read from one log. ``failure`` is ``None`` for a log that shows no failure.

    ``also`` are further failures of the same step (a step that runs several tools), ranked behind
    ``failure``; ``sha256`` is of the raw bytes. ``ended`` is false for a log that does not say how
    its job ended: then no failure does not mean that there was none. ``notes`` say what was asked
    for and could not be done.
    """

    facts: LogFacts
    segments: tuple[Segment, ...]
    failing: Segment | None
    failure: Failure | None
    also: tuple[Failure, ...]
    sha256: str
    lines: int
    ended: bool = True
    notes: tuple[str, ...] = ()
