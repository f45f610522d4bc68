"""What outlives a job's sandbox on the host: artifacts, kept caches, downloads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from regreen.jobs.actions.store import Store


@dataclass(frozen=True, slots=True)
class Stores:
    """Folders on the host; ``None`` where there is none.

    ``artifacts`` holds those of this run's jobs, ``caches`` what actions/cache keeps for the
    repository; ``packages`` is the cache of what regreen downloads from package registries.
    ``clone`` is the user's repository, of which other refs may be checked out; ``repositories`` is
    where fetched commits of other repositories are kept, ``None`` when none may be fetched.
    ``offline`` when nothing may be. ``actions`` brings actions of other repositories here.
    """

    artifacts: Path | None = None
    caches: Path | None = None
    packages: Path | None = None
    clone: Path | None = None
    repositories: Path | None = None
    offline: bool = False
    actions: Store | None = None

    def uncached(self) -> Stores:
        """Return them without what earlier jobs kept in caches, as every proof wants them."""
        return replace(self, caches=None)
