"""A package index held in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from packaging.version import Version

from regreen.scene import Release

LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """One distribution: releases with the modules that each lets one import."""

    releases: Mapping[str, frozenset[str]]
    uploaded: datetime = LONG_AGO
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pythons: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Memory:
    """Distributions by their canonical names."""

    known: Mapping[str, Known]

    def releases(self, name: str) -> tuple[Release, ...]:
        one = self.known.get(name.lower().replace("_", "-"))
        if one is None:
            return ()
        return tuple(
            Release(v, one.dates.get(v, one.uploaded), one.pythons.get(v, ""))
            for v in sorted(one.releases, key=Version)
        )

    def modules(self, name: str, version: str) -> frozenset[str]:
        return self.known[name.lower().replace("_", "-")].releases.get(version, frozenset())

    def requires(self, name: str, version: str) -> tuple[str, ...]:
        return self.known[name.lower().replace("_", "-")].requires.get(version, ())


def has(*modules: str, uploaded: datetime = LONG_AGO) -> Known:
    """Return a distribution with one release, 1.0, that lets one import ``modules``."""
    return Known({"1.0": frozenset(modules)}, uploaded)
