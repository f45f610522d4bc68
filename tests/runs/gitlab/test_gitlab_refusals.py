"""What goes wrong with a GitLab server ends in words and a next step, and never in half a log."""

from __future__ import annotations

import gzip
import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from regreen.errors import UsageError
from regreen.runs import Access, gitlab_api, gitlab_wire, load, parse, pull
from tests.runs.conftest import KEY, TOKEN, Clock, Fetch, Told, hide
from tests.runs.gitlab import lab
from tests.runs.gitlab.asking import failure, log_of, serving
from tests.runs.gitlab.lab import JOBS, PIPELINE, REPOSITORY, TRACE
from tests.runs.hub import Asked, Hub, Reply, ranged, send

HTML = {"Content-Type": "text/html; charset=utf-8"}


def part(text: bytes, span: str) -> Reply:
    """A part of a log."""
    return Reply(text, 206, {"Content-Range": span})


# Refusals


@pytest.mark.parametrize(
    "body",
    [
        {"message": f"401 Unauthorized {TOKEN}"},
        {"error": "invalid_token", "error_description": "Token was revoked."},
    ],
)
def test_a_wrong_token(red: Hub, fetch: Fetch, body: object) -> None:
    red.on(PIPELINE, Reply(lab.told(body).body, 401, lab.JSON))
    error = failure(fetch)
    assert "does not accept the token from GITLAB_TOKEN" in error.message
    assert "export GITLAB_TOKEN=" in error.next_step
    assert "`read_api`" in error.next_step


def test_a_scope_that_is_missing_is_named(red: Hub, fetch: Fetch) -> None:
    body = {"error": "insufficient_scope", "error_description": "higher", "scope": "api read_api"}
    red.on(PIPELINE, Reply(lab.told(body).body, 403, lab.JSON))
    error = failure(fetch)
    assert "it lacks the scope `read_api` (higher)" in error.message
    assert "`read_api`" in error.next_step


@pytest.mark.parametrize("path", [PIPELINE, JOBS, TRACE])
def test_a_role_that_is_too_low(red: Hub, fetch: Fetch, path: str) -> None:
    red.on(path, lab.refused(403, "403 Forbidden"))
    error = failure(fetch)
    assert "role in the project is too low (403 Forbidden)" in error.message
    assert "Reporter; Developer" in error.next_step


@pytest.mark.parametrize("status", [401, 403])
def test_without_a_token(red: Hub, fetch: Fetch, environment: dict[str, str], status: int) -> None:
    del environment["GITLAB_TOKEN"]
    red.on(TRACE, lab.refused(status))
    error = failure(fetch)
    assert "wants a token for the log of lint" in error.message
    assert error.next_step.startswith("export GITLAB_TOKEN=")
    assert not [asked for asked in red.asked if "private-token" in asked.headers]


def test_a_public_project_needs_no_token(
    red: Hub, fetch: Fetch, environment: dict[str, str]
) -> None:
    del environment["GITLAB_TOKEN"]
    assert log_of(fetch) == b"red\n"


@pytest.mark.parametrize(("token", "words"), [(True, "may not see"), (False, "is private")])
def test_a_pipeline_that_is_not_there(
    gitlab: Hub, fetch: Fetch, environment: dict[str, str], token: bool, words: str
) -> None:
    if not token:
        del environment["GITLAB_TOKEN"]
    error = failure(fetch)
    assert words in error.message
    assert ("GITLAB_TOKEN" in error.next_step) is not token


def test_a_job_that_is_not_there(gitlab: Hub, fetch: Fetch) -> None:
    error = failure(fetch, path=f"/{REPOSITORY}/-/jobs/5")
    assert f"does not find the job 5 of {REPOSITORY}" in error.message


