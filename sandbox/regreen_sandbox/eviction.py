"""Which of the kept things go: whatever was not used for longest, once they take too much room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from regreen_sandbox.caches import born, list_caches, remove_cache, short_hash
from regreen_sandbox.engine import PREPARED
from regreen_sandbox.keep import FOLDER, Keep, environment
from regreen_sandbox.labels import KIND, Kind
from regreen_sandbox.records import Records

ENVIRONMENT = "environment"
_TENDED = "tended"
_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One kept thing for people: ``kind`` is ``environment`` or an installer's name.

    ``size_bytes`` is what nothing else that is not kept shares with it.
    """

    name: str
    kind: str
    repository: str
    job: str
    size_bytes: int
    used: datetime
    layers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, what is in use and stays, and how many bytes are left."""

    removed: tuple[Row, ...]
    busy: tuple[Row, ...]
    left_bytes: int


def rows(keep: Keep) -> tuple[Row, ...]:
    """Return what is kept, the last used first. Raises `SandboxError`."""
    found = [row for key in keep.environments.names() if (row := _row(keep, key)) is not None]
    known = set(keep.volumes.names())
    for cache in list_caches(keep.engine):
        if cache.volume in known:
            used, size = keep.volumes.used(cache.volume), cache.size_bytes or 0
            found.append(Row(cache.volume, cache.purpose, cache.repository, "", size, used))
    return tuple(sorted(found, key=lambda row: row.used, reverse=True))


def prune(keep: Keep, *, everything: bool = False) -> Pruned:
    """Remove what was not used for longest until the rest is within the limit, or everything.

    Also what is no longer whole, and caches that stayed empty. A cache in use stays. Raises
    `SandboxError`.
    """
    _tidy(keep)
    kept = list(rows(keep))
    removed: list[Row] = []
    busy: list[Row] = []
    for row in reversed(tuple(kept)):
        if not everything and total(kept) <= keep.limit_bytes and not _idle(row):
            continue
        if _remove(keep, row):
            kept.remove(row)
            removed.append(row)
        else:
            busy.append(row)
    return Pruned(tuple(removed), tuple(busy), total(kept))


def tend(keep: Keep) -> None:
    """Prune if something was added just now, or nobody has for an hour: measuring takes a moment.

    Raises `SandboxError`.
    """
    tended = Records(keep.folder)
    recent = datetime.now(UTC) - tended.used(_TENDED) < _EVERY
    if keep.own or not recent:
        tended.write(_TENDED, {})
        prune(keep)


def total(found: Sequence[Row]) -> int:
    """Return the bytes that all of them take; layers that two of them share count once."""
    layers = {digest: size for row in found for digest, size in row.layers.items()}
    return sum(layers.values()) + sum(row.size_bytes for row in found if not row.layers)


def _row(keep: Keep, key: str) -> Row | None:
    record = keep.environments.read(key)
    whole = environment(key, record)
    if record is None or whole is None or keep.image(key) != whole.image:
        return None
    layers = {str(digest): int(size) for digest, size in dict(record["layers"]).items()}
    names = str(record.get("repository", "")), str(record.get("job", ""))
    used = keep.environments.used(key)
    return Row(key, ENVIRONMENT, *names, sum(layers.values()), used, layers)


def _idle(row: Row) -> bool:
    """Whether a cache holds nothing an hour after it was last mounted."""
    old = datetime.now(UTC) - row.used > _EVERY
    return row.kind != ENVIRONMENT and not row.size_bytes and old


def _remove(keep: Keep, row: Row) -> bool:
    if row.kind == ENVIRONMENT:
        return keep.forget(row.name)
    if not remove_cache(keep.engine, row.name):
        return False
    keep.volumes.remove(row.name)
    return True


def _tidy(keep: Keep) -> None:
    """Remove images without a record, and records without an image or a volume."""
    with keep.engine.guard("looking for prepared environments"):
        labels = [f"{KIND}={Kind.PREPARED}", f"{FOLDER}={short_hash(str(keep.folder))}"]
        images = keep.engine.client.api.images(name=PREPARED, filters={"label": labels})
    tags = [str(tag) for image in images for tag in image["RepoTags"] or ()]
    keys = {tag.rpartition(":")[2] for tag in tags if tag.startswith(f"{PREPARED}:")}
    for key in keys | set(keep.environments.names()):
        if key not in keys or environment(key, keep.environments.read(key)) is None:
            keep.forget(key)
    for volume in set(keep.volumes.names()) - set(born(keep.engine)):
        keep.volumes.remove(volume)
