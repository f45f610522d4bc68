"""A patched job must do all that the job did, wherever its steps stand now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regreen.jobs import read_workflow
from regreen.jobs.job import Job
from regreen.model import JobOutcome, StepOutcome
from regreen.verify.successors import not_run, successors

BEFORE = """\
- uses: actions/checkout@v2
- uses: actions/setup-python@v2
  with: {python-version: 3.10}
- run: pip install .
- {name: Lint, run: flake8}
- run: pytest
"""


def job(steps: str) -> Job:
    body = "".join(f"      {line}\n" for line in steps.splitlines())
    text = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{body}"
    spec = read_workflow(text, "ci.yml").jobs["a"]
    return Job("a", "a", "ci.yml", "ubuntu-latest", {}, {}, None, None, spec.steps, {})


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("checkout@v2", "checkout@v4"), [0, 1, 2, 3, 4]),
        (("- run: pip", "- run: apt-get install libpq-dev\n- run: pip"), [0, 1, 3, 4, 5]),
        (("run: flake8", "run: ruff check"), [0, 1, 2, 3, 4]),
        (("pip install .", "pip install .[test]"), [0, 1, 2, 3, 4]),
        (("- run: pytest\n", ""), [0, 1, 2, 3]),
        (("- {name: Lint, run: flake8}\n- run: pytest\n", "- run: pytest\n"), [0, 1, 2, None, 3]),
        (("- run: pip install .\n", ""), [0, 1, None, 2, 3]),
    ],
)
def test_steps_are_told_by_what_they_are(change: tuple[str, str], found: list[int]) -> None:
    before, after = job(BEFORE), job(BEFORE.replace(*change))
    where = successors(before.steps, after.steps)
    assert [where.get(index) for index in range(len(found))] == found
    assert len(set(where.values())) == len(where)


def test_two_like_steps_need_two_successors() -> None:
    before = job("- run: pytest\n- run: pytest\n")
    assert successors(before.steps, job("- run: pytest\n").steps) == {0: 0}


def outcome(**conclusions: str) -> JobOutcome:
    one = StepOutcome(0, "a", "a", "success", 0, 1.0, "", "")
    steps = ((int(at[1:]), said) for at, said in conclusions.items())
    return JobOutcome(tuple(replace(one, index=at, conclusion=said) for at, said in steps), 1.0)


def test_a_step_that_ran_must_run_and_pass_with_the_patch() -> None:
    one = job("- run: a\n- run: b\n")
    two = job("- run: new\n- run: a\n- run: b\n")
    red = outcome(s0="success", s1="failure")
    assert not_run(red, outcome(s0="success", s1="success"), one, one) is None
    lost = not_run(red, outcome(s0="success", s1="skipped"), one, one)
    assert lost is not None
    assert lost.index == 1
    assert not_run(red, outcome(s0="success", s1="success", s2="success"), one, two) is None
    assert not_run(red, outcome(s0="success", s1="success", s2="skipped"), one, two) is not None
    assert not_run(outcome(s0="skipped"), outcome(s0="skipped"), one, one) is None
