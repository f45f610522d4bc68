"""How well a log's steps fit the steps of one leg of a job.

A script in a log is the workflow's with its expressions filled in. Those that the matrix decides
are filled in here too; any other matches anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regreen.jobs.catalogue import Role, action_name, role_of
from regreen.jobs.expressions import ExpressionError, Value, render
from regreen.jobs.legs import Leg
from regreen.jobs.pieces import EXACT, LOOSE, compare, pieces, tidy
from regreen.jobs.served import COMPOSITE, name_of
from regreen.jobs.workflow import StepSpec
from regreen.model import Analysis, Segment


@dataclass(frozen=True, slots=True, order=True)
class Fit:
    """How well a leg fits, compared field by field.

    The name, the failing step, inputs that contradict (as a negative count), the fitting steps,
    the runner image, scripts never seen (negative too).
    """

    named: bool
    failing: int
    contradictions: int
    steps: int
    image: bool
    unseen: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A leg, how well it fits, the index of its failing step, and how many logged steps fit."""

    leg: Leg
    fit: Fit
    step_index: int | None
    matched: int


def fitted(leg: Leg, analysis: Analysis, named: bool) -> Fitted:
    """Return how well the log in ``analysis`` fits ``leg``; ``named``: the log names it."""
    last, score, matched, contradictions = -1, 0, 0, 0
    failing, step_index = 0, None
    segments = [s for s in analysis.segments if s.command is not None or s.uses]
    for segment in segments:
        found = _next_match(segment, leg, last)
        if found is None:
            if segment == analysis.failing and last >= 0 and _has_steps(leg.job.steps[last]):
                step_index = last  # a step within that action
            continue
        last, strength, against = found
        matched, score = matched + 1, score + strength
        contradictions += against
        if segment == analysis.failing:
            failing, step_index = strength, last
    if not failing and analysis.failing is not None:
        found = _next_match(analysis.failing, leg, -1)
        if found is not None:
            step_index, failing, _ = found
    image = analysis.facts.image is not None and analysis.facts.image == _label(leg)
    scripts = sum(step.run is not None for step in leg.job.steps)
    unseen = -max(0, scripts - sum(s.command is not None for s in segments))
    fit = Fit(named, failing, -contradictions, score, image, unseen)
    return Fitted(leg, fit, step_index, matched)


def _has_steps(step: StepSpec) -> bool:
    """Whether ``step`` may be an action that runs steps of its own (a composite one)."""
    return role_of(step)[0] is Role.UNKNOWN or name_of(step.uses or "") in COMPOSITE


def _next_match(segment: Segment, leg: Leg, last: int) -> tuple[int, int, int] | None:
    """Return the best step behind ``last``: its index, strength and contradicting inputs."""
    best: tuple[int, int, int] | None = None
    for step in leg.job.steps[last + 1 :]:
        strength = _strength(segment, step, leg.known)
        if strength and (best is None or strength > best[1]):
            best = (step.index, strength, _contradictions(segment, step, leg.known))
            if strength == EXACT:
                break
    return best


def _strength(segment: Segment, step: StepSpec, combination: Mapping[str, Value] | None) -> int:
    if segment.command is not None and step.run is not None:
        return compare(pieces(tidy(step.run), combination), tidy(segment.command))
    if segment.command is None and segment.uses and step.uses:
        if segment.uses.strip().lower() == step.uses.strip().lower():
            return EXACT
        return LOOSE if action_name(segment.uses) == action_name(step.uses) else 0
    return 0


def _contradictions(
    segment: Segment, step: StepSpec, combination: Mapping[str, Value] | None
) -> int:
    """Return how many of the inputs that the log printed ``step`` cannot have had."""
    if step.uses is None:
        return 0
    wanted = ((name, step.inputs[name]) for name in segment.inputs if name in step.inputs)
    return sum(
        not compare(pieces(tidy(template), combination), tidy(segment.inputs[name]))
        for name, template in wanted
    )


def _label(leg: Leg) -> str | None:
    """Return the leg's single runner label, where the matrix decides it."""
    if not isinstance(leg.job.runs_on, str):
        return None
    try:
        return render(leg.job.runs_on, {"matrix": dict(leg.combination)}).lower()
    except ExpressionError:
        return None
