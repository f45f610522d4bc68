"""A pull from GitLab brings pipeline, jobs and masked traces, each once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from regreen.errors import UsageError
from regreen.runs import Access, green_job, latest, load, parse, pull
from regreen.runs.seal import sealed
from tests.runs.conftest import KEY, SECRET, TOKEN, Fetch, Told, hide
from tests.runs.gitlab import lab
from tests.runs.gitlab.lab import COMMIT, MERGE, OTHER, PIPELINE, PROJECT, REPOSITORY
from tests.runs.hub import Hub, Reply


def test_a_pipeline_comes_with_its_jobs_and_the_trace_of_the_failed_job(
    gitlab: Hub, fetch: Fetch, store: Path
) -> None:
    lab.serve(
        gitlab,
        lab.pipeline(name="nightly"),
        lab.job(1, "lint"),
        lab.job(2, "test: [3.12, alpine]", status="success", failure_reason=None),
        lab.job(3, "deploy", status="manual", started_at=None, finished_at=None),
        lab.job(4, "flaky", allow_failure=True),
        lab.job(5, "slow", failure_reason="job_execution_timeout"),
        lab.job(6, "gone", status="canceled"),
    )
    for number in (1, 5):
        lab.serve_log(gitlab, number, b"all is lost\n")
    gitlab.on(f"{PROJECT}/repository/branches/main", lab.told({"commit": {"id": OTHER}}))
    run = fetch()
    assert (run.provider, run.server, run.id, run.attempt) == ("gitlab", gitlab.server, "100", 1)
    assert (run.repository, run.head_repository) == (REPOSITORY, REPOSITORY)
    assert (run.head, run.tested, run.head_now) == (COMMIT, COMMIT, OTHER)
    assert (run.workflow, run.event, run.branch) == ("nightly", "push", "main")
    assert (run.conclusion, run.pull_request) == ("failure", None)
    assert run.started_at == datetime(2024, 5, 1, 12, 0, 0, 123_000, UTC)
    assert run.folder == store / "gitlab-100"
    assert run.url == f"{gitlab.server}/{REPOSITORY}/-/pipelines/100"
    lint, test, deploy, flaky, slow, gone = run.jobs
    assert [job.id for job in run.jobs if job.failed] == ["1", "5"]
    assert (test.name, test.conclusion) == ("test: [3.12, alpine]", "success")
    assert (deploy.conclusion, gone.conclusion) == ("skipped", "cancelled")
    assert (flaky.conclusion, flaky.allowed) == ("failure", True)
    assert slow.conclusion == "timed_out"
    assert lint.labels == ("docker",)
    assert lint.url == f"{gitlab.server}/{REPOSITORY}/-/jobs/1"
    assert lint.log is not None
    assert lint.log.read_bytes() == b"all is lost\n"
    assert load(run.folder) == run


def test_what_is_there_is_not_fetched_again(red: Hub, fetch: Fetch) -> None:
    first = fetch()
    red.asked.clear()
    assert fetch() == first
    assert not [path for path in red.paths() if path.endswith("/trace")]


def test_the_address_of_a_job_selects_its_pipeline_and_that_job(gitlab: Hub, fetch: Fetch) -> None:
    lab.serve(gitlab, lab.pipeline(), lab.job(1), lab.job(2, "test"))
    lab.serve_log(gitlab, 2, b"red\n")
    run = fetch(f"/{REPOSITORY}/-/jobs/2#L7")
    assert (run.id, [job.id for job in run.jobs if job.log]) == ("100", ["2"])
    gitlab.asked.clear()
    assert fetch(f"/{REPOSITORY}/-/jobs/2") == run


def test_secrets_and_the_token_are_in_no_file(gitlab: Hub, fetch: Fetch, store: Path) -> None:
    lab.serve(gitlab, lab.pipeline(name=SECRET), lab.job(1, SECRET))
    lab.serve_log(gitlab, 1, f"{TOKEN} {SECRET}\n".encode())
    fetch()
    for path in store.rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes()
            assert SECRET.encode() not in path.read_bytes()


@pytest.mark.parametrize("keyset", [True, False])
def test_all_pages_are_read_and_the_token_stays_whatever_they_name(
    gitlab: Hub, blobs: Hub, fetch: Fetch, keyset: bool
) -> None:
    rows = [lab.job(n, f"job {n}", status="success") for n in range(25, 0, -1)]
    lab.serve(gitlab, lab.pipeline(), *rows)
    gitlab.on(f"{PIPELINE}/jobs", lab.paged(rows, 10, keyset=keyset, host=blobs.server))
    run = fetch()
    assert [job.name for job in run.jobs] == [f"job {n}" for n in range(1, 26)]
    assert gitlab.count(f"{PIPELINE}/jobs") == 3
    assert blobs.asked == []


# Attempts


def test_of_a_retried_job_the_newest_attempt_counts_and_older_ones_are_told(
    gitlab: Hub, fetch: Fetch
) -> None:
    lab.serve(gitlab, lab.pipeline(), lab.job(1), lab.job(2, "test"), lab.job(3), lab.job(5))
    for number in (1, 2, 5):
        lab.serve_log(gitlab, number, b"%d\n" % number)
    run = fetch()
    assert run.attempt == 3
    names = [(job.id, job.name, job.failed) for job in run.jobs]
    assert names == [
        ("5", "lint", True),
        ("1", "lint, attempt 1", False),
        ("3", "lint, attempt 2", False),
        ("2", "test", True),
    ]
    assert [job.id for job in run.jobs if job.log] == ["5", "2"]
    older = fetch(f"/{REPOSITORY}/-/jobs/1")
    log = next(job.log for job in older.jobs if job.id == "1")
    assert log is not None
    assert log.read_bytes() == b"1\n"


def test_a_retry_after_the_pull_is_seen(red: Hub, fetch: Fetch) -> None:
    fetch()
    lab.serve(red, lab.pipeline(), lab.job(1), lab.job(2))
    lab.serve_log(red, 2, b"red again\n")
    run = fetch()
    assert (run.attempt, [job.id for job in run.jobs if job.log]) == (2, ["2"])


# Downstream pipelines


def child(number: int = 200, **given: object) -> dict[str, object]:
    """What a trigger job tells of the pipeline that it started."""
    return lab.pipeline(number, source="parent_pipeline", **given)


def test_the_failed_jobs_of_a_child_pipeline_stand_in_for_its_trigger_job(
    gitlab: Hub, fetch: Fetch
) -> None:
    bridges = (
        lab.bridge(10, "build", child()),
        lab.bridge(11, "docs", child(201), status="success", failure_reason=None),
    )
    lab.serve(gitlab, lab.pipeline(), lab.job(1, "lint", status="success"), bridges=bridges)
    lab.serve(
        gitlab,
        child(),
        lab.job(20, "compile"),
        lab.job(21, "pack", status="success"),
        lab.job(22, "extra", allow_failure=True),
        bridges=(lab.bridge(23, "deep", child(300)),),
    )
    lab.serve(gitlab, child(300), lab.job(30, "leaf"))
    for number in (20, 30):
        lab.serve_log(gitlab, number, b"%d\n" % number)
    run = fetch()
    assert [(job.name, job.failed) for job in run.jobs] == [
        ("lint", False),
        ("build / compile", True),
        ("build / extra", False),
        ("build / deep / leaf", True),
        ("docs", False),
    ]
    assert [job.id for job in run.jobs if job.log] == ["20", "30"]


def test_a_job_of_another_project_s_pipeline_is_named_with_it_and_fetched_there(
    gitlab: Hub, fetch: Fetch
) -> None:
    there = lab.project("group/other")
    started = child(200, project_id=5, web_url="https://x.example/group/other/-/pipelines/200")
    lab.serve(gitlab, lab.pipeline(), bridges=(lab.bridge(10, "deploy", started),))
    lab.serve(gitlab, started, lab.job(20, "ship"), at=there)
    lab.serve_log(gitlab, 20, b"away\n", at=there)
    (ship,) = fetch().jobs
    assert ship.name == "deploy / group/other / ship"
    assert ship.url == f"{gitlab.server}/group/other/-/jobs/20"
    assert ship.log is not None
    assert ship.log.read_bytes() == b"away\n"


@pytest.mark.parametrize(
    "downstream",
    [
        None,
        child(100),  # the pipeline itself
        child(200),  # one that cannot be read
        child(200, project_id=5, web_url="https://x/group/../etc/-/pipelines/200"),
    ],
)
def test_a_trigger_job_without_failed_jobs_stands_for_itself(
    gitlab: Hub, fetch: Fetch, told: Told, downstream: dict[str, object] | None
) -> None:
    lab.serve(gitlab, lab.pipeline(), bridges=(lab.bridge(10, "deploy", downstream),))
    (deploy,) = fetch().jobs
    assert (deploy.name, deploy.failed, deploy.log) == ("deploy", True, None)
    assert "its downstream pipeline could not be created" in (deploy.log_missing or "")
    assert not [path for path in gitlab.paths() if path.endswith("/trace") or "etc" in path]


def test_pipelines_that_start_each_other_end(gitlab: Hub, fetch: Fetch) -> None:
    for number in range(100, 140):
        rows = tuple(
            lab.bridge(number * 10 + n, f"b{n}", child(number + 1 + n), failure_reason=None)
            for n in range(2)
        )
        lab.serve(gitlab, lab.pipeline(number), bridges=rows)
    assert fetch().jobs
    assert len(gitlab.asked) < 50


# Merge requests


@pytest.fixture
def merged(gitlab: Hub) -> Hub:
    """A pipeline of a merge request's merged result, of a fork."""
    lab.serve(
        gitlab,
        lab.pipeline(sha=MERGE, ref="refs/merge-requests/9/merge", source="merge_request_event"),
        lab.job(1),
    )
    lab.serve_log(gitlab, 1, b"red\n")
    request = lab.request(source_project_id=77)
    gitlab.on(f"{PROJECT}/merge_requests/9", lab.told(request))
    gitlab.on(f"{PROJECT}/repository/commits/{MERGE}", lab.told({"parent_ids": [OTHER, COMMIT]}))
    fork = {"id": 77, "path_with_namespace": "someone/app"}
    gitlab.on("/api/v4/projects/77", lab.told(fork))
    return gitlab


