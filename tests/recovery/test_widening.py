"""A job gets as little as it needs, and more only after it was seen to need it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import KIND, Kind, Owner
from tests.recovery.conftest import Regreen
from tests.recovery.hosted import log_of
from tests.repositories import commit

pytestmark = pytest.mark.docker

WORKFLOW = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: set up
        run: %s
      - run: sh check.sh
"""
CHECK = "echo 'would reformat a.py'; echo '1 file would be reformatted.'; exit 1\n"
LOG = log_of("sh check.sh", "would reformat a.py", "1 file would be reformatted.")


def red(folder: Path, set_up: str) -> Path:
    commit(folder / "r", {".github/workflows/ci.yml": WORKFLOW % set_up, "check.sh": CHECK})
    log = folder / "log"
    log.write_text(LOG)
    return log


def test_sudo_comes_when_a_job_needs_it(regreen: Regreen, tmp_path: Path) -> None:
    log = red(tmp_path, 'sudo install -d /srv/made && test "$(stat -c %u /srv/made)" = 0')
    ended = regreen("reproduce", "--repo", tmp_path / "r", "--log", log, "--json")
    assert ended.code == 1, ended.err
    assert ended.json["reproduction"]["verdict"] == "same"
    assert ended.json["sandbox"]["profile"] == "sudo"
    assert ended.json["sandbox"]["network"] == "packages"
    assert "run with sudo, since it needs it" in ended.json["substitutions"]
    forbidden = regreen("reproduce", "--repo", tmp_path / "r", "--log", log, "--json", "--no-sudo")
    assert forbidden.code == 4
    assert "--no-sudo" in forbidden.json["reason"]
    assert forbidden.json["next"] == "the same command without --no-sudo"


def test_sudo_that_nothing_hangs_on_is_not_given(regreen: Regreen, tmp_path: Path) -> None:
    log = red(tmp_path, "sudo true || true")
    ended = regreen("reproduce", "--repo", tmp_path / "r", "--log", log, "--json")
    assert ended.json["reproduction"]["verdict"] == "same", ended.err
    assert ended.json["sandbox"]["profile"] == "runner"


def test_the_network_comes_when_a_job_needs_it(regreen: Regreen, tmp_path: Path) -> None:
    log = red(tmp_path, "test -d /sys/class/net/eth0")
    where = ("--repo", tmp_path / "r", "--log", log, "--json")
    ended = regreen("reproduce", *where)
    assert ended.code == 1, ended.err
    assert ended.json["reproduction"]["verdict"] == "same"
    assert (ended.json["sandbox"]["network"], ended.json["sandbox"]["profile"]) == ("on", "runner")
    kept_off = regreen("reproduce", *where, "--network", "packages")
    assert kept_off.code == 3, kept_off.err
    assert kept_off.json["sandbox"]["network"] == "packages"
    assert "held to --network packages" in " ".join(kept_off.json["substitutions"])


@pytest.fixture
def own_image(engine: Engine, base_image: str) -> Iterator[str]:
    """An image that does not say where the package index is, as anybody's does not."""
    api, labels = engine.client.api, Owner.current().labels(Kind.BUILD)
    made = api.create_container(base_image, ["true"], labels=labels)["Id"]
    try:
        unsaid = ["ENV PIP_INDEX_URL=", "ENV UV_INDEX_URL=", f"LABEL {KIND}={Kind.BUILD}"]
        api.commit(made, repository="regreen-test-own", tag="1", changes=unsaid)
        yield "regreen-test-own:1"
        api.remove_image("regreen-test-own:1", force=True)
    finally:
        api.remove_container(made, force=True)


def test_a_job_in_an_image_of_the_user_s(regreen: Regreen, tmp_path: Path, own_image: str) -> None:
    index = PYPI_SIMPLE_ENDPOINT.rstrip("/")
    log = red(tmp_path, f'test "$PIP_INDEX_URL $UV_INDEX_URL" = "{index} {index}"')
    where = ("--repo", tmp_path / "r", "--log", log)
    ended = regreen("reproduce", *where, "--image", own_image, "--json", "--network", "packages")
    assert ended.code == 1, ended.err
    assert ended.json["reproduction"]["verdict"] == "same"
    missing = regreen("reproduce", *where, "--image", "no-such.invalid/a:1")
    assert missing.code == 5
    assert "no-such.invalid/a:1" in missing.err
    assert "Traceback" not in missing.err


def test_the_network_that_changes_nothing_is_not_given(regreen: Regreen, tmp_path: Path) -> None:
    log = red(tmp_path, "exit 9")
    ended = regreen("reproduce", "--repo", tmp_path / "r", "--log", log, "--json")
    assert ended.code == 3, ended.err
    assert ended.json["sandbox"]["network"] == "packages"
    assert "the network stays off" in ended.err


@pytest.mark.parametrize("words", [("--allow-host", "http://x/y"), ("--network", "some")])
def test_what_is_no_host_or_network_is_said_at_once(
    regreen: Regreen, tmp_path: Path, words: tuple[str, ...]
) -> None:
    log = red(tmp_path, "'true'")
    ended = regreen("reproduce", "--repo", tmp_path / "r", "--log", log, *words)
    assert ended.code == 2
    assert words[1] in ended.err
