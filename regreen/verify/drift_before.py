"""What was installed when the job was last green, and what is another release of it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from regreen.verify.drift_suspects import Put, Suspect


@dataclass(frozen=True, slots=True)
class Before:
    """Releases by canonical name, the lowest first, as ``source`` tells them in words.

    ``sure`` when it is a green run's own: then no other release of what it names is to blame. A
    lock that the job does not install from is no more than a guess.
    """

    source: str
    versions: Mapping[str, tuple[str, ...]]
    sure: bool

    def puts(self, found: Sequence[Suspect]) -> list[Put]:
        """Return what came since, put back to the release that was there, in the order given."""
        made = []
        for suspect in found:
            there = self._there(suspect)
            older = [r for r in suspect.releases[:-1] if Version(r.version) in there]
            if older and suspect.installed not in there:
                made.append(Put(suspect, older[-1]))
        return made

    def names(self, suspect: Suspect) -> bool:
        """Whether a release of a suspect is known."""
        return bool(self._there(suspect))

    def _there(self, suspect: Suspect) -> set[Version]:
        found = set()
        for text in self.versions.get(suspect.name, ()):
            try:
                found.add(Version(text))
            except InvalidVersion:
                continue
        return found


def likeliest(guesses: Sequence[Before], found: Sequence[Suspect]) -> list[Before]:
    """Return what is to be tried: all that is sure, else the one guess that names most suspects."""
    sure = [one for one in guesses if one.sure]
    if sure:
        return sure
    counted = [sum(one.names(s) for s in found) for one in guesses]
    best = max(counted, default=0)
    return [guesses[counted.index(best)]] if best else []
