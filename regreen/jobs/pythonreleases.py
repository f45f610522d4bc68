"""Which releases of CPython GitHub's Ubuntu runners could ever set up.

Source: ``versions-manifest.json`` of actions/python-versions as of 2026-08-12 (x64, releases). What
came after that day is taken to be there.
"""

from __future__ import annotations

import re
from functools import cache

from packaging.version import Version

from regreen_sandbox.pythonspec import Request, RequestUnreadable

_TABLE = """\
16.04 3.5:4,9-10 3.6:7-13 3.7:1,5-10 3.8:0-5,7-9 3.9:0-5
18.04 2.7:18 3.3:7 3.4:10 3.5:4,9-10 3.6:7-15 3.7:1-16 3.8:0-9,11 3.9:0-11 3.10:0-3
20.04 2.7:18 3.5:4,9-10 3.6:7-15 3.7:1-17 3.8:0-18 3.9:0-22 3.10:0-17 3.11:0-12 3.12:0-10 3.13:0-3
22.04 2.7:18 3.7:13-17 3.8:12-18 3.9:12-25 3.10:4- 3.11:0- 3.12:0- 3.13:0- 3.14:0- 3.15:0-
24.04 3.8:12-18 3.9:12-25 3.10:4- 3.11:0- 3.12:0- 3.13:0- 3.14:0- 3.15:0-
26.04 3.10:20- 3.11:15- 3.12:13- 3.13:13- 3.14:6- 3.15:0-
"""
"""Patch releases by image and minor version; an open range goes on behind the manifest's day."""
_OPEN = 60
_COMING = range(16, 40)
"""Minor versions that came, or will come, after the manifest."""
_STAGES = tuple(f"0{stage}{number}" for stage in ("a", "b", "rc") for number in range(1, 10))
_OTHERS = ("pypy", "graalpy")
_THREADED = re.compile(r"(\d+\.\d+(?:\.\d+)?)t(-dev)?")
_FIRST_THREADED = Version("3.13")


def is_known(request: str, image: str = "") -> bool:
    """Say whether a hosted runner could set up what ``request`` asks of setup-python.

    ``image`` is the runner's label (``ubuntu-24.04``); of an image that is not in the table, or of
    none, all releases count. So a request that no image ever had is known to be wrong everywhere.
    """
    text = request.strip().lower()
    if text.startswith(_OTHERS):
        return True
    threaded = _THREADED.fullmatch(text)
    try:
        asked = Request.parse(f"{threaded[1]}{threaded[2] or ''}" if threaded else text)
    except RequestUnreadable:
        return False
    least = _FIRST_THREADED if threaded else Version("0")
    return any(asked.admits(v) for v in _releases(image.removeprefix("ubuntu-")) if v >= least)


@cache
def _releases(image: str) -> tuple[Version, ...]:
    rows = {row.split(" ", 1)[0]: row.split(" ")[1:] for row in _TABLE.splitlines()}
    chosen = [rows[image]] if image in rows else list(rows.values())
    texts = {f"{minor}.{patch}" for row in chosen for minor, patch in map(_split, row)}
    found = {f"{m}.{p}" for text in texts for m, _, ps in [text.rpartition(".")] for p in _all(ps)}
    for minor in _COMING if any(row[-1].endswith("-") for row in chosen) else ():
        found |= {f"3.{minor}.{patch}" for patch in range(_OPEN)}
        found |= {f"3.{minor}.{stage}" for stage in _STAGES}
    for name in {text.rpartition(".")[0] for text in found}:
        found |= {f"{name}.{stage}" for stage in _STAGES}
    return tuple(Version(text) for text in found)


def _split(entry: str) -> tuple[str, str]:
    minor, _, patches = entry.partition(":")
    return minor, patches


def _all(patches: str) -> list[str]:
    found: list[str] = []
    for part in patches.split(","):
        first, dash, last = part.partition("-")
        end = int(last) if last else _OPEN if dash else int(first)
        found += [str(number) for number in range(int(first), end + 1)]
    return found
