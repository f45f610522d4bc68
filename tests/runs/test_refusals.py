"""What goes wrong with a server ends in words and a next step, and never in half a log."""

from __future__ import annotations

import gzip
import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regreen.errors import UsageError
from regreen.runs import Access, credentials, github_api, load, parse, pull
from tests.runs import bodies
from tests.runs.conftest import KEY, TOKEN, Clock, Fetch, Told, hide
from tests.runs.hub import ACTIONS, Asked, Hub, Reply, ranged, refused
from tests.runs.hub import told as answer

RUN = f"{ACTIONS}/runs/100"
LOG = f"{ACTIONS}/jobs/1/logs"


@pytest.fixture
def red(github: Hub) -> Hub:
    """A server with a run, a failed job and its log."""
    github.serve_run(bodies.run(), bodies.job(1, "lint"))
    github.serve_log(1, b"red\n")
    return github


def failure(fetch: Fetch, **more: object) -> UsageError:
    """Pull and return how it failed; the token is in nothing that could be printed."""
    with pytest.raises(UsageError) as caught:
        fetch(**more)
    printed = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert TOKEN not in printed
    assert caught.value.next_step
    return caught.value


def log_of(fetch: Fetch) -> bytes:
    path = fetch().jobs[0].log
    assert path is not None
    return path.read_bytes()


def test_a_wrong_token(red: Hub, fetch: Fetch) -> None:
    red.on(RUN, refused(401, f"Bad credentials {TOKEN}"))
    error = failure(fetch)
    assert "does not accept the token from GITHUB_TOKEN" in error.message
    assert "export GITHUB_TOKEN=" in error.next_step
    assert "actions: read" in error.next_step


def test_a_missing_permission_is_named_as_the_server_names_it(red: Hub, fetch: Fetch) -> None:
    red.on(LOG, refused(403, "no", X_Accepted_GitHub_Permissions="actions=read,contents=read"))
    error = failure(fetch)
    assert "`actions: read,contents: read`" in error.message
    assert "actions: read" in error.next_step


def test_a_missing_permission_without_the_header(red: Hub, fetch: Fetch) -> None:
    red.on(LOG, refused(403, "Resource not accessible by personal access token"))
    assert "`actions: read` (Resource not accessible" in failure(fetch).message


def test_single_sign_on(red: Hub, fetch: Fetch) -> None:
    red.on(RUN, refused(403, "no", X_GitHub_SSO="required; url=https://x"))
    assert "single sign-on" in failure(fetch).message


def test_logs_without_a_token(red: Hub, fetch: Fetch, environment: dict[str, str]) -> None:
    del environment["GITHUB_TOKEN"]
    red.on(LOG, refused(403, "Must have admin rights to Repository."))
    error = failure(fetch)
    assert "wants a token for the log of lint" in error.message
    assert "export GITHUB_TOKEN=" in error.next_step
    assert not [asked for asked in red.asked if "authorization" in asked.headers]


@pytest.mark.parametrize(("token", "words"), [(True, "may not see"), (False, "is private")])
def test_a_run_that_is_not_there(
    github: Hub, fetch: Fetch, environment: dict[str, str], token: bool, words: str
) -> None:
    if not token:
        del environment["GITHUB_TOKEN"]
    error = failure(fetch)
    assert words in error.message
    assert ("GITHUB_TOKEN" in error.next_step) is not token


def test_a_short_rate_limit_is_waited_for(red: Hub, fetch: Fetch, clock: Clock, told: Told) -> None:
    reset = str(int(clock.time) + 20)
    limit = refused(403, "limit", X_RateLimit_Remaining="0", X_RateLimit_Reset=reset)
    red.on(RUN, limit, answer("run", bodies.run()))
    assert log_of(fetch) == b"red\n"
    assert clock.slept == [21.0]
    assert "waiting 21 s" in told.notes[0]


@pytest.mark.parametrize("status", [403, 429])
def test_a_second_limit_is_waited_for(red: Hub, fetch: Fetch, clock: Clock, status: int) -> None:
    limit = refused(status, "You have exceeded a secondary rate limit", Retry_After="7")
    red.on(LOG, limit, red.routes[LOG][0])
    assert log_of(fetch) == b"red\n"
    assert clock.slept == [7.0]


