"""Making a container and starting it, so that nothing is left when that fails or is interrupted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import docker.errors

from regreen_sandbox.archives import get_file, header
from regreen_sandbox.authorities import own_bundle
from regreen_sandbox.caches import parents
from regreen_sandbox.capture import Frames
from regreen_sandbox.disk import DiskKeeper, DiskWatch, has_quotas, refuse_quotas, require_room
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import (
    EngineDied,
    EngineRefused,
    ImageUnavailable,
    SandboxError,
    SandboxGone,
    SandboxTimeout,
)
from regreen_sandbox.execution import Command, execute
from regreen_sandbox.imagefacts import NOTHING, PROBE, ImageFacts, is_ours, known
from regreen_sandbox.inside import Inside
from regreen_sandbox.making import finish
from regreen_sandbox.network.wiring import UNCONNECTED, Connection
from regreen_sandbox.posture import Posture, bundle_tar, furniture, laid
from regreen_sandbox.wire import open_wire

_READY_SECONDS = 60.0
_PROBE_SECONDS = 30.0
_PASSWD_BYTES = 1 << 20
_REMOVE_SECONDS = 30.0
_facts: dict[str, ImageFacts] = {}


@dataclass(frozen=True, slots=True)
class Begun:
    """A container that runs and is ready for commands."""

    inside: Inside
    image_id: str
    connection: Connection

    def close(self) -> None:
        """Remove the container; one that is gone, or an engine that died, is no error.

        The engine gets half a minute, and once more when that is not enough; after that the next
        sweep takes the container away.
        """
        try:
            remove_container(self.inside.engine, self.inside.container)
        finally:
            self.connection.close()


@dataclass(frozen=True, slots=True)
class _Image:
    """An image by what it was called and what it is."""

    name: str
    identity: str


def begin(posture: Posture, image: str) -> Begun:
    """Start a container. Raises as `regreen_sandbox.container.start` does."""
    engine = posture.engine
    require_room(engine, posture.limits)
    with engine.guard(f"making a container of {image}"):
        found = engine.client.images.get(image)
    this = _Image(image, str(found.id))
    facts = posture.facts or _facts_of(posture, this, found.labels)
    bundle = not is_ours(found.labels) and own_bundle() is not None
    posture = replace(posture, facts=facts, bundle=bundle)
    return _begin(posture, facts, this, furnish=not facts.places)


def remove_container(engine: Engine, name: str) -> None:
    """Remove a container, in two attempts; see `Begun.close`."""
    for _ in range(2):
        with suppress(SandboxTimeout):
            _remove(engine, name)
            return


def _remove(engine: Engine, name: str) -> None:
    path = f"/containers/{name}?force=1&v=1"
    with suppress(EngineDied), engine.guard("removing a container"):
        try:
            with open_wire(engine, "DELETE", path, silence=_REMOVE_SECONDS):
                pass
        except docker.errors.NotFound:
            pass
        except docker.errors.APIError as error:
            if "already in progress" not in str(error.explanation):
                raise


def _facts_of(posture: Posture, image: _Image, labels: dict[str, str]) -> ImageFacts:
    """Return what the image has, asking a container of it when that is not known yet."""
    facts = known(labels) or _facts.get(image.identity)
    if facts is None:
        asking = Posture(posture.engine, posture.limits, posture.owner, UNCONNECTED)
        asking = replace(asking, runtime=posture.runtime)
        begun = _begin(replace(asking, facts=NOTHING), NOTHING, image, furnish=False)
        try:
            probe = Command(("/bin/sh", "-c", PROBE), {}, "/", _PROBE_SECONDS)
            answer = execute(begun.inside, probe, None)
        finally:
            begun.close()
        facts = _facts[image.identity] = ImageFacts.parse(answer.output.decode(errors="replace"))
    return facts


def _begin(posture: Posture, facts: ImageFacts, image: _Image, *, furnish: bool) -> Begun:
    engine, name = posture.engine, f"regreen-{uuid.uuid4().hex}"
    connection = posture.network.connect(carried=not facts.python3)

    def undo() -> None:
        try:
            remove_container(engine, name)
        finally:
            connection.close()

    keeper = finish(lambda: _create(posture, image, name, connection), otherwise=undo)
    try:
        with engine.guard(f"starting a container of {image.name}"):
            if furnish:
                engine.client.api.put_archive(name, "/", furniture())
            if posture.caches:
                above = parents(posture.caches, posture.profile.rights.owner)
                engine.client.api.put_archive(name, "/", above)
        for more in _added(posture, name):
            with engine.guard(f"filling a container of {image.name}"):
                engine.client.api.put_archive(name, "/", more)
        with engine.guard(f"starting a container of {image.name}"):
            _run_main(engine, name)
            _await_ready(engine, name)
            connection.settle()
        user = _user(posture, name)
    except BaseException:
        with suppress(SandboxError):
            undo()
        raise
    volumes = tuple(cache.volume for cache in posture.caches)
    disk = DiskWatch(engine, name, posture.limits, volumes, keeper)
    inside = Inside(engine, name, posture.profile, facts, posture.limits, disk, *user)
    return Begun(inside, image.identity, connection)


def _added(posture: Posture, name: str) -> Iterator[bytes]:
    """Yield the tars, for ``/``, of what a workflow's container gets besides its image."""
    if posture.bundle:
        yield bundle_tar()
    for folder in posture.asked.folders:
        if header(posture.engine, name, folder) is None:
            yield laid([(folder, 0o755, 0, None)])


