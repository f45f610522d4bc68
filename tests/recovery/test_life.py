"""Nothing is left behind: on Ctrl-C, after ``kill -9``, when the engine dies half-way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import OWNER
from tests.repositories import commit

pytestmark = pytest.mark.docker

WORKFLOW = """\
on: push
jobs:
  wait:
    runs-on: ubuntu-latest
    steps:
      - run: sleep 300
"""


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts ``regreen reproduce`` of a job that waits; ended with the test."""
    commit(tmp_path / "r", {".github/workflows/ci.yml": WORKFLOW})
    started: list[subprocess.Popen[str]] = []

    def begin(**more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "regreen", "reproduce", "--repo", str(tmp_path / "r")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **more},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate(timeout=30)


def mine(engine: Engine, pid: int) -> list[str]:
    """Return the containers and images that a process owns."""
    rows = engine.client.api.containers(all=True, filters={"label": OWNER})
    rows += engine.client.api.images(filters={"label": "regreen.kind=snapshot"})
    return [row["Id"] for row in rows if row["Labels"][OWNER].startswith(f"{pid}/")]


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_and_has_its_exit_code(
    engine: Engine, waiting: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = waiting()
    until(lambda: mine(engine, process.pid))
    time.sleep(1.5)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert err.index("interrupted; cleaning up") < err.index("no process and no half-written")
    assert mine(engine, process.pid) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_answer_does_not_wait_for_the_engine_and_the_second_one_leaves_at_once(
    engine: Engine,
    waiting: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    with Frail(tmp_path / "docker.sock") as frail:
        process = waiting(DOCKER_HOST=f"unix://{frail.path}")
        assert process.stderr is not None
        until(lambda: mine(engine, process.pid))
        time.sleep(1.5)
        frail.flowing.clear()  # from here on nothing is removed
        process.send_signal(number)
        while "interrupted; cleaning up" not in (line := process.stderr.readline()):
            assert line, "it ended without an answer"
        assert process.poll() is None
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "what is left behind goes at the next start" in err
        frail.flowing.set()
    following = waiting()
    until(lambda: mine(engine, following.pid))
    assert mine(engine, process.pid) == []


def test_what_a_killed_regreen_left_goes_at_the_next_start(
    engine: Engine, waiting: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    killed = waiting()
    until(lambda: mine(engine, killed.pid))
    killed.kill()
    killed.wait()
    [log] = (tmp_path / ".regreen" / "logs").iterdir()
    assert "== Reproduce the failure\n" in log.read_text(encoding="utf-8")
    following = waiting()
    until(lambda: mine(engine, following.pid))
    assert mine(engine, killed.pid) == []


def test_an_engine_that_dies_half_way_is_said_with_its_exit_code(
    engine: Engine, waiting: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    with Frail(tmp_path / "docker.sock") as frail:
        process = waiting(DOCKER_HOST=f"unix://{frail.path}")
        until(lambda: mine(engine, process.pid))
        time.sleep(1.5)
        frail.die()
        _, err = process.communicate(timeout=120)
    assert process.returncode == 5, err
    assert "Traceback" not in err
    assert "next: regreen doctor" in err


class Frail:
    """A way to the engine that can be cut: a Unix socket that forwards until it dies.

    While ``flowing`` is clear, the engine hears nothing more.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.flowing = threading.Event()
        self.flowing.set()
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> Frail:
        self._listener.bind(str(self.path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.die()

    def die(self) -> None:
        """Cut every connection, and take no new one."""
        self.path.unlink(missing_ok=True)
        self.flowing.set()
        for one in [self._listener, *self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect("/var/run/docker.sock")
                self._open += [client, engine]
                for source, target in ((client, engine), (engine, client)):
                    ways = (source, target, self.flowing)
                    threading.Thread(target=_copy, args=ways, daemon=True).start()


def _copy(source: socket.socket, target: socket.socket, flowing: threading.Event) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            flowing.wait()
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