def test_a_long_rate_limit_says_when_it_works_again(red: Hub, fetch: Fetch, clock: Clock) -> None:
    reset = str(int(clock.time) + 1800)
    red.on(RUN, refused(403, "limit", X_RateLimit_Remaining="0", X_RateLimit_Reset=reset))
    error = failure(fetch)
    assert "rate limit is used up; it works again at 2023-11-14 22:43:21 UTC" in error.message
    assert clock.slept == []


def test_limits_are_waited_for_a_minute_in_all(red: Hub, fetch: Fetch, clock: Clock) -> None:
    red.on(RUN, refused(429, "slow", Retry_After="25"))
    assert "works again at" in failure(fetch).message
    assert clock.slept == [25.0, 25.0]


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "soon"},
        {"Retry_After": "-5"},
        {"Retry_After": "9" * 300},
        {"Retry_After": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "never"},
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "9" * 15},
        {"X_RateLimit_Remaining": "0"},
    ],
)
def test_odd_rate_limit_headers_end_in_words(
    red: Hub, fetch: Fetch, clock: Clock, headers: dict[str, str]
) -> None:
    red.on(RUN, refused(429, "slow", **headers))
    assert "rate limit" in failure(fetch).message
    assert sum(clock.slept) <= 60


@pytest.mark.parametrize("bad", [Reply(status=502), Reply(b"red\n", cut=1), Reply(status=408)])
def test_failures_that_pass_are_tried_again(
    red: Hub, fetch: Fetch, clock: Clock, bad: Reply
) -> None:
    for path in (RUN, f"{RUN}/attempts/1/jobs", LOG, "/blob/1"):
        red.on(path, bad, red.routes[path][0])
    assert log_of(fetch) == b"red\n"
    assert clock.slept
    assert sum(clock.slept) <= 60


def test_a_server_that_stays_down(red: Hub, fetch: Fetch, clock: Clock) -> None:
    red.on(RUN, Reply(status=503))
    assert "answered 503 again and again" in failure(fetch).message
    assert clock.slept == [1.0, 2.0, 4.0]


def test_no_connection(access: Access, store: Path, environment: dict[str, str]) -> None:
    environment["GH_HOST"] = "127.0.0.1:9"
    text = "http://127.0.0.1:9/o/r/actions/runs/1"
    reference = parse(text, remote=None, environment=environment)
    with pytest.raises(UsageError, match="cannot reach 127"):
        pull(reference, store, mask=hide, key=KEY, access=access)


def test_a_log_that_never_comes_whole_is_not_stored(red: Hub, fetch: Fetch, store: Path) -> None:
    red.on("/blob/1", ranged(b"x" * 100_000, *[10] * 50))
    failure(fetch)
    assert [path.name for path in (store / "github-100").rglob("*") if path.is_file()] == [
        ".lock",
        "run.json",
    ] or not list((store / "github-100/jobs").iterdir())
    assert load(store / "github-100").jobs[0].log is None


def test_a_log_that_changes_meanwhile_is_not_stored(red: Hub, fetch: Fetch, store: Path) -> None:
    red.on("/blob/1", Reply(b"a" * 5000, cut=4000), Reply(b"b" * 6000))
    assert "changed while it was fetched" in failure(fetch).message
    assert load(store / "github-100").jobs[0].log is None


def test_a_server_without_ranges_is_asked_for_all_of_it(red: Hub, fetch: Fetch) -> None:
    text = bytes(range(256)) * 1000
    red.on("/blob/1", Reply(text, cut=100_000), Reply(text))
    assert log_of(fetch) == text


def test_a_server_that_sends_less_than_the_rest_is_asked_again(red: Hub, fetch: Fetch) -> None:
    text = bytes(range(256)) * 1000

    def piece(asked: Asked) -> Reply:
        wanted = asked.headers.get("range")
        if wanted is None:
            return Reply(text, cut=90_000)
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        part = text[start : start + 90_000]
        span = f"bytes {start}-{start + len(part) - 1}/{len(text)}"
        return Reply(part, 206, {"Content-Range": span})

    red.on("/blob/1", piece)
    assert log_of(fetch) == text


