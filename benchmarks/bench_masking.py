"""How fast secrets are masked: ``python benchmarks/bench_masking.py [LOG...]``.

Without logs the bundled red run's is taken, many times over.

Prints megabytes a second of the streaming masker over the given logs, and how many times as long
``grep -c token`` takes them: the second figure depends less on the machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from regreen.logs.masking import masked_chunks

_CHUNK = 256 << 10
_ROUNDS = 5
_EXAMPLE = str(Path(__file__).parents[1] / "examples/red-run/failed-lint.log")


def main(paths: list[str]) -> None:
    """Measure over the files ``paths``, put together."""
    data = b"\n".join(Path(path).read_bytes() for path in paths or [_EXAMPLE] * 1000)
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        masking = min(_seconds(data) for _ in range(_ROUNDS))
        grep = min(_grep(file.name) for _ in range(_ROUNDS))
    speed = len(data) / 1e6 / masking
    print(f"{len(data) / 1e6:.1f} MB: {speed:.0f} MB/s, {masking / grep:.0f} x grep -c token")


def _chunks(data: bytes) -> Iterator[bytes]:
    return (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))


def _seconds(data: bytes) -> float:
    began = time.perf_counter()
    for _ in masked_chunks(_chunks(data)):
        pass
    return time.perf_counter() - began


def _grep(name: str) -> float:
    began = time.perf_counter()
    subprocess.run(["grep", "-c", "token", name], stdout=subprocess.PIPE, check=False)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1:])
