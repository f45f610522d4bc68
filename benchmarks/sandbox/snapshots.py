"""Ways to keep a folder of 20,000 small files and come back to it.

A commit (ours), a plain copy inside the container, a copy within a tmpfs, and an overlay mounted
over a volume (taking it is nothing: the volume is written to no more). Taking is timed with all
files new and after a small change; restoring up to the end of a first command.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.sandbox.containers import docker
from benchmarks.sandbox.measure import Figures, command, in_turn, timed
from regreen_sandbox.container import start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import KIND, OWNER, Kind, Owner
from regreen_sandbox.limits import Limits

FILES = 20_000
_MAKE = f"""\
import os
for folder in range(200):
    os.makedirs(f"PLACE/{{folder}}")
    for name in range({FILES // 200}):
        open(f"PLACE/{{folder}}/{{name}}", "w").write("x" * 200)
"""
_COPY = "rm -rf {to}; cp -a {of} {to}"


def measure(engine: Engine, image: str) -> dict[str, Figures]:
    """Return the seconds of taking and of restoring, each way."""
    plain = [*_run(image), "true"]
    with _filled(engine, image, "/tmp/files") as (box, restored), _volume(engine) as volume:
        _fill_volume(image, volume)
        copy = ["docker", "exec", box, "sh", "-c", _COPY.format(of="/tmp/files", to="/tmp/copy")]
        fast = ["docker", "exec", box, "sh", "-c", _COPY.format(of="/dev/shm/a", to="/dev/shm/b")]
        taking = in_turn({
            "plain copy": partial(command, copy),
            "copy from tmpfs to tmpfs": partial(command, fast),
            "commit, all files new": partial(_commit_new, engine, image),
            "commit, one file changed": partial(_commit_changed, image, restored),
        })  # fmt: skip
        restoring = in_turn({
            "plain container": partial(command, plain),
            "plain copy": partial(command, copy),
            "copy from tmpfs to tmpfs": partial(command, fast),
            "container of a commit": partial(command, [*_run(restored), "test", "/tmp/files/1/1"]),
            "container with an overlay over a volume": partial(_overlay, image, volume),
        })  # fmt: skip
    return {"taking": taking, "restoring": restoring}


def _run(image: str, *words: str) -> list[str]:
    return ["docker", "run", "--rm", "--network", "none", *words, "--entrypoint", "/usr/bin/env",
            image]  # fmt: skip


@contextmanager
def _filled(engine: Engine, image: str, place: str) -> Iterator[tuple[str, str]]:
    """Give a sandbox that has the files, on its disk and on tmpfs, and a commit of it."""
    owner = Owner.current()
    with start(engine, image, limits=Limits(), owner=owner) as sandbox:
        for folder in (place, "/dev/shm/a"):
            program = _MAKE.replace("PLACE", folder)
            made = sandbox.run(["python3", "-c", program], env={}, cwd="/", timeout=120)
            if not made.ok:
                raise SystemExit(made.output.decode(errors="replace"))
        with sandbox.snapshot() as snapshot:
            yield sandbox.name, snapshot.image_id


@contextmanager
def _volume(engine: Engine) -> Iterator[str]:
    labels = Owner.current().labels(Kind.SANDBOX)
    volume = engine.client.volumes.create(labels=labels)
    try:
        yield str(volume.name)
    finally:
        volume.remove(force=True)


def _fill_volume(image: str, volume: str) -> None:
    program = _MAKE.replace("PLACE", "/kept/files")
    mount = ("-v", f"{volume}:/kept", "--user", "0")
    command([*_run(image, *mount), "python3", "-c", program])


def _overlay(image: str, volume: str) -> float:
    """Mount an overlay whose lower folder is in the daemon's own data, as only its host can."""
    lower = docker("volume", "inspect", "-f", "{{.Mountpoint}}", volume)
    name = f"regreen-bench-{uuid.uuid4().hex}"
    above = docker("volume", "create", *_labels())
    upper = docker("volume", "inspect", "-f", "{{.Mountpoint}}", above)
    made = ["docker", "run", "--rm", "--network", "none", "-v", f"{above}:/above", "--user", "0",
            "--entrypoint", "mkdir", image, "/above/upper", "/above/work"]  # fmt: skip
    command(made)
    option = f"lowerdir={lower},upperdir={upper}/upper,workdir={upper}/work"
    began = time.perf_counter()
    docker("volume", "create", *_labels(), "--driver", "local", "-o", "type=overlay",
           "-o", "device=overlay", "-o", f"o={option}", name)  # fmt: skip
    try:
        command([*_run(image, "-v", f"{name}:/kept"), "test", "/kept/files/1/1"])
        return time.perf_counter() - began
    finally:
        docker("volume", "rm", "-f", name, above)


def _labels() -> list[str]:
    labels = Owner.current().labels(Kind.SANDBOX)
    return [word for key in (OWNER, KIND) for word in ("--label", f"{key}={labels[key]}")]


def _commit_new(engine: Engine, image: str) -> float:
    with _filled_alone(engine, image) as name:
        return _commit(name)


@contextmanager
def _filled_alone(engine: Engine, image: str) -> Iterator[str]:
    owner = Owner.current()
    with start(engine, image, limits=Limits(), owner=owner) as sandbox:
        program = _MAKE.replace("PLACE", "/tmp/files")
        sandbox.run(["python3", "-c", program], env={}, cwd="/", timeout=120)
        yield sandbox.name


def _commit_changed(image: str, restored: str) -> float:
    name = f"regreen-bench-{uuid.uuid4().hex}"
    docker("run", "-d", *_labels(), "--name", name, "--network", "none", "--entrypoint", "sh",
           restored, "-c", "echo changed > /tmp/files/1/1; exec sleep 60")  # fmt: skip
    try:
        return _commit(name)
    finally:
        docker("rm", "-f", "-v", name)


def _commit(container: str) -> float:
    made: list[str] = []
    seconds = timed(lambda: made.append(docker("commit", container)))
    docker("rmi", "-f", made[0])
    return seconds