def test_a_short_rate_limit_is_waited_for(red: Hub, fetch: Fetch, clock: Clock, told: Told) -> None:
    reset = str(int(clock.time) + 20)
    limit = Reply(b"Retry later\n", 429, {"RateLimit-Remaining": "0", "RateLimit-Reset": reset})
    red.on(PIPELINE, limit, red.routes[PIPELINE][0])
    after = Reply(b"Retry later\n", 429, {"Retry-After": "7", "RateLimit-Reset": reset})
    red.on(TRACE, after, red.routes[TRACE][0])
    assert log_of(fetch) == b"red\n"
    assert clock.slept == [21.0, 7.0]
    assert "waiting 21 s" in told.notes[0]


@pytest.mark.parametrize("token", [True, False])
def test_a_long_rate_limit_says_when_it_works_again(
    red: Hub, fetch: Fetch, clock: Clock, environment: dict[str, str], token: bool
) -> None:
    if not token:
        del environment["GITLAB_TOKEN"]
    reset = str(int(clock.time) + 1799)
    red.on(PIPELINE, Reply(b"Retry later\n", 429, {"RateLimit-Reset": reset}))
    error = failure(fetch)
    assert "rate limit is used up; it works again at 2023-11-14 22:43:20 UTC" in error.message
    assert ("GITLAB_TOKEN" in error.next_step) is not token
    assert clock.slept == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Retry-After": "soon"},
        {"Retry-After": "-5"},
        {"Retry-After": "9" * 300},
        {"RateLimit-Reset": "9" * 15},
        {"RateLimit-Reset": "never"},
    ],
)
def test_odd_rate_limit_headers_end_in_words(
    red: Hub, fetch: Fetch, clock: Clock, headers: dict[str, str]
) -> None:
    red.on(PIPELINE, Reply(b"Retry later\n", 429, headers))
    assert "rate limit" in failure(fetch).message
    assert sum(clock.slept) <= 60


# What passes, and what does not


@pytest.mark.parametrize(
    "bad",
    [Reply(status=502), Reply(b"[" + b" " * 99, cut=1), Reply(b"x" * 9, cut=0), Reply(status=408)],
)
def test_failures_that_pass_are_tried_again(
    red: Hub, fetch: Fetch, clock: Clock, bad: Reply
) -> None:
    for path in (PIPELINE, JOBS, f"{PIPELINE}/bridges"):
        red.on(path, bad, red.routes[path][0])
    assert log_of(fetch) == b"red\n"
    assert clock.slept
    assert sum(clock.slept) <= 60


def test_a_server_that_stays_down(red: Hub, fetch: Fetch, clock: Clock) -> None:
    red.on(PIPELINE, Reply(status=503))
    assert "answered 503 again and again" in failure(fetch).message
    assert clock.slept == [1.0, 2.0, 4.0]
    assert red.count(PIPELINE) == 4


def test_no_connection(access: Access, store: Path, environment: dict[str, str]) -> None:
    environment["GITLAB_HOST"] = "127.0.0.1:9"
    text = "http://127.0.0.1:9/o/r/-/pipelines/1"
    reference = parse(text, remote=None, environment=environment)
    with pytest.raises(UsageError, match=r"cannot reach 127(?s:.*)no connection"):
        pull(reference, store, mask=hide, key=KEY, access=access)


def test_a_server_that_says_nothing_is_left(
    red: Hub, store: Path, environment: dict[str, str], clock: Clock
) -> None:
    gone = threading.Event()

    def silent(_: Asked) -> Reply:
        gone.wait(20)
        return Reply()

    red.on(PIPELINE, silent)
    access = Access(environment, clock.now, clock.sleep, silence=0.1)
    text = f"{red.server}/{REPOSITORY}/-/pipelines/100"
    reference = parse(text, remote=None, environment=environment)
    try:
        with pytest.raises(UsageError, match="does not answer in time"):
            pull(reference, store, mask=hide, key=KEY, access=access)
    finally:
        gone.set()