def test_a_merged_result_was_tested_and_its_source_is_the_head(merged: Hub, fetch: Fetch) -> None:
    run = fetch()
    assert (run.head, run.tested, run.head_now) == (COMMIT, MERGE, COMMIT)
    assert (run.pull_request, run.branch) == (9, "topic")
    assert (run.head_repository, run.event) == ("someone/app", "merge_request_event")
    assert not [path for path in merged.paths() if path.endswith("/versions")]


def test_a_merge_request_that_moved_since_keeps_the_head_that_was_merged(
    merged: Hub, fetch: Fetch
) -> None:
    newer = "d" * 40
    merged.on(f"{PROJECT}/merge_requests/9", lab.told(lab.request(sha=newer)))
    old = {"head_commit_sha": COMMIT, "created_at": "2024-05-01T10:00:00.000Z"}
    new = {"head_commit_sha": newer, "created_at": "2024-05-01T11:00:00.000Z"}
    merged.on(f"{PROJECT}/merge_requests/9/versions", lab.told([new, old]))
    run = fetch()
    assert (run.head, run.tested, run.head_now) == (COMMIT, MERGE, newer)
    new["created_at"] = "2024-05-02T12:00:00.000Z"
    merged.on(f"{PROJECT}/merge_requests/9/versions", lab.told([new, old]))
    merged.on(f"{PROJECT}/repository/commits/{MERGE}", lab.refused(403))
    assert fetch().head == COMMIT  # by the time of the push


