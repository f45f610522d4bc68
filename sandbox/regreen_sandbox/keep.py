"""What is kept in the engine between runs: prepared environments and installers' caches.

A prepared environment is an image (``regreen/prepared:<key>``) with a record in the user's cache
folder. It is made in three strides, image, record, tag: whatever a ``kill -9`` leaves after any
of them is no environment yet, and the next sweep takes the image away.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import docker.errors

from regreen_sandbox.caches import (
    REPOSITORY,
    CacheMount,
    born,
    make,
    mounts,
    remove_cache,
    short_hash,
)
from regreen_sandbox.engine import PREPARED, Engine
from regreen_sandbox.errors import ImageUnavailable, SandboxTimeout
from regreen_sandbox.labels import Kind, Owner, label_changes
from regreen_sandbox.limits import GIB
from regreen_sandbox.locks import exclusive
from regreen_sandbox.podman import image_id
from regreen_sandbox.records import Records

DEFAULT_GIB = 20.0
FOLDER_NAME = "kept"
"""Of the folder of records in the user's cache folder."""
FOLDER = "regreen.folder"
"""Label: whose records an image belongs to."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A prepared environment: its image, when it was made, the seconds that it saves, its state.

    ``data`` is whatever `Keep.put` was given.
    """

    key: str
    image: str
    made: datetime
    seconds: float
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Keep:
    """What one user keeps in one engine; the records lie in ``folder``.

    ``identity`` is whatever tells the repository at hand from others, ``repository`` its name for
    people. Set-up that took less than ``worth_seconds`` is not kept: keeping it costs a second and
    disk. With ``fresh`` only what this very object has put is found.
    """

    engine: Engine
    folder: Path
    limit_bytes: int = int(DEFAULT_GIB * GIB)
    identity: str = ""
    repository: str = ""
    fresh: bool = False
    worth_seconds: float = 3.0
    own: set[str] = field(default_factory=set)

    @property
    def environments(self) -> Records:
        """The records of prepared environments, by key."""
        return Records(self.folder / "environments")

    @property
    def volumes(self) -> Records:
        """The records of cache volumes, by name."""
        return Records(self.folder / "caches")

    def find(self, key: str, oldest: timedelta | None = None) -> Environment | None:
        """Return the environment of ``key``, if it is here, whole, and not older than ``oldest``.

        What is left of one that is not whole is removed. Raises `SandboxError` when the engine
        does not answer.
        """
        if self.fresh and key not in self.own:
            return None
        found = environment(key, self.environments.read(key))
        if found is None or self.image(key) != found.image:
            if key in self.environments.names():
                self.forget(key)
            return None
        if oldest is not None and datetime.now(UTC) - found.made > oldest:
            return None
        self.environments.use(key)
        return found

    def put(
        self,
        key: str,
        container: str,
        *,
        base: str,
        job: str,
        seconds: float,
        data: Mapping[str, Any],
    ) -> None:
        """Keep the files of ``container``, which was started from the image ``base``, as ``key``.

        One that is there already gives way. Raises `SandboxError`; nothing is kept then.
        """
        labels = Owner.current().labels(Kind.PREPARED)
        labels |= {REPOSITORY: self.repository, FOLDER: short_hash(str(self.folder))}
        with _lock(key):
            before = self.image(key)
            with self.engine.guard("keeping a prepared environment"):
                made = self.engine.client.api.commit(container, changes=label_changes(labels))
            image = image_id(str(made["Id"]))
            try:
                record = {
                    "image": image,
                    "repository": self.repository,
                    "job": job,
                    "made": datetime.now(UTC).isoformat(timespec="seconds"),
                    "seconds": seconds,
                    "layers": self._layers(image, base),
                    "data": data,
                }
                self.environments.write(key, record)
                with self.engine.guard("keeping a prepared environment"):
                    self.engine.client.api.tag(image, PREPARED, key, force=True)
            except BaseException:
                self._remove_image(image)
                raise
            if before is not None and before != image:
                self._remove_image(before)
        self.own.add(key)

    def caches(self, image: str, *, home: str, uid: int) -> tuple[CacheMount, ...]:
        """Return this repository's caches, ready to be mounted. Raises `SandboxError`.

        A volume counts as ready when it is the very one that its record was written for: one that
        was removed, or killed half-way through its making, is made again.
        """
        wanted = mounts(self.identity, home=home, uid=uid)
        here = born(self.engine)
        records = {m.volume: self.volumes.read(m.volume) or {} for m in wanted}
        if any(
            m.volume not in here or records[m.volume].get("born") != here[m.volume] for m in wanted
        ):
            with exclusive("caches", report=lambda _: None):
                for mount in wanted:
                    if mount.volume not in here:  # the engine may have made one without a label
                        remove_cache(self.engine, mount.volume)
                make(self.engine, image, wanted, repository=self.repository, uid=uid)
            here = born(self.engine)
            for mount in wanted:
                self.volumes.write(mount.volume, {"born": here.get(mount.volume, "")})
        for mount in wanted:
            self.volumes.use(mount.volume)
        return wanted

    def forget(self, key: str) -> bool:
        """Remove an environment; ``False`` when somebody is just making it."""
        try:
            with _lock(key, timeout=0):
                self.environments.remove(key)
                self._remove_image(f"{PREPARED}:{key}")
        except SandboxTimeout:
            return False
        return True

    def image(self, key: str) -> str | None:
        """Return the image's id that bears the tag of ``key``; ``None`` when none does."""
        try:
            with self.engine.guard("looking for a prepared environment"):
                return str(self.engine.client.images.get(f"{PREPARED}:{key}").id)
        except ImageUnavailable:
            return None

    def _layers(self, image: str, base: str) -> dict[str, int]:
        """Return the sizes of the layers that ``image`` adds to ``base``, by their digests."""
        images = self.engine.client.images
        with self.engine.guard("measuring a prepared environment"):
            below = len(images.get(base).attrs["RootFS"].get("Layers") or ())
            made = images.get(image)
            added = (made.attrs["RootFS"].get("Layers") or ())[below:]
            sizes = [int(step["Size"]) for step in made.history() if int(step["Size"])]
        return dict(zip(reversed(added), sizes, strict=False))

    def _remove_image(self, name: str) -> None:
        """A name goes at once; what still has a use for the files keeps them until it ends."""
        with (
            self.engine.guard("removing a prepared environment"),
            suppress(docker.errors.APIError),
        ):
            self.engine.client.api.remove_image(name, force=True, noprune=True)


def _lock(key: str, timeout: float = 600.0) -> Any:
    return exclusive(f"prepared-{key}", report=lambda _: None, timeout=timeout)


def environment(key: str, record: Mapping[str, Any] | None) -> Environment | None:
    """Read a record; ``None`` when something that it needs is missing or of another kind."""
    try:
        assert record is not None
        made = datetime.fromisoformat(record["made"])
        data, layers = record["data"], record["layers"]
        if made.tzinfo is None or not (isinstance(data, dict) and isinstance(layers, dict)):
            return None
        return Environment(key, str(record["image"]), made, float(record["seconds"]), data)
    except (AssertionError, KeyError, TypeError, ValueError):
        return None