def test_a_log_that_broke_off_goes_on_where_it_did(red: Hub, fetch: Fetch) -> None:
    text = bytes(range(256)) * 1000
    red.on(TRACE, ranged(text, 100_000, 50_000))
    assert log_of(fetch) == text
    ranges = [asked.headers.get("range") for asked in red.asked if asked.path == TRACE]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_server_without_ranges_is_asked_for_all_of_it(red: Hub, fetch: Fetch) -> None:
    text = bytes(range(256)) * 1000
    red.on(TRACE, Reply(text, cut=100_000), Reply(text))
    assert log_of(fetch) == text


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([ranged(b"x" * 100_000, *[10] * 50)], "breaks off again and again"),
        ([Reply(b"a" * 5000, cut=4000), Reply(b"b" * 6000)], "changed while it was fetched"),
        (
            [Reply(b"a" * 5000, cut=4000), part(b"b", "bytes 9999-1/5000")],
            "changed while it was fetched",
        ),
        (
            [Reply(b"a" * 5000, cut=4000), part(b"b" * 2000, "bytes 4000-5999/5000")],
            "longer than was said",
        ),
    ],
)
def test_a_log_that_never_comes_whole_is_not_stored(
    red: Hub, fetch: Fetch, store: Path, answers: list[Any], words: str
) -> None:
    red.on(TRACE, *answers)
    assert words in failure(fetch).message
    assert load(store / "gitlab-100").jobs[0].log is None
    assert not list(store.rglob("*.log"))


def test_a_part_that_is_shorter_than_the_rest_is_not_the_end(red: Hub, fetch: Fetch) -> None:
    short, last = part(b"b" * 500, "bytes 4000-4499/5000"), part(b"c" * 500, "bytes 4500-4999/5000")
    red.on(TRACE, Reply(b"a" * 5000, cut=4000), short, last)
    assert log_of(fetch) == b"a" * 4000 + b"b" * 500 + b"c" * 500


@pytest.mark.parametrize("path", [PIPELINE, JOBS, TRACE])
@pytest.mark.parametrize("how", ["gzip", "gzip, gzip", "br", "GZIP", "identity, deflate"])
def test_nothing_packed_is_taken(red: Hub, fetch: Fetch, store: Path, path: str, how: str) -> None:
    packed = gzip.compress(b"red\n" * 9999)
    red.on(path, Reply(packed, headers={"Content-Encoding": how}))
    assert "packs its answer (" in failure(fetch).message
    assert {asked.headers["accept-encoding"] for asked in red.asked} == {"identity"}
    assert not list(store.rglob("*.log"))


def test_a_refusal_that_is_packed_is_one_without_words(red: Hub, fetch: Fetch) -> None:
    body = gzip.compress(b'{"message": "bomb"}')
    red.on(TRACE, Reply(body, 404, {"Content-Encoding": "gzip"}))
    assert fetch().jobs[0].log is None


def test_an_endless_log_ends(
    red: Hub, store: Path, environment: dict[str, str], clock: Clock
) -> None:
    red.on(TRACE, Reply(b"x" * 65536, endless=True))
    access = Access(environment, clock.now, clock.sleep, most_bytes=1 << 20)
    text = f"{red.server}/{REPOSITORY}/-/pipelines/100"
    reference = parse(text, remote=None, environment=environment)
    (job,) = pull(reference, store, mask=hide, key=KEY, access=access).jobs
    assert job.log is None
    assert "more than 1 MiB" in (job.log_missing or "")


