"""Jobs in images that have nothing but a shell: no Python, no bash, no coreutils, no user."""

from __future__ import annotations

import io
import shutil
import tarfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from regreen_sandbox import execution, starting
from regreen_sandbox.container import ExecResult, Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import ImageUnavailable, SandboxError, UnsafeArchive
from regreen_sandbox.imagefacts import FACTS, NOTHING, OF_OURS, PROBE, ImageFacts
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.profiles import WORK, Profile

pytestmark = pytest.mark.docker


def tar_of(*entries: tuple[str, bytes | str | None]) -> bytes:
    """A tar of files (bytes), links (str) and folders (None)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, what in entries:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(what, bytes):
                entry.size = len(what)
            elif what is None:
                entry.type = tarfile.DIRTYPE
            else:
                entry.type, entry.linkname = tarfile.SYMTYPE, what
            tar.addfile(entry, io.BytesIO(what if isinstance(what, bytes) else b""))
    return buffer.getvalue()


def import_image(engine: Engine, tar: bytes) -> str:
    labels = Owner.current().labels(Kind.BUILD)
    changes = [f'LABEL "{name}"="{value}"' for name, value in labels.items()]
    with engine.guard("importing a test's image"):
        answer = engine.client.api.import_image_from_data(tar, changes=changes)
    return str(answer).split('"status":"')[-1].split('"')[0]


@pytest.fixture(scope="module")
def shell_image(engine: Engine, base_image: str) -> Iterator[str]:
    """An image of the base image's /bin/sh, the libraries that it needs, and nothing else."""
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as sandbox:
        script = "for f in $(ldd /bin/sh | grep -o '/[^ ]*'); do echo $f $(realpath $f); done"
        found = sandbox.run(["/bin/sh", "-c", script], env={}, cwd="/", timeout=20).output
        pairs = [line.split() for line in found.decode().splitlines()]
        real = sandbox.run(["realpath", "/bin/sh"], env={}, cwd="/", timeout=20).output
        pairs.append(["/bin/sh", real.decode().strip()])
        files = [(name.lstrip("/"), sandbox.read(path, 1 << 24)) for name, path in pairs]
    image = import_image(engine, tar_of(*files))
    yield image
    with engine.guard("removing a test's image"):
        engine.client.api.remove_image(image, force=True)


@pytest.fixture(scope="module")
def bare(engine: Engine, shell_image: str) -> Iterator[Sandbox]:
    with start(engine, shell_image, limits=Limits(), owner=Owner.current()) as sandbox:
        yield sandbox


def sh(sandbox: Sandbox, script: str, timeout: float = 20) -> ExecResult:
    return sandbox.run(["/bin/sh", "-c", script], env={}, cwd=WORK, timeout=timeout)


def test_a_shell_alone_runs_commands(engine: Engine, bare: Sandbox) -> None:
    result = sh(bare, "echo out; echo err >&2; cd /tmp && : > file && exit 7")
    assert (result.exit_code, result.output) == (7, b"out\nerr\n")
    status = sh(bare, 'while read -r line; do echo "$line"; done < /proc/self/status').output
    assert b"Uid:\t1001\t1001" in status
    assert b"CapBnd:\t0000000000000000" in status
    assert b"NoNewPrivs:\t1" in status
    with engine.guard():
        labels = engine.client.api.inspect_container(bare.name)["Config"]["Labels"]
    assert ImageFacts.parse(labels[FACTS]) == NOTHING


def test_an_image_is_asked_once(engine: Engine, bare: Sandbox, base_image: str) -> None:
    assert starting._facts[bare.image_id] == NOTHING
    assert engine.client.images.get(base_image).id not in starting._facts


def test_what_is_asked_is_what_the_base_image_has(sandbox: Sandbox) -> None:
    answer = sandbox.run(["/bin/sh", "-c", PROBE], env={"PATH": ""}, cwd="/", timeout=20)
    assert ImageFacts.parse(answer.output.decode()) == OF_OURS


def test_processes_of_a_shell_alone_are_counted_reaped_and_ended(bare: Sandbox) -> None:
    assert bare.processes() == 0
    for _ in range(3):  # orphans, which end later and are the main process's to reap
        assert sh(bare, "( ( read x < /proc/self/fd/0 ) & ) ; :").ok
    assert sh(bare, "(while :; do :; done) > /dev/null 2>&1 &").ok
    assert bare.processes() == 1
    assert sh(bare, "kill -9 -1; :").exit_code in (0, 137)
    until = time.monotonic() + 5
    while bare.processes() and time.monotonic() < until:
        time.sleep(0.05)
    assert bare.processes() == 0
    zombies = sh(bare, 'for p in /proc/[0-9]*; do read -r a b c d < "$p/stat"; echo "$c"; done')
    assert b"Z" not in zombies.output


def test_a_command_without_a_timeout_program_ends_in_time(
    bare: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "KILL_AFTER", 1.0)
    obeys = sh(bare, "echo begun; while :; do :; done", timeout=1)
    assert (obeys.exit_code, obeys.output, obeys.timed_out) == (124, b"begun\n", True)
    ignores = sh(bare, "trap '' TERM; (while :; do :; done) & while :; do :; done", timeout=1)
    assert (ignores.exit_code, ignores.timed_out) == (137, True)
    assert bare.processes() == 0
    closed = sh(bare, "exec > /dev/null 2>&1; while :; do :; done", timeout=1)
    assert closed.timed_out
    assert max(obeys.seconds, ignores.seconds, closed.seconds) < 10
    assert sh(bare, "exit 124").timed_out is False


