"""How well a log's steps fit the steps of one leg of a job.

A script in a log is the workflow's with its expressions filled in. Those that the matrix decides
are filled in here too; any other matches anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regreen.jobs.catalogue import Role, action_name, role_of
from regreen.jobs.expressions import (
    Code,
    ExpressionError,
    Name,
    Value,
    parse,
    render,
    split,
    to_string,
    walk,
)
from regreen.jobs.expressions.template import evaluate
from regreen.jobs.legs import Leg
from regreen.jobs.workflow import StepSpec
from regreen.model import Analysis, Segment

_ANY = None
_EXACT, _LOOSE, _ANYTHING = 3, 2, 1


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
    return role_of(step.uses)[0] is Role.UNKNOWN


def _next_match(segment: Segment, leg: Leg, last: int) -> tuple[int, int, int] | None:
    """Return the best step behind ``last``: its index, strength and contradicting inputs."""
    best: tuple[int, int, int] | None = None
    for step in leg.job.steps[last + 1 :]:
        strength = _strength(segment, step, leg.combination)
        if strength and (best is None or strength > best[1]):
            best = (step.index, strength, _contradictions(segment, step, leg.combination))
            if strength == _EXACT:
                break
    return best


def _strength(segment: Segment, step: StepSpec, combination: Mapping[str, Value]) -> int:
    if segment.command is not None and step.run is not None:
        return _compare(_pieces(_tidy(step.run), combination), _tidy(segment.command))
    if segment.command is None and segment.uses and step.uses:
        if segment.uses.strip().lower() == step.uses.strip().lower():
            return _EXACT
        return _LOOSE if action_name(segment.uses) == action_name(step.uses) else 0
    return 0


def _tidy(script: str) -> str:
    return "\n".join(line.rstrip() for line in script.strip().splitlines())


def _contradictions(segment: Segment, step: StepSpec, combination: Mapping[str, Value]) -> int:
    """Return how many of the inputs that the log printed ``step`` cannot have had."""
    if step.uses is None:
        return 0
    wanted = ((name, step.inputs[name]) for name in segment.inputs if name in step.inputs)
    return sum(
        not _compare(_pieces(_tidy(template), combination), _tidy(segment.inputs[name]))
        for name, template in wanted
    )


def _pieces(template: str, combination: Mapping[str, Value]) -> list[str | None]:
    """Return the literal texts of ``template`` in order, ``None`` for what may be anything."""
    try:
        parts = split(template)
    except ExpressionError:
        return [template]
    pieces: list[str | None] = []
    for part in parts:
        piece = part if isinstance(part, str) else _known(part, combination)
        if piece is not _ANY and pieces and pieces[-1] is not None:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _known(code: Code, combination: Mapping[str, Value]) -> str | None:
    """Return what ``code`` gives when the matrix alone decides it."""
    try:
        names = {node.name.lower() for node in walk(parse(code.text)) if isinstance(node, Name)}
        if names <= {"matrix"}:
            return to_string(evaluate(code.text, {"matrix": dict(combination)}))
    except ExpressionError:
        pass
    return _ANY


def _compare(pieces: list[str | None], text: str) -> int:
    """Return how well ``text`` fits ``pieces``; 0: not at all. Linear in the text's length."""
    literals = [piece for piece in pieces if piece]
    if _ANY not in pieces:
        return _EXACT if "".join(literals).strip() == text else 0
    if not literals:
        return _ANYTHING
    at, end = 0, len(text)
    if pieces[0]:
        if not text.startswith(pieces[0]):
            return 0
        at = len(pieces[0])
        literals = literals[1:]
    if pieces[-1] and len(pieces) > 1:
        if not text.endswith(pieces[-1]) or end - len(pieces[-1]) < at:
            return 0
        end -= len(pieces[-1])
        literals = literals[:-1]
    for literal in literals:
        found = text.find(literal, at, end)
        if found < 0:
            return 0
        at = found + len(literal)
    return _LOOSE


def _label(leg: Leg) -> str | None:
    """Return the leg's single runner label, where the matrix decides it."""
    if not isinstance(leg.job.runs_on, str):
        return None
    try:
        return render(leg.job.runs_on, {"matrix": dict(leg.combination)}).lower()
    except ExpressionError:
        return None
