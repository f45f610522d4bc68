"""Which release of a dependency turned a job red? Found by installing the one before.

Where it is known what the last green run installed, only what is another release now is put back;
else all that came lately is. That is done at once: where the step fails even so, no release is to
blame, and that was one try. Else the smallest set is looked for, and of each release in it the
first that breaks the job.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from packaging.utils import canonicalize_name
from packaging.version import Version

from regreen.model import Culprit, Failure, Try
from regreen.report import Reporter
from regreen.scene import Index, Release
from regreen.verify.attempt import Bench
from regreen.verify.drift_before import Before, likeliest
from regreen.verify.drift_suspects import Put, Suspect, lately, suspects
from regreen.verify.drift_trial import Trials
from regreen.verify.installed import Installed
from regreen.verify.stand import Stand

NEAR = (timedelta(days=60),)
FAR = (timedelta(days=60), timedelta(days=400), timedelta(days=1200))
"""How long ago all was well, perhaps: releases are put back to these days, one after the other."""

_TRIES = 30
_SINGLES = 4
_MAKES_ITS_OWN = re.compile(
    r"\b(?:tox|nox|hatch|uv\s+run|uvx|pipx|pre-commit|pip3?\s+install|poetry|pdm|pipenv|make)\b"
)
_BUILDS = re.compile(
    r"requirements to build|get_requires_for_build|metadata|build_wheel|build_editable|build_meta"
    r"|[Ff]ailed to build|Failed building"
)
_WORDS = 90
_PREFIX = re.compile(r"^(?:E\s+|(?:FAILED|ERROR) \S+ - |ERROR:\s+)")
_SAYS_WHY = re.compile(
    r"\w(?:Error|Exception|Warning)\b|cannot import name|has no attribute|no longer"
)


class Tries(Protocol):
    """Says whether the failing step passes with other releases, as often as is allowed."""

    def passes(self, versions: Mapping[str, str], /) -> bool:
        """Return whether it passes with ``versions`` by canonical name."""

    def moved(self, versions: Mapping[str, str], /) -> Mapping[str, str]:
        """Return what else had another release when the step passed with ``versions``, by name."""

    def spent(self) -> bool:
        """Whether no further try is allowed."""


@dataclass(frozen=True, slots=True)
class Blame:
    """A distribution, the release that broke the job, and the last one with which it passes.

    ``installed`` is the release that the job has; ``reason`` says in a few words what broke;
    ``builds`` when it is no part of what is installed, but of what builds the project.
    """

    name: str
    good: str
    bad: str
    installed: str
    uploaded: datetime | None
    reason: str
    builds: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """The releases that broke the job together; without them the failing step passes."""

    blames: tuple[Blame, ...]
    culprit: Culprit


def find_drift(
    bench: Bench,
    stand: Stand,
    *,
    since: datetime | None,
    windows: Sequence[timedelta],
    reporter: Reporter,
    green: Sequence[Before] = (),
    tell: Callable[[Try], None] = lambda _: None,
) -> Drift | None:
    """Return the releases that broke the job at ``stand``; ``None``: none did, or time is over.

    ``since`` is when the job is likely to have been green: the date of the commit before;
    ``windows`` are how far to go back besides; ``green`` what was installed then. ``tell`` gets
    each trial as it ends, its number 0.
    """
    workshop = stand.workshop
    index = workshop.links.packages(workshop.as_of)
    trials = Trials(bench, stand, reporter, _TRIES, tell)
    found = _suspects(trials, index)
    if not found:
        return None
    trials.known = {s.name: s.places for s in found}
    now = workshop.as_of or datetime.now(UTC)
    moments = [now - window for window in windows]
    if since is not None and since < now:
        moments.append(since)
    latest = now - timedelta(hours=1)
    chosen = searched(found, green, [min(m, latest) for m in moments], trials, reporter.note)
    if chosen is None:
        return None
    blamed = truest(chosen, found, trials)
    return _told([first_bad(one, blamed, trials) for one in blamed], stand.failures)


def searched(
    found: Sequence[Suspect],
    green: Sequence[Before],
    moments: Sequence[datetime],
    trials: Tries,
    note: Callable[[str], None],
) -> list[Put] | None:
    """Return the fewest that make the step pass: of what ``green`` tells, else by ``moments``.

    What a green run itself names with the release that is here, or what fails as it was then, is
    not put back to a moment.
    """
    tried: list[list[Put]] = []
    rest = list(found)
    for before in likeliest(green, found):
        put = before.puts(found)
        named = sum(before.names(one) for one in found)
        note(f"{before.source} names {named} of what is installed: {len(put)} came since")
        tried.append(put)
        if put and (chosen := chosen_of(put, trials)) is not None:
            return chosen
        if before.sure:
            rest = [s for s in rest if not before.names(s)]
    for moment in sorted(set(moments), reverse=True):
        put = [Put(s, good) for s in lately(rest, moment) if (good := s.before(moment))]
        if not put or put in tried or trials.spent():
            continue
        tried.append(put)
        if (chosen := chosen_of(put, trials)) is not None:
            return chosen
    return None


def _suspects(trials: Trials, index: Index) -> list[Suspect]:
    stand = trials.stand
    script = f"{stand.outcome.command or ''}\n{stand.step.run or ''}"
    known = trials.installed(after=False)
    own = _MAKES_ITS_OWN.search(script) is not None
    if own or not known:
        known = (*known, *(one for one in trials.installed(after=True) if one not in known))
    building = tuple(_build_tools(stand, index)) if _BUILDS.search(stand.outcome.log) else ()
    names = {one.key for one in building}
    listed = (*building, *(one for one in _reachable(known) if one.key not in names))
    return [
        Suspect(s.places[0].key, s.installed, s.releases, s.places, s.rank)
        for s in suspects(listed, index, stand.failures, stand.outcome.log)
    ]


def _build_tools(stand: Stand, index: Index) -> Iterator[Installed]:
    """Yield what an isolated build of the project takes: the newest of what it asks for."""
    asked = ["setuptools", "wheel"]
    try:
        data = tomllib.loads(stand.tree.text("pyproject.toml") or "")
        asked += [re.split(r"[^\w.-]", str(r))[0] for r in data["build-system"]["requires"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        pass
    pythons = [one for all_ in stand.workshop.job.pythons.values() for one in all_]
    for name in dict.fromkeys(canonicalize_name(one) for one in asked):
        whole = [r for r in index.releases(name) if not r.yanked]
        versions = [v for r in whole if not (v := Version(r.version)).is_prerelease]
        if versions:
            yield Installed(name, versions[-1], "", next(iter(pythons), "3"), (name,), (), False)


def _reachable(known: Sequence[Installed]) -> Sequence[Installed]:
    """Leave out what no job's requirements choose: environments of tools in the image's own."""
    return [one for one in known if not one.prefix.startswith("/usr")]


def chosen_of(put: Sequence[Put], trials: Tries) -> list[Put] | None:
    """Return the fewest of ``put`` that make the step pass; ``None``: all of them do not."""
    likely = [one for one in put if one.suspect.rank[0] <= -2]
    if likely and _works(likely[:1], trials):
        return likely[:1]
    if not _works(put, trials):
        return None
    for one in put[:_SINGLES]:
        if _works([one], trials):
            return [one]
    return _fewest(put, trials)


def truest(chosen: Sequence[Put], found: Sequence[Suspect], trials: Tries) -> Sequence[Put]:
    """Return what is to blame instead of a single release that only held it back.

    An older requirement makes the installer take an older release of what requires it. Where that
    one alone makes the step pass, and the requirement stays as it is, that one is to blame.
    """
    if len(chosen) != 1:
        return chosen
    [held] = chosen
    moved = trials.moved({held.suspect.name: held.good.version})
    for one in (s for s in found if s.name in moved):
        good = next((r for r in one.releases[:-1] if r.version == moved[one.name]), None)
        if good is None or not _works([put := Put(one, good)], trials):
            continue
        if held.suspect.name not in trials.moved({one.name: good.version}):
            return [put]
    return chosen


def _fewest(put: Sequence[Put], trials: Tries) -> list[Put]:
    """Return the fewest of ``put`` that work: the last of the shortest row that does, and so on.

    All of them work, none does not. Each one that is found costs as many tries as halvings.
    """
    found: list[Put] = []
    row = list(put)
    while not found or not _works(found, trials):
        low, high = 0, len(row)
        while high - low > 1:
            middle = (low + high) // 2
            if _works([*row[:middle], *found], trials):
                high = middle
            else:
                low = middle
        if trials.spent():
            return [*row[:high], *found]
        found.insert(0, row[high - 1])
        row = row[: high - 1]
    return found


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
    builds = not any(place.prefix for place in one.suspect.places)
    return Blame(name, good.version, bad.version, installed, bad.uploaded, "", builds)


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
    texts = [_PREFIX.sub("", d.message) for f in failures for d in f.diagnostics]
    texts += [_PREFIX.sub("", e.text.strip()) for f in failures for e in f.evidence]
    words = [" ".join(text.replace("#", "").split()) for text in texts]
    said = [text for text in words if _SAYS_WHY.search(text)]
    plain = (said or [text for text in words if " " in text] or [""])[0]
    plain = plain.encode("ascii", "ignore").decode()  # it goes into files of any encoding
    return plain if len(plain) <= _WORDS else f"{plain[: _WORDS - 3]}..."