def test_a_detached_pipeline_tested_the_head_itself(merged: Hub, fetch: Fetch) -> None:
    ref = "refs/merge-requests/9/head"
    merged.on(PIPELINE, lab.told(lab.pipeline(ref=ref, source="merge_request_event")))
    run = fetch()
    assert (run.head, run.tested, run.pull_request) == (COMMIT, COMMIT, 9)


def test_a_merge_request_that_cannot_be_read_is_said(merged: Hub, fetch: Fetch, told: Told) -> None:
    merged.on(f"{PROJECT}/merge_requests/9", lab.refused(403))
    run = fetch()
    assert (run.head, run.tested, run.pull_request) == (MERGE, MERGE, 9)
    assert (run.branch, run.head_now) == (None, None)
    assert "the pushed commit is unknown" in told.notes[0]


def test_a_tag_is_no_branch(red: Hub, fetch: Fetch) -> None:
    red.on(PIPELINE, lab.told(lab.pipeline(tag=True, ref="v1.0")))
    run = fetch()
    assert (run.branch, run.head_now) == (None, None)


def test_a_configuration_that_gitlab_refused_is_said(gitlab: Hub, fetch: Fetch, told: Told) -> None:
    lab.serve(gitlab, lab.pipeline(yaml_errors="jobs:lint \x1b[31mconfig is wrong"))
    assert fetch().jobs == ()
    assert told.notes[0].endswith(r"jobs:lint \u001b[31mconfig is wrong")


