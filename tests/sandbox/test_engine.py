"""Left-overs of killed and interrupted processes, living neighbours, and an engine that dies."""

from __future__ import annotations

import errno
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker.errors
import pytest
from requests import Response

from regreen_sandbox import trees
from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine, connect, sweep
from regreen_sandbox.errors import DiskFull, EngineDied, EngineMissing, SandboxError
from regreen_sandbox.faults import translate
from regreen_sandbox.labels import KIND, OWNER, Kind, Owner
from regreen_sandbox.limits import Limits
from tests.sandbox.sandbox_support import shell

pytestmark = pytest.mark.docker

# The docker client leaves a socket open whose connecting failed; gc.collect() shows it in time.
the_client_forgets_sockets = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)

OWNING = """
import sys, time
from regreen_sandbox.container import start
from regreen_sandbox.engine import clean, connect
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.trees import temporary_tree
owner = Owner.current()
with connect() as engine, temporary_tree("test") as tree:
    with start(engine, sys.argv[1], limits=Limits(), owner=owner) as sandbox:
        with sandbox.snapshot() as snapshot:
            volume = engine.client.volumes.create(labels=owner.labels(Kind.SANDBOX))
            network = engine.client.networks.create(
                "regreen-test-" + sandbox.name, internal=True, labels=owner.labels(Kind.SANDBOX)
            )
            print(str(owner), tree, flush=True)
            if sys.argv[2] == "clean":
                clean(engine, everything=False)
            elif sys.argv[2] == "snapshot":
                sandbox.run(["sh", "-c", "head -c 300M /dev/urandom > ~/f"],
                            env={}, cwd="/", timeout=60)
                print("begin", flush=True)
                with sandbox.snapshot():
                    time.sleep(60)
            else:
                sandbox.run(["sleep", "60"], env={}, cwd="/", timeout=90)
"""


class Neighbour:
    """Another process that owns a sandbox, a snapshot, a volume, a network and a tree."""

    def __init__(self, image: str, mode: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNING, image, mode],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.owner, self.tree = self.line().split()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self, number: signal.Signals) -> str:
        self.process.send_signal(number)
        return self.process.communicate(timeout=30)[1]

    def owned(self, engine: Engine) -> tuple[int, int, int, int, bool]:
        """Count containers, images, volumes, networks; say whether the tree is there."""
        api, mine = engine.client.api, {"label": f"{OWNER}={self.owner}"}
        return (
            len(api.containers(all=True, filters=mine)),
            len(api.images(filters=mine)),
            len(api.volumes(filters=mine)["Volumes"] or []),
            len(api.networks(filters=mine)),
            Path(self.tree).exists(),
        )


@contextmanager
def neighbour(engine: Engine, image: str, mode: str = "wait") -> Iterator[Neighbour]:
    other = Neighbour(image, mode)
    try:
        yield other
    finally:
        other.process.kill()
        other.process.communicate()
        sweep(engine)


def test_a_killed_owners_things_are_swept_and_a_living_ones_stay(
    engine: Engine, base_image: str
) -> None:
    with neighbour(engine, base_image) as dead, neighbour(engine, base_image) as living:
        assert dead.owned(engine) == (1, 1, 1, 1, True)
        dead.end(signal.SIGKILL)
        swept = sweep(engine)
        assert dead.owned(engine) == (0, 0, 0, 0, False)
        assert living.owned(engine) == (1, 1, 1, 1, True)
        assert swept.count >= 5
        assert swept.busy == ()
        assert dead.tree in swept.trees
        engine.client.images.get(base_image)


def test_an_interrupt_leaves_nothing_of_the_sandbox(engine: Engine, base_image: str) -> None:
    with neighbour(engine, base_image) as other:
        time.sleep(0.3)
        said = other.end(signal.SIGINT)
        assert "KeyboardInterrupt" in said
        containers, images, _, _, tree = other.owned(engine)
        assert (containers, images, tree) == (0, 0, False)


def test_an_interrupt_in_the_middle_of_a_snapshot_leaves_nothing(
    engine: Engine, base_image: str
) -> None:
    with neighbour(engine, base_image, "snapshot") as other:
        assert other.line() == "begin\n"
        time.sleep(0.1)
        said = other.end(signal.SIGINT)
        assert "KeyboardInterrupt" in said
        containers, images, _, _, _ = other.owned(engine)
        assert (containers, images) == (0, 0)


