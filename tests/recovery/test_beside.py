"""Jobs in containers and beside services: rebuilt, mended and proven like any other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from regreen_sandbox.engine import Engine
from tests.recovery.conftest import Regreen
from tests.repositories import commit

pytestmark = pytest.mark.docker

WRITTEN = "regreen-test-beside:1"
"""What the workflows call the image; each process has its own name for it."""
NAME = f"regreen-test-beside:{os.getpid()}"
WORKFLOW = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    %s
    services:
      web:
        image: regreen-test-beside:1
        env: {GREETING: hello}
        ports: %s
        command: >-
          sh -c "mkdir /tmp/s && echo $GREETING > /tmp/s/a && cd /tmp/s && exec python3 -m http.server 8000"
        options: >-
          --health-cmd "python3 -c 'import urllib.request as u; u.urlopen(chr(104)+\\"ttp://127.0.0.1:8000\\")'"
          --health-interval 1s
    steps:
      - uses: actions/checkout@v4
      - name: the service answers
        run: %s
      - run: python3 -c "import sys; s = open('a.py').read(); sys.exit(s != s.rstrip() + chr(10) and print('would reformat a.py', '1 file would be reformatted.', sep=chr(10)) or (s != s.rstrip() + chr(10)))"
"""  # noqa: E501 - scripts' lines


@pytest.fixture
def named(engine: Engine, base_image: str) -> Iterator[str]:
    """A name for the base image, as a registry's images have."""
    name, _, tag = NAME.partition(":")
    assert engine.client.api.tag(base_image, name, tag)
    yield NAME
    engine.client.api.remove_image(NAME, force=True, noprune=True)


ON_RUNNER = 'test "$(curl -s http://127.0.0.1:${{ job.services.web.ports[8000] }}/a)" = hello'
IN_CONTAINER = (
    'test "$(id -u) $PWD $HOME $OWN" = "0 /__w/r/r /github/home yes"'
    ' && test "$(curl -s http://web:8000/a)" = hello'
)


@pytest.mark.parametrize(
    ("container", "ports", "check"),
    [
        ("", '["8080:8000"]', ON_RUNNER),
        ("", '["80:8000"]', ON_RUNNER),
        ("container: {image: 'regreen-test-beside:1', env: {OWN: 'yes'}}", "[]", IN_CONTAINER),
    ],
)
def test_a_job_beside_a_service_is_red_for_its_own_reason(
    regreen: Regreen, tmp_path: Path, named: str, container: str, ports: str, check: str
) -> None:
    workflow = WORKFLOW % (container, ports, check)
    commit(
        tmp_path / "r",
        {".github/workflows/ci.yml": workflow.replace(WRITTEN, named), "a.py": "x = 1\n\n\n"},
    )
    ended = regreen("reproduce", "--repo", tmp_path / "r", "--workflow", "ci.yml", "--json")
    assert ended.code == 1, ended.err
    assert ended.json["failure"]["step"].startswith("Run python3 -c"), ended.err


def test_a_service_that_dies_is_told_of(regreen: Regreen, tmp_path: Path, named: str) -> None:
    workflow = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    services:
      db:
        image: regreen-test-beside:1
        command: sh -c "sleep 0.5; echo out of tables; exit 3"
    steps:
      - run: while true; do sleep 1; test ! -e /tmp/x || break; touch /tmp/x; done; exit 1
"""
    commit(tmp_path / "r", {".github/workflows/ci.yml": workflow.replace(WRITTEN, named)})
    ended = regreen("reproduce", "--repo", tmp_path / "r", "--workflow", "ci.yml", "--json")
    assert ended.code == 1, ended.err
    assert "the service db runs no more: it ended with exit code 3" in ended.err
    assert "out of tables" in ended.err


def test_a_container_s_own_user_has_the_job_s_folders(
    regreen: Regreen, tmp_path: Path, named: str
) -> None:
    workflow = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    container: {image: "regreen-test-beside:1", options: --user 1001}
    steps:
      - uses: actions/checkout@v4
      - run: test "$(id -u)" = 1001 && test -w . && touch "$HOME/a" && test -s "$GITHUB_EVENT_PATH"
"""
    commit(tmp_path / "r", {".github/workflows/ci.yml": workflow.replace(WRITTEN, named)})
    ended = regreen("reproduce", "--repo", tmp_path / "r", "--workflow", "ci.yml")
    assert ended.code == 0, ended.err