# The newest failed one


def test_the_newest_failed_pipeline(red: Hub, access: Access) -> None:
    red.on(f"{PROJECT}/pipelines", lab.told([lab.pipeline(100)]))
    reference = latest(f"{red.server}/{REPOSITORY}.git", access=access)
    assert (reference.run, reference.provider) == ("100", "gitlab")
    assert red.asked[0].query["status"] == "failed"


def test_the_newest_failed_pipeline_of_a_branch_may_be_a_merge_request_s(
    red: Hub, access: Access
) -> None:
    remote = f"{red.server}/{REPOSITORY}.git"
    red.on(f"{PROJECT}/pipelines", lab.told([lab.pipeline(100)]))
    assert latest(remote, branch="topic/1", access=access).run == "100"
    assert red.asked[0].query["ref"] == "topic/1"
    red.on(f"{PROJECT}/merge_requests", lab.told([lab.request()]))
    rows = [lab.pipeline(120, status="success"), lab.pipeline(119), lab.pipeline(130, project_id=2)]
    red.on(f"{PROJECT}/merge_requests/9/pipelines", lab.told(rows))
    assert latest(remote, branch="topic/1", access=access).run == "119"


def test_a_project_without_a_failed_pipeline(red: Hub, access: Access) -> None:
    red.on(f"{PROJECT}/pipelines", lab.told([]))
    with pytest.raises(UsageError, match=r"has no failed pipeline on main(?s:.*)-/pipelines"):
        latest(f"{red.server}/{REPOSITORY}", branch="main", access=access)


def test_a_workflow_means_nothing_to_gitlab(red: Hub, access: Access) -> None:
    with pytest.raises(UsageError, match=r"means nothing(?s:.*)leave --workflow out"):
        latest(f"{red.server}/{REPOSITORY}", workflow="ci.yml", access=access)
    assert red.asked == []


# Where a project lies


@pytest.mark.parametrize(
    "path", ["/projects/42/pipelines/100", "/api/v4/projects/42/pipelines/100"]
)
def test_a_project_may_be_named_by_its_number(red: Hub, fetch: Fetch, path: str) -> None:
    red.on("/api/v4/projects/42", lab.told({"id": 42, "path_with_namespace": REPOSITORY}))
    assert fetch(path).repository == REPOSITORY


@pytest.mark.parametrize("name", ["a/../b", "alone", "/a/b", "a/b\n", 5, None])
def test_a_number_that_leads_to_no_path_is_said(red: Hub, fetch: Fetch, name: object) -> None:
    red.on("/api/v4/projects/42", lab.told({"id": 42, "path_with_namespace": name}))
    with pytest.raises(UsageError, match="something that is not GitLab's"):
        fetch("/projects/42/pipelines/100")


@pytest.mark.parametrize("told_by", ["the variable", "asking"])
def test_a_server_under_a_relative_root(
    gitlab: Hub, fetch: Fetch, environment: dict[str, str], told_by: str
) -> None:
    at = lab.project("group/app", root="/git/lab")
    lab.serve(gitlab, lab.pipeline(), lab.job(1), at=at)
    lab.serve_log(gitlab, 1, b"red\n", at=at)
    gitlab.on("/git/lab/api/v4/version", lab.refused(401, "401 Unauthorized"))
    gitlab.on("/git/api/v4/version", Reply(b"<html>", headers={"Content-Type": "text/html"}))
    if told_by == "asking":
        environment["GITLAB_HOST"] = gitlab.server.removeprefix("http://")
    else:
        environment["GITLAB_HOST"] = f"{gitlab.server}/git/lab/"
    run = fetch("/git/lab/group/app/-/pipelines/100")
    assert (run.server, run.repository) == (gitlab.server, "git/lab/group/app")
    assert run.jobs[0].url == f"{gitlab.server}/git/lab/group/app/-/jobs/1"
    assert run.jobs[0].log is not None
    asked = [asked for asked in gitlab.asked if asked.path.endswith("/version")]
    assert len(asked) == (3 if told_by == "asking" else 0)
    assert not [one for one in asked if "private-token" in one.headers]


