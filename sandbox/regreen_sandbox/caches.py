"""Caches of package installers, as volumes that belong to one repository each.

What one repository's jobs write into a cache is only ever seen by jobs of that repository, and by
none that proves a patch: whoever proves mounts no cache. pip, uv and npm lock their caches
themselves, so two sandboxes may use one at the same time.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import docker.errors
from docker.types import Mount

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineRefused
from regreen_sandbox.labels import KIND, Kind, Owner

REPOSITORY = "regreen.repository"
"""Label: the repository that a cache or a prepared environment belongs to, in words."""
PURPOSE = "regreen.purpose"
"""Label: which installer a cache is of."""

_PLACES = {"pip": ".cache/pip", "uv": ".cache/uv", "npm": ".npm"}
"""Below the home folder; see ``pip cache dir``, ``uv cache dir``, ``npm config get cache``."""
_ENVIRONMENT: Mapping[str, Mapping[str, str]] = {
    # Nothing can be linked from another file system, and uv would warn of it in every log.
    "uv": {"UV_LINK_MODE": "copy"}
}
_STAGE = "/regreen-caches"
_MEASURING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class CacheMount:
    """A volume, where it is mounted, and which variables the container then needs."""

    volume: str
    path: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache volume that is here; ``size_bytes`` is ``None`` where the engine does not tell."""

    volume: str
    repository: str
    purpose: str
    size_bytes: int | None


def mounts(identity: str, *, home: str, uid: int) -> tuple[CacheMount, ...]:
    """Return where the caches of the repository ``identity`` go in a container.

    ``home`` is the folder of the container's user ``uid``; users do not share a cache.
    """
    key = short_hash(f"{identity}\0{uid}")
    return tuple(
        CacheMount(f"regreen-cache-{key}-{name}", f"{home}/{place}", _ENVIRONMENT.get(name, {}))
        for name, place in _PLACES.items()
    )


def parents(wanted: Iterable[CacheMount], uid: int) -> bytes:
    """Return the tar, for ``/``, of the hidden folders that caches are mounted in, as ``uid``'s.

    The engine would make those that the image lacks as root's, and the job could not use them.
    """
    above = {m.path.rpartition("/")[0] for m in wanted}
    return _folders((path.strip("/") for path in above if "/." in path), uid)


def born(engine: Engine) -> dict[str, str]:
    """Return when each cache volume that is here was made, as the engine writes it."""
    with engine.guard("looking for caches"):
        answer = engine.client.api.volumes(filters={"label": f"{KIND}={Kind.CACHE}"})
    return {v["Name"]: str(v.get("CreatedAt", "")) for v in answer["Volumes"] or ()}


def make(
    engine: Engine, image: str, wanted: Sequence[CacheMount], *, repository: str, uid: int
) -> None:
    """Make the volumes that are missing and give all of them to ``uid``.

    The engine unpacks an empty folder over each, in a container of ``image`` that never runs.
    Raises `SandboxError`.
    """
    api = engine.client.api
    labels = Owner.current().labels(Kind.CACHE) | {REPOSITORY: repository}
    places = {m.volume: m.volume.rpartition("-")[2] for m in wanted}
    with engine.guard("making a cache"):
        for volume, purpose in places.items():
            api.create_volume(volume, labels={**labels, PURPOSE: purpose})
        stage = (_STAGE.strip("/"), *(f"{_STAGE.strip('/')}/{name}" for name in places.values()))
        stages = [Mount(f"{_STAGE}/{name}", volume) for volume, name in places.items()]
        made = api.create_container(
            image,
            ["true"],
            entrypoint=[],
            labels=Owner.current().labels(Kind.BUILD),
            host_config=api.create_host_config(network_mode="none", mounts=stages),
            use_config_proxy=False,
        )
        try:
            # Where they are mounted, so that the folder that holds them is there.
            api.put_archive(made["Id"], "/", _folders(stage, uid))
        finally:
            api.remove_container(made["Id"], force=True)


def list_caches(engine: Engine) -> tuple[Cache, ...]:
    """Return the cache volumes that are here, with their true sizes. Raises `SandboxError`."""
    caches = []
    for volume in measured(engine):
        labels = volume.get("Labels") or {}
        if labels.get(KIND) == Kind.CACHE:
            size = int((volume.get("UsageData") or {}).get("Size", -1))
            words = labels.get(REPOSITORY, ""), labels.get(PURPOSE, "")
            caches.append(Cache(volume["Name"], *words, size if size >= 0 else None))
    return tuple(caches)


def measured(engine: Engine) -> list[dict[str, Any]]:
    """Return every volume of the engine with its size, as its API tells it; it may take a while.

    An engine measures for one client at a time and refuses others (Docker does), so there may be a
    wait for those. Raises `SandboxError`.
    """
    until = time.monotonic() + _MEASURING_SECONDS
    while True:
        with engine.guard("measuring the engine's volumes"):
            try:
                found: list[dict[str, Any]] = engine.client.api.df().get("Volumes") or []
                return found
            except docker.errors.APIError as error:
                busy = "already running" in str(error.explanation)
                if not busy or time.monotonic() > until:
                    raise
        time.sleep(0.1)


def remove_cache(engine: Engine, volume: str) -> bool:
    """Remove a cache; ``False`` when a container has it mounted, which then keeps it."""
    try:
        with engine.guard("removing a cache"), suppress(docker.errors.NotFound):
            engine.client.api.remove_volume(volume)
    except EngineRefused:
        return False
    return True


def short_hash(text: str) -> str:
    """Return 16 hexadecimal digits that stand for ``text``."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _folders(names: Iterable[str], uid: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, 0o755, uid, uid
            tar.addfile(entry)
    return buffer.getvalue()
