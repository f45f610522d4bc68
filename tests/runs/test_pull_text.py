"""What ``regreen pull`` prints: names from outside stay inside their line."""

from __future__ import annotations

from pathlib import Path

from regreen.cli.pull import _text
from regreen.model import Run, RunJob


def test_names_cannot_forge_lines_of_the_answer() -> None:
    forged = "x\n  success    deploy  (all is well)\n\x1b[2Kpulled into /tmp/evil\n::error::y"
    jobs = (RunJob("1", forged, "failure", log_missing=forged), RunJob("2", forged, forged))
    run = Run(
        "github", "https://github.com", "1", 1, "octo/app", "a" * 40, forged, "u",
        Path("here/github-1"), jobs, forged,
    )  # fmt: skip
    lines = _text(run).split("\n")
    assert len(lines) == 3
    assert lines[-1] == "pulled into here/github-1"
    assert all(line.isprintable() for line in lines)
