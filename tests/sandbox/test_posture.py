"""Every protection of the sandbox, attacked from inside."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from regreen_sandbox.container import ExecResult, start
from regreen_sandbox.engine import Engine, connect
from regreen_sandbox.errors import DiskFull, SandboxGone
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import GIB, MIB, Limits
from tests.sandbox.sandbox_support import Start, shell

pytestmark = pytest.mark.docker

Sh = Callable[[str], ExecResult]

STATUS = "cat /proc/{}/status"
MOUNT = """python3 - <<'E'
import ctypes
raise SystemExit(ctypes.CDLL(None).mount(b"none", b"/home/runner/work", b"tmpfs", 0, None) != 0)
E"""
NOTHING = "0000000000000000"


@pytest.mark.parametrize("process", ["self", "1"])
def test_no_capability_and_no_way_to_gain_one(sh: Sh, process: str) -> None:
    lines = sh(STATUS.format(process)).output.decode().splitlines()
    status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert status[kind] == NOTHING, kind
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert status["Uid"].split() == ["1001"] * 4
    assert status["Gid"].split() == ["1001"] * 4


@pytest.mark.parametrize(
    "attack",
    [
        "python3 -c 'import os; os.setuid(0)'",
        "python3 -c 'import os; os.setgroups([0])'",
        "unshare --user --map-root-user true",
        "unshare --mount true",
        MOUNT,
        "chroot / true",
        "mknod /tmp/disk b 8 0",
        "touch /etc/passwd",
        "touch /usr/bin/evil",
        "echo 1 > /proc/sys/kernel/core_pattern",
        "echo b > /proc/sysrq-trigger",
        "mkdir /sys/fs/cgroup/pids/evil || mkdir /sys/fs/cgroup/evil",
        "test -s /proc/kcore && head -c 1 /proc/kcore | grep -q .",
        "ls /sys/firmware | grep -q .",
        "cat /etc/shadow",
        "touch /usr/bin/python3",
        "ls /run/regreen",
        "ls /var/run/docker.sock",
        "kill -9 1 && sleep 0.2 && ! test -e /proc/1/status",
        "dmesg",
    ],
)
def test_what_a_job_must_not_do_fails(sh: Sh, attack: str) -> None:
    result = sh(attack)
    assert result.exit_code not in (0, 127), result.output.decode()


def test_a_set_uid_program_gives_nothing(sh: Sh) -> None:
    found = sh("find /usr/bin /bin -perm -4000 -user root 2>/dev/null | head -1").output.strip()
    if not found:
        pytest.skip("the image has no set-uid program")
    assert b"1001" in sh("/usr/bin/su -c id root < /dev/null; id -u").output


def test_loopback_is_all_the_network_there_is(sh: Sh) -> None:
    script = """python3 - <<'E'
import socket
print([name for _, name in socket.if_nameindex()])
for address in ("1.1.1.1", "172.17.0.1", "169.254.169.254"):
    try:
        socket.create_connection((address, 80), timeout=2)
    except OSError as error:
        print(error.errno)
E"""
    lines = sh(script).output.decode().splitlines()
    assert lines == ["['lo']", "101", "101", "101"]


def test_nothing_of_the_host_is_mounted(sh: Sh) -> None:
    mounts = [line.split() for line in sh("cat /proc/mounts").output.decode().splitlines()]
    of_disks = {place for device, place, *_ in mounts if device.startswith("/")}
    assert of_disks == {"/etc/resolv.conf", "/etc/hostname", "/etc/hosts"}


def test_nothing_of_the_hosts_environment_nor_of_the_clients_settings(
    base_image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxies = {"default": {"httpProxy": "http://user:hunter2@proxy.invalid:1"}}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": proxies}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("GITHUB_TOKEN", "hunter2")
    owner = Owner.current()
    with (
        connect() as engine,
        start(engine, base_image, limits=Limits(), owner=owner, index_socket=None) as sandbox,
    ):
        result = sandbox.run(["env"], env={"GIVEN": "1"}, cwd="/", timeout=10)
        main = shell(sandbox, "tr '\\0' '\\n' < /proc/1/environ").output
    names = {line.partition(b"=")[0] for line in result.output.splitlines()}
    assert b"GIVEN" in names
    for output in (result.output, main):
        assert b"hunter2" not in output
        assert b"proxy" not in output.lower()
        assert b"HOME=/home/runner" in output


def test_a_fork_bomb_stops_at_the_limit(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(pids=64))
    script = """