@pytest.mark.parametrize("reply", [Reply(b" " * 65536, endless=True), Reply(b"[1,", endless=True)])
def test_an_endless_answer_ends(
    red: Hub, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(gitlab_wire, "MOST_JSON", 1 << 20)
    red.on(JOBS, reply)
    assert "does not come to the end" in failure(fetch).message


@pytest.mark.parametrize("status", [401, 500, 404])
def test_endless_words_in_an_error_end(red: Hub, fetch: Fetch, status: int) -> None:
    red.on(PIPELINE, Reply(b"x" * 65536, status, endless=True))
    assert "GitLab on 127" in failure(fetch).message


def test_an_endless_redirect_ends(red: Hub, fetch: Fetch) -> None:
    moved = {"Location": f"{red.server}{PIPELINE}"}
    red.on(PIPELINE, Reply(b"x" * 65536, 302, moved, endless=True))
    assert "redirects without coming to an end" in failure(fetch).message


def test_an_answer_that_trickles_ends(
    red: Hub, environment: dict[str, str], clock: Clock, store: Path
) -> None:
    """Each read is in time and the answer as a whole is not."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = Asked(self.path.partition("?")[0], {}, {})
            if asked.path != JOBS:
                send(self, red.reply(asked))
                return
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(b"[")
                    clock.time += 10.0
                    time.sleep(0.005)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as server:
        home = f"http://127.0.0.1:{server.server_address[1]}"
        environment["GITLAB_HOST"] = home
        text = f"{home}/{REPOSITORY}/-/pipelines/100"
        reference = parse(text, remote=None, environment=environment)
        access = Access(environment, clock.now, clock.sleep, silence=5.0)
        with pytest.raises(UsageError, match="does not come to the end"):
            pull(reference, store, mask=hide, key=KEY, access=access)


# Answers that are not GitLab's


@pytest.mark.parametrize("path", [PIPELINE, JOBS, f"{PIPELINE}/bridges", TRACE])
def test_a_web_page_is_no_answer(red: Hub, fetch: Fetch, path: str, store: Path) -> None:
    red.on(path, Reply(b"<html>Sign in</html>", headers=HTML))
    assert "proxy" in failure(fetch).next_step
    assert not list(store.rglob("*.log"))


def changed(**fields: Any) -> bytes:
    return json.dumps(lab.pipeline() | fields).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        b"\xff\xfe",
        changed(id="100"),
        changed(id=True),
        changed(id=101),
        changed(id=10**30),
        changed(sha="../../x"),
        changed(sha=None),
    ],
)
def test_answers_that_are_not_as_promised_end_in_words(red: Hub, fetch: Fetch, body: bytes) -> None:
    red.on(PIPELINE, Reply(body, headers=lab.JSON))
    assert "something that is not GitLab's" in failure(fetch).message


@pytest.mark.parametrize("path", [JOBS, f"{PIPELINE}/bridges"])
@pytest.mark.parametrize("rows", [None, {}, [1], [{"id": "1"}], [{"id": "../../x", "name": "a"}]])
def test_jobs_that_are_not_as_promised_end_in_words(
    red: Hub, fetch: Fetch, path: str, rows: object
) -> None:
    red.on(path, lab.told(rows))
    assert "something that is not GitLab's" in failure(fetch).message


def test_odd_fields_that_may_be_missing_are_missing(red: Hub, fetch: Fetch) -> None:
    content = {"id": 100, "sha": lab.COMMIT, "ref": 5, "source": "\x1b[2J", "status": [], "tag": 1}
    content |= {"name": {}, "started_at": "now", "created_at": 7}
    red.on(PIPELINE, lab.told(content))
    row = {"id": 1, "name": ["x"], "status": {}, "tag_list": [1, "a"], "allow_failure": "yes"}
    red.on(JOBS, lab.told([row]))
    red.on(f"{PIPELINE}/bridges", lab.told([{"id": 2, "downstream_pipeline": []}]))
    run = fetch()
    assert (run.branch, run.event, run.conclusion, run.started_at) == (None, None, None, None)
    job = run.jobs[0]
    assert (job.name, job.conclusion, job.labels, job.allowed) == ("1", None, ("a",), False)


@pytest.mark.parametrize("headers", [{"X-Next-Page": "2"}, {"Link": '<?page=2>; rel="next"'}])
def test_an_endless_list_of_jobs_ends(
    red: Hub, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setattr(gitlab_api, "MOST_PAGES", 3)
    monkeypatch.setattr(gitlab_api.Api.rows, "__kwdefaults__", {"pages": 3})
    red.on(JOBS, Reply(lab.told([lab.job(1)]).body, headers=headers))
    assert "more than 300 of" in failure(fetch).message


@pytest.mark.parametrize("link", ["<http://[::1>; rel=next", ";;;", '<>; rel="next"'])
def test_an_odd_link_is_the_last_page(red: Hub, fetch: Fetch, link: str) -> None:
    red.on(JOBS, lab.told([lab.job(1)], Link=link))
    assert len(fetch().jobs) == 1
