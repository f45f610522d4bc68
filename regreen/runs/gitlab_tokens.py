"""Where the token for a GitLab server comes from; it is only ever held in memory.

``GITLAB_TOKEN`` is meant for one server: the one that ``GITLAB_HOST`` names, else the one of
``CI_SERVER_URL``, else gitlab.com. ``CI_JOB_TOKEN`` is a CI job's own and goes to
``CI_SERVER_URL`` only (https://docs.gitlab.com/ci/jobs/ci_job_token/). A server that is known only
as a clone's remote gets neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from regreen.errors import UsageError
from regreen.runs.servers import named_by
from regreen.runs.tokens import Token

PUBLIC = "https://gitlab.com"
TOKEN = "GITLAB_TOKEN"
JOB_TOKEN = "CI_JOB_TOKEN"
SCOPE = "read_api"
_HOMES = ("GITLAB_HOST", "CI_SERVER_URL")
_FORM = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks which server.

    ``of_job``: the token is a CI job's own; ``for_here``: ``GITLAB_TOKEN`` would be meant for it.
    """

    server: str
    token: Token | None
    of_job: bool
    for_here: bool

    @property
    def host(self) -> str:
        """The server's host."""
        return urlsplit(self.server).netloc

    @property
    def name(self) -> str:
        """What people call the server."""
        return "GitLab" if self.host == "gitlab.com" else f"GitLab on {self.host}"

    @property
    def ask_for_token(self) -> str:
        """The next step that mends a missing token."""
        first = "" if self.for_here else f"export GITLAB_HOST={self.host} "
        verb = "" if first else "export "
        return f"{first}{verb}{TOKEN}=… with an access token that has the scope `{SCOPE}`"


def caller(server: str, env: Mapping[str, str]) -> Caller:
    """Return who speaks to ``server``: with the token that is meant for it, or none.

    Raises UsageError when a variable holds what cannot be a token.
    """
    for_here = _is_home(server, env)
    if for_here and (token := _read(env, TOKEN)):
        return Caller(server, token, False, for_here)
    if named_by(server, env, "CI_SERVER_URL") and (token := _read(env, JOB_TOKEN)):
        return Caller(server, token, True, for_here)
    return Caller(server, None, False, for_here)


def root_named(server: str, env: Mapping[str, str]) -> str | None:
    """The path under which GitLab lies on ``server``, if a variable's address tells it.

    It begins with a slash, or is empty; a bare host tells nothing.
    """
    for variable in _HOMES:
        value = env.get(variable, "").strip()
        if "://" in value and named_by(server, env, variable):
            path = urlsplit(value).path.rstrip("/")
            return path if re.fullmatch(r"(?:/[A-Za-z0-9_.-]+)*", path) else None
    return None


def _is_home(server: str, env: Mapping[str, str]) -> bool:
    for variable in _HOMES:
        if env.get(variable, "").strip():
            return named_by(server, env, variable)
    return server == PUBLIC


def _read(env: Mapping[str, str], variable: str) -> Token | None:
    value = env.get(variable, "").strip()
    if not value:
        return None
    if not _FORM.fullmatch(value):
        raise UsageError(
            f"{variable} holds no token: it has characters that no token has",
            f"export {variable}=… with the token alone",
        )
    return Token(value, variable)
