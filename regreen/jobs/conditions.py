"""Under what a job is run: what it reaches, what it may do, and which runtime runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regreen_sandbox.network import Policy
from regreen_sandbox.profiles import Profile


@dataclass(frozen=True, slots=True)
class Conditions:
    """The same for the reproduction, every try and the verification of one job.

    ``hosts`` are the names that are reached besides the package index; ``runtime`` is the engine's
    name of a runtime other than its default.
    """

    policy: Policy = Policy.PACKAGES
    hosts: tuple[str, ...] = ()
    profile: Profile = Profile.RUNNER
    runtime: str = ""

    def words(self) -> tuple[str, ...]:
        """Return all of it as texts, the same for the same conditions."""
        return (str(self.policy), ",".join(self.hosts), str(self.profile), self.runtime)

    def as_json(self) -> dict[str, Any]:
        """Return what the evidence says of it."""
        return {
            "network": str(self.policy),
            "hosts": list(self.hosts),
            "profile": str(self.profile),
            "runtime": self.runtime or None,
        }