def test_files_and_folders_go_in_as_the_jobs_user(bare: Sandbox) -> None:
    bare.make_folders(f"{WORK}/a/b", f"{WORK}/c")
    bare.write(f"{WORK}/new/deep/file", b"content", 0o755)
    assert bare.read(f"{WORK}/new/deep/file") == b"content"
    assert sh(bare, "cd a/b && : > x && cd ../../c && : > y && cd ../new/deep && : > z").ok
    tree = tar_of(("d/file", b"12345"), ("d/link", "file"), ("top", b"x"), ("e", None))
    bare.write_tree(f"{WORK}/tree", tree)
    assert bare.read(f"{WORK}/tree/d/file") == b"12345"
    assert sh(bare, "cd tree/d && read -r x < link; echo $x; : > mine; : > ../e/f").output == (
        b"12345\n"
    )
    assert sh(bare, f"[ -O {WORK}/tree/d/file ] && [ -x {WORK}/tree/d/file ] && echo own").output


def test_a_tree_goes_through_no_link_that_the_job_made(
    engine: Engine, base_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine unpacks as root: with links made by a job it could be led to any folder."""
    monkeypatch.setattr(starting, "known", lambda _: replace(OF_OURS, tar=""))
    with start(engine, base_image, limits=Limits(), owner=Owner.current()) as sandbox:
        assert sh(sandbox, "mkdir tree; ln -s /etc tree/d; ln -s /etc way; sleep 60 &").ok
        assert sandbox.processes() == 1
        sandbox.write_tree(f"{WORK}/tree", tar_of(("d/evil", b"x")))
        with pytest.raises(SandboxError, match="no folder"):
            sandbox.write_tree(f"{WORK}/way", tar_of(("evil", b"x")))
        assert not sh(sandbox, "ls /etc/evil").ok
        assert sandbox.read(f"{WORK}/tree/d/evil") == b"x"
        assert sandbox.processes() == 1


def test_a_bare_snapshot_starts_again(bare: Sandbox) -> None:
    assert sh(bare, "echo kept > state").ok
    with bare.snapshot() as snapshot, snapshot.start() as again:
        assert again.read(f"{WORK}/state") == b"kept\n"
        assert again.processes() == 0


def test_root_in_a_bare_image(engine: Engine, shell_image: str) -> None:
    with start(
        engine, shell_image, limits=Limits(), owner=Owner.current(), profile=Profile.ROOT
    ) as sandbox:
        home = Profile.ROOT.rights.home
        sandbox.write(f"{home}/deep/file", b"x")
        done = sh(sandbox, f"[ -O {home}/deep/file ] && : > /etc-file && echo $HOME")
        assert done.output == f"{home}\n".encode()


def test_an_image_without_a_shell_is_said_so(engine: Engine) -> None:
    image = import_image(engine, tar_of(("etc/motd", b"nothing here")))
    try:
        with pytest.raises(ImageUnavailable, match="no /bin/sh"):
            start(engine, image, limits=Limits(), owner=Owner.current())
    finally:
        engine.client.api.remove_image(image, force=True)


def test_a_hostile_tree_is_refused_before_it_goes_in(bare: Sandbox) -> None:
    with pytest.raises(UnsafeArchive, match=r"\.\./evil"):
        bare.write_tree(f"{WORK}/t", tar_of(("../evil", b"x")))


@pytest.fixture(scope="module")
def busybox_image(engine: Engine) -> Iterator[str]:
    """What Alpine has, when this machine has a static busybox to make it of."""
    found = shutil.which("busybox")
    program = Path(found).read_bytes() if found else b""
    if not found or b"/ld-linux" in program[:65536]:
        pytest.skip("no static busybox on this machine")
    names = ("sh", "tar", "mkdir", "rm", "timeout", "env", "ls", "sleep", "cat")
    links = [(f"bin/{name}", "busybox") for name in names]
    image = import_image(engine, tar_of(("bin/busybox", program), *links))
    yield image
    with engine.guard("removing a test's image"):
        engine.client.api.remove_image(image, force=True)


def test_busybox_programs_are_used_as_far_as_they_go(engine: Engine, busybox_image: str) -> None:
    with start(engine, busybox_image, limits=Limits(), owner=Owner.current()) as sandbox:
        facts = starting._facts[sandbox.image_id]
        assert (facts.tar, facts.mkdir, facts.python3) == ("/bin/tar", "/bin/mkdir", "")
        sandbox.write_tree(f"{WORK}/tree", tar_of(("d/file", b"12345")))
        assert sh(sandbox, "cat tree/d/file; ls -ld tree").output.startswith(b"12345drwx")
        assert sh(sandbox, "sleep 60", timeout=1).timed_out
        assert sandbox.processes() == 0
        assert sh(sandbox, "sleep 60 & :").ok
        assert sandbox.processes() == 1
