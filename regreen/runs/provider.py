"""What a provider of CI runs must offer so that ``regreen.runs.pulling`` can fetch from it.

GitHub is ``regreen.runs.github``, GitLab ``regreen.runs.gitlab``; each is imported, with its
library, only when a run of it is asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol

from regreen.errors import UsageError
from regreen.model import Run, RunJob
from regreen.runs.reference import Reference

Mask = Callable[[Iterable[bytes], Sequence[str]], Iterator[bytes]]
"""Takes a log's bytes in pieces and the values to hide; yields the bytes without secrets."""

EXPIRED = "expired"


class LogMissing(Exception):
    """A job has no log that could be fetched; ``for_good`` when none will come.

    Its text is the reason, for people: it becomes ``RunJob.log_missing``.
    """

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(f"{EXPIRED}: {reason}" if for_good else reason)
        self.for_good = for_good


class Unreachable(UsageError):
    """No connection to the server can be had; what lies here may still do."""


class Progress(Protocol):
    """Who is told how a pull goes on."""

    def note(self, text: str) -> None:
        """Something worth knowing happened."""

    def received(self, name: str, got: int, total: int | None) -> None:
        """Of the log of job ``name``, ``got`` bytes are here (``total``: of how many, if known)."""


class Quiet:
    """A progress that says nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def received(self, name: str, got: int, total: int | None) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Access:
    """How a provider is spoken to.

    ``environment`` is where tokens are looked for; ``now`` and ``sleep`` are the clock; ``silence``
    is how many seconds a server may say nothing; ``answer`` how many it has for the head of an
    answer and for each part of its body (``regreen.runs.watch``); ``patience`` how many seconds are
    waited in all for rate limits and failures to pass; ``most_bytes`` how long one log may be.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    silence: float = 30.0
    answer: float = 60.0
    patience: float = 60.0
    most_bytes: int = 4 << 30


@dataclass(frozen=True, slots=True)
class LogStream:
    """A job's log on its way: its ``chunks`` (raw, unmasked) and how many bytes, if told."""

    total: int | None
    chunks: Iterator[bytes]


class Provider(Protocol):
    """One server's CI runs. Every method raises UsageError with the next step when it cannot."""

    @property
    def secrets(self) -> Sequence[str]:
        """Values that must not be stored: the token that is used."""

    def resolve(self, reference: Reference) -> Reference:
        """Return the reference with its run, when only a job is named (and that job's attempt)."""

    def newest_failed(
        self, reference: Reference, *, branch: str | None, workflow: str | None
    ) -> Reference:
        """Return the newest failed run of the reference's repository."""

    def newest_green(self, run: Run) -> Reference | None:
        """Return the newest run of the same workflow that passed on the default branch.

        It began before ``run`` did, where that is known.
        """

    def run(self, reference: Reference, *, attempt: int | None = None) -> Run:
        """Return the run (that attempt, else the newest) without jobs; ``folder`` is unset."""

    def jobs(self, run: Run) -> Iterator[RunJob]:
        """List the jobs of just this attempt, in the provider's order, all pages of them."""

    def log(self, run: Run, job: RunJob, scratch: Path) -> AbstractContextManager[LogStream]:
        """Open a finished job's log. Raises LogMissing on entering when there is none.

        ``scratch`` is a folder for files that have no name: what is stored there unmasked must
        vanish with the process. ``chunks`` raises UsageError when the log breaks off, LogMissing
        when it can never be had (too long, damaged).
        """

    def head_now(self, run: Run) -> str | None:
        """The commit that the run's pull request or branch points to now; ``None``: not known."""

    def close(self) -> None:
        """End all connections."""


def connect(reference: Reference, access: Access, progress: Progress) -> Provider:
    """Return the provider of ``reference``, with its library imported.

    Raises UsageError when that library is not installed.
    """
    try:
        module = import_module(f"regreen.runs.{reference.provider}")
    except ImportError as error:
        extra = "" if reference.provider == "github" else f"[{reference.provider}]"
        raise UsageError(
            f"runs of {reference.provider} cannot be fetched: {error.msg}",
            f"pip install --upgrade 'regreen{extra}'",
        ) from error
    provider: Provider = module.connect(reference.server, access, progress)
    return provider
