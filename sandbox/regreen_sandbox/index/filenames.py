"""Which project a file of a package index may belong to, by its name.

Formats: the names of wheels and source distributions (packaging.python.org, "Binary distribution
format" and "Source distribution format"), and the older ones of eggs and installers.
"""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

_SUFFIX = re.compile(
    r"\.(?:whl|egg|exe|msi|rpm|deb|dmg|zip|tgz|tbz|tar(?:\.(?:gz|bz2|xz|Z|lzma))?)$"
)
_MOST = 8


def projects_of(filename: str) -> tuple[str, ...]:
    """Return the projects that a file, or its metadata file, may be of, the likeliest first."""
    whole = filename.removesuffix(".metadata")
    bare = _SUFFIX.sub("", whole)
    if bare == whole:
        return ()
    parts = bare.split("-")
    if whole.endswith(".whl"):
        return (canonicalize_name(parts[0]),) if parts[0] else ()
    # Where a version begins is a guess: behind the last hyphen before a digit, as a rule.
    places = [i for i in range(1, len(parts)) if parts[i][:1].isdigit()]
    others = [i for i in range(1, len(parts)) if i not in places]
    tried = [*reversed(places), *reversed(others)][:_MOST]
    return tuple(name for i in tried if (name := canonicalize_name("-".join(parts[:i]))))
