"""File names as tools print them, made relative to the repository."""

from __future__ import annotations

import re

from regreen.logs.expressions import expression

_WORKSPACES = expression(
    r"""^(?:
        /home/runner/work/(?P<hosted>[^/]+)/(?P=hosted)/    # GitHub, Linux
      | /Users/runner/work/(?P<mac>[^/]+)/(?P=mac)/         # GitHub, macOS
      | [A-Za-z]:/a/(?P<windows>[^/]+)/(?P=windows)/        # GitHub, Windows
      | (?:[A-Za-z]:)?/[^\s:]*?/?_work/(?P<own>[^/]+)/(?P=own)/  # self-hosted runners
      | /__w/(?P<box>[^/]+)/(?P=box)/                       # GitHub, job containers
      | /github/workspace/                                  # GitHub, container actions
      | /builds/worker/checkouts/[^/]+/                     # Taskcluster
      | /(?:[^/\s:]+/){1,6}workspace/[^/]+/                  # Jenkins
      | /builds/[^/]+/[^/]+/                                # GitLab
      | /(?:home/vsts|Users/runner)/work/\d+/s/             # Azure Pipelines
      | (?:[A-Za-z]:/a|/__w|(?:[A-Za-z]:)?/(?:[^/\s:]+/){0,6}_work)/\d+/s/  # Azure's other agents
      | (?:[A-Za-z]:)?/(?:home|Users)/travis/build/[^/]+/[^/]+/  # Travis
      | [A-Za-z]:/(?:[^/:]+/){1,6}workspace/[^/]+/           # Jenkins, Windows
      | /(?:[^/\s:]+/){0,6}buildkite-agent/builds/[^/]+/[^/]+/[^/]+/  # Buildkite
      | /(?:home/circleci|root|Users/distiller)/(?:project|repo)/  # CircleCI
      | [A-Za-z]:/projects/[^/]+/                           # AppVeyor
      | /work(?:space|dir)?/ | /app/ | /src/ | /code/       # images that people build
    )""",
    re.VERBOSE,
)
_OUTSIDE = expression(r"^(?:/|[A-Za-z]:/|~|<)|(?:^|/)(?:site|dist)-packages/|(?:^|/)\.\./")


def relative(path: str) -> str | None:
    """Return ``path`` relative to the repository's root, or ``None`` for a file outside of it.

    The workspaces of the known CI systems are cut off; a relative name is taken as it is.
    """
    path = path.strip().strip("'\"`")
    if ("\\" in path and "/" not in path.replace("\\\\?\\", "")) or re.match(r"[A-Za-z]:\\", path):
        path = path.replace("\\", "/")
    path = _WORKSPACES.sub("", path, count=1)
    while path.startswith("./"):
        path = path[2:]
    if not path or _OUTSIDE.search(path):
        return None
    return path
