"""A job that leaves traps for whoever comes after: none may stand behind a proof, or elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from regreen.verify import reproduce
from regreen_sandbox.container import Sandbox
from regreen_sandbox.engine import Engine
from regreen_sandbox.eviction import prune
from tests.jobs.prepared_support import Place, workflow
from tests.repositories import commit

pytestmark = pytest.mark.docker
MARK = "poisoned-by-the-job"
_POISON = f"""\
run: |
          echo 'echo {MARK}' | tee ~/.bashrc ~/.profile ~/.bash_profile > ~/.pythonrc
          printf '[alias]\\n\\tst = !echo {MARK}\\n' > ~/.gitconfig
          mkdir -p ~/.local/bin ~/.config/pip /opt/hostedtoolcache/Python ~/.npm
          printf '[global]\\nindex-url = http://{MARK}/\\n' > ~/.config/pip/pip.conf
          for name in python3 pip git env; do
            printf '#!/bin/sh\\necho {MARK}\\n' > ~/.local/bin/$name
            chmod +x ~/.local/bin/$name
            cp ~/.local/bin/$name /usr/local/bin/$name || true
          done
          site=$(/usr/bin/python3 -c 'import site; print(site.getusersitepackages())')
          mkdir -p "$site" && echo 'print("{MARK}")' > "$site/sitecustomize.py"
          echo 'print("{MARK}")' > /opt/hostedtoolcache/Python/sitecustomize.py
          for cache in ~/.cache/pip ~/.cache/uv ~/.npm; do
            mkdir -p $cache && echo {MARK} > $cache/{MARK}
          done
          echo {MARK} | tee /tmp/{MARK} /var/tmp/{MARK} /dev/shm/{MARK} > ~/work/{MARK}
"""
_JOB = workflow("uses: actions/checkout@v4", _POISON.rstrip(), "run: exit 1")
_RED = "Run exit 1"
_LOOK = (
    f"grep -rlI {MARK} /home /opt /usr/local /tmp /var/tmp /dev/shm 2> /dev/null;"
    f"find / -xdev -name '{MARK}' 2> /dev/null"
)


@pytest.fixture(scope="module")
def poisoned(
    engine: Engine, base_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Place, str]]:
    """Where such a job was reproduced, its set-up and its caches kept."""
    place = Place(engine, base_image, tmp_path_factory.mktemp("place"))
    head = commit(place.repository, {"a.txt": "1"})
    with place.workshop(head, _JOB, step=_RED) as workshop, ExitStack() as stack:
        attempt = reproduce(
            workshop,
            commit=head,
            tree=workshop.scratch.tree(head),
            step=workshop.job.failing,
            expected=(),
            snapshots=stack,
        )
        assert attempt.failed is not None
    yield place, head
    prune(place.keep(), everything=True)


def look(sandbox: Sandbox) -> list[str]:
    """The traps that there are, seen with programs that no job can replace."""
    env = {"PATH": "/usr/bin:/bin"}
    result = sandbox.run(("/bin/sh", "-c", _LOOK), env=env, cwd="/", timeout=60)
    return result.output.decode().splitlines()


def test_the_next_reproduction_of_the_same_job_finds_them(poisoned: tuple[Place, str]) -> None:
    """So that the other tests are known to look in the right places."""
    place, head = poisoned
    with (
        place.workshop(head, _JOB, step=_RED) as workshop,
        workshop.begin(head) as begun,
    ):
        assert begun.made is not None
        found = look(begun.run.sandbox)
    assert any(path.startswith("/home/runner/.cache/pip") for path in found)
    assert any(path.startswith("/usr/local/bin") for path in found)


def test_a_proof_finds_none_of_them(poisoned: tuple[Place, str]) -> None:
    place, head = poisoned
    with place.workshop(head, _JOB, step=_RED) as workshop, workshop.fresh(head, today=True) as run:
        assert look(run.sandbox) == []


def test_another_repository_finds_none_of_them(poisoned: tuple[Place, str]) -> None:
    place, head = poisoned
    other = replace(place, identity=f"{place.identity}-other")
    with other.workshop(head, _JOB, step=_RED) as workshop, workshop.begin(head) as begun:
        assert begun.made is None
        assert look(begun.run.sandbox) == []
        mounted = begun.run.sandbox.run(("mount",), env={}, cwd="/", timeout=9).output
        assert b"/home/runner/.cache/pip" in mounted
    prune(other.keep(), everything=True)


def test_a_job_with_other_rights_shares_no_cache(poisoned: tuple[Place, str]) -> None:
    place, _ = poisoned
    keep = place.keep()
    users = [
        keep.caches(place.image, home=home, uid=uid)
        for home, uid in (("/home/runner", 1001), ("/root", 0))
    ]
    names = [{mount.volume for mount in mounts} for mounts in users]
    assert not names[0] & names[1]


def test_a_proof_is_asked_for_without_caches(poisoned: tuple[Place, str]) -> None:
    place, head = poisoned
    with place.workshop(head, _JOB, step=_RED) as workshop, workshop.fresh(head) as run:
        mounted = run.sandbox.run(("mount",), env={}, cwd="/", timeout=9).output
    assert b"/home/runner/" not in mounted
