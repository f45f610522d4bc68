"""Which release of a dependency turned a job red? Found by installing the one before.

First all that came lately is put back at once: where the step fails even so, no release is to
blame, and that was one try. Else the smallest set is looked for, and of each release in it the
first that breaks the job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from packaging.version import Version

from regreen.model import Culprit, Failure
from regreen.report import Reporter
from regreen.scene import Index, Release
from regreen.verify.attempt import Bench
from regreen.verify.drift_suspects import Suspect, lately, suspects
from regreen.verify.drift_trial import Trials
from regreen.verify.installed import Installed
from regreen.verify.shrinking import smallest
from regreen.verify.stand import Stand

_WINDOWS = (timedelta(days=60), timedelta(days=400), timedelta(days=1200))
_TRIES = 30
_SINGLES = 4
_HALVINGS = 20
_MAKES_ITS_OWN = re.compile(
    r"\b(?:tox|nox|hatch|uv\s+run|uvx|pipx|pre-commit|pip3?\s+install|poetry|pdm|pipenv|make)\b"
)
_WORDS = 90
_SAYS_WHY = re.compile(
    r"\w(?:Error|Exception|Warning)\b|cannot import name|has no attribute|no longer"
)


class Tries(Protocol):
    """Says whether the failing step passes with other releases, as often as is allowed."""

    def passes(self, versions: Mapping[str, str], /) -> bool:
        """Return whether it passes with ``versions`` by canonical name."""

    def spent(self) -> bool:
        """Whether no further try is allowed."""


@dataclass(frozen=True, slots=True)
class Blame:
    """A distribution, the release that broke the job, and the last one with which it passes.

    ``installed`` is the release that the job has; ``reason`` says in a few words what broke.
    """

    name: str
    good: str
    bad: str
    installed: str
    uploaded: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Drift:
    """The releases that broke the job together; without them the failing step passes."""

    blames: tuple[Blame, ...]
    culprit: Culprit


def find_drift(
    bench: Bench, stand: Stand, *, since: datetime | None, reporter: Reporter
) -> Drift | None:
    """Return the releases that broke the job at ``stand``; ``None``: none did, or time is over.

    ``since`` is when the job is likely to have been green: the date of the commit before.
    """
    workshop = stand.workshop
    index = workshop.links.packages(workshop.as_of)
    trials = Trials(bench, stand, reporter, _TRIES)
    found = _suspects(trials, index)
    if not found:
        return None
    trials.known = {s.name: s.places for s in found}
    now = workshop.as_of or datetime.now(UTC)
    moments = [now - window for window in _WINDOWS]
    if since is not None and since < now:
        moments.append(since)
    for moment in sorted({min(m, now - timedelta(hours=1)) for m in moments}, reverse=True):
        late = lately(found, moment)
        if not late or trials.spent():
            continue
        if (chosen := chosen_of(late, moment, trials)) is not None:
            return _told([first_bad(one, chosen, trials) for one in chosen], stand.failures)
    return None


def _suspects(trials: Trials, index: Index) -> list[Suspect]:
    stand = trials.stand
    script = f"{stand.outcome.command or ''}\n{stand.step.run or ''}"
    known = trials.installed(after=False)
    own = _MAKES_ITS_OWN.search(script) is not None
    if own or not known:
        known = (*known, *(one for one in trials.installed(after=True) if one not in known))
    listed = tuple(_reachable(known))
    return [
        Suspect(s.places[0].key, s.installed, s.releases, s.places, s.rank)
        for s in suspects(listed, index, stand.failures, stand.outcome.log)
    ]


def _reachable(known: Sequence[Installed]) -> Sequence[Installed]:
    """Leave out what no job's requirements choose: environments of tools in the image's own."""
    return [one for one in known if not one.prefix.startswith("/usr")]


@dataclass(frozen=True, slots=True)
class Put:
    """A suspect put back to a release with which the step passes."""

    suspect: Suspect
    good: Release


def chosen_of(late: Sequence[Suspect], moment: datetime, trials: Tries) -> list[Put] | None:
    """Return the fewest of ``late`` that make the step pass when put back to ``moment``."""
    put = [Put(s, good) for s in late if (good := s.before(moment)) is not None]
    likely = [one for one in put if one.suspect.rank[0] < -1 or one.suspect.rank[1] < 0]
    for one in likely[:2]:
        if _works([one], trials):
            return [one]
    if not _works(put, trials):
        return None
    for one in put[:_SINGLES]:
        if _works([one], trials):
            return [one]
    return list(smallest(put, lambda some: _works(some, trials), most=_HALVINGS))


def _works(put: Sequence[Put], trials: Tries) -> bool:
    return trials.passes({one.suspect.name: one.good.version for one in put})


def first_bad(one: Put, chosen: Sequence[Put], trials: Tries) -> Blame:
    """Find the first release that breaks the job, by halves; the others stay put back."""
    releases = one.suspect.releases
    low = next(i for i, r in enumerate(releases) if r.version == one.good.version)
    high = len(releases) - 1
    others = {o.suspect.name: o.good.version for o in chosen if o is not one}
    while high - low > 1 and not trials.spent():
        middle = _middle(releases, low, high)
        if trials.passes({**others, one.suspect.name: releases[middle].version}):
            low = middle
        else:
            high = middle
    good, bad = releases[low], releases[low + 1] if trials.spent() else releases[high]
    installed = str(one.suspect.installed)
    name = one.suspect.places[0].name
    return Blame(name, good.version, bad.version, installed, bad.uploaded, "")


def _middle(releases: Sequence[Release], low: int, high: int) -> int:
    """Return where to look next: at the end of a series where there is one, for there it breaks."""
    series = [Version(r.version).release[:2] for r in releases]
    ends = [i for i in range(low + 1, high) if series[i] != series[i + 1]]
    return ends[-1] if ends else (low + high) // 2


def _told(blames: list[Blame], failures: Sequence[Failure]) -> Drift:
    reason = _reason(failures)
    told = tuple(replace(blame, reason=reason) for blame in blames)
    words = "; ".join(
        f"{b.name} {b.bad}{f' of {b.uploaded:%Y-%m-%d}' if b.uploaded else ''} broke the job: with"
        f" {b.good} its step passes, with {b.installed} it does not"
        for b in told
    )
    return Drift(told, Culprit("release", f"{words} ({reason})"))


def _reason(failures: Sequence[Failure]) -> str:
    """Return in a few words what fails, fit for a comment."""
    texts = [d.message for f in failures for d in f.diagnostics]
    texts += [re.sub(r"^E\s+|^\S+ERROR:? ", "", e.text) for f in failures for e in f.evidence]
    words = [" ".join(text.replace("#", "").split()) for text in texts]
    said = [text for text in words if _SAYS_WHY.search(text)]
    plain = (said or [text for text in words if " " in text] or [""])[0]
    return plain if len(plain) <= _WORDS else f"{plain[: _WORDS - 1]}…"
