"""The bootstrap: what it asks mmdebstrap for, that it goes on after a kill, and what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import time
from contextlib import suppress
from pathlib import Path

import docker.errors
import pytest

from regreen_sandbox import bootstrap
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, ImageUnavailable

pytestmark = pytest.mark.docker

# Writes the tar file it is asked for, as mmdebstrap does, and tells of its steps.
STAND_IN = """\
#!/bin/sh
echo "$@" "$SOURCE_DATE_EPOCH" >>"$COUNT"
for argument; do
    case $argument in
        --logfile=*) log=${argument#--logfile=} ;;
        *.part) tar=$argument ;;
    esac
done
echo "I: running apt-get update..." >"$log"
WHAT
"""
KILLED = """\
import os, signal, sys
from regreen_sandbox import bootstrap
from regreen_sandbox.engine import connect
bootstrap._import = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with connect() as engine:
    bootstrap.ensure_rootfs(engine, ("a",), "testsuite", fresh=False, report=print)
"""


@pytest.fixture
def count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each call of mmdebstrap, which is a stand-in."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    # Another environment than the host's own is not passed on.
    monkeypatch.setattr(bootstrap, "_PASSED_ON", (*bootstrap._PASSED_ON, "COUNT"))
    _install(tmp_path, 'echo hello >"$TMPDIR/hello"; tar -C "$TMPDIR" -cf "$tar" hello')
    return tmp_path / "count"


def _install(folder: Path, what: str) -> None:
    program = folder / "mmdebstrap"
    program.write_text(STAND_IN.replace("WHAT", what))
    program.chmod(0o755)


def _forget(engine: Engine, reference: str) -> None:
    with suppress(docker.errors.APIError):
        engine.client.images.remove(reference, force=True)


def _ensure(engine: Engine, said: list[str], *, fresh: bool = False) -> str:
    return bootstrap.ensure_rootfs(engine, ("a",), "testsuite", fresh=fresh, report=said.append)


def test_a_killed_build_goes_on_from_what_was_finished(engine: Engine, count: Path) -> None:
    reference = ""
    try:
        environment = {**os.environ, "TMPDIR": str(count.parent)}
        code = KILLED.replace(
            "bootstrap._import =", "bootstrap._PASSED_ON += ('COUNT',); bootstrap._import ="
        )
        done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
        assert done.returncode == -signal.SIGKILL
        said: list[str] = []
        reference = _ensure(engine, said)
        assert len(count.read_text().splitlines()) == 1, "mmdebstrap ran once, before the kill"
        assert engine.client.images.get(reference).attrs["Size"] > 0
        assert list((count.parent / "cache").rglob("*.tar")) == [], "imported, so it is not kept"
        assert _ensure(engine, said) == reference
        assert len(count.read_text().splitlines()) == 1
    finally:
        _forget(engine, reference or "regreen/rootfs:none")


def test_an_old_left_over_is_made_anew(engine: Engine, count: Path) -> None:
    reference = _ensure(engine, [])
    try:
        tar = bootstrap.kept_tar(reference.partition(":")[2])
        with tarfile.open(tar, "w"):
            pass
        old = time.time() - bootstrap.KEPT_SECONDS - 1
        os.utime(tar, (old, old))
        _ensure(engine, [], fresh=True)
        assert len(count.read_text().splitlines()) == 2
    finally:
        _forget(engine, reference)


def test_it_says_what_it_is_at_and_dates_what_it_makes(engine: Engine, count: Path) -> None:
    _install(
        count.parent, 'sleep 1.5; echo hello >"$TMPDIR/hello"; tar -C "$TMPDIR" -cf "$tar" hello'
    )
    said: list[str] = []
    reference = _ensure(engine, said)
    _forget(engine, reference)
    assert any(line.startswith("running apt-get update (") for line in said)
    asked = count.read_text().split()
    assert asked[-1] == str(bootstrap.dated("testsuite"))
    assert "testsuite" in asked
    assert int(asked[-1]) <= time.time()


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        (
            'echo "E: write failed: No space left on device" >>"$log"; exit 1',
            DiskFull,
            "disk is full",
        ),
        ('echo "E: no such suite" >>"$log"; exit 1', ImageUnavailable, "no such suite"),
    ],
)
def test_a_failure_leaves_nothing_half_done(
    engine: Engine, count: Path, script: str, error: type[Exception], words: str
) -> None:
    _install(count.parent, f'echo half >"$tar"; {script}')
    with pytest.raises(error, match=words) as caught:
        _ensure(engine, [])
    assert getattr(caught.value, "next_step", "")
    assert [path for path in (count.parent / "cache").rglob("*") if path.is_file()] == []
    _install(count.parent, 'echo hello >"$TMPDIR/hello"; tar -C "$TMPDIR" -cf "$tar" hello')
    _forget(engine, _ensure(engine, []))
