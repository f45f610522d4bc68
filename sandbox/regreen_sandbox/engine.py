"""The Docker engine: finding it, one boundary for its errors, and removing what was left in it.

Every call to the engine happens under `Engine.guard`, so that no exception of ``docker`` or
``requests`` ever leaves this room.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import docker.constants
import docker.errors
import requests

from regreen_sandbox.errors import DiskFull, EngineMissing, EngineRefused, SandboxError
from regreen_sandbox.faults import reason, translate
from regreen_sandbox.labels import KEPT, KIND, LASTING, OWNER, Kind, Life, Owner, judge
from regreen_sandbox.trees import leftover_trees, remove_tree

CONNECT_SECONDS = 10
ANSWER_SECONDS = 300
_OWN_CONTAINERS = frozenset({Kind.SANDBOX, Kind.BUILD})
_LIMITS = {
    "MemoryLimit": "memory",
    "SwapLimit": "swap",
    "PidsLimit": "processes",
    "CpuCfsQuota": "processors",
}
"""Fields of the engine's ``/info`` that are false when it cannot keep a limit."""
_PASSING_IMAGES = frozenset({Kind.SNAPSHOT, Kind.BUILD})
PREPARED = "regreen/prepared"
"""Repository of prepared environments. One without such a tag was never, or is no longer, kept."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A Docker engine that answered: its client, version, processors, memory and data folder.

    ``unkept`` are the limits that it takes and then does not keep, as it says of itself: a rootless
    engine without control groups of its own (version 1, or none delegated) keeps none of them.
    """

    client: docker.DockerClient
    version: str
    cpus: int
    memory_bytes: int
    root: Path
    unkept: tuple[str, ...] = ()

    @contextmanager
    def guard(self, what: str = "a request") -> Iterator[None]:
        """Run calls to the engine; raise its errors as `SandboxError`, naming ``what``."""
        try:
            yield
        except Exception as error:
            known = translate(error, what)
            if known is None:
                raise
            raise known from error

    def free_bytes(self) -> int | None:
        """Return how much the engine's disk can still take; ``None`` when it is elsewhere."""
        try:
            return shutil.disk_usage(self.root).free
        except OSError:
            return None

    def require_space(self, reserve: int) -> None:
        """Raise `DiskFull` when less than ``reserve`` bytes are free on the engine's disk."""
        free = self.free_bytes()
        if free is not None and free < reserve:
            raise DiskFull(
                f"only {free >> 20} MiB are free where Docker keeps its data ({self.root}); "
                f"regreen leaves {reserve >> 20} MiB untouched"
            )

    def close(self) -> None:
        """Close the connections to the engine; it can be called twice."""
        self.client.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Swept:
    """What was removed: ids of engine objects and paths of temporary trees.

    ``busy`` is what should have gone and could not, with the engine's reason.
    """

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many things were removed."""
        kinds = (self.containers, self.networks, self.volumes, self.images, self.trees)
        return sum(map(len, kinds))


def connect() -> Engine:
    """Return the engine that ``DOCKER_HOST`` or one of the usual sockets names.

    Raises `EngineMissing` when none answers, or when this user may not talk to it.
    """
    where = _address()
    try:
        client = docker.DockerClient.from_env(
            timeout=CONNECT_SECONDS, environment={**os.environ, "DOCKER_HOST": where}
        )
        info = client.info()
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise EngineMissing(f"no Docker engine answers at {where}: {reason(error)}") from error
    client.api.timeout = ANSWER_SECONDS
    return Engine(
        client=client,
        version=str(info.get("ServerVersion", "unknown")),
        cpus=int(info.get("NCPU") or 1),
        memory_bytes=int(info.get("MemTotal") or 0),
        root=Path(str(info.get("DockerRootDir") or "/var/lib/docker")),
        unkept=tuple(name for key, name in _LIMITS.items() if info.get(key) is False),
    )


def _address() -> str:
    """Return ``DOCKER_HOST``, else the first usual socket that is there.

    They are Docker's, rootless Docker's, and Podman's for root and for users, where their own
    documentation puts them (``docker context``, ``podman-system-service(1)``).
    """
    if named := os.environ.get("DOCKER_HOST"):
        return named
    usual = docker.constants.DEFAULT_UNIX_SOCKET.removeprefix("http+unix://")
    own = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    places = [usual, f"{own}/docker.sock", f"{own}/podman/podman.sock", "/run/podman/podman.sock"]
    for place in places:
        if Path(place).is_socket() and os.access(place, os.W_OK):
            return f"unix://{place}"
    return f"unix://{usual}"


def sweep(engine: Engine) -> Swept:
    """Remove what owners left that are certainly dead; touch nothing of anyone else's.

    Lasting images, caches and prepared environments stay; of the latter, those go that a killed
    process made and did not come to keep. Raises `SandboxError` when the engine does not answer;
    what a single object's removal runs into is reported in ``Swept.busy``.
    """
    return _remove(engine, lambda owner: judge(owner) is Life.DEAD, lasting=False)


@contextmanager
def sweeping(engine: Engine) -> Iterator[None]:
    """Sweep beside other work; it is done with when this is left.

    An engine that does not answer is left to whoever asks it next.
    """

    def work() -> None:
        with suppress(SandboxError):
            sweep(engine)

    thread = threading.Thread(target=work, name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def clean(engine: Engine, *, everything: bool) -> Swept:
    """Remove what dead owners and this very process left.

    With ``everything`` also what owners on other machines or in other process namespaces left
    (whether they live cannot be seen from here), and the lasting images, prepared environments and
    caches that no container uses.
    Other living processes' things on this machine stay in any case.
    """
    own = Owner.current()

    def doomed(owner: Owner) -> bool:
        life = judge(owner)
        return owner == own or life is Life.DEAD or (everything and life is Life.ELSEWHERE)

    return _remove(engine, doomed, lasting=everything)


def _remove(engine: Engine, doomed: Callable[[Owner], bool], *, lasting: bool) -> Swept:
    """Containers go first: they hold on to everything else."""
    api = engine.client.api
    named = {"label": OWNER}
    busy: list[str] = []

    def each(ids: list[str], remove: Callable[[str], object]) -> tuple[str, ...]:
        return tuple(i for i in ids if _gone(engine, i, remove, busy))

    with engine.guard("listing what regreen left behind"):
        found = api.containers(all=True, filters=named)
    ids = [c["Id"] for c in found if _is(c["Labels"], _OWN_CONTAINERS, doomed)]
    containers = each(ids, lambda i: api.remove_container(i, force=True, v=True))

    with engine.guard("listing what regreen left behind"):
        found = api.networks(filters=named)
    ids = [n["Id"] for n in found if _is(n["Labels"], frozenset(Kind), doomed)]
    networks = each(ids, api.remove_network)

    with engine.guard("listing what regreen left behind"):
        found = api.volumes(filters=named)["Volumes"] or []
    volumes = each(
        _volume_names(found, doomed, lasting=lasting), lambda i: api.remove_volume(i, force=True)
    )

    # What a snapshot was made from may have no name either, and stays; with the lasting images
    # their build's intermediates go as well.
    images = each(
        _image_ids(engine, doomed, lasting=lasting),
        lambda i: api.remove_image(i, force=True, noprune=not lasting),
    )
    trees = tuple(str(t) for t in leftover_trees(doomed) if remove_tree(t))
    return Swept(containers, networks, volumes, images, trees, tuple(busy))


def _volume_names(
    found: list[dict[str, Any]], doomed: Callable[[Owner], bool], *, lasting: bool
) -> list[str]:
    passing = frozenset(Kind) - KEPT
    return [
        volume["Name"]
        for volume in found
        if _is(volume["Labels"], passing, doomed)
        or (lasting and (volume["Labels"] or {}).get(KIND) == Kind.CACHE)
    ]


def _image_ids(engine: Engine, doomed: Callable[[Owner], bool], *, lasting: bool) -> list[str]:
    """Newest first, so that an image goes before the one it was made from."""
    api = engine.client.api
    with engine.guard("listing regreen's images"):
        found = api.images(filters={"label": KIND})
        used = {c["ImageID"] for c in api.containers(all=True)}
    found.sort(key=lambda image: -int(image["Created"]))
    return [
        image["Id"]
        for image in found
        if _is(image["Labels"], _PASSING_IMAGES, doomed)
        or (
            lasting
            and image["Labels"].get(KIND) in LASTING | {Kind.PREPARED}
            and image["Id"] not in used
        )
        or (_is(image["Labels"], frozenset({Kind.PREPARED}), doomed) and not _kept(image))
    ]


def _kept(image: Mapping[str, Any]) -> bool:
    return any(str(tag).startswith(f"{PREPARED}:") for tag in image["RepoTags"] or ())


def _is(
    labels: Mapping[str, Any] | None, kinds: frozenset[Kind], doomed: Callable[[Owner], bool]
) -> bool:
    """Whether labels are of one of ``kinds`` (inherited ones are not) and of a doomed owner."""
    labels = labels or {}
    owner = Owner.parse(str(labels.get(OWNER, "")))
    return labels.get(KIND) in kinds and owner is not None and doomed(owner)


def _gone(engine: Engine, identity: str, remove: Callable[[str], object], busy: list[str]) -> bool:
    """Remove one thing; another sweep may be ahead of us, which is as good."""
    try:
        with engine.guard(f"removing {identity[:19]}"), suppress(docker.errors.NotFound):
            remove(identity)
    except EngineRefused as error:
        if "already in progress" not in error.message:
            busy.append(error.message)
            return False
    return True
