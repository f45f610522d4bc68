"""The results as a table: how far each case came, why not further, and the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
STAGES = ("found", "planned", "ran", "same")
_WIDTH = 200


def rendered(rows: Sequence[Row], missing: Sequence[str]) -> str:
    """Return ``rows`` as Markdown; ``missing`` are the cases whose repository is not here."""
    counts = ", ".join(f"{stage} {sum(bool(row[stage]) for row in rows)}" for stage in STAGES)
    lines = [f"{len(rows)} cases: {counts}; without a repository here: {len(missing)}.", ""]
    lines += ["| case | what failed | " + " | ".join(STAGES) + " | s | why not |", "|---" * 8 + "|"]
    for row in sorted(rows, key=lambda one: (one["same"], one["category"], one["id"])):
        marks = " | ".join("yes" if row[stage] else "no" for stage in STAGES)
        what = f"{row['category']}: {row['tool']}"
        cells = [row["id"], _cell(what), marks, f"{row['seconds']:.0f}", _cell(row["why"])]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *_causes(rows)]
    return "\n".join(lines)


def _causes(rows: Sequence[Row]) -> list[str]:
    """Return what stood in the way, by how often."""
    causes = Counter(row["cause"] for row in rows if not row["same"])
    return [f"- {count}: {cause}" for cause, count in causes.most_common()]


def _cell(text: str) -> str:
    return " ".join(str(text).replace("|", "\\|").split())[:_WIDTH]
