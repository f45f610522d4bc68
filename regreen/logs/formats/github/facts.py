"""What a log says of the run it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from regreen.logs.expressions import expression
from regreen.logs.formats.github.marks import Kind, RunnerMark
from regreen.logs.layout import Step
from regreen.logs.raw import RawLog
from regreen.logs.text import strip_terminal
from regreen.model import LogFacts

_IMAGE = expression(
    rb"(?:Runner Image|Virtual Environment)[^\n]*\n[^\n]*?(?:Image|Environment): ([\w.-]+)"
)
_REPOSITORY = expression(
    rb"Syncing repository: ([\w.-]+/[\w.-]+)|  repository: ([\w.-]+/[\w.-]+)"
    rb"|GITHUB_REPOSITORY[:=] ?([\w.-]+/[\w.-]+)"
)
_TESTED = expression(rb"log -1 --format='?%H'?[^\n]*\n[^\n]*?'?\b([0-9a-f]{40})\b")
_HEAD = expression(rb"HEAD is now at ([0-9a-f]{7,40})\b")
_MERGED = expression(rb"HEAD is now at [0-9a-f]{7,40} Merge ([0-9a-f]{40}) into ([0-9a-f]{40})\b")
_FETCHED = expression(rb"\+([0-9a-f]{40}):refs/remotes/")
_PYTHON = expression(rb"Successfully set ?up (?:CPython|Python)? ?\(?v?([0-9]+\.[0-9]+\.[0-9]+)\b")
_ACTION = expression(
    rb"Download (?:action repository|immutable action package) '([\w.-]+/[\w.-]+@[^'\n]+)'"
    rb"(?: \(SHA:|(?:\n[^\n]*){1,3}?Source commit SHA: )([0-9a-f]{40})\b"
)
_TIME = expression(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?Z")
_HEAD_BYTES = 1 << 20


def read(
    log: RawLog, steps: Sequence[Step], marks: Sequence[RunnerMark], failing: Step | None
) -> LogFacts:
    """Return what the log of the failing step's job says of itself.

    Without a failing step the first job is asked. Only the job's first megabytes are looked at:
    the runner says all this before the steps begin or in the checkout step.
    """
    job = failing.job if failing else (steps[0].job if steps else None)
    begin, end = _range(steps, failing)
    head = log.read(begin, min(end, begin + _HEAD_BYTES))
    named = [m.rest.strip() for m in marks if m.kind is Kind.NAME and begin <= m.start < end]
    image = _IMAGE.search(head)
    checkout = _checkout(log, steps, begin, end) or head
    repository = _REPOSITORY.search(checkout) or _REPOSITORY.search(head)
    merged = _MERGED.search(checkout)
    return LogFacts(
        provider="github",
        repository=next((_text(g) for g in repository.groups() if g), None) if repository else None,
        tested=_tested(checkout),
        job=(named[0] if named else None) or job,
        image=_text(image[1]) if image else None,
        started_at=_started(head),
        pythons=tuple(_text(version) for version in _PYTHON.findall(head)),
        merged=(_text(merged[1]), _text(merged[2])) if merged else None,
        actions=_actions(head),
    )


def _range(steps: Sequence[Step], failing: Step | None) -> tuple[int, int]:
    """The bytes of the failing step's job."""
    if not steps:
        return 0, 0
    at = steps.index(failing) if failing in steps else 0
    first = last = at
    while first and steps[first - 1].job == steps[at].job and steps[first].name != "Set up job":
        first -= 1
    while (
        last + 1 < len(steps)
        and steps[last + 1].job == steps[at].job
        and steps[last + 1].name != "Set up job"
    ):
        last += 1
    return steps[first].start, steps[last].end


def _checkout(log: RawLog, steps: Sequence[Step], begin: int, end: int) -> bytes:
    """What the job's first checkout printed; other steps may print commits of any kind."""
    for step in steps:
        if begin <= step.start < end and (step.uses or "").startswith("actions/checkout@"):
            return log.read(step.start, min(step.end, step.start + _HEAD_BYTES))
    return b""


def _actions(head: bytes) -> tuple[tuple[str, str], ...]:
    """The actions that the runner downloaded; what a step prints later does not change them."""
    found: dict[str, str] = {}
    for uses, commit in _ACTION.findall(head):
        found.setdefault(_text(uses), _text(commit))
    return tuple(found.items())


def _tested(head: bytes) -> str | None:
    """The commit checked out first: the job's own repository, before any other checkout."""
    for told in (_TESTED, _FETCHED, _HEAD):
        if match := told.search(head):
            return _text(match[1])
    return None


def _started(head: bytes) -> datetime | None:
    match = _TIME.search(head)
    if match is None:
        return None
    try:
        base = datetime.fromisoformat(match[1].decode())
    except ValueError:
        return None
    micro = int((match[2] or b"0").ljust(6, b"0"))
    return base.replace(microsecond=micro, tzinfo=UTC)


def _text(value: bytes) -> str:
    return strip_terminal(value.decode("utf-8", "replace"))
