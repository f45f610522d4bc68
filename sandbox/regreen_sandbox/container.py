"""Sandboxes and their snapshots: containers that a job runs in, and copies of them to try from.

Both are context managers that remove what they made, on any exception and on Ctrl-C, and that cope
with a container already gone and an engine that died.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace

import docker.errors

from regreen_sandbox import archives, filing, podman
from regreen_sandbox.caches import CacheMount
from regreen_sandbox.disk import DiskKeeper
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineDied, FileTooLarge, SandboxError, SandboxTimeout
from regreen_sandbox.execution import Command, ExecResult, execute
from regreen_sandbox.inside import Inside, processes
from regreen_sandbox.jobcontainer import JobContainer
from regreen_sandbox.labels import Kind, Owner, label_changes
from regreen_sandbox.limits import GIB, Limits
from regreen_sandbox.making import finish
from regreen_sandbox.network.wiring import UNCONNECTED, Connector
from regreen_sandbox.posture import Posture
from regreen_sandbox.profiles import SUDO_RECORD, Profile
from regreen_sandbox.starting import Begun, begin

__all__ = ["ExecResult", "Sandbox", "Snapshot", "start"]

_RECORD_BYTES = 1 << 20


def start(
    engine: Engine,
    image: str,
    *,
    limits: Limits,
    owner: Owner,
    network: Connector = UNCONNECTED,
    profile: Profile = Profile.RUNNER,
    caches: tuple[CacheMount, ...] = (),
    runtime: str = "",
    job_container: JobContainer | None = None,
) -> Sandbox:
    """Start a container of ``image`` and return it when it is ready for commands.

    ``network`` makes its connection; without one nothing is reached. ``runtime`` is the engine's
    name for the runtime to use instead of its own default; ``job_container`` is what a workflow
    asks of its container. Raises `ImageUnavailable` when ``image``
    is not there, `DiskFull` when less than the reserve is free, `SandboxGone` when the main process
    ends, `EngineRefused` for an unknown runtime or user.
    """
    asked = job_container or JobContainer()
    posture = Posture(engine, limits, owner, network, profile, caches, runtime, asked=asked)
    return Sandbox(posture, begin(posture, image))


class Sandbox:
    """A running container. Leaving it as a context manager removes it."""

    def __init__(self, posture: Posture, begun: Begun) -> None:
        self._posture = replace(posture, facts=begun.inside.facts)
        self._engine = posture.engine
        self._begun = begun
        self._inside = begun.inside
        self.name = begun.inside.container
        self.image_id = begun.image_id
        self._ending = ExitStack()

    @property
    def profile(self) -> Profile:
        """Whose processes run in it, and with what rights."""
        return self._posture.profile

    @property
    def posture(self) -> Posture:
        """What it was started with."""
        return self._posture

    @property
    def inside(self) -> Inside:
        """The container as commands are run in it."""
        return self._inside

    @property
    def network_holder(self) -> str:
        """The container whose network namespace it is in: its own, or what carries for it."""
        mode = self._begun.connection.wiring.network_mode
        return mode.removeprefix("container:") if mode.startswith("container:") else self.name

    @property
    def network_environment(self) -> Mapping[str, str]:
        """The variables that its network's users are told of it by."""
        return self._begun.connection.wiring.environment

    @property
    def disk_kept_by(self) -> DiskKeeper:
        """Who sees to it that it keeps its disk limit: the engine's quota, or our watchdog."""
        return self._inside.disk.keeper

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str,
        timeout: float,
        on_output: Callable[[bytes], None] | None = None,
        user: str = "",
    ) -> ExecResult:
        """Run ``argv`` as the job's user (or ``user``) and return what it did; see `ExecResult`.

        ``env`` is added to the image's; ``cwd`` must exist. At ``timeout`` seconds the command is
        asked to end, 5 seconds later killed, and all else that runs in the container with it; if
        that does not help the container is killed. ``on_output`` gets every piece of output as it
        arrives, also what the result leaves out. Raises `SandboxError` kinds only: the container
        or engine gone, the disk full, ``cwd`` missing.
        """
        return execute(self._inside, Command(tuple(argv), env, cwd, timeout, user), on_output)

    def processes(self) -> int:
        """Return how many processes run in it between commands: what a job left running.

        The engine counts them from outside. Raises `SandboxGone`, `SandboxError`.
        """
        return processes(self._inside)

    def needs_sudo(self) -> bool:
        """Say whether a command asked for ``sudo`` and the stand-in refused it.

        What a job writes into `SUDO_RECORD` itself counts too, and gains no more than asking does.
        """
        try:
            return bool(self.read(SUDO_RECORD, _RECORD_BYTES))
        except FileTooLarge:
            return True

    def make_folders(self, *paths: str) -> None:
        """Make folders and those on the way to them, as the job's user. Raises `SandboxError`."""
        filing.make_folders(self._inside, *paths)

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file, owned by the job's user, replacing what is there (a link is not followed).

        Folders on the way are made, as the job's user. Raises `SandboxError`.
        """
        filing.put(self._inside, path, content, mode)

    def write_tree(self, path: str, tar: archives.BinarySource) -> None:
        """Unpack a tar into the folder ``path`` (made if need be), owned by the job's user.

        It is checked as `regreen_sandbox.archives.checked` does, and unpacked inside as that user
        where the image has a ``tar``: through links that the job made it reaches nothing that the
        job could not write to itself. Raises `UnsafeArchive`, `SandboxError`.
        """
        filing.put_tree(self._inside, path, tar)

    def read(self, path: str, limit: int = 1 << 20) -> bytes | None:
        """Return a regular file's content; ``None`` when there is none, or a link, or a folder.

        Links on the way to it are followed inside the container only. Raises `FileTooLarge` when it
        is larger than ``limit`` bytes.
        """
        return archives.get_file(self._engine, self.name, path, limit)

    def read_tree(self, path: str, limit: int = GIB) -> bytes | None:
        """Return a folder as a tar, links as links; ``None`` when there is none.

        Names begin with the last part of ``path``. All in it is the job's: read it with
        `regreen_sandbox.archives.checked`. Raises `FileTooLarge` when it is over ``limit`` bytes.
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
                    self.name, repository=repository, tag=tag, changes=label_changes(labels)
                )
            return podman.image_id(str(made["Id"]))

        snapshot = Snapshot(self._posture, reference)
        snapshot.image_id = finish(commit, otherwise=snapshot.close)
        return snapshot

    def close(self) -> None:
        """Remove the container; one that is gone, or an engine that died, is no error.

        What the engine does not manage within a minute the next sweep takes away.
        """
        try:
            self._ending.close()
        finally:
            self._begun.close()

    def before_close(self, wait: Callable[[], object]) -> None:
        """Have ``wait`` called when it is closed, before it is removed."""
        self._ending.callback(wait)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        with suppress(SandboxError) if kind else nullcontext():
            self.close()


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
        return Sandbox(posture, begin(posture, self._reference))

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
