"""Prepared environments: found whole or not at all, and gone when it is their turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import PREPARED, Engine, sweep
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.eviction import prune, rows, tend
from regreen_sandbox.keep import Environment, Keep
from regreen_sandbox.labels import KIND, OWNER, Kind, Owner
from regreen_sandbox.limits import Limits
from tests.sandbox.sandbox_support import shell

pytestmark = pytest.mark.docker


@pytest.fixture
def keep(engine: Engine, tmp_path: Path) -> Iterator[Keep]:
    kept = Keep(engine, tmp_path / "kept", identity="r", repository="owner/name")
    yield kept
    prune(kept, everything=True)
    assert not images(engine, kept)


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


def images(engine: Engine, keep: Keep) -> list[str]:
    """The ids of all images of this very process that are, or were to be, prepared."""
    mine = [f"{OWNER}={Owner.current()}", f"{KIND}={Kind.PREPARED}"]
    return [str(i["Id"]) for i in engine.client.api.images(filters={"label": mine})]


def put(keep: Keep, key: str, sandbox: Sandbox, image: str) -> None:
    keep.put(key, sandbox.name, base=image, job="job", seconds=12.5, data={"a": [1]})


def found(keep: Keep, key: str) -> Environment:
    environment = keep.find(key)
    assert environment is not None
    return environment


def test_what_is_put_is_found_with_its_files_and_its_size(
    engine: Engine, sandbox: Sandbox, base_image: str, keep: Keep, key: str
) -> None:
    shell(sandbox, "head -c 3000000 /dev/urandom > ~/big")
    put(keep, key, sandbox, base_image)
    environment = found(keep, key)
    assert (environment.seconds, environment.data) == (12.5, {"a": [1]})
    with start(engine, environment.image, limits=Limits(), owner=Owner.current()) as again:
        assert shell(again, "stat -c '%s %u' ~/big").output == b"3000000 1001\n"
    [row] = rows(keep)
    assert (row.repository, row.job, row.kind) == ("owner/name", "job", "environment")
    assert 3_000_000 <= row.size_bytes < 100_000_000, "its own layer, not the image below"
    assert keep.find(uuid.uuid4().hex) is None
    assert keep.find(key, oldest=timedelta(0)) is None
    assert replace(keep, fresh=True, own=set()).find(key) is None


def test_what_is_not_whole_is_not_found_and_goes(
    engine: Engine, sandbox: Sandbox, base_image: str, keep: Keep, key: str
) -> None:
    record = keep.folder / "environments" / f"{key}.json"
    put(keep, key, sandbox, base_image)
    for broken in (b"", b"{", b"[]", b'{"schema": 1}', json.dumps({"schema": 2}).encode()):
        record.write_bytes(broken)
        assert keep.find(key) is None
        assert not record.exists()
        assert not images(engine, keep)
        put(keep, key, sandbox, base_image)
    engine.client.images.remove(f"{PREPARED}:{key}")
    assert keep.find(key) is None
    assert not record.exists()
    put(keep, key, sandbox, base_image)
    record.unlink()
    tend(keep)
    assert not images(engine, keep), "an image without a record"


def test_two_that_make_the_same_leave_one(
    engine: Engine, sandbox: Sandbox, base_image: str, keep: Keep, key: str
) -> None:
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(put, keep, key, sandbox, base_image) for _ in range(2)]:
            done.result()
    assert images(engine, keep) == [found(keep, key).image]


def test_a_folder_that_cannot_be_written_keeps_nothing(
    engine: Engine, sandbox: Sandbox, base_image: str, tmp_path: Path, key: str
) -> None:
    (tmp_path / "file").write_text("")
    keep = Keep(engine, tmp_path / "file" / "kept")
    with pytest.raises(SandboxError, match="cannot be written"):
        put(keep, key, sandbox, base_image)
    assert not images(engine, keep)


KILLED = """
import os, signal, sys
from pathlib import Path
from regreen_sandbox.engine import connect
from regreen_sandbox.keep import Keep
from regreen_sandbox.labels import Owner
from regreen_sandbox.records import Records
def end(*_, **__): print(Owner.current(), flush=True); os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[5] == "record":
    Records.write = end
with connect() as engine:
    if sys.argv[5] == "tag":
        engine.client.api.tag = end
    Keep(engine, Path(sys.argv[1])).put(
        sys.argv[2], sys.argv[3], base=sys.argv[4], job="job", seconds=9, data={})
"""


@pytest.mark.parametrize("before", ["record", "tag"])
def test_a_kill_half_way_leaves_nothing_behind_the_next_start(
    engine: Engine, sandbox: Sandbox, base_image: str, keep: Keep, key: str, before: str
) -> None:
    words = [str(keep.folder), key, sandbox.name, base_image, before]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    theirs = {"label": f"{OWNER}={killed.stdout.strip()}"}
    assert len(engine.client.api.images(filters=theirs)) == 1, killed.stderr
    assert keep.find(key) is None
    sweep(engine)
    assert not engine.client.api.images(filters=theirs)
    put(keep, key, sandbox, base_image)
    sweep(engine)
    found(keep, key)


def test_the_least_recently_used_go_first_until_the_rest_fits(
    engine: Engine, base_image: str, keep: Keep
) -> None:
    keys = [uuid.uuid4().hex for _ in range(3)]
    for number, key in enumerate(keys):
        with start(engine, base_image, limits=Limits(), owner=Owner.current()) as one:
            shell(one, "head -c 2000000 /dev/urandom > ~/big")
            put(keep, key, one, base_image)
        os.utime(keep.folder / "environments" / f"{key}.json", (number, number))
    found(keep, keys[0])
    pruned = prune(replace(keep, limit_bytes=5_000_000))
    assert [row.name for row in pruned.removed] == [keys[1]]
    assert 4_000_000 <= pruned.left_bytes <= 5_000_000
    assert {row.name for row in rows(keep)} == {keys[0], keys[2]}
