"""The cases, and what became of them: JSON lines in, one JSON file out, written after each case."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

Case = Mapping[str, Any]
Row = Mapping[str, Any]
Results = dict[str, dict[str, dict[str, Any]]]
"""The rows by how the case was run (``made`` or ``real``), then by the case's id."""

WAYS = ("made", "real")
STAGES = ("runnable", "red", "fixed", "verified", "rechecked")
"""How far a case may come, each stage behind the one before."""


def cases(path: Path, ids: Collection[str], categories: Collection[str]) -> Iterator[Case]:
    """Yield the cases of ``path`` that are named, all when neither ids nor categories are given."""
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["id"] in ids or (not ids and (not categories or case["category"] in categories)):
            yield case


def known(path: Path) -> Results:
    """Return the results that ``path`` holds; none when it is not there."""
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {way: dict(found.get(way, {})) for way in WAYS}


def keep(results: Results, path: Path) -> None:
    """Write ``results`` whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)


def facts(case: Case, way: str) -> dict[str, Any]:
    """Return the beginning of a row: what the case is, with no stage reached."""
    told = {key: case[key] for key in ("id", "repo", "category", "tool", "fidelity")}
    return {**told, "way": way, **dict.fromkeys(STAGES, False)} | {
        "false": False,
        "status": "",
        "reason": "",
    }
