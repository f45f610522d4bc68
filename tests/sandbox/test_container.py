"""Commands, files and snapshots of a sandbox, and that all of them end and go."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import docker.errors
import pytest

from regreen_sandbox import execution, starting
from regreen_sandbox.container import ExecResult, Sandbox, start
from regreen_sandbox.engine import Engine, connect
from regreen_sandbox.errors import (
    DiskFull,
    EngineRefused,
    FileTooLarge,
    ImageUnavailable,
    SandboxError,
    SandboxGone,
)
from regreen_sandbox.labels import KIND, OWNER, Owner
from regreen_sandbox.limits import GIB, MIB, Limits
from regreen_sandbox.network.wiring import IndexOnly
from tests.sandbox.sandbox_support import WORK, Start, shell

pytestmark = pytest.mark.docker

Sh = Callable[[str], ExecResult]


def test_output_is_interleaved_and_the_exit_code_the_commands_own(sh: Sh) -> None:
    result = sh("for i in {1..300}; do echo $i; echo $i >&2; done; exit 7")
    assert result.exit_code == 7
    assert result.output == b"".join(b"%d\n%d\n" % (i, i) for i in range(1, 301))
    assert (result.truncated, result.timed_out, result.ok) == (False, False, False)


def test_environment_and_folder(engine: Engine, sandbox: Sandbox) -> None:
    env = {"A": "x=y z", "EMPTY": "", "LINES": "1\n2", "INPUT_PYTHON-VERSION": "3.12", "x.y": "$A"}
    script = "import os, json; print(json.dumps([dict(os.environ), os.getcwd()]))"
    result = sandbox.run(["python3", "-c", script], env=env, cwd="/tmp", timeout=9)
    seen, folder = json.loads(result.output)
    assert env.items() <= seen.items()
    assert folder == "/tmp"
    of_image = engine.client.images.get(sandbox.image_id).attrs["Config"]["Env"]
    known = {entry.partition("=")[0] for entry in of_image}
    assert set(seen) - set(env) - known <= {"HOME", "HOSTNAME", "PWD", "LC_CTYPE"}


@pytest.mark.parametrize("env", [{"": "x"}, {"A=B": "x"}, {"A": "nul\0"}])
def test_an_impossible_environment_is_refused(sandbox: Sandbox, env: Mapping[str, str]) -> None:
    with pytest.raises(SandboxError, match="environment"):
        sandbox.run(["true"], env=env, cwd="/", timeout=9)


def test_a_missing_program_is_a_result_and_a_missing_folder_is_not(sandbox: Sandbox) -> None:
    assert sandbox.run(["no-such-program"], env={}, cwd="/", timeout=9).exit_code == 127
    with pytest.raises(EngineRefused, match="/no/such/folder"):
        sandbox.run(["true"], env={}, cwd="/no/such/folder", timeout=9)


def test_a_job_cannot_pretend_that_it_was_not_started(sh: Sh) -> None:
    assert sh("echo 'OCI runtime exec failed: exec failed'; exit 126").exit_code == 126


def test_the_first_output_is_never_lost(sandbox: Sandbox) -> None:
    for _ in range(8):
        assert sandbox.run(["echo", "x"], env={}, cwd="/", timeout=9).output == b"x\n"


def test_a_flood_is_bounded_and_its_ends_are_kept(start_sandbox: Start) -> None:
    sandbox = start_sandbox(Limits(output_bytes=MIB))
    seen = 0

    def count(piece: bytes) -> None:
        nonlocal seen
        seen += len(piece)

    script = "echo first; head -c 40000000 /dev/zero; echo; echo last"
    result = sandbox.run(["bash", "-c", script], env={}, cwd="/", timeout=60, on_output=count)
    assert result.ok
    assert result.truncated
    assert MIB <= len(result.output) < MIB + 100
    assert result.output.startswith(b"first\n")
    assert result.output.endswith(b"\nlast\n")
    assert b"bytes of output left out" in result.output
    assert seen == 40_000_000 + len(b"first\n\nlast\n")


def test_output_arrives_while_the_command_runs(sandbox: Sandbox) -> None:
    began, times = time.monotonic(), []
    sandbox.run(
        ["bash", "-c", "echo 1; sleep 1; echo 2"],
        env={},
        cwd="/",
        timeout=10,
        on_output=lambda _: times.append(time.monotonic() - began),
    )
    assert times[0] < 0.8 < times[-1]


@pytest.mark.parametrize("daemon", ["sleep 60", "yes", "setsid sleep 60"])
def test_a_child_that_keeps_the_output_open_does_not_keep_us(
    start_sandbox: Start, daemon: str
) -> None:
    result = shell(start_sandbox(), f"{daemon} & echo done; exit 5")
    assert result.exit_code == 5
    assert b"done\n" in result.output
    assert result.seconds < 4


def test_a_command_that_obeys_ends_at_the_time_out(sh: Sh, sandbox: Sandbox) -> None:
    result = shell(sandbox, "echo begun; sleep 60", timeout=1)
    assert (result.exit_code, result.output, result.timed_out) == (124, b"begun\n", True)
    assert result.seconds < 4


def test_a_command_that_says_124_itself_did_not_time_out(sh: Sh) -> None:
    assert not sh("exit 124").timed_out


def test_a_command_that_ignores_being_asked_is_killed_with_all_it_started(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "KILL_AFTER", 1.0)
    script = "trap '' TERM; setsid sleep 4321 & while :; do sleep 0.1; done"
    result = shell(sandbox, script, timeout=1)
    assert (result.exit_code, result.timed_out) == (137, True)
    assert result.seconds < 5
    assert b"4321" not in shell(sandbox, "ps -e -o args").output


def test_a_job_that_stops_its_own_time_out_is_killed_from_the_host(
    start_sandbox: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "KILL_AFTER", 0.5)
    monkeypatch.setattr(execution, "HOST_GRACE", 1.0)
    sandbox = start_sandbox()
    result = shell(sandbox, "kill -STOP $PPID; sleep 60", timeout=1)
    assert (result.exit_code, result.timed_out) == (137, True)
    assert result.seconds < 8
    with pytest.raises(SandboxGone):
        shell(sandbox, "true")


def test_no_command_outlasts_the_steps_limit(start_sandbox: Start) -> None:
    assert shell(start_sandbox(Limits(step_seconds=1)), "sleep 60", timeout=50).timed_out


def test_files_go_in_and_out_as_they_are(sandbox: Sandbox, sh: Sh) -> None:
    content = bytes(range(256)) * 1000
    path = f"{WORK}/new folder/deeper/ü.bin"
    sandbox.write(path, content, 0o750)
    assert sandbox.read(path) == content
    assert sh(f"stat -c '%a %u %g' '{path}'").output == b"750 1001 1001\n"
    assert sh("stat -c '%u' 'new folder'").output == b"1001\n"
    sandbox.write(path, b"")
    assert sandbox.read(path) == b""


def test_what_is_no_regular_file_reads_as_none(sandbox: Sandbox, sh: Sh) -> None:
    sh("mkfifo pipe; mkdir -p folder; ln -s /etc/passwd link; ln -s nowhere dangling")
    for name in ("missing", "pipe", "folder", "link", "dangling", "folder/none", "link/none"):
        assert sandbox.read(f"{WORK}/{name}") is None, name


def test_a_file_over_the_limit_is_refused(sandbox: Sandbox, sh: Sh) -> None:
    sh("truncate -s 8G sparse")
    with pytest.raises(FileTooLarge, match="larger than the 1000 bytes"):
        sandbox.read(f"{WORK}/sparse", limit=1000)
    with pytest.raises(FileTooLarge, match="larger than the 100000 bytes"):
        sandbox.read_tree(WORK, limit=100_000)


@pytest.mark.timeout(60)
def test_a_container_goes_at_once_after_a_file_that_was_too_large(start_sandbox: Start) -> None:
    sandbox = start_sandbox()
    shell(sandbox, "mkdir d; head -c 8000000 /dev/zero > d/file")
    with pytest.raises(FileTooLarge) as file:  # their tracebacks keep all that was open then
        sandbox.read(f"{WORK}/d/file", limit=MIB)
    with pytest.raises(FileTooLarge) as tree:
        sandbox.read_tree(f"{WORK}/d", limit=MIB)
    began = time.monotonic()
    sandbox.close()
    assert time.monotonic() - began < 8
    assert file.value.next_step
    assert tree.value.next_step


@pytest.mark.timeout(60)
def test_a_container_goes_at_once_after_a_read_that_was_interrupted(
    start_sandbox: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = start_sandbox()
    shell(sandbox, "head -c 8000000 /dev/zero > file")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tarfile.TarFile, "extractfile", interrupt)
    with pytest.raises(KeyboardInterrupt) as stop:
        sandbox.read(f"{WORK}/file", limit=GIB)
    began = time.monotonic()
    sandbox.close()
    assert time.monotonic() - began < 8
    assert stop.value.args == ()


@pytest.mark.timeout(60)
def test_a_container_that_the_engine_holds_on_to_does_not_hold_us(
    engine: Engine, start_sandbox: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "_REMOVE_SECONDS", 1.0)
    sandbox = start_sandbox()
    shell(sandbox, "head -c 8000000 /dev/zero > file")
    with connect() as other:
        pieces, _ = other.client.api.get_archive(sandbox.name, f"{WORK}/file")
        began = time.monotonic()
        sandbox.close()
        assert 1.5 < time.monotonic() - began < 8
        assert len(b"".join(pieces)) > 8_000_000
    sandbox.close()
    named = {"name": sandbox.name}
    while engine.client.api.containers(all=True, filters=named) and time.monotonic() < began + 20:
        time.sleep(0.1)
    assert not engine.client.api.containers(all=True, filters=named)


def test_a_file_that_shrinks_while_it_is_read_is_no_bug(sandbox: Sandbox, sh: Sh) -> None:
    sh(
        "head -c 40000000 /dev/zero > shrinking; touch going; "
        "(while test -e going; do : > shrinking; head -c 40000000 /dev/zero > shrinking; done) "
        "> /dev/null 2>&1 &"
    )
    for _ in range(6):
        with suppress(SandboxError):
            sandbox.read(f"{WORK}/shrinking", limit=GIB)
    sh("rm -f going shrinking")


def test_no_link_leads_out_of_the_container(sandbox: Sandbox, sh: Sh, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    up = "../" * 20
    sh(f"ln -s {tmp_path} host; ln -s {up}{tmp_path} up; ln -s {secret} leaf; ln -s / root")
    for name in ("host/secret", "up/secret", "leaf", f"root{secret}"):
        assert sandbox.read(f"{WORK}/{name}") is None, name
    sandbox.write(f"{WORK}/leaf", b"overwritten")
    with pytest.raises(SandboxError):  # through a link, to a folder that is only on the host
        sandbox.write(f"{WORK}/host/secret", b"overwritten")
    assert secret.read_text() == "of the host"
    assert sandbox.read(f"{WORK}/leaf") == b"overwritten"


def test_a_tree_is_unpacked_as_the_jobs_user(sandbox: Sandbox, sh: Sh) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, mode in (("a/plain", 0o644), ("a/run", 0o755)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.uid = 5, mode, 0
            tar.addfile(entry, io.BytesIO(b"12345"))
        link = tarfile.TarInfo("a/link")
        link.type, link.linkname = tarfile.SYMTYPE, "plain"
        tar.addfile(link)
    buffer.seek(0)
    sandbox.write_tree(f"{WORK}/tree", buffer)
    assert not buffer.closed
    listing = sh("cd tree/a && stat -c '%n %a %u %F' *").output.decode().splitlines()
    assert listing == [
        "link 777 1001 symbolic link",
        "plain 644 1001 regular file",
        "run 755 1001 regular file",
    ]
    assert sh("ls -A /tmp | grep -c regreen-").output == b"0\n"
    back = sandbox.read_tree(f"{WORK}/tree")
    assert back is not None
    with tarfile.open(fileobj=io.BytesIO(back)) as tar:
        names = sorted(tar.getnames())
    assert names == ["tree", "tree/a", "tree/a/link", "tree/a/plain", "tree/a/run"]


def test_a_hostile_tree_reaches_nothing(sandbox: Sandbox, sh: Sh) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        out = tarfile.TarInfo("d")
        out.type, out.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(out)
        for name in ("../../../../etc/evil", "/etc/evil", "d/evil"):
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(SandboxError):
        sandbox.write_tree(f"{WORK}/hostile", buffer.getvalue())
    assert sh("ls /etc/evil").exit_code == 2


def test_a_tree_that_is_no_tar_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="no readable tar"):
        sandbox.write_tree(f"{WORK}/none", b"no tar at all" * 1000)


def test_a_snapshot_keeps_files_and_posture(engine: Engine, start_sandbox: Start) -> None:
    first = start_sandbox()
    shell(first, "echo before > state; sleep 60 &")
    with first.snapshot() as snapshot:
        shell(first, "echo after > state")
        with snapshot.start() as second, snapshot.start() as third:
            shell(second, "echo second > state")
            assert third.read(f"{WORK}/state") == b"before\n"
            assert second.read(f"{WORK}/state") == b"second\n"
            status = shell(third, "grep -E 'CapBnd|NoNewPrivs|Seccomp:|^Uid' /proc/1/status")
            assert status.output.split()[1::2][:1] == [b"1001"]
            assert b"CapBnd:\t0000000000000000" in status.output
            assert b"NoNewPrivs:\t1" in status.output
            with second.snapshot() as deeper, deeper.start() as fourth:
                assert fourth.read(f"{WORK}/state") == b"second\n"
        labels = engine.client.images.get(snapshot.image_id).labels
        assert labels[KIND] == "snapshot"
        assert labels[OWNER] == str(Owner.current())
    assert first.read(f"{WORK}/state") == b"after\n"
    with pytest.raises(docker.errors.ImageNotFound):
        engine.client.images.get(snapshot.image_id)
    engine.client.images.get(first.image_id)


def test_a_job_cannot_keep_a_snapshot_from_starting(start_sandbox: Start) -> None:
    sandbox = start_sandbox()
    shell(
        sandbox,
        "mkdir -p ~/.local/lib/python3.{11,12}/site-packages; "
        "for d in ~/.local/lib/*/site-packages; do echo 'raise SystemExit' > $d/usercustomize.py; "
        "done; rm -rf /tmp/.regreen-ready; ln -s /etc/passwd /tmp/.regreen-ready",
    )
    with sandbox.snapshot() as snapshot, snapshot.start() as again:
        assert shell(again, "echo up").output == b"up\n"


def test_leaving_removes_the_container_whatever_happened(engine: Engine, base_image: str) -> None:
    def enter() -> Sandbox:
        owner = Owner.current()
        return start(engine, base_image, limits=Limits(), owner=owner)

    with pytest.raises(KeyboardInterrupt), enter() as one:
        raise KeyboardInterrupt
    with enter() as two:
        engine.client.api.remove_container(two.name, force=True)
        with pytest.raises(SandboxGone):
            shell(two, "true")
        with pytest.raises(SandboxGone):
            two.read("/etc/hosts")
    two.close()
    for sandbox in (one, two):
        with pytest.raises(docker.errors.NotFound):
            engine.client.containers.get(sandbox.name)


def test_an_image_that_is_not_there_and_a_full_disk_leave_nothing(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    mine = {"label": f"{OWNER}={Owner.current()}"}
    before = len(engine.client.api.containers(all=True, filters=mine))
    with pytest.raises(ImageUnavailable, match="no-such-image"):
        start(engine, "no-such-image", limits=Limits(), owner=Owner.current())
    full = Limits(disk_reserve_bytes=1 << 60)
    with pytest.raises(DiskFull):
        start(engine, base_image, limits=full, owner=Owner.current())
    with pytest.raises(EngineRefused, match="bind source path does not exist"):
        start(
            engine,
            base_image,
            limits=Limits(),
            owner=Owner.current(),
            network=IndexOnly(tmp_path / "missing" / "index.sock"),
        )
    assert len(engine.client.api.containers(all=True, filters=mine)) == before


def test_sandboxes_run_side_by_side(start_sandbox: Start) -> None:
    sandboxes = [start_sandbox(), start_sandbox(), start_sandbox()]
    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda s: shell(s, "sleep 1.5"), sandboxes))
    assert [result.exit_code for result in results] == [0, 0, 0]
    assert time.monotonic() - began < 4
