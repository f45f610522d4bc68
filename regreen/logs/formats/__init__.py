"""How the providers write their logs; the provider that spoke first reads the log.

A format is a module with ``HEAD`` and ``TAIL``, expressions for what only its provider writes at
the beginning and at the end of a log, and ``read``. The words of a provider stand before those of
any program that it runs, so what speaks first owns the log; of a log that begins somewhere in the
middle the last words decide. GitHub's reader looks through the whole log, and what it knows nothing
of is a command's plain output.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from regreen.logs.expressions import expression
from regreen.logs.formats import (
    azure,
    buildkite,
    circleci,
    github,
    gitlab,
    jenkins,
    plain,
    taskcluster,
    travis,
)
from regreen.logs.formats.lines import HEAD, TAIL
from regreen.logs.layout import Layout
from regreen.logs.raw import RawLog


class Format(Protocol):
    """What a provider's module holds."""

    HEAD: re.Pattern[bytes]
    TAIL: re.Pattern[bytes]

    @property
    def read(self) -> Callable[[RawLog], Layout | None]:
        """Return the log's steps, or ``None`` when it is not the provider's after all."""


FORMATS: tuple[Format, ...] = (gitlab, azure, travis, jenkins, buildkite, circleci, taskcluster)

_OF: Mapping[str, Callable[[RawLog], Layout | None]] = {
    "github": github.read,
    "gitlab": gitlab.read,
}
"""How the logs of those providers are read from which runs can be pulled."""

_GITHUB_HEAD = expression(
    rb"##\[group\](?:Run |Operating System|Runner Image)|Current runner version: "
    rb"|Requested labels: |Complete job name: "
)
_GITHUB_TAIL = expression(
    rb"##\[error\]Process completed with exit code|Post job cleanup\."
    rb"|Cleaning up orphan processes|##\[endgroup\]"
)


def read(log: RawLog, provider: str | None = None) -> Layout:
    """Return the steps of a log, read as its provider writes it: the one that is told, if any."""
    if provider is not None:
        return _OF[provider](log) or plain.read(log)
    owner = _owner(log)
    layout = owner.read(log) if owner else None
    return layout or github.read(log) or plain.read(log)


def _owner(log: RawLog) -> Format | None:
    if log.unpacked:
        return circleci
    head = log.read(log.begin, log.begin + HEAD)
    first = _first(_GITHUB_HEAD, head)
    spoke = [(_first(one.HEAD, head), rank) for rank, one in enumerate(FORMATS)]
    begin, rank = min(spoke)
    if begin < len(head) or first < len(head):
        return FORMATS[rank] if begin < first else None
    tail = log.read(log.size - TAIL, log.size)
    final = _last(_GITHUB_TAIL, tail)
    ended = [(_last(one.TAIL, tail), rank) for rank, one in enumerate(FORMATS)]
    end, rank = max(ended)
    return FORMATS[rank] if end > final else None


def _first(words: re.Pattern[bytes], head: bytes) -> int:
    match = words.search(head)
    return match.start() if match else len(head)


def _last(words: re.Pattern[bytes], tail: bytes) -> int:
    return max((match.start() for match in words.finditer(tail)), default=-1)