@pytest.mark.parametrize("path", [RUN, f"{RUN}/attempts/1/jobs", LOG, "/blob/1"])
@pytest.mark.parametrize("how", ["gzip", "gzip, gzip", "br", "GZIP", "identity, deflate"])
def test_nothing_packed_is_taken(red: Hub, fetch: Fetch, store: Path, path: str, how: str) -> None:
    packed = gzip.compress(b"red\n" * 9999)
    red.on(path, Reply(packed, headers={"Content-Encoding": how}))
    assert "packs its answer (" in failure(fetch).message
    assert {asked.headers["accept-encoding"] for asked in red.asked} == {"identity"}
    assert not list(store.rglob("*.log"))


def test_a_refusal_that_is_packed_is_one_without_words(red: Hub, fetch: Fetch) -> None:
    body = gzip.compress(b'{"message": "bomb"}')
    red.on(RUN, Reply(body, 404, {"Content-Encoding": "gzip"}))
    assert "does not find" in failure(fetch).message


def test_a_log_in_the_answer_itself(red: Hub, fetch: Fetch) -> None:
    red.on(LOG, Reply(b"here\n", headers={"Content-Type": "text/plain"}))
    assert log_of(fetch) == b"here\n"


def test_an_endless_log_ends(
    red: Hub, store: Path, environment: dict[str, str], clock: Clock
) -> None:
    red.on("/blob/1", Reply(b"x" * 65536, endless=True))
    access = Access(environment, clock.now, clock.sleep, most_bytes=1 << 20)
    text = f"{red.server}/octo/app/actions/runs/100"
    reference = parse(text, remote=None, environment=environment)
    run = pull(reference, store, mask=hide, key=KEY, access=access)
    assert run.jobs[0].log is None
    assert "more than 1 MiB" in (run.jobs[0].log_missing or "")


def test_the_token_goes_to_the_api_and_nowhere_else(red: Hub, blobs: Hub, fetch: Fetch) -> None:
    red.serve_log(1, b"", storage=blobs.server)
    blobs.on("/blob/1", Reply(b"stored elsewhere\n"))
    assert log_of(fetch) == b"stored elsewhere\n"
    assert len(blobs.asked) == 1
    assert not [value for value in blobs.asked[0].headers.values() if TOKEN in value]
    assert "authorization" not in blobs.asked[0].headers
    assert {asked.headers["authorization"] for asked in red.asked} == {f"token {TOKEN}"}


def test_the_token_does_not_go_to_other_paths_of_the_same_server(red: Hub, fetch: Fetch) -> None:
    fetch()
    (blob,) = [asked for asked in red.asked if asked.path == "/blob/1"]
    assert "authorization" not in blob.headers


def test_metadata_that_redirects_elsewhere_is_refused(red: Hub, blobs: Hub, fetch: Fetch) -> None:
    red.on(RUN, Reply(status=301, headers={"Location": f"{blobs.server}/api/v3/x"}))
    assert "the token does not go there" in failure(fetch).message
    assert blobs.asked == []


def test_a_renamed_repository_is_followed(red: Hub, fetch: Fetch) -> None:
    moved = "/api/v3/repositories/5/actions/runs/100"
    red.on(moved, red.routes[RUN][0])
    red.on(RUN, Reply(status=301, headers={"Location": red.server + moved}))
    assert fetch().repository == "octo/app"


@pytest.mark.parametrize(
    "location", ["ftp://x/y", "http://example.invalid/log", "http://[::1", "file:///etc/passwd", ""]
)
def test_a_log_comes_from_no_odd_address(red: Hub, fetch: Fetch, location: str) -> None:
    red.on(LOG, Reply(status=302, headers={"Location": location}))
    failure(fetch)


@pytest.mark.parametrize("path", [RUN, LOG])
def test_redirects_in_a_circle_end(red: Hub, fetch: Fetch, path: str) -> None:
    red.on(path, Reply(status=302, headers={"Location": red.server + path}))
    assert "redirects without coming to an end" in failure(fetch).message
    assert red.count(path) < 10


HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize("path", [RUN, f"{RUN}/attempts/1/jobs", LOG, "/blob/1"])
def test_a_web_page_of_a_proxy_is_no_answer(red: Hub, fetch: Fetch, path: str, store: Path) -> None:
    red.on(path, Reply(b"<html>Sign in</html>", headers=HTML))
    assert "proxy" in failure(fetch).next_step
    assert not list(store.rglob("*.log"))


