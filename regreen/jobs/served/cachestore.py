"""What actions/cache keeps for a repository: archives on the host, by key and by what is in them.

An entry is a tar that the sandbox made and that only a sandbox opens, and a small record beside it.
Keys are looked up as GitHub documents it ("Matching a cache key"): the branch's own first, then
those of the base and the default branch; in each the exact key, then what begins with a key, newest
first. All of them together stay below `MOST_BYTES`; what was not used for longest goes first.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MOST_BYTES = 2 << 30
ENTRY_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One cache: its key, the version that says what it was made of, and the ref it belongs to."""

    key: str
    version: str
    ref: str


@dataclass(frozen=True, slots=True)
class _Kept:
    entry: Entry
    made: float
    archive: Path


def version_of(paths: Sequence[str]) -> str:
    """Return what tells caches of other paths apart."""
    return hashlib.sha256("|".join([*paths, "tar", "1"]).encode()).hexdigest()


def find(folder: Path, keys: Sequence[str], version: str, refs: Sequence[str]) -> Entry | None:
    """Return the entry that the first of ``keys``, in the first of ``refs``, stands for."""
    known = [one for one in _all(folder) if one.entry.version == version]
    known.sort(key=lambda one: one.made, reverse=True)
    for ref in refs:
        own = [one.entry for one in known if one.entry.ref == ref]
        for key in keys:
            exact = (entry for entry in own if entry.key.lower() == key.lower())
            prefix = (entry for entry in own if entry.key.lower().startswith(key.lower()))
            found = next(exact, None) or next(prefix, None)
            if found is not None:
                return found
    return None


def archive(folder: Path, entry: Entry) -> bytes | None:
    """Return an entry's archive, which counts as used now; ``None`` when it is gone."""
    path = folder / f"{_name(entry)}.tar"
    try:
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    return content


def put(folder: Path, entry: Entry, content: bytes) -> bool:
    """Keep an archive unless there is one of that key already; say whether it is kept now."""
    path = folder / f"{_name(entry)}.tar"
    if path.exists() or len(content) > ENTRY_BYTES:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    _write(path, content)
    record = {**asdict(entry), "made": time.time()}
    _write(path.with_suffix(".json"), json.dumps(record).encode())
    _trim(folder)
    return True


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{uuid.uuid4().hex}")
    part.write_bytes(content)
    part.replace(path)


def _name(entry: Entry) -> str:
    told = "\0".join((entry.version, entry.ref, entry.key.lower()))
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _all(folder: Path) -> list[_Kept]:
    found = []
    for path in folder.glob("*.json") if folder.is_dir() else ():
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            entry = Entry(str(told["key"]), str(told["version"]), str(told["ref"]))
            made = float(told["made"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if path.with_suffix(".tar").is_file():
            found.append(_Kept(entry, made, path.with_suffix(".tar")))
    return found


def _trim(folder: Path) -> None:
    """Remove what was not used for longest until the rest is small enough."""
    sizes: dict[Path, tuple[float, int]] = {}
    for path in folder.glob("*.tar"):
        try:
            facts = path.stat()
        except OSError:  # another run removed it
            continue
        sizes[path] = (facts.st_mtime, facts.st_size)
    total = sum(size for _, size in sizes.values())
    for path, (_, size) in sorted(sizes.items(), key=lambda item: item[1][0]):
        if total <= MOST_BYTES:
            return
        path.with_suffix(".json").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        total -= size
