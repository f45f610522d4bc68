"""Reproduce a job with as little as it needs.

The first run reaches the package index only and has no ``sudo``. When it then fails in another way
than CI, or asked for what it did not get, it is run once more with that: ``sudo``, the network.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, replace

from regreen.case import Case
from regreen.config import Settings
from regreen.jobs.conditions import Conditions
from regreen.jobs.workshop import Workshop
from regreen.model import (
    Category,
    Passed,
    Reproduced,
    ReproducedAlone,
    ReproducedDifferently,
    Unsupported,
)
from regreen.report import Reporter
from regreen.verify import Attempt, reproduce
from regreen_sandbox.errors import EngineDied, EngineRefused
from regreen_sandbox.network import Policy
from regreen_sandbox.profiles import Profile

_SUDO = re.compile(r"(?:^|[\s;&|(])sudo\s", re.MULTILINE)
_WANTS_NETWORK = frozenset({Category.NETWORK_ERROR, Category.DEPENDENCY_ISSUE})
_NETWORK = "the network on"
_NO_SUDO = "the job needs sudo, which --no-sudo (or the setting sudo) forbids"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The last attempt at a reproduction and the workshop it was made in.

    ``widened`` says in words what the job got beyond the package index and the runner's user,
    ``held`` what it may have missed since the user forbade it; ``next`` is the step to take, if
    it is another than the result asks for.
    """

    attempt: Attempt
    workshop: Workshop
    widened: tuple[str, ...]
    held: tuple[str, ...] = ()
    next: str = ""


def rebuild(
    case: Case, workshop: Workshop, settings: Settings, snapshots: ExitStack, reporter: Reporter
) -> Rebuilt:
    """Reproduce the case's job, with more than the least only where it needs it.

    Raises what the sandbox raises; a network that cannot be had here is noted and done without.
    """
    words: tuple[str, ...] = ()
    attempt = _attempt(case, workshop, snapshots)
    while (wider := _wider(workshop.conditions, attempt, workshop, settings)) is not None:
        conditions, why = wider
        reporter.stage(f"Reproduce the failure with {why}")
        widened = workshop.under(conditions)
        try:
            following = _attempt(case, widened, snapshots)
        except EngineDied:
            raise
        except EngineRefused as error:
            reporter.note(f"{why} cannot be had here: {error.message}")
            break
        if why == _NETWORK and _same_end(attempt, following):
            reporter.note("with the network on it fails in the same way: the network stays off")
            break
        attempt, workshop, words = following, widened, (*words, why)
    if _lacks_sudo(attempt) and not settings.sudo:
        refused = replace(attempt, result=Unsupported(_NO_SUDO))
        return Rebuilt(refused, workshop, words, next="the same command without --no-sudo")
    return Rebuilt(attempt, workshop, words, _held(attempt, settings))


def _held(attempt: Attempt, settings: Settings) -> tuple[str, ...]:
    if settings.network in ("auto", "on") or isinstance(attempt.result, Reproduced | Passed):
        return ()
    held = f"the job was held to --network {settings.network}"
    return (f"{held}; --network auto gives it what it needs",)


def _attempt(case: Case, workshop: Workshop, snapshots: ExitStack) -> Attempt:
    return reproduce(
        workshop,
        commit=case.commit,
        tree=case.tree,
        step=case.job.failing,
        expected=case.expected,
        snapshots=snapshots,
    )


def _wider(
    now: Conditions, attempt: Attempt, workshop: Workshop, settings: Settings
) -> tuple[Conditions, str] | None:
    """Return what the job is to get besides, and its name; ``None`` when it has what it needs."""
    wants_sudo = _lacks_sudo(attempt) or _will_lack_sudo(attempt, workshop)
    if settings.sudo and now.profile is Profile.RUNNER and wants_sudo:
        return replace(now, profile=Profile.SUDO), "sudo"
    if settings.network == "auto" and now.policy is Policy.PACKAGES and _lacks_network(attempt):
        return replace(now, policy=Policy.ON), _NETWORK
    return None


def _same_end(one: Attempt, other: Attempt) -> bool:
    """Whether two attempts failed in the same step with the same exit code and diagnostics."""
    if one.failed is None or other.failed is None or not (one.failures and other.failures):
        return False
    ends = [(a.failed and (a.failed.index, a.failed.exit_code)) for a in (one, other)]
    return ends[0] == ends[1] and one.failures[0].signature == other.failures[0].signature


def _lacks_sudo(attempt: Attempt) -> bool:
    """Whether a step called sudo and the job then did not fail as in CI."""
    return attempt.sudo and not isinstance(attempt.result, Reproduced | Unsupported)


def _will_lack_sudo(attempt: Attempt, workshop: Workshop) -> bool:
    """Whether the job fails as it should, and a later step, needed for green, calls sudo."""
    if attempt.failed is None or not isinstance(attempt.result, Reproduced | ReproducedAlone):
        return False
    later = workshop.job.steps[attempt.failed.index :]
    return any(
        _SUDO.search(step.run or "") for step in later if step.index not in workshop.job.excluded
    )


def _lacks_network(attempt: Attempt) -> bool:
    match attempt.result:
        case ReproducedDifferently():
            return True
        case ReproducedAlone():
            return attempt.failures[0].category in _WANTS_NETWORK
        case _:
            return False
