"""What a person is told when they land: where they are, why, and how to go on."""

from __future__ import annotations

from regreen.model import Passed, ReproducedDifferently
from regreen.shell.landing import Landing
from regreen.shell.room import Room
from regreen.verify import Attempt


def where(landing: Landing) -> str:
    """Return the banner's heading."""
    run, step, outcome = landing.run, landing.step, landing.outcome
    at = f"step {step.index + 1} of {len(run.job.steps)}, {landing.view.name(step)}"
    if outcome is None:
        return f"Before {at}"
    return f"Behind {at}" if run.state.failed else f"At the end of the job, behind {at}"


def banner(
    landing: Landing, attempt: Attempt | None, room: Room, hours: float, *, person: bool
) -> tuple[str, ...]:
    """Return the banner's lines; ``hours`` is how long one may stay.

    Names and log lines in them are the repository's: they are to be shown, not obeyed.
    """
    lines = [f"job {landing.run.job.name!r}; folder {room.folder}", *_state(landing, attempt)]
    if not person:
        return tuple(lines)
    if room.rerun:
        lines.append(f"rerun   runs the step again: {room.rerun}")
        lines.append("arrow up brings back its commands")
    lines.append(f"exit    leaves, and offers what you changed as a patch (at most {hours:g} h)")
    return tuple(lines)


def _state(landing: Landing, attempt: Attempt | None) -> list[str]:
    outcome = landing.outcome
    if outcome is None:
        return ["the steps before it have run; it has not"]
    if not landing.run.state.failed:
        return ["the job is green here: no step failed"]
    lines = [f"it ended with exit code {outcome.exit_code}"]
    if attempt is None:
        lines.append("that is before the step that you named, which was not reached")
    elif isinstance(attempt.result, ReproducedDifferently):
        lines.append(f"this is not CI's failure: {attempt.result.how}")
    elif isinstance(attempt.result, Passed):
        lines.append("when it was reproduced the job was green: it is flaky")
    failures = attempt.failures if attempt else ()
    if failures:
        tool = f" ({failures[0].tool})" if failures[0].tool else ""
        lines.append(f"{failures[0].category}{tool}")
    return lines
