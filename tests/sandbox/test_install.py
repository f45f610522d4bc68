"""Getting an engine: who may, what is said when not, and a daemon that is really started."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import docker.errors
import pytest
import requests

from regreen_sandbox.errors import EngineMissing
from regreen_sandbox.install import (
    CGROUP_PACKAGE,
    PACKAGES,
    InstallFailed,
    ensure_engine,
    forget_dead_daemons,
    is_debian,
    start_daemon_directly,
)
from regreen_sandbox.programs import find_program

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts a daemon")


@pytest.mark.docker
def test_an_engine_that_answers_is_taken_as_it_is() -> None:
    said: list[str] = []
    with ensure_engine(consent=True, report=said.append) as engine:
        assert engine.client.ping()
    assert said == []


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    yield
    gc.collect()


# The docker client leaves a socket open whose connecting failed; gc.collect() shows it in time.
forgotten_sockets = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@forgotten_sockets
@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize("consent", [True, False])
def test_another_machines_engine_is_not_ours_to_start(consent: bool) -> None:
    with pytest.raises(EngineMissing, match="DOCKER_HOST") as caught:
        ensure_engine(consent=consent, report=print)
    assert "DOCKER_HOST" in caught.value.next_step


@pytest.mark.skipif(not is_debian(), reason="apt-get is Debian's")
def test_the_packages_exist() -> None:
    argv = [
        "apt-get",
        "install",
        "--simulate",
        "--no-install-recommends",
        *PACKAGES,
        CGROUP_PACKAGE,
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def corner() -> Iterator[Path]:
    """A folder with a short path: a socket's may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="dockerd") as folder:
        yield Path(folder)
        # What the daemon mounted below it would stop the folder from going.
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
        for line in reversed(mounts):
            point = line.split()[1]
            if point.startswith(f"{folder}/"):
                subprocess.run(["umount", "--lazy", point], check=False, timeout=20)


def _arguments(corner: Path) -> list[str]:
    return [
        f"--data-root={corner}/data",
        f"--exec-root={corner}/exec",
        f"--pidfile={corner}/pid",
        f"--host=unix://{corner}/s",
    ]


def _pings(corner: Path) -> bool:
    try:
        client = docker.DockerClient(base_url=f"unix://{corner}/s", timeout=5)
    except docker.errors.DockerException:
        return False
    try:
        return bool(client.ping())
    except (docker.errors.DockerException, requests.RequestException):
        return False
    finally:
        client.close()


_PROGRAM = """
import sys
from pathlib import Path
from regreen_sandbox.install import start_daemon_directly
from tests.sandbox.test_install import _arguments, _pings
corner = Path(sys.argv[1])
print(start_daemon_directly(
    lambda line: None, arguments=_arguments(corner), log=corner / "log",
    answers=lambda: _pings(corner)))
"""


@root_only
@forgotten_sockets
@pytest.mark.docker
def test_a_daemon_outlives_the_process_that_started_it(corner: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    # A network of its own: two daemons in one would fight over the bridge.
    argv = ["unshare", "--net", sys.executable, "-c", _PROGRAM, str(corner)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env, timeout=120)
    assert done.returncode == 0, done.stderr
    pid = int(done.stdout)
    try:
        assert _pings(corner)
        assert os.getsid(pid) == pid
    finally:
        _end(pid)
    assert not _pings(corner)
    gc.collect()


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@root_only
@pytest.mark.docker
def test_a_daemon_that_does_not_start_says_why(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(InstallFailed, match="no-such-flag") as caught:
        start_daemon_directly(
            print, arguments=["--no-such-flag"], log=tmp_path / "log", answers=lambda: False
        )
    assert str(tmp_path / "log") in caught.value.next_step
    assert time.monotonic() - started < 10


def test_programs_of_root_are_found_with_a_users_path(monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = shutil.which("dockerd", path="/usr/local/sbin:/usr/sbin:/sbin")
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_program("dockerd") == daemon


def test_the_pid_file_of_a_killed_daemon_goes_and_no_other(tmp_path: Path) -> None:
    stale, foreign = tmp_path / "stale.pid", tmp_path / "foreign.pid"
    stale.write_text("4194303\n")
    foreign.write_text(f"{os.getpid()}\n")
    (tmp_path / "odd.pid").write_text("not a number")
    forget_dead_daemons([stale, foreign, tmp_path / "odd.pid", tmp_path / "missing.pid"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["odd.pid"]
