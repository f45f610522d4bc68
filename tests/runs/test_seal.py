"""What was not pulled here by this user is not believed, not used, and left as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from regreen.errors import UsageError
from regreen.model import Run, RunJob
from regreen.runs import Access, named, own_key, parse, pull
from regreen.runs.seal import fits, sealed
from regreen.runs.store import save
from tests.runs import bodies
from tests.runs.conftest import KEY, Fetch, hide
from tests.runs.hub import Hub

OTHER = b"o" * 32
MINE = "was not pulled here by you"


@pytest.fixture
def red(github: Hub) -> Hub:
    """A server with a run, a failed job and its log."""
    github.serve_run(bodies.run(), bodies.job(1, "lint"))
    github.serve_log(1, b"red\n")
    return github


def bring(store: Path, server: str, key: bytes | None = None, attempt: int = 1) -> Path:
    """What a stranger's repository brings: a whole run with its log."""
    folder = store / "github-100"
    (folder / "jobs").mkdir(parents=True)
    (folder / "jobs" / "1.log").write_text("forged\n")
    job = RunJob("1", "lint", "failure")
    run = Run(
        "github", server, "100", attempt, "octo/app", "e" * 40, "CI",
        f"{server}/octo/app/actions/runs/100", folder, (job,), "failure",
    )  # fmt: skip
    save(run, lambda text: text, key)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "path", ["runs/100", "runs/100/attempts/1", "runs/100/job/1", "runs/100/attempts/2"]
)
@pytest.mark.parametrize("key", [None, OTHER])
def test_a_run_that_a_repository_brought_is_not_believed(
    red: Hub, fetch: Fetch, store: Path, path: str, key: bytes | None
) -> None:
    folder = bring(store, red.server, key)
    before = contents(folder)
    with pytest.raises(UsageError, match=MINE) as caught:
        fetch(f"/octo/app/actions/{path}")
    assert str(folder) in caught.value.message
    assert caught.value.next_step == (
        f"remove it, or read it as it is: regreen analyze --log {folder}"
    )
    assert contents(folder) == before
    assert red.asked == []


def test_a_check_s_address_does_not_lead_into_a_brought_folder(
    red: Hub, fetch: Fetch, store: Path
) -> None:
    folder = bring(store, red.server)
    before = contents(folder)
    with pytest.raises(UsageError, match=MINE):
        fetch("/octo/app/runs/1")
    assert contents(folder) == before


def test_a_brought_run_is_not_used_without_its_server(
    store: Path, access: Access, environment: dict[str, str]
) -> None:
    environment["GH_HOST"] = "127.0.0.1:9"
    bring(store, "http://127.0.0.1:9")
    text = "http://127.0.0.1:9/octo/app/actions/runs/100"
    reference = parse(text, remote=None, environment=environment)
    with pytest.raises(UsageError, match=MINE):
        pull(reference, store, mask=hide, key=KEY, access=access)


@pytest.mark.parametrize(
    "name", ["jobs/1.log", "run.json", "notes.txt", "attempt-1/jobs/1.log", "attempt-1/run.json"]
)
def test_any_file_of_a_stranger_is_left_alone(
    red: Hub, fetch: Fetch, store: Path, name: str
) -> None:
    path = store / "github-100" / name
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(UsageError, match=MINE):
        fetch()
    assert contents(store) == {f"github-100/{name}": b"{}"}


def test_a_brought_older_attempt_beside_a_pulled_run_is_not_believed(
    red: Hub, fetch: Fetch, store: Path
) -> None:
    folder = fetch().folder
    path = folder / "attempt-1" / "jobs" / "1.log"
    path.parent.mkdir(parents=True)
    path.write_text("forged\n")
    with pytest.raises(UsageError, match=r"attempt-1 was not pulled here by you"):
        fetch("/octo/app/actions/runs/100/attempts/1")
    assert path.read_text() == "forged\n"


@pytest.mark.parametrize("names", [[], ["run.json.part"], [".part-a", "jobs/.part-b", ".lock"]])
def test_only_what_a_killed_pull_leaves_is_nothing(
    red: Hub, fetch: Fetch, store: Path, names: list[str]
) -> None:
    folder = store / "github-100"
    (folder / "jobs").mkdir(parents=True)
    for name in names:
        (folder / name).write_text("half")
    if "run.json.part" in names:
        with pytest.raises(UsageError, match=MINE):
            fetch()
        return
    assert fetch().jobs[0].log
    assert sorted(contents(folder)) == [".lock", "jobs/1.log", "run.json"]


