"""Hosted-runner logs of any size, put together from ordinary output, with one failure in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

PLACES = ("start", "middle", "end", "within")
"""Where the failing step stands among the others; ``within``: at the end of the only step."""
_START = datetime(2024, 5, 1, 12, tzinfo=UTC)
_BLOCK = 4000
_SHAPES = (
    "Collecting {word}-{word2}=={n}.{m}.0",
    "  Downloading {word}_{word2}-{n}.{m}.0-py3-none-any.whl ({n} kB)",
    "     \x1b[38;5;237m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[32m{n}.{m}/{n}.{m} MB\x1b[0m",
    "#{n} {m}.{n} Get:{m} http://deb.example.org/debian {word} amd64 {n}.{m}-1 [{n} kB]",
    "[{m}/{n}] Building CXX object src/{word}/CMakeFiles/{word2}.dir/{word}.cpp.o",
    "tests/{word}/test_{word2}.py::test_{word}[{n}-{m}] PASSED                        [ {m}%]",
    "  warning: '{word}' is deprecated: use {word2} instead (error codes are kept)",
    "DEBUG {word}.{word2}: request {n} took {m} ms, retry 0, timeout 30",
    "added {n} packages, and audited {m} packages in {n}s",
    "   Compiling {word} v{n}.{m}.0 (/home/runner/work/demo/demo/crates/{word2})",
)
_WORDS = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "core",
    "util",
    "parse",
    "model",
    "view",
    "http",
    "json",
    "log",
    "cache",
    "table",
]


def write(path: Path, size: int, place: str) -> None:
    """Write a log of about ``size`` bytes to ``path`` whose failure stands at ``place``."""
    before = {"start": 0, "middle": size // 2, "end": size, "within": 0}[place]
    moments = (_START + timedelta(milliseconds=n) for n in range(1 << 62))
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:

        def say(*lines: str) -> None:
            for line, moment in zip(lines, moments, strict=False):
                file.write(f"{moment:%Y-%m-%dT%H:%M:%S.%f}7Z {line}\n")

        def noise(count: int) -> None:
            end = file.tell() + count
            for block in _blocks():
                if file.tell() >= end:
                    break
                say(*block)

        say("Current runner version: '2.319.1'", "Complete job name: lint")
        say(*_heading("make everything"))
        noise(before)
        say(*_heading("ruff check ."))
        noise(size if place == "within" else 0)
        say("src/a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error.")
        say(
            "[*] 1 fixable with the `--fix` option.", "##[error]Process completed with exit code 1."
        )
        if before < size and place != "within":
            say(*_heading("cat everything.log"))
            noise(size - before)
        say("Post job cleanup.", "Cleaning up orphan processes")


def _heading(script: str) -> tuple[str, ...]:
    shown = f"\x1b[36;1m{script}\x1b[0m"
    return (f"##[group]Run {script}", shown, "shell: /usr/bin/bash -e {0}", "##[endgroup]")


def _blocks() -> Iterator[list[str]]:
    """Blocks of made-up output; the same ones in every run."""
    source = random.Random(1)
    pool = [
        source.choice(_SHAPES).format(
            word=source.choice(_WORDS),
            word2=source.choice(_WORDS),
            n=source.randrange(1000),
            m=source.randrange(100),
        )
        for _ in range(_BLOCK)
    ]
    while True:
        yield pool
