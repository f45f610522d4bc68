"""Sandboxes and their snapshots: containers that a job runs in, and copies of them to try from.

Both are context managers that remove what they made, on any exception and on Ctrl-C, and that cope
with a container already gone and an engine that died.
"""

from __future__ import annotations

import concurrent.futures
import posixpath
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import docker.errors

from regreen_sandbox import archives
from regreen_sandbox.capture import Frames
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineDied, SandboxError, SandboxGone, SandboxTimeout
from regreen_sandbox.execution import Command, ExecResult, execute
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import GIB, Limits
from regreen_sandbox.network.wiring import Connection, Connector, IndexOnly
from regreen_sandbox.posture import CacheMount, Posture, furniture
from regreen_sandbox.profiles import Profile
from regreen_sandbox.wire import open_wire

__all__ = ["ExecResult", "Sandbox", "Snapshot", "start"]

_T = TypeVar("_T")
_HOUSEKEEPING_SECONDS = 600.0
_READY_SECONDS = 60.0
_REMOVE_SECONDS = 30.0
_UNPACK = """\
mkdir -p -- "$2" && /usr/bin/tar -xf "$1" -C "$2" --no-same-owner
code=$?
rm -f -- "$1"
exit $code
"""


def start(
    engine: Engine,
    image: str,
    *,
    limits: Limits,
    owner: Owner,
    network: Connector | None = None,
    profile: Profile = Profile.RUNNER,
    caches: tuple[CacheMount, ...] = (),
    runtime: str = "",
    index_socket: Path | None = None,
) -> Sandbox:
    """Start a container of ``image`` and return it when it is ready for commands.

    ``network`` makes its connection; without one there is the package index at ``index_socket``
    at most. ``runtime`` is the engine's name for the runtime to use instead of its own default.
    Raises `ImageUnavailable` when ``image`` is not there, `DiskFull` when less than the reserve is
    free, `SandboxGone` when the main process ends, `EngineRefused` for an unknown runtime.
    """
    connector = IndexOnly(index_socket) if network is None else network
    posture = Posture(engine, limits, owner, connector, profile, caches, runtime)
    return _start(posture, image, furnish=True)


