"""Where a recorded failure stands in its workflow file: which job, which combination, which step.

The cases name steps as people do ("Lint + Test (isort/black)"), so titles are compared by their
words, and the combination is the one that fits the case's Python and words best.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from regreen.errors import RegreenError, WorkflowError
from regreen.git import Repository, Scratch
from regreen.jobs import StepSpec, Workflow, read_workflow
from regreen.jobs.calling import Sight
from regreen.jobs.expressions import Value
from regreen.jobs.legs import Leg, legs_of, shown
from regreen.planning import About, sight_of

Case = Mapping[str, Any]
_WORDS = re.compile(r"[a-z0-9]+(?:\.\d+)*")
_ALIKE = 0.6
_OUTPUT = re.compile(r"needs\.([\w-]+)\.outputs\.([\w-]+)\s*==\s*'([^']*)'")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case's failure stands; ``refused`` is GitHub's fault with the file, if it has one.

    ``step`` is the step's title as written, ``None`` where no step fails (a refused workflow).
    ``assumed`` are the outputs of other jobs that CI must have had, since the step ran there.
    """

    leg: Leg | None
    step: str | None
    refused: str = ""
    why: str = ""
    assumed: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether workflow, job and step are located, or the file's fault is."""
        return bool(self.refused) or (self.leg is not None and not self.why)


def find(case: Case, repository: Path) -> Place:
    """Return the place of ``case`` in a bare ``repository`` that has its commit."""
    try:
        opened = Repository.open(repository)
        with Scratch.borrow(opened) as scratch:
            tree = scratch.tree(opened.commit(case["red_commit"]))
            text = tree.text(case["workflow"])
            if text is None:
                return Place(None, None, why=f"the commit has no {case['workflow']}")
            workflow = read_workflow(text, case["workflow"])
            sight = sight_of(About(case["repo"], case["red_commit"]), tree, None)
            return _placed(case, workflow, sight)
    except WorkflowError as error:
        return Place(None, None, refused=error.message)
    except RegreenError as error:
        return Place(None, None, why=error.message)


def _placed(case: Case, workflow: Workflow, sight: Sight) -> Place:
    legs = [
        leg
        for leg in legs_of((workflow,), case["repo"], case["red_commit"], sight)
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
    return Place(leg, step.title, assumed=_assumed(leg.job.condition, step.condition))


def _assumed(*conditions: str | None) -> tuple[str, ...]:
    """Return the outputs that conditions of a step that ran ask for, each as JOB.OUTPUT=VALUE."""
    certain = (text for text in conditions if text and "||" not in text and "!" not in text)
    found = (match for text in certain for match in _OUTPUT.finditer(text))
    return tuple(dict.fromkeys(f"{match[1]}.{match[2]}={match[3]}" for match in found))


def _fit(leg: Leg, case: Case) -> int:
    """Return how well a combination fits: the Python first, then Linux, then the case's words."""
    values = [leaf for value in leg.values.values() for leaf in _leaves(value)]
    version = str(case["python"])
    forms = {version, f"py{version.replace('.', '')}", f"python{version}", f"py{version}"}
    python = any(value in forms or version in value.split() for value in values)
    linux = not any(value.startswith(("windows", "macos")) for value in values)
    words = " ".join(map(str, (case["step"], case["tool"], case["check"], *case["setup"])))
    said = sum(bool(v) and not v[0].isdigit() and v in words.casefold() for v in values)
    named = any(value and value in case["step"].casefold() for value in values)
    nowhere = case["step"].startswith("(")
    return 16 * (named and nowhere) + 8 * python + 4 * linux + min(said, 3)


def _leaves(value: Value) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield shown(value).casefold()


def _step(case: Case, steps: tuple[StepSpec, ...]) -> StepSpec | None:
    """Return the step that the case names, with or without what either puts in brackets."""
    parts = case["step"].split(" / ")
    names = (case["step"], _bare(case["step"]), *parts)
    ranked = [(max(_alike(name, step) for name in names), -step.index, step) for step in steps]
    likeness, _, best = max(ranked, default=(0.0, 0, None))
    return best if likeness >= _ALIKE else None


def _bare(name: str) -> str:
    return re.sub(r"\(.*?\)", "", name).strip()


def _alike(wanted: str, step: StepSpec) -> float:
    lines = [line for line in (step.run or "").splitlines() if line.strip()]
    names = (step.name, _bare(step.name or ""), step.uses, step.id, *lines)
    first = max((float(line.split()[0] == wanted) for line in lines), default=0.0)
    return max(first, *(_ratio(wanted, name) for name in names if name), 0.0)


def _ratio(left: str, right: str) -> float:
    one, other = (_WORDS.findall(text.casefold()) for text in (left, right))
    return SequenceMatcher(None, one, other).ratio() if one and other else float(left == right)
