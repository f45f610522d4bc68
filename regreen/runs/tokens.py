"""Where the token for a GitHub server comes from; it is only ever held in memory.

The variables are those of ``gh`` (https://cli.github.com/manual/gh_help_environment), and each is
for a server that the user named: ``GITHUB_TOKEN`` and ``GH_TOKEN`` for github.com, or for the one
that ``GITHUB_SERVER_URL`` or ``GH_HOST`` names; ``GH_ENTERPRISE_TOKEN`` and
``GITHUB_ENTERPRISE_TOKEN`` for such a one that is not github.com. A server that is known only as a
clone's remote gets none of them: whoever wrote the clone's configuration chose it. Without them
``gh`` is asked, which answers for the servers that the user logged in to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from regreen.errors import UsageError
from regreen.runs.servers import GITHUB, named_by

_GH_SECONDS = 10.0
_PUBLIC = ("GITHUB_TOKEN", "GH_TOKEN")
_ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it came from, for messages; the value shows in no ``repr``."""

    value: str = field(repr=False)
    source: str


def github_token(server: str, env: Mapping[str, str]) -> Token | None:
    """Return the token that is meant for ``server``, or ``None``.

    Raises UsageError when a variable holds what cannot be a token.
    """
    for variable in variables(server, env):
        if value := env.get(variable, "").strip():
            if not _TOKEN.fullmatch(value):
                raise UsageError(
                    f"{variable} holds no token: it has characters that no token has",
                    f"export {variable}=… with the token alone",
                )
            return Token(value, variable)
    return _from_gh(server, env)


def variables(server: str, env: Mapping[str, str]) -> tuple[str, ...]:
    """The variables whose token is meant for ``server``, the first one first; none: none is."""
    home = named_by(server, env, "GITHUB_SERVER_URL")
    elsewhere = bool(env.get("GITHUB_SERVER_URL", "").strip()) and not home
    chosen = home or named_by(server, env, "GH_HOST")
    if server == GITHUB:  # on another server's runner, GITHUB_TOKEN is that server's
        return ("GH_TOKEN",) if elsewhere and not chosen else _PUBLIC
    if home:  # a runner's own comes first
        return (*_PUBLIC, *_ENTERPRISE)
    return (*_ENTERPRISE, *_PUBLIC) if chosen else ()


def to_export(server: str, env: Mapping[str, str]) -> str:
    """What a person exports so that a token goes to ``server``, all but the token's value."""
    known = variables(server, env)
    if known:
        return next(name for name in known if name in _PUBLIC)
    return f"GH_HOST={urlsplit(server).netloc} {_PUBLIC[0]}"


def _from_gh(server: str, env: Mapping[str, str]) -> Token | None:
    """Ask ``gh`` what it stores for the server; from its environment it would answer for any."""
    from regreen_sandbox.errors import SandboxError
    from regreen_sandbox.process import run

    host = urlsplit(server).netloc
    hidden = (*_PUBLIC, *_ENTERPRISE)
    kept = {name: value for name, value in env.items() if name not in hidden}
    try:
        done = run(
            ["gh", "auth", "token", "--hostname", host],
            timeout=_GH_SECONDS,
            env=kept,
            cwd=Path("/"),
        )
    except SandboxError:
        return None
    value = done.stdout.decode("ascii", "replace").strip()
    return Token(value, "`gh auth token`") if done.ok and _TOKEN.fullmatch(value) else None
