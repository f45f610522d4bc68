"""The package index as a job sees it, for whoever must know what a release holds and asks for.

Nothing of a package is run: names of files and metadata are read, as of the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regreen.scene import Release

if TYPE_CHECKING:
    from regreen_sandbox.index.lookup import Lookup

_MODULE = re.compile(
    r"(?P<path>[^\W\d]\w*(?:/[^\W\d]\w*)*?)(?:/__init__)?"
    r"(?:\.py|\.pyi|(?:\.[\w-]+)?\.(?:so|pyd))"
)
_INSTALLED = re.compile(r"^[^/]+\.data/(?:purelib|platlib)/")


@dataclass(frozen=True, slots=True)
class Packages:
    """A `regreen.scene.Index` over a lookup; whoever opened the lookup closes it."""

    lookup: Lookup

    def releases(self, name: str) -> tuple[Release, ...]:
        """Return all releases of a distribution, the lowest version first."""
        return tuple(
            Release(one.version, one.uploaded, one.requires_python, one.yanked, one.wheels)
            for one in self.lookup.releases(name)
        )

    def modules(self, name: str, version: str) -> frozenset[str]:
        """Return the dotted names that a release's wheel lets one import."""
        return frozenset(modules_of(self.lookup.modules(name, version)))

    def requires(self, name: str, version: str) -> tuple[str, ...]:
        """Return a release's own requirements."""
        return self.lookup.requires(name, version)


def modules_of(paths: tuple[str, ...]) -> set[str]:
    """Return the dotted names of what the files of a wheel let one import."""
    found: set[str] = set()
    for path in paths:
        match = _MODULE.fullmatch(_INSTALLED.sub("", path))
        if match is None:
            continue
        parts = match["path"].split("/")
        found.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return found
