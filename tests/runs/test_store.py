"""What lies in the store is read with care: it may have come with a stranger's repository."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regreen.errors import UsageError
from regreen.model import Run
from regreen.runs import find, load
from regreen.runs.seal import sealed
from tests.runs import bodies
from tests.runs.conftest import KEY, Fetch
from tests.runs.hub import Hub


@pytest.fixture
def pulled(github: Hub, fetch: Fetch) -> Run:
    github.serve_run(bodies.run(), bodies.job(1, "lint"))
    github.serve_log(1, b"red\n")
    return fetch()


def test_a_pulled_run_is_found_by_every_name(github: Hub, pulled: Run, store: Path) -> None:
    page = f"{github.server}/octo/app/actions/runs/100"
    for text in (
        "100",
        " github-100",
        "octo/app#100",
        page,
        f"{page}/attempts/1",
        f"{page}/job/1",
        f"{github.server}/octo/app/runs/1",
    ):
        assert find(store, text) == pulled.folder, text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "101",
        "gitlab-100",
        "other/app#100",
        "../github-100",
        "github-100/..",
        "/etc",
        "https://github.com/octo/app/actions/runs/100",
        "{server}/octo/app/actions/runs/100/attempts/2",
        "{server}/octo/app/actions/runs/100/job/9",
    ],
)
def test_what_was_not_pulled_is_not_found(github: Hub, pulled: Run, store: Path, text: str) -> None:
    assert pulled.id == "100"
    assert find(store, text.format(server=github.server)) is None


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert find(tmp_path / "none", "100") is None
    assert find(tmp_path / "none", "https://github.com/o/r/runs/1") is None
    with pytest.raises(UsageError, match="no pulled run") as caught:
        load(tmp_path)
    assert "regreen pull" in caught.value.next_step


Damage = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record.clear(),
        lambda record: record.update(schema=2),
        lambda record: record.update(schema="1"),
        lambda record: record.pop("head"),
        lambda record: record.update(attempt=True),
        lambda record: record.update(id="../1"),
        lambda record: record.update(provider="evil"),
        lambda record: record.update(jobs={}),
        lambda record: record.update(jobs=[1]),
        lambda record: record.update(started_at="now"),
        lambda record: record.update(attempt=0),
        lambda record: record.update(pull_request=-1),
        lambda record: record.update(head="--upload-pack=x"),
        lambda record: record.update(tested="a" * 41),
        lambda record: record.update(head_now="HEAD"),
        lambda record: record.update(repository="octo"),
        lambda record: record.update(repository="octo/../app"),
        lambda record: record.update(repository="octo/app?x="),
        lambda record: record.update(head_repository="../app"),
        lambda record: record.update(server="file:///etc"),
        lambda record: record.update(server="https://user@github.com"),
        lambda record: record.update(server="https://github.com/path"),
        lambda record: record.update(workflow_path="/etc/passwd"),
        lambda record: record.update(workflow_path="a/../../b"),
        lambda record: record.update(branch={"a": {}}),
        lambda record: record["jobs"][0].update(id="../../../etc/passwd"),
        lambda record: record["jobs"][0].update(labels=[1]),
        lambda record: record["jobs"][0].update(steps=[{"number": 1}]),
    ],
)
def test_a_damaged_record_is_said_and_never_written_over(
    pulled: Run, fetch: Fetch, damage: Damage
) -> None:
    path = pulled.folder / "run.json"
    record = json.loads(path.read_text())
    damage(record)
    text = json.dumps(sealed(record, KEY))
    path.write_text(text)
    with pytest.raises(UsageError, match="damaged") as caught:
        load(pulled.folder)
    assert f"remove the folder {pulled.folder}" in caught.value.next_step
    with pytest.raises(UsageError, match="not pulled here by you"):
        fetch()
    assert path.read_text() == text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"[]", b"null"])
def test_a_record_that_is_no_json(pulled: Run, content: bytes) -> None:
    (pulled.folder / "run.json").write_bytes(content)
    with pytest.raises(UsageError, match="damaged"):
        load(pulled.folder)


def test_a_record_is_read_within_bounds(pulled: Run) -> None:
    path = pulled.folder / "run.json"
    whole = path.read_bytes()
    path.write_bytes(whole + b" " * (8 << 20))
    with pytest.raises(UsageError, match="damaged"):
        load(pulled.folder)
    deep = b"[" * 80 + b"]" * 80
    path.write_bytes(whole.replace(b"{", b'{"x": ' + deep + b",", 1))
    with pytest.raises(UsageError, match="damaged"):
        load(pulled.folder)
    path.write_bytes(whole.replace(b"{", b'{"x": "\\"' + deep[:80] + b'",', 1))
    assert load(pulled.folder) == pulled


def test_a_link_in_place_of_a_log_is_not_followed(pulled: Run, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    log = pulled.folder / "jobs" / "1.log"
    log.unlink()
    log.symlink_to(secret)
    assert load(pulled.folder).jobs[0].log is None


def test_a_link_in_place_of_a_log_is_replaced(pulled: Run, fetch: Fetch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    log = pulled.folder / "jobs" / "1.log"
    log.unlink()
    log.symlink_to(secret)
    assert fetch().jobs[0].log == log
    assert (secret.read_text(), log.read_bytes()) == ("secret", b"red\n")


@pytest.mark.parametrize("name", [".", "github-100", "github-100/jobs", "github-100/run.json"])
def test_a_link_in_place_of_a_folder_is_refused(
    pulled: Run, fetch: Fetch, store: Path, tmp_path: Path, name: str
) -> None:
    place = store / name
    elsewhere = tmp_path / "elsewhere"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*")) if elsewhere.is_dir() else elsewhere.read_bytes()
    if name.endswith(".json"):
        with pytest.raises(UsageError, match="cannot read"):
            load(pulled.folder)
        with pytest.raises(UsageError, match="not pulled here by you"):
            fetch()
        assert elsewhere.read_bytes() == before
        return
    with pytest.raises(UsageError, match="symbolic link"):
        fetch()
    assert sorted(elsewhere.rglob("*")) == before


def test_a_link_in_place_of_an_older_attempt_is_refused(
    github: Hub, pulled: Run, fetch: Fetch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (pulled.folder / "attempt-1").symlink_to(elsewhere)
    github.serve_run(bodies.run(run_attempt=2), bodies.job(11, "lint", run_attempt=2))
    with pytest.raises(UsageError, match="symbolic link"):
        fetch()
    assert list(elsewhere.iterdir()) == []
    assert load(pulled.folder) == pulled


def test_a_run_of_another_server_with_the_same_number_is_refused(pulled: Run, fetch: Fetch) -> None:
    path = pulled.folder / "run.json"
    record = json.loads(path.read_text().replace(pulled.server, "https://other.example"))
    path.write_text(json.dumps(sealed(record, KEY)))
    with pytest.raises(UsageError, match=r"holds a run of https://other\.example"):
        fetch()


def test_importing_the_room_imports_no_provider() -> None:
    script = (
        "import sys, regreen.runs; print([m for m in sys.modules if 'httpx' in m or 'git' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_everything_that_is_promised_is_there() -> None:
    import regreen.runs

    for name in regreen.runs.__all__:
        assert getattr(regreen.runs, name)
    with pytest.raises(AttributeError):
        getattr(regreen.runs, "nothing")  # noqa: B009 - a checker knows that it is not there
