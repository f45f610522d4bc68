"""Who git is to say it is when it fetches from a provider's server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from regreen.runs.gitlab_tokens import caller
from regreen.runs.tokens import github_token


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and its token; the token shows in no ``repr``."""

    user: str
    token: str = field(repr=False)


def credentials(provider: str, server: str, env: Mapping[str, str]) -> Credentials | None:
    """Return what git logs in with at ``server``, or ``None``: then only public code can be had.

    GitHub takes any token under the name ``x-access-token``, GitLab a personal one under any name
    and a job's own under ``gitlab-ci-token``
    (https://docs.gitlab.com/ci/jobs/ci_job_token/#to-git-clone-a-private-projects-repository).
    """
    if provider == "github":
        token = github_token(server, env)
        return Credentials("x-access-token", token.value) if token else None
    who = caller(server, env)
    if who.token is None:
        return None
    return Credentials("gitlab-ci-token" if who.of_job else "oauth2", who.token.value)
