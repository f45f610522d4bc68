"""A CI run as its provider tells it, and where its logs lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a job as the provider lists it; ``number`` counts from 1.

    ``conclusion`` is success, failure, cancelled, skipped, or ``None`` while it is unknown.
    """

    number: int
    name: str
    conclusion: str | None
    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunJob:
    """One job of a run. ``name`` is the rendered one, with the matrix leg's values.

    ``conclusion`` is success, failure, cancelled, skipped, timed_out, or ``None`` for a job that
    has not ended; ``labels`` are what ``runs-on`` asked for; ``allowed`` says that its failure does
    not fail the run (GitLab's ``allow_failure``); ``log`` is the file that holds its masked log,
    ``None`` until it was pulled, and ``log_missing`` says why there will be none (expired, never
    written).
    """

    id: str
    name: str
    conclusion: str | None
    url: str | None = None
    labels: tuple[str, ...] = ()
    steps: tuple[RunStep, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None
    allowed: bool = False
    log: Path | None = None
    log_missing: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the job itself turned the run red (a cancelled job did not)."""
        return self.conclusion in ("failure", "timed_out") and not self.allowed

    @property
    def failed_within(self) -> tuple[datetime, datetime] | None:
        """When the job's failing step began and ended, where the provider tells."""
        for step in self.steps:
            if step.conclusion == "failure" and step.started_at and step.completed_at:
                return step.started_at, step.completed_at
        return None


@dataclass(frozen=True, slots=True)
class Run:
    """One CI run as it was pulled.

    ``provider`` is ``github`` or ``gitlab``; ``server`` the web address of the instance;
    ``repository`` its path there (``owner/name``, ``group/sub/name``); ``head`` the pushed commit
    and ``head_repository`` where it lies when that is a fork; ``tested`` the commit that CI checked
    out, where the provider tells it (else the log does); ``pull_request`` the number that the run
    belongs to; ``head_now`` the commit that branch or pull request point to at the time of the
    pull, ``None`` when it could not be asked; ``folder`` holds ``run.json`` and the logs.
    """

    provider: str
    server: str
    id: str
    attempt: int
    repository: str
    head: str
    workflow: str
    url: str
    folder: Path
    jobs: tuple[RunJob, ...] = ()
    conclusion: str | None = None
    event: str | None = None
    branch: str | None = None
    tested: str | None = None
    workflow_path: str | None = None
    head_repository: str | None = None
    pull_request: int | None = None
    head_now: str | None = None
    started_at: datetime | None = None
