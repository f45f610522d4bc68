"""A job's part of the engine's disk: bytes, files, and what it writes between commands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import docker.errors
import pytest

from regreen_sandbox import disk
from regreen_sandbox.caches import CacheMount
from regreen_sandbox.container import start
from regreen_sandbox.disk import DiskKeeper, has_quotas, refuse_quotas
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, DiskLimitReached, SandboxGone
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import MIB, Limits
from tests.sandbox.sandbox_support import Start, shell

pytestmark = pytest.mark.docker


@pytest.fixture(autouse=True)
def _local_disk(engine: Engine) -> None:
    if engine.free_bytes() is None:
        pytest.skip("the engine's disk is elsewhere")


@pytest.fixture
def _watched(engine: Engine) -> None:
    if has_quotas(engine):
        pytest.skip("the engine's storage keeps the limit itself")


@pytest.mark.usefixtures("_watched")
def test_a_disk_filler_is_ended_at_its_limit(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(disk_bytes=200 * MIB))
    assert sandbox.disk_kept_by is DiskKeeper.WATCHDOG
    assert shell(sandbox, "fallocate -l 100M within; sleep 0.5").ok
    began = time.monotonic()
    with pytest.raises(DiskLimitReached, match="may write 200 MiB") as ended:
        shell(sandbox, "for i in 1 2 3 4; do fallocate -l 100M more$i; done; sleep 25")
    assert time.monotonic() - began < 20
    assert "sandbox.disk_gib" in ended.value.next_step
    with pytest.raises(SandboxGone):
        shell(sandbox, "true")


@pytest.mark.usefixtures("_watched")
def test_what_is_written_between_commands_counts(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(disk_bytes=50 * MIB))
    shell(sandbox, "(sleep 1; fallocate -l 300M late) > /dev/null 2>&1 &")
    time.sleep(2.5)
    with pytest.raises(DiskLimitReached):
        shell(sandbox, "true")


@pytest.mark.usefixtures("_watched")
def test_what_others_free_meanwhile_hides_nothing_for_long(
    start_sandbox: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "LOOK_SECONDS", 1.0)
    monkeypatch.setattr(Engine, "free_bytes", lambda _: 1 << 50)
    sandbox = start_sandbox(Limits(disk_bytes=50 * MIB))
    with pytest.raises(DiskLimitReached):
        shell(sandbox, "fallocate -l 300M hidden; sleep 25")


def test_what_others_write_ends_no_innocent(start_sandbox: Start) -> None:
    other = start_sandbox()
    sandbox = start_sandbox(Limits(disk_bytes=50 * MIB))
    assert shell(other, "fallocate -l 300M others").ok
    assert shell(sandbox, "sleep 0.5; echo still here").output == b"still here\n"


@pytest.fixture
def volume(engine: Engine) -> Iterator[str]:
    labels = Owner.current().labels(Kind.BUILD)
    name = engine.client.api.create_volume(labels=labels)["Name"]
    yield name
    engine.client.api.remove_volume(name, force=True)


def test_a_writable_cache_counts(engine: Engine, base_image: str, volume: str) -> None:
    limits = Limits(disk_bytes=100 * MIB)
    cache = CacheMount(volume, "/home/runner/work/cache")
    # A new volume has the owner of the image's folder that it is mounted at; there is none here.
    with start(
        engine, base_image, limits=limits, owner=Owner.current(), caches=(cache,)
    ) as sandbox:
        Path(engine.client.api.inspect_volume(volume)["Mountpoint"]).chmod(0o777)
        with pytest.raises(DiskLimitReached):
            shell(sandbox, "fallocate -l 300M cache/fill; sleep 25")


def test_a_flood_of_files_leaves_room_for_the_host(
    engine: Engine, start_sandbox: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    total, first = disk._inodes(engine)
    if not total:
        pytest.skip("the engine's disk has no fixed number of files")
    limits, real = Limits(), disk._inodes

    def nearly_full(of: Engine) -> tuple[int, int]:
        gone = first - real(of)[1]
        return total, limits.inode_reserve + 20_000 - gone

    monkeypatch.setattr(disk, "_inodes", nearly_full)
    sandbox = start_sandbox(limits)
    with pytest.raises(DiskFull, match="more files can be made"):
        shell(sandbox, "seq 100000 | xargs touch; sleep 25")


def test_a_refused_quota_is_remembered(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_quotas", {})
    has_quotas(engine)
    assert not refuse_quotas(engine, docker.errors.APIError("x", explanation="no such image"))
    over = "failed to create subvolume: disk quota exceeded"
    monkeypatch.setitem(disk._quotas, disk._key(engine), True)
    assert refuse_quotas(engine, docker.errors.APIError("x", explanation=over))
    assert has_quotas(engine) is True
    words = "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"
    assert refuse_quotas(engine, docker.errors.APIError("x", explanation=words))
    assert has_quotas(engine) is False


def test_an_engine_that_only_seems_to_have_quotas_starts_all_the_same(
    engine: Engine, start_sandbox: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_quotas(engine):
        pytest.skip("the engine's storage has quotas")
    monkeypatch.setitem(disk._quotas, disk._key(engine), True)
    sandbox = start_sandbox()
    assert sandbox.disk_kept_by is DiskKeeper.WATCHDOG
    assert shell(sandbox, "true").ok
    assert has_quotas(engine) is False