def _user(posture: Posture, name: str) -> tuple[str, int]:
    """Return who runs commands, and whose the files are that are put in: the profile's, or asked.

    A name is looked up in the image's passwd(5). Raises `EngineRefused` for a user of no image.
    """
    rights, asked = posture.profile.rights, posture.asked.options.user
    if not asked:
        return rights.user, rights.owner
    wanted = asked.partition(":")[0]
    if wanted.isdecimal():
        return asked, int(wanted)
    content = get_file(posture.engine, name, "/etc/passwd", _PASSWD_BYTES) or b""
    rows = [line.split(":") for line in content.decode(errors="replace").splitlines()]
    for row in rows:
        if row[0] == wanted and len(row) > 3 and row[2].isdecimal():
            return asked, int(row[2])
    raise EngineRefused(
        f"the image has no user {wanted!r}", next_step="look at --user in the container's options"
    )


def _create(posture: Posture, image: _Image, name: str, connection: Connection) -> DiskKeeper:
    """Make the container and say who keeps its disk limit."""
    engine = posture.engine

    def create(*, quota: bool) -> Any:
        options = posture.options(image.identity, name, connection.wiring, quota=quota)
        return engine.client.api.create_container(**options)

    with engine.guard(f"making a container of {image.name}"):
        try:
            if has_quotas(engine):
                try:
                    create(quota=True)
                    return DiskKeeper.QUOTA
                except docker.errors.APIError as error:
                    if not refuse_quotas(engine, error):
                        raise
            create(quota=False)
            return DiskKeeper.WATCHDOG
        except docker.errors.APIError as error:
            _require_runtime(posture, error)
            raise


def _require_runtime(posture: Posture, error: docker.errors.APIError) -> None:
    """Raise `EngineRefused` in clear words when ``error`` is about the runtime."""
    if not posture.runtime or "runtime" not in str(error.explanation).lower():
        return
    runtimes = posture.engine.client.info().get("Runtimes") or {}
    if posture.runtime not in runtimes:
        raise EngineRefused(
            f"the Docker engine has no runtime {posture.runtime!r}; "
            f"it has {', '.join(sorted(runtimes)) or 'none that it tells'}",
            next_step="set sandbox.runtime to one of these, or add it to the engine's own settings",
        ) from None


def _run_main(engine: Engine, name: str) -> None:
    try:
        engine.client.api.start(name)
    except docker.errors.APIError as error:
        words = str(error.explanation)
        if "/bin/sh" in words and "no such file" in words:
            raise ImageUnavailable(
                "the image has no /bin/sh, and a job's steps need one",
                next_step="choose an image with a shell (--image)",
            ) from None
        raise


def _await_ready(engine: Engine, name: str) -> None:
    """Wait for the main process's first line, or its end."""
    said, frames = b"", Frames()
    path = f"/containers/{name}/logs?follow=1&stdout=1&stderr=1"
    with open_wire(engine, "GET", path, silence=_READY_SECONDS) as wire:
        for piece in wire.pieces():
            said += b"".join(frames.feed(piece))
            if b"ready\n" in said:
                return
    words = said.decode(errors="replace").strip()[-500:] or "it said nothing"
    raise SandboxGone(f"the container's main process ended at once: {words}")
