"""A pull brings run, jobs, steps and masked logs, each once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.runs import Access, find, latest, load
from tests.runs import bodies
from tests.runs.conftest import SECRET, TOKEN, Clock, Fetch, Told
from tests.runs.hub import ACTIONS, API, Asked, Hub, Reply, ranged, refused
from tests.runs.hub import told as answer

RUN = f"{ACTIONS}/runs/100"


def red(github: Hub, log: bytes = b"all is lost\n") -> None:
    """Serve a run with a red, a green and a skipped job."""
    github.serve_run(
        bodies.run(),
        bodies.job(1, "lint"),
        bodies.job(2, "test (3.12, ubuntu/24)", conclusion="success"),
        bodies.job(3, "publish", conclusion="skipped"),
    )
    for number in (1, 2):
        github.serve_log(number, log)


def test_a_run_comes_with_its_jobs_steps_and_the_log_of_the_failed_job(
    github: Hub, fetch: Fetch, store: Path
) -> None:
    red(github)
    github.on(
        f"{API}/repos/octo/app/git/ref/heads/main",
        answer(
            "ref", bodies.body("ref", object={"sha": bodies.MERGE, "type": "commit", "url": "u"})
        ),
    )
    run = fetch()
    assert (run.provider, run.server, run.id, run.attempt) == ("github", github.server, "100", 1)
    assert (run.repository, run.head, run.head_repository) == (
        "octo/app",
        bodies.COMMIT,
        "octo/app",
    )
    assert (run.workflow, run.workflow_path) == ("CI", ".github/workflows/ci.yml")
    assert (run.event, run.branch, run.conclusion) == ("push", "main", "failure")
    assert run.started_at == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert (run.tested, run.head_now, run.pull_request) == (None, bodies.MERGE, None)
    assert run.folder == store / "github-100"
    assert run.url == f"{github.server}/octo/app/actions/runs/100"
    lint, test, publish = run.jobs
    assert lint.failed
    assert [step.name for step in lint.steps] == ["Set up job", "Run tests"]
    assert lint.labels == ("ubuntu-24.04",)
    assert lint.log == store / "github-100/jobs/1.log"
    assert lint.log.read_bytes() == b"all is lost\n"
    assert (test.log, publish.log) == (None, None)
    assert load(run.folder) == run


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ("all", [1, 2]),
        (["test (3.12, ubuntu/24)"], [2]),
        (["test"], [2]),
        (["LINT", "2"], [1, 2]),
    ],
)
def test_jobs_are_chosen_by_id_name_or_all(
    github: Hub, fetch: Fetch, wanted: object, numbers: list[int]
) -> None:
    red(github)
    run = fetch(jobs=wanted)
    assert [int(job.id) for job in run.jobs if job.log] == numbers


def test_a_name_that_no_job_has_lists_those_there_are(github: Hub, fetch: Fetch) -> None:
    red(github)
    with pytest.raises(UsageError, match=r"no job 'docs'(?s:.*)'lint', 'test \(3.12"):
        fetch(jobs=["docs"])


def test_the_address_of_a_job_fetches_its_log_only(github: Hub, fetch: Fetch) -> None:
    red(github)
    run = fetch("/octo/app/actions/runs/100/job/2?pr=7#step:2:1")
    assert [job.id for job in run.jobs if job.log] == ["2"]


def test_the_address_of_a_check_finds_its_run(github: Hub, fetch: Fetch) -> None:
    red(github)
    run = fetch("/octo/app/runs/1")
    assert (run.id, [job.id for job in run.jobs if job.log]) == ("100", ["1"])


def test_a_job_of_another_run_is_refused(github: Hub, fetch: Fetch) -> None:
    red(github)
    with pytest.raises(UsageError, match="belongs to the run 100, not to 101"):
        fetch("/octo/app/actions/runs/101/job/1")


def test_what_is_there_is_not_fetched_again(github: Hub, fetch: Fetch) -> None:
    red(github)
    first = fetch()
    github.asked.clear()
    assert fetch() == first
    assert not [path for path in github.paths() if path.startswith(("/blob", f"{ACTIONS}/jobs"))]
    assert github.count(f"{RUN}/attempts/1/jobs") == 0
    github.asked.clear()
    assert fetch("/octo/app/actions/runs/100/attempts/1") == first
    assert github.paths() == []


def test_a_run_in_progress_is_asked_for_again(github: Hub, fetch: Fetch) -> None:
    github.serve_run(
        bodies.run(status="in_progress", conclusion=None),
        bodies.job(1, "lint"),
        bodies.job(2, "test", status="in_progress", conclusion=None),
    )
    github.serve_log(1, b"red\n")
    early = fetch(jobs="all")
    assert [bool(job.log) for job in early.jobs] == [True, False]
    assert early.jobs[1].log_missing == "the job has not ended"
    assert early.conclusion is None
    red(github)
    late = fetch(jobs="all")
    assert late.conclusion == "failure"
    assert [bool(job.log) for job in late.jobs] == [True, True, False]
    assert github.count("/blob/1") == 1


def test_a_new_attempt_puts_the_older_one_apart(github: Hub, fetch: Fetch, store: Path) -> None:
    red(github, b"first\n")
    fetch()
    again = bodies.run(run_attempt=2)
    github.serve_run(again, bodies.job(11, "lint", run_attempt=2))
    github.serve_log(11, b"second\n")
    run = fetch()
    folder = store / "github-100"
    assert (run.attempt, run.folder) == (2, folder)
    assert [job.id for job in run.jobs] == ["11"]
    older = load(folder / "attempt-1")
    assert (older.attempt, older.folder) == (1, folder / "attempt-1")
    assert older.jobs[0].log is not None
    assert older.jobs[0].log.read_bytes() == b"first\n"
    assert sorted(path.name for path in (folder / "jobs").iterdir()) == ["11.log"]
    github.asked.clear()
    assert fetch("/octo/app/actions/runs/100/attempts/1") == older
    assert github.paths() == []
    assert find(store, "100") == folder
    assert find(store, f"{github.server}/octo/app/actions/runs/100/attempts/1") == older.folder


def test_an_older_attempt_asked_for_first_lies_apart(
    github: Hub, fetch: Fetch, store: Path
) -> None:
    red(github, b"first\n")
    github.on(RUN, answer("run", bodies.run(run_attempt=2)))
    run = fetch("/octo/app/actions/runs/100/attempts/1")
    assert (run.attempt, run.folder) == (1, store / "github-100/attempt-1")
    assert run.jobs[0].log == store / "github-100/attempt-1/jobs/1.log"


def test_an_older_attempt_that_lies_here_is_not_fetched_twice(
    github: Hub, fetch: Fetch, store: Path
) -> None:
    red(github)
    fetch()
    github.on(RUN, answer("run", bodies.run(run_attempt=2)))
    run = fetch("/octo/app/actions/runs/100/attempts/1", jobs="all")
    assert [bool(job.log) for job in run.jobs] == [True, True, False]
    assert github.count("/blob/1") == 1
    assert run.folder == store / "github-100"


def test_a_stop_while_an_attempt_is_put_apart_loses_nothing(
    github: Hub, fetch: Fetch, store: Path
) -> None:
    red(github, b"first\n")
    fetch()
    folder = store / "github-100"
    (folder / "attempt-1/jobs").mkdir(parents=True)
    shutil.copy(folder / "run.json", folder / "attempt-1/run.json")
    (folder / "jobs/1.log").rename(folder / "attempt-1/jobs/1.log")
    github.serve_run(bodies.run(run_attempt=2), bodies.job(11, "lint", run_attempt=2))
    github.serve_log(11, b"second\n")
    assert fetch().attempt == 2
    (log,) = [job.log for job in load(folder / "attempt-1").jobs if job.log]
    assert log.read_bytes() == b"first\n"


def test_a_job_that_lies_here_is_not_asked_for(github: Hub, fetch: Fetch) -> None:
    red(github)
    first = fetch()
    github.asked.clear()
    assert fetch("/octo/app/actions/runs/100/job/1") == first
    assert github.paths() == []


def test_jobs_on_many_pages_all_come(github: Hub, fetch: Fetch) -> None:
    rows = [bodies.job(n, f"leg {n}", conclusion="success", steps=[]) for n in range(1, 251)]

    def page(asked: Asked) -> Reply:
        at = (int(asked.query["page"]) - 1) * int(asked.query["per_page"])
        link = {"Link": f'<{github.server}/next>; rel="next"'} if at + 100 < 250 else {}
        return answer("jobs", bodies.jobs(*rows[at : at + 100], total=250), **link)

    github.serve_run(bodies.run())
    github.on(f"{RUN}/attempts/1/jobs", page)
    assert len(fetch().jobs) == 250
    assert github.count(f"{RUN}/attempts/1/jobs") == 3


def test_secrets_and_the_token_are_masked_before_anything_is_stored(
    github: Hub, fetch: Fetch, store: Path
) -> None:
    github.serve_run(bodies.run(name=f"CI {SECRET}"), bodies.job(1, f"lint {SECRET} mine"))
    github.serve_log(1, f"{TOKEN} {SECRET} mine\n".encode())
    run = fetch(secrets=["mine"])
    assert run.jobs[0].log is not None
    assert run.jobs[0].log.read_bytes() == b"*** *** ***\n"
    assert (run.workflow, run.jobs[0].name) == ("CI ***", "lint *** ***")
    stored = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert not [one for one in (TOKEN, SECRET, "mine") if one.encode() in stored]


def test_big_logs_show_how_far_they_are(github: Hub, fetch: Fetch, told: Told) -> None:
    text = b"x" * (3 << 20)
    red(github, text)
    fetch()
    assert len(told.got) >= 3
    assert told.got[-1] == ("lint", len(text), len(text))
    assert {total for _, _, total in told.got} == {len(text)}


def test_the_pull_request_and_its_head_now(github: Hub, fetch: Fetch) -> None:
    listed = bodies.body("pull of a run", number=7)
    github.serve_run(bodies.run(event="pull_request", pull_requests=[listed]), bodies.job(1))
    github.serve_log(1, b"red\n")
    pull = bodies.body("pull", number=7)
    pull["head"]["sha"] = bodies.MERGE
    github.on(f"{API}/repos/octo/app/pulls/7", answer("pull", pull))
    run = fetch()
    assert (run.pull_request, run.head_now) == (7, bodies.MERGE)


def test_the_pull_request_of_a_fork_is_found_by_its_branch(github: Hub, fetch: Fetch) -> None:
    fork = bodies.body("repository", full_name="guest/app")
    run = bodies.run(event="pull_request", head_repository=fork, head_branch="fix")
    github.serve_run(run, bodies.job(1))
    github.serve_log(1, b"red\n")
    pulls = [bodies.body("pull in a list", number=number) for number in (8, 9)]
    pulls[1]["head"]["sha"] = bodies.COMMIT
    github.on(f"{API}/repos/octo/app/pulls", answer("list of pull in a list", pulls))
    found = fetch()
    assert (found.pull_request, found.head_repository) == (9, "guest/app")
    (asked,) = [asked for asked in github.asked if asked.path.endswith("/pulls")]
    assert asked.query["head"] == "guest:fix"


def test_the_newest_failed_run_is_found(github: Hub, access: Access) -> None:
    def runs(asked: Asked) -> Reply:
        older = bodies.run(7, created_at="2024-05-01T00:00:00Z")
        newer = bodies.run(8, created_at="2024-05-02T00:00:00Z", conclusion="timed_out")
        row = older if asked.query["status"] == "failure" else newer
        return answer("runs", bodies.body("runs", workflow_runs=[row], total_count=1))

    github.on(f"{ACTIONS}/runs", runs)
    found = latest(f"{github.server}/octo/app.git", branch="dev", access=access)
    assert (found.run, found.repository) == ("8", "octo/app")
    assert {asked.query["branch"] for asked in github.asked} == {"dev"}


@pytest.mark.parametrize("workflow", ["ci.yml", ".github/workflows/ci.yml", "The CI"])
def test_the_newest_failed_run_of_a_workflow(github: Hub, access: Access, workflow: str) -> None:
    listed = bodies.body("workflow", id=55, name="The CI")
    github.on(
        f"{ACTIONS}/workflows",
        answer("workflows", bodies.body("workflows", workflows=[listed], total_count=1)),
    )
    runs = bodies.body("runs of a workflow", workflow_runs=[bodies.run(9)], total_count=1)
    for key in ("ci.yml", "55"):
        github.on(f"{ACTIONS}/workflows/{key}/runs", answer("runs of a workflow", runs))
    assert latest(f"{github.server}/octo/app", workflow=workflow, access=access).run == "9"


def test_no_failed_run_is_said(github: Hub, access: Access) -> None:
    nothing = bodies.body("runs", workflow_runs=[], total_count=0)
    github.on(f"{ACTIONS}/runs", answer("runs", nothing))
    with pytest.raises(UsageError, match="no failed run on dev"):
        latest(f"{github.server}/octo/app", branch="dev", access=access)


def test_expired_logs_leave_the_run_readable(github: Hub, fetch: Fetch, told: Told) -> None:
    red(github)
    github.on(f"{ACTIONS}/jobs/1/logs", refused(410, "Gone"))
    run = fetch()
    assert run.jobs[0].log is None
    assert (run.jobs[0].log_missing or "").startswith("expired: GitHub keeps logs for 90 days")
    assert "none of the logs can be had" in told.notes[-1]
    github.asked.clear()
    assert fetch() == run
    assert github.count(f"{ACTIONS}/jobs/1/logs") == 0
    github.asked.clear()
    assert fetch("/octo/app/actions/runs/100/attempts/1") == run
    assert github.paths() == []


def test_a_stop_half_way_keeps_what_came_and_goes_on_from_there(
    github: Hub, fetch: Fetch, store: Path
) -> None:
    github.serve_run(bodies.run(), bodies.job(1, "a"), bodies.job(2, "b"))
    github.serve_log(1, b"one\n")
    github.on(f"{ACTIONS}/jobs/2/logs", refused(401, "Bad credentials"))
    with pytest.raises(UsageError):
        fetch()
    assert [bool(job.log) for job in load(store / "github-100").jobs] == [True, False]
    github.serve_log(2, b"two\n")
    assert all(job.log for job in fetch().jobs)
    assert github.count("/blob/1") == 1


def test_the_record_is_json_with_a_schema(github: Hub, fetch: Fetch) -> None:
    red(github)
    record = json.loads((fetch().folder / "run.json").read_text())
    assert record["schema"] == 1
    assert {"folder", "log"} & {*record, *record["jobs"][0]} == set()


KILLED = """
import sys
from pathlib import Path
from regreen.runs import Access, parse, pull
server, store = sys.argv[1:]
reference = parse(server + "/octo/app/actions/runs/100", remote=server + "/octo/app")
env = {"GH_HOST": server.removeprefix("http://"), "GITHUB_TOKEN": "t", "PATH": ""}
def mask(chunks, secrets):
    for chunk in chunks:
        yield chunk
        if len(chunk) > 1000:
            print("half", flush=True)
            sys.stdin.read()
