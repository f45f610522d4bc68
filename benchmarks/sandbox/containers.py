"""One container: start, a command, and a step again from a snapshot, beside `docker`."""

from __future__ import annotations

import concurrent.futures
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.sandbox.measure import Figures, command, in_turn, timed
from regreen_sandbox.container import Sandbox, Snapshot, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits

CANDIDATES = 10
AT_ONCE = 2
# A part of a second of one processor, as a step of a candidate would take.
_WORK = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done"
_RUN = ["docker", "run", "--rm", "--network", "none", "--user", "1001:1001", "--entrypoint"]


def measure(engine: Engine, image: str) -> dict[str, Figures]:
    """Return the seconds of start-up, of a command, of a step again, and of ten at two a time."""
    with _sandbox(engine, image) as sandbox, sandbox.snapshot() as snapshot:
        inside = ["docker", "exec", "-u", "1001:1001", sandbox.name, "true"]
        copy = snapshot.image_id
        return {
            "start": in_turn({
                "docker run": partial(command, [*_RUN, "true", image]),
                "sandbox": lambda: timed(partial(_start_and_end, engine, image)),
            }),
            "command": in_turn({
                "docker exec": partial(command, inside),
                "sandbox": lambda: timed(partial(_true, sandbox)),
            }),
            "again": in_turn({
                "docker run of a commit": partial(command, [*_RUN, "true", copy]),
                "snapshot restored, step run, removed": lambda: timed(partial(_again, snapshot)),
            }),
            "ten": in_turn({
                "docker run": lambda: _all(partial(command, [*_RUN, "sh", copy, "-c", _WORK])),
                "snapshot": lambda: _all(partial(_again, snapshot, _WORK)),
            }),
        }  # fmt: skip


@contextmanager
def _sandbox(engine: Engine, image: str) -> Iterator[Sandbox]:
    owner = Owner.current()
    with start(engine, image, limits=Limits(), owner=owner) as sandbox:
        yield sandbox


def _start_and_end(engine: Engine, image: str) -> None:
    with _sandbox(engine, image) as sandbox:
        _true(sandbox)


def _again(snapshot: Snapshot, script: str = "true") -> None:
    with snapshot.start() as sandbox:
        _true(sandbox, script)


def _true(sandbox: Sandbox, script: str = "true") -> None:
    if not sandbox.run(["/bin/sh", "-c", script], env={}, cwd="/", timeout=60).ok:
        raise SystemExit("a command that does nothing failed in the sandbox")


def _all(one: Callable[[], object]) -> float:
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(one) for _ in range(CANDIDATES)]:
            done.result()
    return time.perf_counter() - began


def docker(*words: str) -> str:
    """Run ``docker`` and return what it prints."""
    done = subprocess.run(
        ["docker", *words], capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout.strip()
