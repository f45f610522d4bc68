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
      | /builds/[^/]+/[^/]+/                                # GitLab, Jenkins
      | /home/vsts/work/\d+/s/                              # Azure Pipelines
      | /home/travis/build/[^/]+/[^/]+/                     # Travis
      | /var/lib/jenkins/workspace/[^/]+/                   # Jenkins
      | /(?:home/circleci|root)/project/                    # CircleCI
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
