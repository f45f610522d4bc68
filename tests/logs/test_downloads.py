"""Which commit each action was, as the runner's log names it."""

from __future__ import annotations

from regreen.logs import analyze
from tests.logs.hosted import OPENING, Ran, job, stamped

FIRST, SECOND, OTHER = "1" * 40, "2" * 40, "3" * 40


def test_the_runner_names_the_commits_of_the_actions_that_it_downloads() -> None:
    told = [
        f"Download action repository 'actions/setup-python@v5' (SHA:{FIRST})",
        "##[group]Download immutable action package 'actions/checkout@v4'",
        "Version: 4.2.2",
        "Digest: sha256:00",
        f"Source commit SHA: {SECOND}",
        "##[endgroup]",
    ]
    posing = f"Download action repository 'actions/setup-python@v5' (SHA:{OTHER})"
    lines = job(Ran("black --check .", output=posing, exit_code=1))
    at = len(OPENING) - 1
    facts = analyze(stamped([*lines[:at], *told, *lines[at:]]).encode()).facts
    assert facts.actions == (("actions/setup-python@v5", FIRST), ("actions/checkout@v4", SECOND))
    assert analyze(stamped(lines[:at]).encode()).facts.actions == ()
