"""What GitHub refuses though the file is right: retired runner images, removed action versions.

Each with the day since when, so that the day of a run decides. Sources: GitHub's changelog and the
announcements of its runner images; the messages are those that it prints. Only what was announced
*and* has happened is listed; days on which GitHub failed such jobs beforehand, to warn, are not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from regreen.jobs import tree
from regreen.jobs.schema import Fault
from regreen.jobs.yamltree import Mapping, Node, Scalar, key_of

RETIRED: dict[str, date] = {
    "ubuntu-16.04": date(2021, 9, 20),
    "ubuntu-18.04": date(2023, 4, 3),
    "ubuntu-20.04": date(2025, 4, 15),
    "macos-10.15": date(2023, 3, 31),
    "macos-11": date(2024, 6, 28),
    "macos-12": date(2024, 12, 3),
    "macos-13": date(2025, 12, 4),
    "windows-2016": date(2022, 3, 15),
    "windows-2019": date(2025, 6, 30),
}
"""Labels of hosted runners, and the day from which on no runner takes a job with them."""

_SIZES = re.compile(r"-(?:large|xlarge)$")
_SELF_HOSTED = "self-hosted"
_CHANGELOG = "https://github.blog/changelog/"


@dataclass(frozen=True, slots=True)
class Removed:
    """Versions of an action that fail a job, from a day on; ``more`` ends the message."""

    actions: tuple[str, ...]
    versions: re.Pattern[str]
    since: date
    more: str


_ARTIFACTS = ("actions/upload-artifact", "actions/download-artifact")
REMOVED = (
    Removed(
        _ARTIFACTS,
        re.compile(r"v[12](?:\.\d+)*"),
        date(2024, 6, 30),
        f"Learn more: {_CHANGELOG}2024-02-13-deprecation-notice-v1-and-v2-of-the-artifact-actions/",
    ),
    Removed(
        _ARTIFACTS,
        re.compile(r"v3(?:\.\d+)*"),
        date(2025, 1, 30),
        f"Learn more: {_CHANGELOG}2024-04-16-deprecation-notice-v3-of-the-artifact-actions/",
    ),
    Removed(
        ("actions/cache", "actions/cache/restore", "actions/cache/save"),
        re.compile(r"v[12](?:\.\d+)*|v3\.[0-3](?:\.\d+)?|v4\.[01](?:\.\d+)?"),
        date(2025, 3, 1),
        "Please update your workflow to use v3/v4 of actions/cache to avoid interruptions. "
        f"Learn more: {_CHANGELOG}2024-12-05-notice-of-upcoming-releases-and-breaking-changes-"
        "for-github-actions/#actions-cache-v1-v2-and-actions-toolkit-cache-package-closing-down",
    ),
)


def refusals(
    root: Node,
    job_id: str | None,
    as_of: datetime | None,
    labels: Collection[str] | None = None,
    served: Collection[str] = (),
) -> tuple[Fault, ...]:
    """Return why GitHub would refuse the job ``job_id`` (``None``: any) of the workflow ``root``.

    ``as_of`` is when the run was, ``None`` for now. ``labels`` are the runner's labels of the one
    combination that is meant; without them, each label that a matrix lists counts. ``served`` are
    labels of the user's own runners, which nobody retires.
    """
    day = (as_of or datetime.now(UTC)).date()
    own = {_SELF_HOSTED, *(label.lower() for label in served)}
    found: list[Fault] = []
    for name, _, job in tree.entries(tree.fields(root).get("jobs")):
        if job_id is None or name == job_id:
            found.extend(_retired(job, day, labels, own))
            found.extend(_removed(job, day))
    return tuple(found)


def retired_on(label: str) -> date | None:
    """Return the day from which on no runner takes a job with ``label``, if there is one."""
    return RETIRED.get(_SIZES.sub("", label.strip().lower()))


def _retired(
    job: Node, day: date, labels: Collection[str] | None, own: Collection[str]
) -> Iterator[Fault]:
    known = tree.fields(job)
    runs_on = known.get("runs-on")
    if isinstance(runs_on, Mapping):
        runs_on = tree.fields(runs_on).get("labels")
    written = tree.scalars(runs_on)
    if any(key_of(one).strip().lower() in own for one in written):
        return
    places = [one for one in written if not tree.is_computed(one)]
    if len(places) < len(written):
        values = list(_scalars(tree.fields(known.get("strategy")).get("matrix")))
        wanted = None if labels is None else {label.lower() for label in labels}
        places += [one for one in values if wanted is None or key_of(one).strip().lower() in wanted]
    seen: set[str] = set()
    for place in places:
        label = key_of(place).strip()
        since = retired_on(label)
        if label.lower() in own:
            continue
        if since is not None and since <= day and label not in seen:
            seen.add(label)
            reason = (
                f"The runner image {label} was retired on {since}: no hosted runner takes the job"
            )
            yield Fault(reason, place.line, place.column)


def _scalars(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        for _, value in node.entries:
            yield from _scalars(value)
    elif node is not None:
        for item in node.items:
            yield from _scalars(item)


def _removed(job: Node, day: date) -> Iterator[Fault]:
    for step in tree.items(tree.fields(job).get("steps")):
        uses = tree.fields(step).get("uses")
        found = None if uses is None else removed(tree.text(uses) or "")
        if uses is not None and found is not None and found[0] <= day:
            yield Fault(found[1], uses.line, uses.column)


def removed(uses: str) -> tuple[date, str] | None:
    """Return since when GitHub fails a job that uses ``uses``, and its message; else ``None``."""
    name, _, version = uses.strip().partition("@")
    for one in REMOVED:
        if name.lower() in one.actions and one.versions.fullmatch(version):
            reason = (
                "This request has been automatically failed because it uses a deprecated version "
                f"of `{_repository(name)}: {version}`. {one.more}"
            )
            return one.since, reason
    return None


def _repository(name: str) -> str:
    return "/".join(name.lower().split("/")[:2])