import os
n = 0
try:
    while n < 1000:
        if os.fork() == 0:
            import signal
            signal.pause()
        n += 1
except OSError as error:
    print(n, error.errno)
"""
    result = sandbox.run(["python3", "-c", script], env={}, cwd="/", timeout=20)
    count, errno = result.output.split()
    assert int(count) < 64
    assert errno == b"11"
    began = time.monotonic()
    sandbox.close()
    assert time.monotonic() - began < 10


def test_a_fork_bomb_that_never_ends_is_ended_at_the_time_out(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(pids=128, cpus=1))
    bomb = "bomb() { bomb | bomb & }; bomb 2>/dev/null; exec sleep 60"
    result = shell(sandbox, bomb, timeout=1.5)
    assert result.timed_out
    assert result.seconds < 15
    with suppress(SandboxGone):  # the container was killed, or everything in it
        assert int(shell(sandbox, "ps -e --no-headers | wc -l", timeout=10).output) < 10


def test_a_memory_bomb_is_killed_and_only_that(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(memory_bytes=128 * MIB))
    result = shell(sandbox, "python3 -c 'b = bytearray(600_000_000)'; echo $?")
    assert result.output.split()[-1] == b"137"
    assert shell(sandbox, "echo still here").output == b"still here\n"


def test_shared_memory_counts_and_is_bounded(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(memory_bytes=128 * MIB))
    result = shell(sandbox, "head -c 100000000 /dev/zero > /dev/shm/fill")
    assert result.exit_code != 0


def test_one_file_has_a_largest_size(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(file_bytes=MIB))
    shell(sandbox, "head -c 5000000 /dev/zero > big")
    assert shell(sandbox, "stat -c %s big").output == b"%d\n" % MIB


def test_the_disks_reserve_is_not_eaten(engine: Engine, start_sandbox: Start) -> None:
    free = engine.free_bytes()
    if free is None or free < 2 * GIB:
        pytest.skip("the engine's disk is elsewhere, or nearly full")
    sandbox = start_sandbox(Limits(disk_reserve_bytes=free - 600 * MIB))
    began = time.monotonic()
    with pytest.raises(DiskFull, match="MiB are free"):
        shell(sandbox, "fallocate -l 900M fill; sleep 20")
    assert time.monotonic() - began < 10


def test_processors_are_bounded(sh: Sh) -> None:
    quota = sh("cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null")
    assert int(quota.output.split()[0]) > 0


def test_the_index_socket_is_reached_and_its_folder_cannot_be_written(
    tmp_path: Path, start_sandbox: Start
) -> None:
    folder = tmp_path / "socket"
    folder.mkdir()
    folder.chmod(0o777)  # so that nothing but the mount keeps a job from writing
    (tmp_path / "neighbour").write_text("secret")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "index.sock"))
        (folder / "index.sock").chmod(0o666)
        server.listen()
        threading.Thread(target=_answer, args=(server,), daemon=True).start()
        sandbox = start_sandbox(index_socket=folder / "index.sock")
        fetch = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:3141/').read())"
        result = sandbox.run(["python3", "-c", fetch], env={}, cwd="/", timeout=20)
    assert result.output == b"b'hello'\n"
    assert not shell(sandbox, "touch /run/regreen/x || rm -f /run/regreen/index.sock").ok
    assert shell(sandbox, "ls -A /run/regreen").output == b"index.sock\n"
    assert not shell(sandbox, "cat /run/regreen/../neighbour").ok


def _answer(server: socket.socket) -> None:
    client, _ = server.accept()
    with client:
        client.recv(65536)
        client.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")
