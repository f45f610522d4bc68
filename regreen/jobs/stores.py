"""What outlives a job's sandbox on the host: artifacts between local jobs, kept caches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stores:
    """Folders of regreen's own on the host.

    ``artifacts`` holds those of this run's jobs, ``caches`` what actions/cache keeps for the
    repository; ``None`` where none are kept.
    """

    artifacts: Path | None = None
    caches: Path | None = None