@pytest.mark.parametrize(
    "change", [{"conclusion": "success"}, {"head": "e" * 40}, {"seal": ""}, {"seal": 1}, {"x": 1}]
)
def test_a_change_to_the_record_breaks_the_seal(
    red: Hub, fetch: Fetch, change: dict[str, Any]
) -> None:
    path = fetch().folder / "run.json"
    record = json.loads(path.read_text())
    assert fits(record, KEY)
    assert not fits(record | change, KEY)
    path.write_text(json.dumps(record | change))
    with pytest.raises(UsageError, match=MINE):
        fetch()
    path.write_text(json.dumps(dict(reversed(record.items()))))
    assert fetch().conclusion == "failure"


@pytest.mark.parametrize("name", ["github-101", "gitlab-100", "github-100/attempt-2"])
def test_a_sealed_record_is_good_for_its_own_folder_only(
    red: Hub, fetch: Fetch, store: Path, name: str
) -> None:
    folder = fetch().folder
    shutil.copytree(folder, store / name)
    red.serve_run(bodies.run(101), bodies.job(1, "lint", run_id=101))
    with pytest.raises(UsageError, match=MINE):
        named(str(store / name), store, None, KEY)
    if name.startswith("github"):
        with pytest.raises(UsageError, match=MINE):
            fetch(f"/octo/app/actions/runs/{name[7:10]}/attempts/1")


def test_without_a_key_nothing_that_lies_here_is_believed(
    red: Hub, fetch: Fetch, store: Path
) -> None:
    assert fetch(key=None).jobs[0].log
    with pytest.raises(UsageError, match=MINE):
        fetch(key=None)


def test_a_run_of_another_repository_with_the_same_number_is_asked_for(
    red: Hub, fetch: Fetch
) -> None:
    first = fetch()
    red.asked.clear()
    assert fetch("/OCTO/App/actions/runs/100/attempts/1") == first
    assert red.asked == []
    with pytest.raises(UsageError, match="does not find"):
        fetch("/octo/other/actions/runs/100/attempts/1")
    assert len(red.asked) == 1


@pytest.mark.parametrize("text", ["100", "github-100", "{store}/github-100"])
def test_the_server_of_a_brought_run_is_not_taken_for_its_name(
    red: Hub, store: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("GH_HOST", environment["GH_HOST"])
    bring(store, red.server)
    for remote in (None, f"{red.server}/octo/app"):
        with pytest.raises(UsageError, match=MINE):
            named(text.format(store=store), store, remote, KEY)


def test_an_address_keeps_its_job_and_its_attempt(
    red: Hub,
    fetch: Fetch,
    store: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GH_HOST", environment["GH_HOST"])
    fetch()
    for end, attempt, job in (("/job/1", None, "1"), ("/attempts/1", 1, None)):
        text = f"{red.server}/octo/app/actions/runs/100{end}"
        found = named(text, store, None, KEY)
        assert (found.attempt, found.job) == (attempt, job)


# The key


def test_the_key_is_made_once_and_for_its_user_only(tmp_path: Path) -> None:
    cache = tmp_path / "a" / "cache"
    key = own_key(cache)
    assert len(key) == 32
    assert key == own_key(cache)
    assert key != own_key(tmp_path / "b")
    assert (cache / "key").stat().st_mode & 0o777 == 0o600
    assert cache.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in cache.iterdir()] == ["key"]


def test_two_at_once_have_the_same_key(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from regreen.runs import own_key;"
        "sys.stdin.readline(); print(own_key(Path(sys.argv[1])).hex())"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "cache")]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    told = {child.communicate("\n", timeout=60)[0] for child in children}
    assert len(told) == 1
    assert told == {own_key(tmp_path / "cache").hex() + "\n"}


def link(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(OTHER)
    path.with_name("elsewhere").chmod(0o600)
    path.symlink_to("elsewhere")


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def open_to_all(path: Path) -> None:
    path.write_bytes(OTHER)
    path.chmod(0o644)


def short(path: Path) -> None:
    path.write_bytes(b"")
    path.chmod(0o600)


def pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("plant", [link, dangling, open_to_all, short, pipe, Path.mkdir])
def test_a_key_that_others_may_know_is_refused(tmp_path: Path, plant: Any) -> None:
    plant(tmp_path / "key")
    with pytest.raises(UsageError, match="cannot use the key"):
        own_key(tmp_path)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_another_s_key_is_refused(tmp_path: Path) -> None:
    own_key(tmp_path)
    os.chown(tmp_path / "key", 12345, 12345)
    with pytest.raises(UsageError, match="belongs to somebody else"):
        own_key(tmp_path)


def test_the_seal_is_over_everything_else() -> None:
    record = {"schema": 1, "jobs": [{"name": "\ud800 é"}]}
    assert fits(sealed(record, KEY), KEY)
    assert not fits(sealed(record, KEY), OTHER)
    assert not fits(record, KEY)
    assert sealed(sealed(record, KEY), KEY) == sealed(record, KEY)
