"""How well the failure's category and the proving lines are found, on labelled logs.

Usage: ``python benchmarks/log_categories.py [FOLDER]``. The folder holds the logs and
``labels.jsonl`` (``file``, ``category``, ``also``, ``evidence``); the default is ``../shared/logs``
beside the project. Prints macro-F1, the share of logs whose evidence was met, every miss, the
confusions and the speed.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

from regreen.logs import analyze

NEAR = 3
"""Lines by which an evidence line may be off."""


def main() -> int:
    """Read the labels, analyse each log, print the figures."""
    default = Path(__file__).resolve().parents[1].parent / "shared" / "logs"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    labels = folder / "labels.jsonl"
    if not labels.exists():
        print(f"no labelled logs: {labels} is missing")
        return 0
    rows = [json.loads(line) for line in labels.read_text().splitlines()]
    pairs: list[tuple[str, str]] = []
    strict, met, proved, size, began = 0, 0, 0, 0, time.perf_counter()
    for row in rows:
        data = (folder / row["file"]).read_bytes()
        size += len(data)
        said, lines, tool = _judge(data)
        truth = str(row["category"])
        strict += said == truth
        fair = said in (truth, row.get("also"))
        pairs.append((truth, truth if fair else said))
        if not fair:
            print(f"MISS {row['id']}: {truth} / {row.get('also')}, said {said} ({tool}) {lines}")
        wanted = [e["line"] for e in row.get("evidence", ())]
        if wanted:
            proved += 1
            hit = any(abs(line - want) <= NEAR for line in lines for want in wanted)
            met += hit
            if not hit:
                print(f"EVIDENCE {row['id']}: {wanted}, said {lines}")
    seconds = time.perf_counter() - began
    _report(pairs, strict, met, proved, size, seconds)
    return 0


def _judge(data: bytes) -> tuple[str, list[int], str | None]:
    result = analyze(data)
    if result.failure is None:
        return "None", [], None
    failure = result.failure
    return str(failure.category), [e.line for e in failure.evidence], failure.tool


def _report(
    pairs: list[tuple[str, str]], strict: int, met: int, proved: int, size: int, seconds: float
) -> None:
    scores: dict[str, float] = {}
    for name in sorted({truth for truth, _ in pairs}):
        right = sum(1 for t, s in pairs if t == s == name)
        truth = sum(1 for t, _ in pairs if t == name)
        said = sum(1 for _, s in pairs if s == name)
        scores[name] = 2 * right / (truth + said)
        print(f"{name:22} F1 {scores[name]:.3f}  {right}/{truth}, said {said}")
    _matrix(pairs)
    named = [score for name, score in scores.items() if name != "None"]
    print(f"macro-F1 {sum(named) / len(named):.3f}")
    print(
        f"accuracy {sum(t == s for t, s in pairs) / len(pairs):.3f}, first label only "
        f"{strict / len(pairs):.3f}"
    )
    print(f"evidence met {met}/{proved}")
    print(f"{size / 1e6:.1f} MB in {seconds:.2f} s: {size / 1e6 / seconds:.1f} MB/s")


def _matrix(pairs: list[tuple[str, str]]) -> None:
    """Print the confusion matrix: rows are the labels, columns what was said."""
    names = sorted({name for pair in pairs for name in pair})
    counts = Counter(pairs)
    print(f"{'':22} " + " ".join(f"{name[:6]:>6}" for name in names))
    for truth in names:
        row = " ".join(f"{counts[truth, said] or '.':>6}" for said in names)
        print(f"{truth:22} {row}")


if __name__ == "__main__":
    raise SystemExit(main())