class Sandbox:
    """A running container. Leaving it as a context manager removes it."""

    def __init__(self, posture: Posture, connection: Connection, name: str, image_id: str) -> None:
        self._posture = posture
        self._engine = posture.engine
        self._connection = connection
        self.name = name
        self.image_id = image_id

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str,
        timeout: float,
        on_output: Callable[[bytes], None] | None = None,
    ) -> ExecResult:
        """Run ``argv`` as the job's user and return what it did; see `ExecResult`.

        ``env`` is added to the image's; ``cwd`` must exist. At ``timeout`` seconds the command is
        asked to end, 5 seconds later killed, and all else that runs in the container with it; if
        that does not help the container is killed. ``on_output`` gets every piece of output as it
        arrives, also what the result leaves out. Raises `SandboxError` kinds only: the container
        or engine gone, the disk full, ``cwd`` missing.
        """
        if any(not name or "=" in name or "\0" in name + value for name, value in env.items()):
            raise SandboxError(
                "an environment variable's name is empty or has '=' in it, or one has a NUL byte",
                next_step="mend the env: of the workflow",
            )
        command = Command(tuple(argv), env, cwd, timeout)
        return execute(self._engine, self.name, command, self._posture.limits, on_output)

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file, owned by the job's user, replacing what is there (a link is not followed).

        Folders on the way are made, as the job's user. Raises `SandboxError`.
        """
        self._put(path, content, mode)

    def write_tree(self, path: str, tar: archives.BinarySource) -> None:
        """Unpack a tar into the folder ``path`` (made if need be), owned by the job's user.

        It is unpacked inside, as that user: a name that leads out of ``path`` or through a link
        reaches nothing that the job could not write to itself. Raises `SandboxError`.
        """
        staged = f"/tmp/.regreen-{uuid.uuid4().hex}.tar"
        self._put(staged, tar, 0o600)
        result = self._sh(_UNPACK, staged, path)
        if not result.ok:
            said = result.output.decode(errors="replace").strip()[-500:]
            raise SandboxError(
                f"a tree could not be unpacked into {path}: {said}", next_step="regreen doctor"
            )

    def read(self, path: str, limit: int = 1 << 20) -> bytes | None:
        """Return a regular file's content; ``None`` when there is none, or a link, or a folder.

        Links on the way to it are followed inside the container only. Raises `FileTooLarge` when it
        is larger than ``limit`` bytes.
        """
        return archives.get_file(self._engine, self.name, path, limit)

    def read_tree(self, path: str, limit: int = GIB) -> bytes | None:
        """Return a folder as a tar, links as links; ``None`` when there is none.

        The names in it begin with the last part of ``path``, and are the job's: unpack it with
        ``tarfile``'s data filter. Raises `FileTooLarge` when it is over ``limit`` bytes.
        """
        return archives.get_tree(self._engine, self.name, path, limit)

    def snapshot(self) -> Snapshot:
        """Keep the container's files as they are now; it goes on running, paused for the moment.

        Processes and what lies in ``/dev/shm`` are not kept. Raises `SandboxError`.
        """
        reference = f"regreen-snapshot:{uuid.uuid4().hex}"
        repository, _, tag = reference.partition(":")
        labels = self._posture.owner.labels(Kind.SNAPSHOT)

        def commit() -> str:
            with self._engine.guard("taking a snapshot"):
                made = self._engine.client.api.commit(
                    self.name, repository=repository, tag=tag, conf={"Labels": labels}
                )
            return str(made["Id"])

        snapshot = Snapshot(self._posture, reference)
        snapshot.image_id = _finish(commit, otherwise=snapshot.close)
        return snapshot

    def close(self) -> None:
        """Remove the container; one that is gone, or an engine that died, is no error.

        The engine gets half a minute, and once more when that is not enough; after that the next
        sweep takes the container away.
        """
        try:
            for _ in range(2):
                with suppress(SandboxTimeout):
                    self._remove()
                    return
        finally:
            self._connection.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        with suppress(SandboxError) if kind else nullcontext():
            self.close()

    def _remove(self) -> None:
        path = f"/containers/{self.name}?force=1&v=1"
        with suppress(EngineDied), self._engine.guard("removing a container"):
            try:
                with open_wire(self._engine, "DELETE", path, silence=_REMOVE_SECONDS):
                    pass
            except docker.errors.NotFound:
                pass
            except docker.errors.APIError as error:
                if "already in progress" not in str(error.explanation):
                    raise

    def _put(self, path: str, content: archives.BinarySource, mode: int) -> None:
        with archives.as_file(content) as source:
            begin = source.tell()
            if archives.put_file(self._engine, self.name, path, source, mode):
                return
            folder = posixpath.dirname(path)
            made = self._sh('mkdir -p -- "$1"', folder)
            source.seek(begin)
            if not made.ok or not archives.put_file(self._engine, self.name, path, source, mode):
                said = made.output.decode(errors="replace").strip()
                raise SandboxError(
                    f"{path} cannot be written in the container: {said}",
                    next_step="choose a folder that uid 1001 can write to",
                )

    def _sh(self, script: str, *arguments: str) -> ExecResult:
        return self.run(
            ["/bin/sh", "-c", script, "sh", *arguments],
            env={"PATH": "/usr/bin:/bin"},
            cwd="/",
            timeout=_HOUSEKEEPING_SECONDS,
        )


class Snapshot:
    """A sandbox's files at one moment. Leaving it as a context manager removes it."""

    def __init__(self, posture: Posture, reference: str) -> None:
        self._posture = posture
        self._engine = posture.engine
        self._reference = reference
        self.image_id = ""

    def start(
        self,
        *,
        network: Connector | None = None,
        profile: Profile | None = None,
        caches: tuple[CacheMount, ...] | None = None,
    ) -> Sandbox:
        """Start a sandbox from it; what is not given is as in the one it was taken of.

        Raises as `regreen_sandbox.container.start` does.
        """
        posture = self._posture
        posture = replace(
            posture,
            network=posture.network if network is None else network,
            profile=posture.profile if profile is None else profile,
            caches=posture.caches if caches is None else caches,
        )
        return _start(posture, self._reference, furnish=False)

    def close(self) -> None:
        """Remove the snapshot; one that is gone, or an engine that died, is no error.

        Sandboxes that were started from it must have been closed before.
        """
        with (
            suppress(EngineDied, SandboxTimeout),
            self._engine.guard("removing a snapshot"),
            suppress(docker.errors.NotFound),
        ):
            # What it was made from may have no name either, and stays.
            self._engine.client.api.remove_image(self._reference, force=True, noprune=True)

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        with suppress(SandboxError) if kind else nullcontext():
            self.close()


def _start(posture: Posture, image: str, *, furnish: bool) -> Sandbox:
    engine, api = posture.engine, posture.engine.client.api
    engine.require_space(posture.limits.disk_reserve_bytes)
    name = f"regreen-{uuid.uuid4().hex}"

    connection = posture.network.connect(carried=False)

    def create() -> str:
        with engine.guard(f"making a container of {image}"):
            image_id = str(engine.client.images.get(image).id)
            api.create_container(**posture.options(image_id, name, connection.wiring))
        return image_id

    sandbox = Sandbox(posture, connection, name, "")
    sandbox.image_id = _finish(create, otherwise=sandbox.close)
    try:
        with engine.guard(f"starting a container of {image}"):
            if furnish:
                api.put_archive(name, "/", furniture())
            api.start(name)
            _await_ready(engine, name)
    except BaseException:
        with suppress(SandboxError):
            sandbox.close()
        raise
    return sandbox


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


def _finish(make: Callable[[], _T], *, otherwise: Callable[[], None]) -> _T:
    """Call ``make`` to its end even when interrupted, so that there is something to remove.

    The engine goes on with a request whose client is gone; what it then makes would have no owner
    to take it away. On any exception ``otherwise`` is called.
    """
    with concurrent.futures.ThreadPoolExecutor(1) as pool:  # leaving it waits
        try:
            return pool.submit(make).result()
        except BaseException:
            pool.shutdown(wait=True)
            with suppress(SandboxError):
                otherwise()
            raise
