"""Where a recorded failure stands in its workflow file: which job, which combination, which step.

The cases name steps as people do ("Lint + Test (isort/black)"), so titles are compared by their
words, and the combination is the one that fits the case's Python and words best.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from regreen.errors import RegreenError, WorkflowError
from regreen.git import Repository, Scratch
from regreen.jobs import StepSpec, Workflow, read_workflow
from regreen.jobs.legs import Leg, legs_of, shown

Case = Mapping[str, Any]
_WORDS = re.compile(r"[a-z0-9]+(?:\.\d+)*")
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case's failure stands; ``refused`` is GitHub's fault with the file, if it has one.

    ``step`` is the step's title as written, ``None`` where no step fails (a refused workflow).
    """

    leg: Leg | None
    step: str | None
    refused: str = ""
    why: str = ""

    @property
    def found(self) -> bool:
        """Whether workflow, job and step are located, or the file's fault is."""
        return bool(self.refused) or (self.leg is not None and not self.why)


def find(case: Case, repository: Path) -> Place:
    """Return the place of ``case`` in a bare ``repository`` that has its commit."""
    try:
        opened = Repository.open(repository)
        with Scratch.borrow(opened) as scratch:
            text = scratch.tree(opened.commit(case["red_commit"])).text(case["workflow"])
    except RegreenError as error:
        return Place(None, None, why=error.message)
    if text is None:
        return Place(None, None, why=f"the commit has no {case['workflow']}")
    try:
        workflow = read_workflow(text, case["workflow"])
    except WorkflowError as error:
        return Place(None, None, refused=error.message)
    return _placed(case, workflow)


def _placed(case: Case, workflow: Workflow) -> Place:
    legs = [
        leg
        for leg in legs_of((workflow,), case["repo"], case["red_commit"])
        if case["job"] in (leg.job.id, leg.job.name)
    ]
    if not legs:
        there = ", ".join(workflow.jobs)
        return Place(None, None, why=f"there is no job {case['job']}; there are: {there}")
    leg = max(legs, key=lambda one: _fit(one, case))
    if case["step"].startswith("("):
        return Place(leg, None)
    step = _step(case, leg.job.steps)
    if step is None:
        return Place(leg, None, why=f"no step of {leg.job.id} is called {case['step']!r}")
    return Place(leg, step.title)


def _fit(leg: Leg, case: Case) -> int:
    """Return how well a combination fits: the Python first, then Linux, then the case's words."""
    values = [shown(value).casefold() for value in leg.combination.values()]
    version = str(case["python"])
    forms = {version, f"py{version.replace('.', '')}", f"python{version}", f"py{version}"}
    python = any(value in forms or version in value.split() for value in values)
    linux = not any(value.startswith(("windows", "macos")) for value in values)
    words = " ".join(map(str, (case["step"], case["tool"], case["check"], *case["setup"])))
    said = sum(bool(v) and not v[0].isdigit() and v in words.casefold() for v in values)
    return 8 * python + 4 * linux + min(said, 3)


def _step(case: Case, steps: tuple[StepSpec, ...]) -> StepSpec | None:
    """Return the step that the case names, with or without what it puts in brackets."""
    names = (case["step"], re.sub(r"\(.*?\)", "", case["step"]).strip())
    ranked = [(max(_alike(name, step) for name in names), -step.index, step) for step in steps]
    likeness, _, best = max(ranked, default=(0.0, 0, None))
    return best if likeness >= _ALIKE else None


def _alike(wanted: str, step: StepSpec) -> float:
    lines = [line for line in (step.run or "").splitlines() if line.strip()]
    names = (step.name, step.uses, step.id, *lines)
    return max((_ratio(wanted, name) for name in names if name), default=0.0)


def _ratio(left: str, right: str) -> float:
    one, other = (_WORDS.findall(text.casefold()) for text in (left, right))
    return SequenceMatcher(None, one, other).ratio() if one and other else float(left == right)
