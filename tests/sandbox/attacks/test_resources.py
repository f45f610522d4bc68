"""Jobs that want all of the machine: processes, memory, disk, files, logs, time."""

from __future__ import annotations

import os
import resource
import time
from contextlib import suppress
from pathlib import Path

import pytest

from regreen_sandbox.container import start
from regreen_sandbox.disk import has_quotas
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, DiskLimitReached, FileTooLarge, SandboxGone
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import GIB, MIB, Limits
from regreen_sandbox.profiles import Profile
from tests.sandbox.sandbox_support import WORK, Start, shell

pytestmark = pytest.mark.docker


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


def test_memory_is_bounded_with_what_lies_in_dev_shm(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(memory_bytes=128 * MIB))
    result = shell(sandbox, "python3 -c 'b = bytearray(600_000_000)'; echo $?")
    assert result.output.split()[-1] == b"137"
    assert shell(sandbox, "echo still here").output == b"still here\n"
    assert not shell(sandbox, "head -c 100000000 /dev/zero > /dev/shm/fill").ok


def test_one_file_has_a_largest_size(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(file_bytes=MIB))
    shell(sandbox, "head -c 5000000 /dev/zero > big")
    assert shell(sandbox, "stat -c %s big").output == b"%d\n" % MIB


def test_processors_are_bounded(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(cpus=0.5))
    asked = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null"
    assert shell(sandbox, asked).output.split()[0] == b"50000"


def test_the_disks_reserve_is_not_eaten(engine: Engine, start_sandbox: Start) -> None:
    free = engine.free_bytes()
    if free is None or free < 2 * GIB:
        pytest.skip("the engine's disk is elsewhere, or nearly full")
    sandbox = start_sandbox(Limits(disk_reserve_bytes=free - 600 * MIB))
    began = time.monotonic()
    with pytest.raises(DiskFull, match="MiB are free"):
        shell(sandbox, "fallocate -l 900M fill; sleep 20")
    assert time.monotonic() - began < 10


def _require_watchdog(engine: Engine) -> None:
    if engine.free_bytes() is None or has_quotas(engine):
        pytest.skip("the engine's disk is elsewhere, or bounds a container itself")


@pytest.mark.parametrize("file", ["/etc/hosts", "/etc/resolv.conf", "/etc/hostname"])
def test_the_engine_s_own_files_in_a_container_count(
    engine: Engine, start_sandbox: Start, file: str
) -> None:
    """Root can write to them, and they lie on the host outside of the container's layer."""
    _require_watchdog(engine)
    sandbox = start_sandbox(Limits(disk_bytes=50 * MIB), profile=Profile.ROOT)
    with pytest.raises(DiskLimitReached):
        shell(sandbox, f"fallocate -l 300M {file}; sleep 20")


def test_a_volume_that_the_image_asks_for_counts(engine: Engine, base_image: str) -> None:
    _require_watchdog(engine)
    api, labels = engine.client.api, Owner.current().labels(Kind.BUILD)
    made = api.create_container(base_image, ["true"], entrypoint=[], labels=labels)["Id"]
    image = api.commit(made, changes=["VOLUME /data"], conf={"Labels": labels})["Id"]
    api.remove_container(made)
    try:
        with (
            start(
                engine,
                image,
                limits=Limits(disk_bytes=50 * MIB),
                owner=Owner.current(),
                profile=Profile.ROOT,
            ) as sandbox,
            pytest.raises(DiskLimitReached),
        ):
            shell(sandbox, "fallocate -l 300M /data/fill; sleep 20")
    finally:
        api.remove_image(image, force=True)


def test_a_flood_of_output_costs_neither_memory_nor_disk(
    engine: Engine, start_sandbox: Start
) -> None:
    sandbox = start_sandbox(Limits(output_bytes=2 * MIB))
    size, seen = 150_000_000, 0

    def count(piece: bytes) -> None:
        nonlocal seen
        seen += len(piece)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    flood = ["head", "-c", str(size), "/dev/zero"]
    result = sandbox.run(flood, env={}, cwd="/", timeout=90, on_output=count)
    assert (result.exit_code, result.truncated, seen) == (0, True, size)
    assert len(result.output) < 2 * MIB + 100
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 75_000, "KiB of memory for 150 MB of output"
    assert _log_bytes(engine, sandbox.name) < MIB, "the engine stores it"


def test_a_flood_through_the_main_process_s_output_is_bounded(
    engine: Engine, start_sandbox: Start
) -> None:
    """The engine writes that down on the host."""
    sandbox = start_sandbox()
    flood = "yes flood | head -c 8000000 > /proc/1/fd/1 && sleep 1"
    assert shell(sandbox, flood, timeout=60).ok
    assert _log_bytes(engine, sandbox.name) < 3 * MIB
    assert shell(sandbox, "echo still here").output == b"still here\n"


def _log_bytes(engine: Engine, container: str) -> int:
    path = Path(str(engine.client.api.inspect_container(container)["LogPath"]))
    if not os.access(path, os.R_OK):
        return len(engine.client.api.logs(container))
    return sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))


def test_a_hundred_thousand_files_hold_nothing_up(start_sandbox: Start) -> None:
    sandbox = start_sandbox()
    made = shell(sandbox, "mkdir many && cd many && seq 100000 | xargs touch", timeout=60)
    assert made.ok, made.output
    with pytest.raises(FileTooLarge):
        sandbox.read_tree(f"{WORK}/many", limit=MIB)
    began = time.monotonic()
    sandbox.close()
    assert time.monotonic() - began < 30


def test_a_daemon_ends_with_its_sandbox(engine: Engine, start_sandbox: Start) -> None:
    sandbox = start_sandbox()
    shell(sandbox, "trap '' TERM HUP INT; setsid nohup sleep 54321 > /dev/null 2>&1 &")
    main = int(engine.client.api.inspect_container(sandbox.name)["State"]["Pid"])
    assert sandbox.processes() == 1
    sandbox.close()
    if engine.free_bytes() is not None:  # the engine is on this machine
        assert not Path(f"/proc/{main}/ns/pid").exists()
        lines = (p / "cmdline" for p in Path("/proc").iterdir() if p.name.isdecimal())
        for line in lines:
            with suppress(OSError):
                assert line.read_bytes() != b"sleep\x0054321\x00"
