"""A GitLab token goes to the one server that it is meant for."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.runs import Access, parse, pull
from regreen.runs.gitlab_tokens import caller
from tests.runs.conftest import KEY, TOKEN, Fetch, Told, hide
from tests.runs.gitlab import lab
from tests.runs.gitlab.lab import PIPELINE, REPOSITORY
from tests.runs.hub import Hub

OWN = "https://git.example.org"
PUBLIC = "https://gitlab.com"


@pytest.mark.parametrize(
    ("server", "environment", "value", "of_job"),
    [
        (PUBLIC, {"GITLAB_TOKEN": "t"}, "t", False),
        (PUBLIC, {"GITLAB_TOKEN": " \n"}, None, False),
        (PUBLIC, {"GITLAB_TOKEN": "t", "GITLAB_HOST": "git.example.org"}, None, False),
        (PUBLIC, {"GITLAB_TOKEN": "t", "CI_SERVER_URL": OWN}, None, False),
        (OWN, {"GITLAB_TOKEN": "t"}, None, False),
        (OWN, {"GITLAB_TOKEN": "t", "GITLAB_HOST": "git.example.org"}, "t", False),
        (OWN, {"GITLAB_TOKEN": "t", "GITLAB_HOST": f"{OWN}/forge/"}, "t", False),
        (OWN, {"GITLAB_TOKEN": "t", "CI_SERVER_URL": OWN}, "t", False),
        (OWN, {"GITLAB_TOKEN": "t", "CI_SERVER_URL": OWN, "GITLAB_HOST": PUBLIC}, None, False),
        (OWN, {"CI_JOB_TOKEN": "j", "CI_SERVER_URL": OWN}, "j", True),
        (OWN, {"CI_JOB_TOKEN": "j", "GITLAB_TOKEN": "t", "CI_SERVER_URL": OWN}, "t", False),
        (OWN, {"CI_JOB_TOKEN": "j", "GITLAB_HOST": OWN}, None, False),
        (PUBLIC, {"CI_JOB_TOKEN": "j"}, None, False),
    ],
)
def test_where_the_token_comes_from(
    server: str, environment: dict[str, str], value: str | None, of_job: bool
) -> None:
    found = caller(server, environment)
    assert (found.token.value if found.token else None, found.of_job) == (value, of_job)
    assert value is None or f"'{value}'" not in repr(found)


def test_a_variable_that_holds_no_token_is_said(
    red: Hub, fetch: Fetch, environment: dict[str, str]
) -> None:
    environment["GITLAB_TOKEN"] = f"{TOKEN}\r\nX-Evil: 1"
    with pytest.raises(UsageError, match="GITLAB_TOKEN holds no token"):
        fetch()
    assert red.asked == []


def test_a_job_s_own_token(red: Hub, fetch: Fetch, environment: dict[str, str]) -> None:
    environment.clear()
    environment |= {"CI_SERVER_URL": red.server, "CI_JOB_TOKEN": TOKEN}
    fetch()
    assert {one.headers.get("job-token") for one in red.asked} == {TOKEN}
    assert not [one for one in red.asked if "private-token" in one.headers]


def test_a_job_s_own_token_may_not_reach_trigger_jobs(
    red: Hub, fetch: Fetch, environment: dict[str, str], told: Told
) -> None:
    red.on(f"{PIPELINE}/bridges", lab.refused(403))
    with pytest.raises(UsageError, match="trigger jobs"):
        fetch()
    environment.clear()
    environment |= {"CI_SERVER_URL": red.server, "CI_JOB_TOKEN": TOKEN}
    assert fetch().jobs[0].log
    assert "are left out" in told.notes[0]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_job_s_own_token_that_does_not_suffice(
    red: Hub, fetch: Fetch, environment: dict[str, str], status: int
) -> None:
    environment.clear()
    environment |= {"CI_SERVER_URL": red.server, "CI_JOB_TOKEN": TOKEN}
    red.on(PIPELINE, lab.refused(status))
    with pytest.raises(UsageError, match="job's token") as caught:
        fetch()
    assert "export GITLAB_TOKEN=" in caught.value.next_step
    assert "`read_api`" in caught.value.next_step


def test_the_token_does_not_go_to_a_host_that_only_the_clone_names(
    red: Hub, access: Access, store: Path, environment: dict[str, str]
) -> None:
    del environment["GITLAB_HOST"]
    red.on("/api/v4/version", lab.refused(401))
    text = f"{red.server}/{REPOSITORY}/-/pipelines/100"
    reference = parse(text, remote=f"{red.server}/{REPOSITORY}", environment=environment)
    pull(reference, store, mask=hide, key=KEY, access=access)
    assert not [one for one in red.asked if TOKEN in one.headers.values()]
    red.on(PIPELINE, lab.refused(401))
    with pytest.raises(UsageError, match="wants a token") as caught:
        pull(reference, store, mask=hide, key=KEY, access=access)
    host = red.server.removeprefix("http://")
    assert caught.value.next_step.startswith(f"export GITLAB_HOST={host} GITLAB_TOKEN=…")


def test_an_unknown_host_is_not_spoken_to(red: Hub, environment: dict[str, str]) -> None:
    del environment["GITLAB_HOST"]
    with pytest.raises(UsageError, match="unknown host"):
        parse(f"{red.server}/{REPOSITORY}/-/pipelines/1", remote=None, environment=environment)
    assert red.asked == []
