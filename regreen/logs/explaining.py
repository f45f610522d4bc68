"""Why a log was classified as it was: every rule that found something, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from regreen.logs import formats
from regreen.logs.analysis import failing_step, output_of
from regreen.logs.classification import findings, weigh
from regreen.logs.excerpt import Excerpt
from regreen.logs.layout import Choice
from regreen.logs.masking import mask
from regreen.logs.raw import RawLog
from regreen.logs.rules import Finding, RuleSet
from regreen.logs.rules.wrappers import unwrap


@dataclass(frozen=True, slots=True)
class Considered:
    """What one rule found, and its ``outcome``: cause, also, weaker or beaten.

    ``line`` is the raw line (1-based) of the last thing it found, ``text`` that line, masked.
    """

    rule: str
    tool: str | None
    category: str
    weight: str
    confidence: float
    outcome: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The step that was looked at (``None``: the log shows no failure), and all that was found."""

    step: str | None
    asked: int
    considered: tuple[Considered, ...]


def explain(log: RawLog, choice: Choice, rules: RuleSet, secrets: tuple[str, ...]) -> Explanation:
    """Return how an open log comes to its classification. Raises what reading it raises."""
    layout = formats.read(log, choice.provider)
    _, target, ending = failing_step(log, layout, choice)
    if target is None:
        return Explanation(None, 0, ())
    excerpt, declared = output_of(log, layout, target, ending, rules)
    excerpt = unwrap(excerpt)
    beaten: list[Finding] = []
    found = findings(excerpt, rules, beaten)
    kept = weigh(found, excerpt)
    weaker = [one for one in found if all(one is not other for other in kept)]
    ranks = {"cause": kept[:1], "also": kept[1:], "weaker": weaker, "beaten": beaten}
    rows = tuple(
        _considered(one, outcome, excerpt, (*secrets, *declared))
        for outcome, ones in ranks.items()
        for one in ones
    )
    asked = sum(1 for _ in rules.awake(excerpt))
    return Explanation(target.title or target.name, asked, rows)


def _considered(
    finding: Finding, outcome: str, excerpt: Excerpt, secrets: tuple[str, ...]
) -> Considered:
    known = 0 <= finding.end < len(excerpt)
    return Considered(
        finding.rule,
        finding.tool,
        str(finding.category),
        finding.weight.name.lower(),
        finding.confidence,
        outcome,
        excerpt.numbers[finding.end] if known else 0,
        mask(excerpt.lines[finding.end].strip(), secrets) if known else "",
    )
