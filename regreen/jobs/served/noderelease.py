"""Which Node.js a step means: actions/setup-node's requests, the files it reads, its aliases.

Formats: the action's README and ``docs/advanced-usage.md``. Code names and first long-term releases
are those of https://nodejs.org/dist/index.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from regreen_sandbox.pythonspec import Request, RequestUnreadable

_LONG_TERM = {
    "argon": "4.2.0",
    "boron": "6.9.0",
    "carbon": "8.9.0",
    "dubnium": "10.13.0",
    "erbium": "12.13.0",
    "fermium": "14.15.0",
    "gallium": "16.13.0",
    "hydrogen": "18.12.0",
    "iron": "20.9.0",
    "jod": "22.11.0",
    "krypton": "24.11.0",
}
_PLAIN = re.compile(r"^(?:node(?:js)?\s+)?v?(?P<version>[^\s]+)$", re.MULTILINE)
_LATEST = frozenset({"latest", "current", "node"})
_UNSERVED = re.compile(r"nightly|v8-canary|-rc", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unserved:
    """A kind of release that no package holds."""

    what: str


def of_file(path: str, text: str, read: Callable[[str], str | None]) -> str | None:
    """Return the request in the text of a ``node-version-file``; ``None`` when it holds none."""
    try:
        data = json.loads(text)
    except ValueError:
        found = _PLAIN.search(text)
        return found["version"] if found else text.strip()
    if not isinstance(data, dict):
        return text.strip()
    return _of_manifest(path, data, read, 8)


def _of_manifest(
    path: str, data: dict[str, object], read: Callable[[str], str | None], deepest: int
) -> str | None:
    volta, engines = data.get("volta"), data.get("engines")
    if isinstance(volta, dict):
        if isinstance(volta.get("node"), str):
            return str(volta["node"])
        above = volta.get("extends")
        if isinstance(above, str) and deepest:
            place = f"{path.rpartition('/')[0]}/{above}".lstrip("/").removeprefix("./")
            text = read(place)
            try:
                inner = json.loads(text) if text is not None else None
            except ValueError:
                inner = None
            if isinstance(inner, dict):
                return _of_manifest(place, inner, read, deepest - 1)
    runtime = _node_runtime(data.get("devEngines"))
    if runtime is not None:
        return runtime
    if isinstance(engines, dict) and isinstance(engines.get("node"), str):
        return str(engines["node"])
    return None


def _node_runtime(engines: object) -> str | None:
    runtime = engines.get("runtime") if isinstance(engines, dict) else None
    for one in runtime if isinstance(runtime, list) else [runtime]:
        if isinstance(one, dict) and one.get("name") == "node":
            version = one.get("version")
            return version if isinstance(version, str) else None
    return None


def choose(asked: str, versions: Sequence[str]) -> str | Unserved | None:
    """Return the newest of ``versions`` that is asked for; ``None`` where none is."""
    known = [v for text in versions if (v := _version(text)) is not None]
    word = asked.strip().lower()
    if _UNSERVED.search(word):
        return Unserved(f"Node.js {asked}")
    if word in _LATEST:
        return str(max(known, default="")) or None
    if word.startswith("lts/"):
        return _long_term(word.removeprefix("lts/"), known)
    try:
        request = Request.parse(word)
    except RequestUnreadable:
        return None
    admitted = [version for version in known if request.admits(version)]
    return str(max(admitted)) if admitted else None


def _long_term(name: str, known: Sequence[Version]) -> str | None:
    """Return the newest release of a long-term line: ``*``, ``-1`` (the one before), its name."""
    firsts = [Version(text) for text in _LONG_TERM.values()]
    newest = max(known, default=Version("0"))
    lines = [first for first in firsts if first <= newest]
    if name in _LONG_TERM:
        first = Version(_LONG_TERM[name])
    elif name in ("*", "") or re.fullmatch(r"-[0-9]{1,2}", name):
        back = int(name) if name.startswith("-") else 0
        if len(lines) + back < 1:
            return None
        first = lines[len(lines) - 1 + back]
    else:
        return None
    found = [v for v in known if v.major == first.major and v >= first]
    return str(max(found)) if found else None


def _version(text: str) -> Version | None:
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    return None if version.is_prerelease else version


def bundled_npm(changelog: str) -> str | None:
    """Return the npm that a Node.js comes with, as the newest entry of its change log has it."""
    found = re.search(r"(?:upgrade|update) npm to v?(\d+\.\d+\.\d+)", changelog, re.IGNORECASE)
    return found[1] if found else None


def usual_npm(major: int, versions: Sequence[str]) -> str | None:
    """Return the newest npm that goes with a Node.js whose change log does not say.

    By npm's ``engines`` and nodejs.org's index: npm 6 to Node.js 14, 8 to 17, 9 to 19, 10 to 23.
    """
    line = next((npm for last, npm in _NPM_LINES if major <= last), 11)
    found = [v for text in versions if (v := _version(text)) is not None and v.major == line]
    return str(max(found)) if found else None


_NPM_LINES = ((14, 6), (17, 8), (19, 9), (23, 10))
