"""Rules that are tables: what programs say when one kind of thing went wrong.

Each phrase stands behind the literal that a line must hold before the phrase is looked for. Where
it stands in the output decides how much it counts (``regreen.logs.rules.spoken``).
"""

from __future__ import annotations

from collections.abc import Mapping

from regreen.logs.rules.base import Rule, Weight
from regreen.logs.rules.spoken import spoken
from regreen.model import AutoFixable


def told(
    rule_id: str,
    category: str,
    phrases: Mapping[str, str],
    matches: str,
    ignores: str,
    *,
    tool: str | None = None,
    lead: str = r".{0,200}?",
    weight: Weight = Weight.HINT,
    final: Weight = Weight.SIGN,
    fixable: AutoFixable = AutoFixable.NO,
    confidence: float = 0.8,
    beats: frozenset[str] = frozenset(),
    tail: int = 25,
) -> Rule:
    """A rule for ``phrases``: expressions by the literal of which they need one in their line.

    ``lead`` is what may stand before a phrase. The rest is as for ``spoken``.
    """
    return spoken(
        rule_id,
        rf"^{lead}(?P<message>(?:{'|'.join(phrases.values())}).*)$",
        triggers=tuple(phrases),
        category=category,
        matches=matches,
        ignores=ignores,
        tool=tool,
        weight=weight,
        final=final,
        fixable=fixable,
        confidence=confidence,
        beats=beats,
        tail=tail,
    )
