"""Writes a runner's old commands on standard output as lines of the files that took their place.

``::set-env`` and ``::add-path`` are refused, ``::set-output`` and ``::save-state`` are on their way
out. Source: https://github.blog/changelog, 2020-10-01 and 2022-10-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.fixers.configuration.sites import sites
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "retired-command"
DOCS = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands"

_SAID = re.compile(
    r"`(?:set-env|add-path|set-output|save-state)` command is (?:disabled|deprecated)"
)
_NAMED = re.compile(
    r"""echo\s+(?P<q>["']?)::(?P<what>set-env|set-output|save-state)\s+name=(?P<name>[\w.-]+)::"""
    r"""(?P<value>[^\n]*?)(?P=q)(?=\s*(?:$|\n|;|&&|\|\|))"""
)
_PATH = re.compile(
    r"""echo\s+(?P<q>["']?)::add-path::(?P<value>[^\n]*?)(?P=q)(?=\s*(?:$|\n|;|&&|\|\|))"""
)
_FILES = {"set-env": "GITHUB_ENV", "set-output": "GITHUB_OUTPUT", "save-state": "GITHUB_STATE"}


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield an edit of every file that still prints such commands."""
    del failure
    if not _SAID.search(scene.output) and not _SAID.search(scene.log):
        return
    files = {path: made for path, text in sites(scene) if (made := renewed(text)) != text}
    if files:
        why = "what a step leaves for later ones is written to the runner's files"
        yield Edit(ID, why, files, from_start=True, severity=Severity.MEDIUM)


def renewed(text: str) -> str:
    """Return scripts that write to the runner's files instead; quotes stay as they are."""

    def named(found: re.Match[str]) -> str:
        quote = found["q"] or '"'
        line = f"{quote}{found['name']}={found['value']}{quote}"
        return f'echo {line} >> "${_FILES[found["what"]]}"'

    def path(found: re.Match[str]) -> str:
        quote = found["q"] or '"'
        return f'echo {quote}{found["value"]}{quote} >> "$GITHUB_PATH"'

    return _PATH.sub(path, _NAMED.sub(named, text))
