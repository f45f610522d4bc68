"""A server that answers as GitLab's interface does, and a pull from it as a person would do it."""

from __future__ import annotations

import pytest

from regreen.runs import Access, parse, pull
from tests.runs.conftest import KEY, TOKEN, Clock, Fetch, Told, hide
from tests.runs.gitlab import lab
from tests.runs.hub import Hub


@pytest.fixture
def gitlab(github: Hub) -> Hub:
    """The same kind of server; what it speaks is what it was told to answer."""
    return github


@pytest.fixture
def environment(gitlab: Hub) -> dict[str, str]:
    return {"GITLAB_HOST": gitlab.server, "GITLAB_TOKEN": TOKEN, "PATH": ""}


@pytest.fixture
def access(environment: dict[str, str], clock: Clock) -> Access:
    return Access(environment, clock.now, clock.sleep, silence=5.0)


@pytest.fixture
def fetch(gitlab: Hub, access: Access, store: object, told: Told) -> Fetch:
    """Pull a pipeline of the server by its path there."""

    def call(path: str = f"/{lab.REPOSITORY}/-/pipelines/100", **more: object) -> object:
        reference = parse(gitlab.server + path, remote=None, environment=access.environment)
        given: dict[str, object] = {"mask": hide, "key": KEY, "reporter": told, "access": access}
        given |= more
        return pull(reference, store, **given)  # type: ignore[arg-type]

    return call  # type: ignore[return-value]


@pytest.fixture
def red(gitlab: Hub) -> Hub:
    """A server with a pipeline, a failed job and its log."""
    lab.serve(gitlab, lab.pipeline(), lab.job(1))
    lab.serve_log(gitlab, 1, b"red\n")
    return gitlab