def test_nested_groups_of_a_server_that_only_a_host_names(
    red: Hub, fetch: Fetch, environment: dict[str, str]
) -> None:
    environment["GITLAB_HOST"] = red.server.removeprefix("http://")
    red.on("/api/v4/version", lab.refused(401, "401 Unauthorized"))
    assert fetch().repository == REPOSITORY


# Logs that are not there


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"erased_at": lab.MOMENT}, "expired: it was erased on 2024-05-01"),
        (
            {"started_at": None, "failure_reason": "stuck_or_timeout_failure"},
            "the job never began (stuck_or_timeout_failure: no runner took it",
        ),
        ({"failure_reason": "runner_system_failure"}, "(runner_system_failure: the runner failed"),
        ({"failure_reason": "new\x1b[31m"}, r"no log of this job (new\u001b[31m)"),
        ({"failure_reason": None}, "GitLab has no log of this job"),
    ],
)
@pytest.mark.parametrize("answer", [Reply(b""), lab.refused(404), Reply(b"", 200, {}, 0, False)])
def test_an_empty_trace_says_why(
    gitlab: Hub, fetch: Fetch, changes: dict[str, Any], words: str, answer: Reply
) -> None:
    lab.serve(gitlab, lab.pipeline(), lab.job(1, **changes))
    gitlab.on(f"{PROJECT}/jobs/1/trace", answer)
    (job,) = fetch().jobs
    assert job.log is None
    assert words in (job.log_missing or "")


def test_names_with_escapes_and_paths_stay_inside_the_folder(
    gitlab: Hub, fetch: Fetch, store: Path
) -> None:
    name = "../../\x1b[31mred\x07/etc\n::error::x"
    lab.serve(gitlab, lab.pipeline(name=name, ref=name), lab.job(1, name))
    lab.serve_log(gitlab, 1, b"red\n")
    run = fetch()
    assert (run.jobs[0].name, run.branch) == (name, name)
    files = {str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()}
    assert files == {"gitlab-100/.lock", "gitlab-100/run.json", "gitlab-100/jobs/1.log"}


def test_a_stored_address_of_another_server_leads_nowhere_else(
    red: Hub, blobs: Hub, fetch: Fetch, access: Access, store: Path
) -> None:
    red.on(f"{PROJECT}/jobs/1/trace", lab.refused(403))
    with pytest.raises(UsageError):
        fetch()
    record = store / "gitlab-100/run.json"
    content = json.loads(record.read_text())
    content["jobs"][0]["url"] = f"{blobs.server}/group/other/-/jobs/1"
    record.write_text(json.dumps(sealed(content, KEY)))
    lab.serve_log(red, 1, b"red\n")
    text = f"{red.server}/{REPOSITORY}/-/pipelines/100"
    reference = parse(text, remote=None, environment=access.environment)
    assert pull(reference, store, mask=hide, key=KEY, access=access).jobs[0].log is not None
    assert blobs.asked == []


def test_the_last_green_pipeline_of_the_default_branch_has_the_same_job(
    red: Hub, fetch: Fetch, store: Path, access: Access
) -> None:
    run = fetch()
    red.on(PROJECT, lab.told({"default_branch": "trunk"}))
    red.on(f"{PROJECT}/pipelines", lab.told([lab.pipeline(90, status="success")]))
    passed = lab.job(9, "lint", status="success", failure_reason=None)
    lab.serve(red, lab.pipeline(90, status="success"), passed)
    lab.serve_log(red, 9, b"Successfully installed a-1\n")
    found = green_job(run, run.jobs[0], store, mask=hide, key=KEY, access=access)
    assert found is not None
    assert (found[0].id, found[1].log) == ("90", store / "gitlab-90" / "jobs" / "9.log")
    [query] = [one.query for one in red.asked if one.path == f"{PROJECT}/pipelines"]
    assert (query["status"], query["ref"]) == ("success", "trunk")