pull(reference, Path(store), mask=mask, key=bytes(32), access=Access(env))
"""


def test_a_kill_leaves_no_half_file_under_the_final_name(
    github: Hub, fetch: Fetch, store: Path
) -> None:
    red(github, b"line\n" * 100_000)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, github.server, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half\n"
        os.kill(child.pid, signal.SIGKILL)
    folder = store / "github-100"
    assert not (folder / "jobs/1.log").exists()
    assert list(folder.glob("jobs/.part-*"))
    run = fetch()
    assert run.jobs[0].log is not None
    assert run.jobs[0].log.read_bytes() == b"line\n" * 100_000
    assert not list(folder.rglob(".part-*"))


def test_a_second_pull_waits_for_the_first_and_fetches_nothing_twice(
    github: Hub, fetch: Fetch, store: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    red(github, b"line\n" * 1000)
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, github.server, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == b"half\n"
        release = child.stdin

        def note(text: str) -> None:
            told.notes.append(text)
            release.close()

        monkeypatch.setattr(told, "note", note)
        run = fetch()
    assert child.returncode == 0
    assert "another pull is at work" in told.notes[0]
    assert run.jobs[0].log is not None
    assert github.count("/blob/1") == 1


def test_a_download_that_breaks_off_goes_on_where_it_was(
    github: Hub, fetch: Fetch, clock: Clock
) -> None:
    text = bytes(range(256)) * 2000
    red(github)
    github.on("/blob/1", ranged(text, 100_000, 7))
    run = fetch()
    assert run.jobs[0].log is not None
    assert run.jobs[0].log.read_bytes() == text
    spans = [asked.headers.get("range") for asked in github.asked if asked.path == "/blob/1"]
    assert spans[0] is None
    assert len(spans) == 3
    assert clock.slept