def changed(**fields: Any) -> bytes:
    return json.dumps(bodies.run() | fields).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'"x"',
        b"\xff\xfe",
        changed(id="100"),
        changed(id=True),
        changed(id=101),
        changed(id=-1),
        changed(id=1e9),
        changed(id=10**30),
        changed(head_sha="../../x"),
        changed(head_sha=None),
        changed(run_attempt="1"),
        changed(run_attempt=10**9),
    ],
)
def test_answers_that_are_not_as_promised_end_in_words(red: Hub, fetch: Fetch, body: bytes) -> None:
    red.on(RUN, Reply(body, headers={"Content-Type": "application/json"}))
    assert "something that is not GitHub's" in failure(fetch).message


@pytest.mark.parametrize(
    "jobs",
    [
        None,
        {},
        [1],
        [{"id": "1"}],
        [{"id": True}],
        [{"id": "../../x", "name": "a"}],
        [{"id": 1, "steps": [{"number": "1"}]}],
    ],
)
def test_jobs_that_are_not_as_promised_end_in_words(red: Hub, fetch: Fetch, jobs: object) -> None:
    content = json.dumps({"total_count": 1, "jobs": jobs}).encode()
    red.on(f"{RUN}/attempts/1/jobs", Reply(content))
    assert "something that is not GitHub's" in failure(fetch).message


def test_a_list_without_its_length_is_not_taken_for_whole(red: Hub, fetch: Fetch) -> None:
    content = json.dumps({"jobs": [bodies.job(n) for n in range(1, 101)]}).encode()
    red.on(f"{RUN}/attempts/1/jobs", Reply(content))
    assert "something that is not GitHub's" in failure(fetch).message


def test_odd_fields_that_may_be_missing_are_missing(red: Hub, fetch: Fetch) -> None:
    content = {"id": 100, "head_sha": bodies.COMMIT, "repository": {"full_name": "a/../b"}}
    content |= {"pull_requests": [7], "event": "pull_request", "run_started_at": "now", "name": 5}
    content |= {"path": "../../etc/passwd", "head_repository": [], "status": "completed"}
    red.on(RUN, Reply(json.dumps(content).encode()))
    run = fetch()
    assert (run.repository, run.pull_request, run.started_at) == ("octo/app", None, None)
    assert (run.workflow_path, run.head_repository, run.attempt) == (None, None, 1)


def test_an_endless_list_of_jobs_ends(
    red: Hub, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_api, "MOST_PAGES", 3)
    row = {"id": 1, "name": "a", "status": "completed", "conclusion": "success"}
    content = json.dumps({"total_count": 10**9, "jobs": [row]}).encode()
    red.on(f"{RUN}/attempts/1/jobs", Reply(content))
    assert "more than 300 of" in failure(fetch).message


def test_endless_words_in_an_error_end(red: Hub, fetch: Fetch) -> None:
    red.on(RUN, Reply(b"x" * 65536, 401, endless=True))
    assert "does not accept the token" in failure(fetch).message


def test_names_with_escapes_and_paths_stay_inside_the_folder(
    github: Hub, fetch: Fetch, store: Path
) -> None:
    name = "../../\x1b[31mred\x07/etc\n::error::x"
    github.serve_run(bodies.run(name=name), bodies.job(1, name))
    github.serve_log(1, b"red\n")
    run = fetch()
    assert run.jobs[0].name == name
    assert load(run.folder) == run
    files = {str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()}
    assert files == {"github-100/.lock", "github-100/run.json", "github-100/jobs/1.log"}
    github.on(LOG, refused(404, "no"))


def test_a_server_that_says_nothing_is_left(
    red: Hub, store: Path, environment: dict[str, str], clock: Clock
) -> None:
    import threading

    gone = threading.Event()

    def silent(_: Asked) -> Reply:
        gone.wait(20)
        return Reply()

    red.on(RUN, silent)
    access = Access(environment, clock.now, clock.sleep, silence=0.1)
    text = f"{red.server}/octo/app/actions/runs/100"
    reference = parse(text, remote=None, environment=environment)
    try:
        with pytest.raises(UsageError, match="does not answer in time"):
            pull(reference, store, mask=hide, key=KEY, access=access)
    finally:
        gone.set()