def test_cleaning_takes_ones_own_things(engine: Engine, base_image: str) -> None:
    with neighbour(engine, base_image) as living, neighbour(engine, base_image, "clean") as own:
        own.process.wait(30)
        assert own.owned(engine) == (0, 0, 0, 0, False)
        assert own.process.returncode == 0, own.process.communicate()[1]
        assert living.owned(engine) == (1, 1, 1, 1, True)


def test_containers_that_only_inherit_a_label_are_not_swept(
    engine: Engine, base_image: str
) -> None:
    api = engine.client.api
    dead = str(Owner(1, 1, "another boot", *str(Owner.current()).split("/")[3:]))
    labels = {OWNER: dead, KIND: Kind.BASE.value}
    made = api.create_container(base_image, ["true"], labels=labels)["Id"]
    try:
        assert made not in sweep(engine).containers
        api.inspect_container(made)
    finally:
        api.remove_container(made)


def test_a_planted_link_is_not_followed_and_others_folders_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with trees.temporary_tree("one") as kept:
        name = kept.name
        (kept / "locked").mkdir()
        (kept / "locked/file").touch()
        (kept / "locked").chmod(0)
        assert kept.stat().st_mode & 0o777 == 0o700
    assert not kept.exists()
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / name).symlink_to(precious)
    (tmp_path / "regreen-notes").mkdir()
    assert trees.leftover_trees(lambda _: True) == []
    assert precious.is_dir()


@the_client_forgets_sockets
def test_no_engine_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EngineMissing, match=r"no Docker engine .*: No such file") as caught:
        connect()
    assert caught.value.next_step == "regreen doctor"
    del caught  # its traceback holds the socket
    gc.collect()


@the_client_forgets_sockets
def test_an_engine_that_dies_in_a_run_is_one_clear_error(
    engine: Engine, base_image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Cable(engine, tmp_path / "docker.sock") as cable:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
        owner = Owner.current()
        began = time.monotonic()
        with connect() as dying:
            sandbox = start(dying, base_image, limits=Limits(), owner=owner)
            try:
                with pytest.raises(EngineDied) as caught:
                    _run_until_cut(sandbox, cable)
            finally:
                engine.client.api.remove_container(sandbox.name, force=True)
        assert time.monotonic() - began < 15
    assert "stopped answering" in caught.value.message
    assert caught.value.next_step == "regreen doctor"
    del caught  # its traceback holds the socket
    gc.collect()
    for image in engine.client.api.images(filters={"label": f"{OWNER}={owner}"}):
        engine.client.api.remove_image(image["Id"], force=True)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        docker.errors.APIError("500", Response(), "write /x: no space left on device"),
    ],
)
def test_a_full_disk_is_called_that(error: Exception) -> None:
    assert isinstance(translate(error, "something"), DiskFull)


def test_what_is_not_the_engines_passes_the_boundary_unchanged(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), engine.guard():
        raise ZeroDivisionError
    with pytest.raises(FileNotFoundError), engine.guard():
        Path("/no/such/file").read_bytes()
    with pytest.raises(SandboxError, match="mine"), engine.guard():
        raise SandboxError("mine")


def _run_until_cut(sandbox: Sandbox, cable: Cable) -> None:
    with sandbox, sandbox.snapshot():
        threading.Timer(0.5, cable.cut).start()
        shell(sandbox, "echo begun; sleep 30")


class Cable:
    """A connection to the real engine that can be cut: what a dying engine looks like."""

    def __init__(self, engine: Engine, path: Path) -> None:
        # docker's client keeps the path of its engine's socket only in the adapter's.
        adapter = engine.client.api.get_adapter("http+docker://localhost")
        self._engine = str(vars(adapter)["socket_path"])
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._path = path
        self._ends: list[socket.socket] = []

    def __enter__(self) -> Cable:
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.cut()

    def cut(self) -> None:
        self._path.unlink(missing_ok=True)
        for end in (self._server, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                real = socket.socket(socket.AF_UNIX)
                real.connect(self._engine)
                self._ends += [client, real]
                for pair in ((client, real), (real, client)):
                    threading.Thread(target=_copy, args=pair, daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
