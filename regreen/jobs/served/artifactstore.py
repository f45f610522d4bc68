"""The artifacts of a run's local jobs: archives on the host, by the job and sandbox they come from.

An entry is a tar that a sandbox made and that only a sandbox opens, and a small record beside it. A
job may run here many times over: of another job's artifacts only those of its last sandbox count,
of its own those of this one first.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

ENTRY_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact: its name, the job and sandbox it comes from, its archive's size and digest."""

    name: str
    job: str
    sandbox: str
    size: int
    digest: str
    made: float

    @property
    def id(self) -> int:
        """A number that stands for it, as GitHub has one."""
        return zlib.crc32(f"{self.job}\0{self.name}\0{self.digest}".encode())


def put(folder: Path, name: str, job: str, sandbox: str, content: bytes) -> Artifact:
    """Keep an archive as the artifact ``name``, in the place of one of this sandbox's."""
    digest = hashlib.sha256(content).hexdigest()
    artifact = Artifact(name, job, sandbox, len(content), digest, time.time())
    place = _place(folder, artifact)
    place.parent.mkdir(parents=True, exist_ok=True)
    _write(place, content)
    _write(place.with_suffix(".json"), json.dumps(asdict(artifact)).encode())
    return artifact


def archive(folder: Path, artifact: Artifact) -> Path:
    """Return where an artifact's archive lies."""
    return _place(folder, artifact)


def visible(folder: Path, job: str, sandbox: str) -> dict[str, Artifact]:
    """Return the artifacts that a step of ``job`` in ``sandbox`` sees, by name."""
    found = sorted(_all(folder), key=lambda one: one.made)
    last = {one.job: one.sandbox for one in found}
    others = {one.name: one for one in found if one.job != job and last[one.job] == one.sandbox}
    own = {one.name: one for one in found if one.job == job}
    own |= {one.name: one for one in found if (one.job, one.sandbox) == (job, sandbox)}
    return others | own


def remove(folder: Path, artifact: Artifact) -> None:
    """Remove an artifact; one that is gone is no error."""
    place = _place(folder, artifact)
    place.with_suffix(".json").unlink(missing_ok=True)
    place.unlink(missing_ok=True)


def _place(folder: Path, artifact: Artifact) -> Path:
    return (
        folder
        / f"{_short(artifact.job)}-{_short(artifact.sandbox)}"
        / (f"{_short(artifact.name)}.tar")
    )


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _all(folder: Path) -> list[Artifact]:
    found = []
    for path in folder.glob("*/*.json") if folder.is_dir() else ():
        try:
            found.append(Artifact(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            continue
    return [one for one in found if _place(folder, one).is_file()]


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{uuid.uuid4().hex}")
    part.write_bytes(content)
    part.replace(path)
