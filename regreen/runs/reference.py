"""What a person types to name a run, as one value: addresses, ``owner/name#id``, bare ids.

The addresses are those that GitHub and GitLab show in the browser; self-hosted servers use the
same paths under their own host. Nothing here touches the network.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn
from urllib.parse import parse_qs, urlsplit

from regreen.errors import UsageError
from regreen.runs.servers import Remote, default_server, provider_of, read_remote, require_known

ProviderName = Literal["github", "gitlab"]

EXAMPLE = "regreen pull https://github.com/owner/name/actions/runs/123456789"
_ACCEPTED = (
    "a run is named by its web address (GitHub run or job, GitLab pipeline or job), as "
    "owner/name#RUN-ID, by its bare id inside a clone, or by a pulled run's folder (github-ID)"
)

_NAME = r"(?!\.{1,2}(?:[/#]|$))[A-Za-z0-9_.-]+"
_ID = r"[1-9][0-9]{0,18}"
_GITHUB_RUN = re.compile(
    rf"/(?P<repository>{_NAME}/{_NAME})/actions/runs/(?P<run>{_ID})"
    rf"(?:/attempts/(?P<attempt>[1-9][0-9]{{0,4}}))?(?:/jobs?/(?P<job>{_ID}))?"
    r"(?:/(?:workflow|usage|logs))?/?"
)
_GITHUB_CHECK = re.compile(rf"/(?P<repository>{_NAME}/{_NAME})/runs/(?P<job>{_ID})/?")
_GITHUB_CHECKS = re.compile(rf"/(?P<repository>{_NAME}/{_NAME})/pull/\d+/checks/?")
_GITLAB = re.compile(
    rf"/(?P<repository>{_NAME}(?:/{_NAME})+?)(?:/-)?/"
    rf"(?:pipelines/(?P<run>{_ID})|(?:builds|jobs)/(?P<job>{_ID}))"
    r"(?:/(?:builds|failures|test_report|raw|needs|viewer))?/?"
)
_OTHERS = (
    ("CircleCI", re.compile(r"(?:[\w-]+\.)?circleci\.com/")),
    ("Azure Pipelines", re.compile(r"(?:dev\.azure\.com|[\w-]+\.visualstudio\.com)/")),
    ("Travis", re.compile(r"(?:[\w-]+\.)?travis-ci\.(?:com|org)/")),
    ("Buildkite", re.compile(r"buildkite\.com/")),
    ("Bitbucket", re.compile(r"bitbucket\.org/")),
    ("AppVeyor", re.compile(r"ci\.appveyor\.com/")),
    ("Taskcluster", re.compile(r"(?:[\w-]+\.)*(?:taskcluster|firefox-ci-tc)\.[^/]+/tasks/")),
    ("Jenkins", re.compile(r"[^/]+/(?:jenkins/)?(?:view/[^/]+/)*job/")),
)
"""Systems whose runs cannot be fetched, and how their addresses begin."""
_SHORT = re.compile(rf"(?P<repository>{_NAME}/{_NAME})#(?P<run>{_ID})")
_FOLDER = re.compile(rf"(?P<provider>github|gitlab)-(?P<run>{_ID})")


@dataclass(frozen=True, slots=True)
class Reference:
    """Which run is meant.

    ``server`` is a web address without a path's end (``https://github.com``), ``repository`` the
    path there. ``run`` is ``None`` when only a ``job`` is known (a check's or a GitLab job's
    address); the provider then tells the run. ``attempt`` is ``None`` for the newest.
    """

    provider: ProviderName
    server: str
    repository: str
    run: str | None
    attempt: int | None = None
    job: str | None = None

    def __str__(self) -> str:
        if self.run is None:
            return f"{self.repository}, job {self.job}"
        attempt = f", attempt {self.attempt}" if self.attempt is not None else ""
        return f"{self.repository}#{self.run}{attempt}"


def parse(
    text: str, *, remote: str | None, environment: Mapping[str, str] | None = None
) -> Reference:
    """Read what a person typed; ``remote`` is the address of the clone's remote, if there is one.

    Raises UsageError for what is no name of a run, and for a server that is neither github.com nor
    gitlab.com, nor the clone's remote, nor named by ``GH_HOST``, ``GITHUB_SERVER_URL``,
    ``GITLAB_HOST`` or ``CI_SERVER_URL``: a token would go there.
    """
    env = os.environ if environment is None else environment
    clone = read_remote(remote)
    reference = read(text.strip(), clone, env)
    require_known(reference.server, clone, env)
    return reference


def read(text: str, clone: Remote | None, env: Mapping[str, str]) -> Reference:
    """Like ``parse``, without asking whether the server is known: for what lies here already."""
    if "://" in text:
        return _address(text)
    if match := _SHORT.fullmatch(text):
        return _short(match, clone, env)
    if match := _FOLDER.fullmatch(text):
        here = _clone(clone, env, text)
        if here.provider != match["provider"]:
            _refuse(text, f"the clone's remote is on {here.provider}")
        return Reference(here.provider, here.server, here.repository, match["run"])
    if re.fullmatch(_ID, text):
        here = _clone(clone, env, text)
        return Reference(here.provider, here.server, here.repository, text)
    return _refuse(text)


def of_clone(remote: str | None, environment: Mapping[str, str] | None = None) -> Reference:
    """Return the repository that a clone's remote names, as a reference without a run.

    Raises UsageError when there is no remote, or none that tells its provider.
    """
    env = os.environ if environment is None else environment
    clone = read_remote(remote)
    if clone is None:
        raise UsageError(
            "there is no clone here whose remote tells the repository",
            "name one with --repo DIR, or the run by its web address",
        )
    reference = _clone(clone, env, "--latest")
    require_known(reference.server, clone, env)
    return reference


def _address(text: str) -> Reference:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        _refuse(text)
    host = (parts.hostname or "").lower()
    plain = re.fullmatch(r"[a-z0-9.-]+|\[?[0-9a-f:]+\]?", host)
    if parts.scheme not in ("http", "https") or not plain or "@" in parts.netloc:
        _refuse(text)
    _require_fetchable(f"{host}{parts.path}")
    host = f"[{host}]" if ":" in host else host
    server = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    for pattern in (_GITHUB_RUN, _GITHUB_CHECK):
        if match := pattern.fullmatch(parts.path):
            found = match.groupdict()
            attempt = int(found["attempt"]) if found.get("attempt") else None
            return Reference(
                "github", server, found["repository"], found.get("run"), attempt, found["job"]
            )
    if match := _GITHUB_CHECKS.fullmatch(parts.path):
        check = parse_qs(parts.query).get("check_run_id", [""])[0]
        if re.fullmatch(_ID, check):
            return Reference("github", server, match["repository"], None, None, check)
    if match := _GITLAB.fullmatch(parts.path):
        return Reference("gitlab", server, match["repository"], match["run"], None, match["job"])
    return _refuse(text)


def _require_fetchable(place: str) -> None:
    """Raise UsageError for a host and path of a system whose runs are only read from files."""
    if system := next((name for name, places in _OTHERS if places.match(place)), None):
        raise UsageError(
            f"runs of {system} cannot be fetched",
            "download the failed job's log, then: regreen analyze --log FILE",
        )


def _short(match: re.Match[str], clone: Remote | None, env: Mapping[str, str]) -> Reference:
    server = default_server(env)
    if clone is not None and provider_of(clone, env) == "github":
        server = clone.server
    return Reference("github", server, match["repository"], match["run"])


def _clone(clone: Remote | None, env: Mapping[str, str], text: str) -> Reference:
    if clone is None:
        _refuse(text, "there is no clone with a remote here that tells the repository")
    provider = provider_of(clone, env)
    if provider is None:
        raise UsageError(
            f"cannot tell whether {clone.host}, the clone's remote, is GitHub or GitLab",
            "give the run's whole web address, or export GH_HOST=… or GITLAB_HOST=…",
        )
    return Reference(provider, clone.server, clone.repository, None)


def _refuse(text: str, why: str = "") -> NoReturn:
    shown = text if len(text) <= 200 else text[:200] + "…"
    reason = f" ({why})" if why else ""
    raise UsageError(f"{shown!r} names no run{reason}: {_ACCEPTED}", EXAMPLE)
