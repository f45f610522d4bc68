"""Which way of looking for the rules' words in an output is the fastest.

Usage: ``python benchmarks/bench_prefilter.py [LOG]``. RE2's set (what regreen uses), a search for
each literal, and Hyperscan where it is installed, on the same text in one run: medians of five.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from regreen.logs.rules import BUILTIN
from regreen.logs.rules.registry import Words

_SIZE = 8 << 20
_EXAMPLE = Path(__file__).parents[1] / "examples/red-run/failed-lint.log"


def main() -> int:
    """Time each way and print megabytes a second."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else _EXAMPLE
    data = path.read_bytes()
    data = (data * (_SIZE // len(data) + 1))[:_SIZE]
    literals = {w for rule in BUILTIN.rules for w in (*rule.triggers, *rule.words)} - {""}
    words, plain = Words(literals), [literal.encode() for literal in literals]
    ways: dict[str, Callable[[], int]] = {
        "RE2 set": lambda: len(words.present(data)) - 1,
        "each literal": lambda: sum(literal in data for literal in plain),
    }
    if scan := _hyperscan(plain, data):
        ways["Hyperscan"] = scan
    print(f"{len(plain)} literals, {len(data) / 1e6:.1f} MB")
    for name, way in ways.items():
        found, seconds = way(), []
        for _ in range(5):
            began = time.perf_counter()
            way()
            seconds.append(time.perf_counter() - began)
        print(f"{name:<14} {len(data) / 1e6 / statistics.median(seconds):8.0f} MB/s, {found} found")
    return 0


def _hyperscan(literals: list[bytes], data: bytes) -> Callable[[], int] | None:
    try:
        import hyperscan
    except ImportError:
        return None
    database = hyperscan.Database()
    once = [hyperscan.HS_FLAG_SINGLEMATCH] * len(literals)
    numbers = list(range(len(literals)))
    database.compile(literals, numbers, len(literals), once, literal=True)

    def scan() -> int:
        seen: set[int] = set()
        database.scan(data, match_event_handler=lambda number, *_: seen.add(number))
        return len(seen)

    return scan


if __name__ == "__main__":
    raise SystemExit(main())
