"""What names a run, and which servers are spoken to."""

from __future__ import annotations

import pytest

from regreen.errors import UsageError
from regreen.runs import Reference, parse

HUB = "https://github.com"
LAB = "https://gitlab.com"
ENTERPRISE = {"GH_HOST": "git.corp.example"}


def ref(*parts: object, server: str = HUB, provider: str = "github") -> Reference:
    repository, run, attempt, job = (*parts, None, None, None)[:4]
    return Reference(provider, server, repository, run, attempt, job)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/o/r/actions/runs/12", ref("o/r", "12")),
        (" https://github.com/o/r.x/actions/runs/12/ ", ref("o/r.x", "12")),
        ("https://github.com/o/r/actions/runs/12?pr=3", ref("o/r", "12")),
        ("https://github.com/o/r/actions/runs/12/attempts/2?pr=3", ref("o/r", "12", 2)),
        (
            "https://github.com/o/r/actions/runs/12/job/34?pr=3#step:4:5",
            ref("o/r", "12", None, "34"),
        ),
        ("https://github.com/o/r/actions/runs/12/jobs/34", ref("o/r", "12", None, "34")),
        ("https://github.com/o/r/actions/runs/12/workflow", ref("o/r", "12")),
        ("https://github.com/o/r/runs/34?check_suite_focus=true", ref("o/r", None, None, "34")),
        ("https://github.com/o/r/pull/5/checks?check_run_id=34", ref("o/r", None, None, "34")),
        ("https://GitHub.com/o/r/actions/runs/12", ref("o/r", "12")),
        ("o/r#12", ref("o/r", "12")),
        ("12", ref("own/er", "12")),
        ("github-12", ref("own/er", "12")),
        (
            "https://gitlab.com/g/s/p/-/pipelines/12",
            ref("g/s/p", "12", server=LAB, provider="gitlab"),
        ),
        (
            "https://gitlab.com/g/p/-/jobs/34#L12",
            ref("g/p", None, None, "34", server=LAB, provider="gitlab"),
        ),
        (
            "https://gitlab.com/g/p/pipelines/12/failures",
            ref("g/p", "12", server=LAB, provider="gitlab"),
        ),
        (
            "https://git.corp.example/o/r/actions/runs/12",
            ref("o/r", "12", server="https://git.corp.example"),
        ),
    ],
)
def test_the_names_of_a_run(text: str, expected: Reference) -> None:
    remote = "https://github.com/own/er.git"
    assert parse(text, remote=remote, environment=ENTERPRISE) == expected


@pytest.mark.parametrize(
    ("remote", "server", "repository"),
    [
        ("https://github.com/o/r.git", HUB, "o/r"),
        ("https://name:pass@github.com/o/r", HUB, "o/r"),
        ("git@github.com:o/r.git", HUB, "o/r"),
        ("ssh://git@github.com/o/r.git", HUB, "o/r"),
        ("ssh://git@ssh.github.com:443/o/r.git", HUB, "o/r"),
        ("git@git.corp.example:o/r.git", "https://git.corp.example", "o/r"),
        ("ssh://git@git.corp.example:2222/o/r", "https://git.corp.example", "o/r"),
        ("https://github.corp.example:8443/o/r", "https://github.corp.example:8443", "o/r"),
    ],
)
def test_a_bare_id_takes_server_and_repository_from_the_remote(
    remote: str, server: str, repository: str
) -> None:
    found = parse("12", remote=remote, environment=ENTERPRISE)
    assert (found.provider, found.server, found.repository) == ("github", server, repository)


@pytest.mark.parametrize(
    "remote",
    ["git@gitlab.corp.example:g/s/p.git", "https://gitlab.com/g/s/p", "git@x.example:g/s/p"],
)
def test_a_remote_on_gitlab_makes_a_bare_id_a_pipeline(remote: str) -> None:
    found = parse("12", remote=remote, environment={})
    assert (found.provider, found.repository, found.run) == ("gitlab", "g/s/p", "12")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "1e9",
        "9" * 40,
        "owner",
        "owner/name",
        "owner/name#x",
        "owner/../x#1",
        "../..#1",
        "https://github.com/o/r",
        "https://github.com/o/r/actions",
        "https://github.com/o/../actions/runs/1",
        "https://github.com/o/r%2f/actions/runs/1",
        "https://user@github.com/o/r/actions/runs/1",
        "https://github.com:x/o/r/actions/runs/1",
        "https:///o/r/actions/runs/1",
        "https://[::1/o/r/actions/runs/1",
        "ftp://github.com/o/r/actions/runs/1",
        "file:///o/r/actions/runs/1",
        "https://github.com\\@evil.example/o/r/actions/runs/1",
        "\x1b[31m12",
        "\uff11\uff12",
    ],
)
def test_everything_else_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(UsageError, match="owner/name#RUN-ID") as caught:
        parse(text, remote="https://github.com/o/r", environment={})
    assert "actions/runs/" in caught.value.next_step


def test_without_a_remote_a_bare_id_is_refused() -> None:
    with pytest.raises(UsageError, match="no clone with a remote"):
        parse("12", remote=None, environment={})


def test_a_remote_that_tells_no_provider_asks_for_the_address() -> None:
    with pytest.raises(UsageError, match="GitHub or GitLab") as caught:
        parse("12", remote="git@code.example:o/r", environment={})
    assert "GH_HOST" in caught.value.next_step


@pytest.mark.parametrize("remote", [None, "https://github.com/o/r", "https://evil.example:1/o/r"])
def test_an_unknown_host_is_not_spoken_to(remote: str | None) -> None:
    with pytest.raises(UsageError, match=r"evil\.example is an unknown host") as caught:
        parse("https://evil.example/o/r/actions/runs/1", remote=remote, environment={})
    assert "GH_HOST=evil.example" in caught.value.next_step


@pytest.mark.parametrize(
    ("remote", "environment"),
    [
        (None, {"GH_HOST": "git.corp.example"}),
        (None, {"GITHUB_SERVER_URL": "https://git.corp.example"}),
        (None, {"GITLAB_HOST": "git.corp.example"}),
        ("git@git.corp.example:x/y", {}),
        ("https://git.corp.example/x/y", {}),
    ],
)
def test_a_host_that_the_user_chose_is_known(
    remote: str | None, environment: dict[str, str]
) -> None:
    text = "https://git.corp.example/o/r/actions/runs/1"
    assert parse(text, remote=remote, environment=environment).run == "1"


@pytest.mark.parametrize("server", ["http://github.com", "http://git.corp.example"])
def test_a_token_does_not_go_over_a_plain_connection(server: str) -> None:
    with pytest.raises(UsageError, match=r"unknown host|in the clear"):
        parse(f"{server}/o/r/actions/runs/1", remote=f"{server}/o/r", environment={})