# Where the token comes from


Gh = Callable[[str], Path]


@pytest.fixture
def gh(tmp_path: Path, environment: dict[str, str]) -> Gh:
    """Puts a ``gh`` of these lines on the path."""

    def make(script: str) -> Path:
        program = tmp_path / "bin" / "gh"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
        return program

    return make


@pytest.mark.parametrize(
    ("variables", "sent"),
    [
        ({"GITHUB_TOKEN": "one", "GH_TOKEN": "two"}, "one"),
        ({"GITHUB_TOKEN": " ", "GH_TOKEN": "two\n"}, "two"),
        ({"GITHUB_TOKEN": "one", "GH_ENTERPRISE_TOKEN": "three"}, "three"),
        ({"GITHUB_ENTERPRISE_TOKEN": "four"}, "four"),
        ({}, "from-gh"),
    ],
)
def test_where_the_token_comes_from(
    red: Hub,
    fetch: Fetch,
    environment: dict[str, str],
    gh: Gh,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    sent: str,
) -> None:
    host = environment["GH_HOST"]
    program = gh(f'test "$*" = "auth token --hostname {host}" && echo from-gh')
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    environment.pop("GITHUB_TOKEN")
    environment |= variables
    fetch()
    assert red.asked[0].headers["authorization"] == f"token {sent}"


def test_a_gh_that_fails_is_no_token(
    red: Hub, fetch: Fetch, environment: dict[str, str], gh: Gh, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = gh("echo none; exit 4")
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    environment.pop("GITHUB_TOKEN")
    fetch()
    assert "authorization" not in red.asked[0].headers


def test_a_variable_that_holds_no_token_is_said(
    red: Hub, fetch: Fetch, environment: dict[str, str]
) -> None:
    environment["GITHUB_TOKEN"] = f"{TOKEN}\r\nX-Evil: 1"
    assert "GITHUB_TOKEN holds no token" in failure(fetch).message
    assert red.asked == []


def test_github_s_token_does_not_go_to_a_host_that_only_the_clone_names(
    red: Hub, access: Access, store: Path, environment: dict[str, str]
) -> None:
    del environment["GH_HOST"]
    remote = f"{red.server}/octo/app"
    text = f"{red.server}/octo/app/actions/runs/100"
    reference = parse(text, remote=remote, environment=environment)
    pull(reference, store, mask=hide, key=KEY, access=access)
    assert "authorization" not in red.asked[0].headers


@pytest.mark.parametrize("variable", ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"])
def test_an_enterprise_token_does_not_go_to_a_host_that_only_the_clone_names(
    red: Hub,
    access: Access,
    store: Path,
    environment: dict[str, str],
    gh: Gh,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    # as the real one: for a host of no other kind it repeats what the environment holds
    program = gh(
        'for one in "$GH_ENTERPRISE_TOKEN" "$GITHUB_ENTERPRISE_TOKEN" "$GH_TOKEN" "$GITHUB_TOKEN"\n'
        'do test -n "$one" && echo "$one" && exit 0; done; exit 1'
    )
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    host = environment.pop("GH_HOST")
    environment[variable] = "enterprise"
    remote = f"{red.server}/octo/app"
    text = f"{red.server}/octo/app/actions/runs/100"
    reference = parse(text, remote=remote, environment=environment)
    red.on(RUN, refused(401, "who are you"))
    with pytest.raises(UsageError) as caught:
        pull(reference, store, mask=hide, key=KEY, access=access)
    assert "authorization" not in red.asked[0].headers
    assert f"export GH_HOST={host} GITHUB_TOKEN=…" in caught.value.next_step


def test_git_gets_no_enterprise_token_for_a_host_that_only_the_clone_names() -> None:
    env = {"GH_ENTERPRISE_TOKEN": "enterprise", "PATH": ""}
    assert credentials("github", "https://git.example.org", env) is None
    known = credentials("github", "https://git.example.org", env | {"GH_HOST": "git.example.org"})
    assert known is not None
    assert known.token == "enterprise"
