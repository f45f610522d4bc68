"""Which servers are spoken to: a token goes nowhere that the user did not choose.

A web address can be pasted from anywhere, so its host is only trusted when it is a public one, the
clone's own remote, or named by a variable that the user (or a CI runner) sets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from regreen.errors import UsageError

GITHUB = "https://github.com"
_GITHUB_VARIABLES = ("GITHUB_SERVER_URL", "GH_HOST")
_GITLAB_VARIABLES = ("CI_SERVER_URL", "GITLAB_HOST")
_PUBLIC = ("https://github.com", "https://gitlab.com")
_SCP = re.compile(r"(?:[^@/:\s]+@)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(?P<path>[^\s]+)")
_NAME = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]+"
_REPOSITORY = re.compile(rf"{_NAME}(?:/{_NAME})+")
_SERVER = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Remote:
    """A clone's remote: its web ``server``, the ``repository``, and whether the port is known."""

    server: str
    repository: str
    exact: bool

    @property
    def host(self) -> str:
        """The host, with its port if it has one."""
        return urlsplit(self.server).netloc


def read_remote(remote: str | None) -> Remote | None:
    """Read a git remote: ``https://``, ``ssh://``, ``git://``, ``git@host:path``; else ``None``.

    User names and passwords in it are dropped. The ssh port says nothing of the web server's.
    """
    if not remote:
        return None
    remote = remote.strip()
    try:
        parts = urlsplit(remote)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    host = f"[{host}]" if ":" in host else host
    if "://" not in remote:
        match = _SCP.fullmatch(remote)
        return _remote(f"https://{match['host'].lower()}", match["path"], False) if match else None
    if parts.scheme in ("http", "https") and host:
        server = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
        return _remote(server, parts.path, True)
    if parts.scheme in ("ssh", "git", "git+ssh", "ssh+git") and host:
        return _remote(f"https://{_web(host)}", parts.path, False)
    return None


def is_repository(path: str) -> bool:
    """Whether ``path`` has the form of a repository's on a server."""
    return bool(_REPOSITORY.fullmatch(path))


def is_server(address: str) -> bool:
    """Whether ``address`` is a web server's, as ``regreen.runs.reference`` writes it."""
    return bool(_SERVER.fullmatch(address))


def _remote(server: str, path: str, exact: bool) -> Remote | None:
    path = path.strip("/").removesuffix(".git")
    return Remote(server, path, exact) if _REPOSITORY.fullmatch(path) else None


def _web(host: str) -> str:
    """``ssh.github.com`` and ``altssh.gitlab.com`` are the public servers' ssh over port 443."""
    return {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}.get(host, host)


def provider_of(clone: Remote, env: Mapping[str, str]) -> Literal["github", "gitlab"] | None:
    """Tell a remote's provider by the variables, else by its name; ``None`` when neither says."""
    if _named(clone.server, env, _GITHUB_VARIABLES):
        return "github"
    if _named(clone.server, env, _GITLAB_VARIABLES):
        return "gitlab"
    if "gitlab" in clone.host or clone.repository.count("/") > 1:
        return "gitlab"
    if "github" in clone.host or re.search(r"(?:^|\.)ghe\.", clone.host):
        return "github"
    return None


def default_server(env: Mapping[str, str]) -> str:
    """The GitHub server that is meant when nothing else says: the variables', else github.com."""
    for variable in _GITHUB_VARIABLES:
        if value := env.get(variable, "").strip():
            return _as_server(value)
    return GITHUB


def named_by(server: str, env: Mapping[str, str], variable: str) -> bool:
    """Whether ``variable`` names just this server."""
    return _named(server, env, (variable,))


def require_known(server: str, clone: Remote | None, env: Mapping[str, str]) -> None:
    """Raise UsageError unless ``server`` may be spoken to, and in a way that nobody listens to."""
    parts = urlsplit(server)
    encrypted = parts.scheme == "https" or is_loopback(parts.hostname or "")
    if not encrypted and f"https://{parts.netloc}" in _PUBLIC:
        raise _in_the_clear(server, parts.netloc)
    known = (
        server in _PUBLIC
        or _named(server, env, _GITHUB_VARIABLES + _GITLAB_VARIABLES)
        or (clone is not None and _same_server(server, clone))
    )
    if not known:
        raise UsageError(
            f"{parts.netloc} is an unknown host: it is neither github.com nor gitlab.com nor the "
            "clone's remote, and a token would go there",
            f"if you trust it: export GH_HOST={parts.netloc} (GitLab: GITLAB_HOST={parts.netloc})",
        )
    if not encrypted:
        raise _in_the_clear(server, parts.netloc)


def _in_the_clear(server: str, netloc: str) -> UsageError:
    return UsageError(
        f"{server} is not encrypted, and a token would go there in the clear",
        f"use https://{netloc}",
    )


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _same_server(server: str, clone: Remote) -> bool:
    if clone.exact:
        return server == clone.server
    return urlsplit(server).hostname == urlsplit(clone.server).hostname


def _named(server: str, env: Mapping[str, str], variables: tuple[str, ...]) -> bool:
    values = (env.get(variable, "").strip() for variable in variables)
    return any(_host(value) == urlsplit(server).netloc for value in values if value)


def _host(value: str) -> str:
    return urlsplit(_as_server(value)).netloc


def _as_server(value: str) -> str:
    """``GH_HOST`` is a bare host, ``GITHUB_SERVER_URL`` an address."""
    value = value.rstrip("/").lower()
    if "://" not in value:
        name = value.rsplit(":", 1)[0] if not value.endswith("]") else value
        value = f"{'http' if is_loopback(name) else 'https'}://{value}"
    return value
