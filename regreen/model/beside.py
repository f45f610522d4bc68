"""How other jobs fare with a patch and without it, and what is known of tests that come and go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fared(StrEnum):
    """How another job fares with the patch.

    ``no-redder``: red, in nothing that was not red without the patch; ``unsure``: its runs
    contradict one another; ``not-run``: it could not be run here, or time was out.
    """

    GREEN = "green"
    NO_REDDER = "no-redder"
    REDDER = "redder"
    UNSURE = "unsure"
    NOT_RUN = "not-run"


@dataclass(frozen=True, slots=True)
class Compared:
    """Another job, run without the patch and with it.

    ``combination`` is its matrix combination. ``vouches``: its tests ran both times, and the patch
    made none of them red. ``before`` and ``after`` name what failed without and with the patch
    (tests where they are known, else steps); ``reason`` says in words what ``ended`` does not.
    """

    job: str
    workflow: str
    ended: Fared
    combination: Mapping[str, str] = field(default_factory=dict)
    vouches: bool = False
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FlakyTest:
    """A test that failed in CI, run again without any change: it failed ``failed`` of ``runs``.

    ``cause`` is what makes the difference: ``order``, ``network``, ``randomness``, ``time zone``,
    ``locale``, or empty where none of these does.
    """

    test: str
    failed: int
    runs: int
    cause: str = ""
