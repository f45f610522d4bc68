"""Where failed runs come from: GitHub, GitLab, and log files.

``parse`` (or ``latest``) says which run is meant, ``pull`` brings it here, ``find`` and ``load``
read what lies here. Each is imported when it is first used, so that a command which only reads a
file starts at once; a provider's library is imported when a run of it is pulled.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regreen.runs.credentials import Credentials, credentials
    from regreen.runs.files import read_file
    from regreen.runs.greens import green_job
    from regreen.runs.naming import named
    from regreen.runs.provider import Access, Mask, Progress, Provider
    from regreen.runs.pulling import Jobs, latest, pull, wanted
    from regreen.runs.reference import Reference, parse
    from regreen.runs.seal import own_key
    from regreen.runs.store import find, load

__all__ = [
    "Access",
    "Credentials",
    "Jobs",
    "Mask",
    "Progress",
    "Provider",
    "Reference",
    "credentials",
    "find",
    "green_job",
    "latest",
    "load",
    "named",
    "own_key",
    "parse",
    "pull",
    "read_file",
    "wanted",
]

_PLACES = {
    "credentials": ("Credentials", "credentials"),
    "files": ("read_file",),
    "greens": ("green_job",),
    "naming": ("named",),
    "provider": ("Access", "Mask", "Progress", "Provider"),
    "pulling": ("Jobs", "latest", "pull", "wanted"),
    "reference": ("Reference", "parse"),
    "seal": ("own_key",),
    "store": ("find", "load"),
}


if not TYPE_CHECKING:  # a type checker knows the names above, and no others

    def __getattr__(name: str) -> Any:
        for module, names in _PLACES.items():
            if name in names:
                value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
