"""Installers' caches: whose they are, who finds them, and that nobody takes one away in use."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from regreen_sandbox.caches import CacheMount, born, list_caches, remove_cache
from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine, sweep
from regreen_sandbox.eviction import prune, rows
from regreen_sandbox.keep import Keep
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import Limits
from tests.sandbox.sandbox_support import shell

pytestmark = pytest.mark.docker

HOME = "/home/runner"


@pytest.fixture
def keep(engine: Engine, tmp_path: Path) -> Iterator[Keep]:
    kept = Keep(engine, tmp_path, identity=uuid.uuid4().hex, repository="owner/name")
    yield kept
    prune(kept, everything=True)


def mounted(engine: Engine, image: str, caches: tuple[CacheMount, ...]) -> Sandbox:
    return start(engine, image, limits=Limits(), owner=Owner.current(), caches=caches)


def test_a_cache_is_its_user_s_and_lasts_and_is_of_one_repository(
    engine: Engine, base_image: str, keep: Keep
) -> None:
    caches = keep.caches(base_image, home=HOME, uid=1001)
    with mounted(engine, base_image, caches) as first:
        done = shell(
            first,
            "set -e; for d in ~/.cache/pip ~/.cache/uv ~/.npm; do echo 1 > $d/mark; done;"
            " mkdir ~/.cache/another; echo $UV_LINK_MODE; python3 -m pip cache dir",
        )
        assert done.output.decode().splitlines() == ["copy", f"{HOME}/.cache/pip"]
    again = keep.caches(base_image, home=HOME, uid=1001)
    with mounted(engine, base_image, again) as second:
        assert shell(second, "cat ~/.cache/pip/mark ~/.npm/mark; ls ~/.cache").output.split() == [
            b"1",
            b"1",
            b"pip",
            b"uv",
        ]
    other = Keep(engine, keep.folder, identity="another")
    theirs = {mount.volume for mount in other.caches(base_image, home=HOME, uid=1001)}
    roots = {mount.volume for mount in keep.caches(base_image, home="/root", uid=0)}
    assert len(theirs | roots | {mount.volume for mount in caches}) == 9


def test_a_cache_that_was_taken_away_is_made_again_as_its_user_s(
    engine: Engine, base_image: str, keep: Keep
) -> None:
    first = keep.caches(base_image, home=HOME, uid=1001)
    assert remove_cache(engine, first[0].volume)
    engine.client.volumes.create(first[0].volume)  # as the engine does for a volume not known
    with mounted(engine, base_image, keep.caches(base_image, home=HOME, uid=1001)) as sandbox:
        assert shell(sandbox, "echo 1 > ~/.cache/pip/mark && cat ~/.cache/pip/mark").ok


def test_a_cache_in_use_stays(engine: Engine, base_image: str, keep: Keep) -> None:
    caches = keep.caches(base_image, home=HOME, uid=1001)
    names = {mount.volume for mount in caches}
    with mounted(engine, base_image, caches[:1]):
        pruned = prune(keep, everything=True)
        assert {row.name for row in pruned.busy} == {caches[0].volume}
        assert {row.name for row in pruned.removed} == names - {caches[0].volume}
    assert [row.kind for row in rows(keep)] == ["pip"]
    assert prune(keep, everything=True).left_bytes == 0
    assert not names & set(born(engine))


def test_a_sweep_leaves_the_caches_of_owners_that_ended(engine: Engine) -> None:
    name = f"regreen-cache-{uuid.uuid4().hex[:16]}-pip"
    dead = replace(Owner.current(), start=1)
    engine.client.volumes.create(name, labels=dead.labels(Kind.CACHE))
    try:
        sweep(engine)
        assert name in born(engine)
    finally:
        assert remove_cache(engine, name)


def test_two_that_measure_at_once_wait_for_each_other(engine: Engine) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: list_caches(engine), range(12)))
    assert len(found) == 12
