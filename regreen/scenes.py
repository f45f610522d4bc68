"""Show fixers where a job stands: its files and what is known of the step that fails."""

from __future__ import annotations

import re

from regreen.case import Case
from regreen.errors import RegreenError
from regreen.git import Tree
from regreen.jobs import Job, read_workflow
from regreen.jobs.legs import legs_of, shown
from regreen.scene import Place, Scene
from regreen.verify.stand import Stand

_LINE = 4_000
_VERSION = re.compile(r"(?:pypy)?-?3\.\d+")


def scene_of(case: Case, stand: Stand) -> Scene:
    """Return what fixers see of ``stand``: the files as mended so far, the step, the job."""
    job = stand.workshop.job
    before = job.steps[: stand.step.index + 1]
    python = python_of(job)
    return Scene(
        files=stand.tree,
        script=stand.outcome.command or "",
        output=shortened(stand.outcome.log),
        directory=stand.checkpoint.directory,
        installs=tuple(step.run for step in before if step.run is not None),
        parent=parent_of(case),
        place=place_of(case, stand),
        python=python,
        pythons=tuple(dict.fromkeys([python, *pythons_of(case, job)])) if python else (),
        as_of=stand.workshop.as_of,
        index=stand.workshop.links.packages(stand.workshop.as_of),
    )


def shortened(log: str) -> str:
    """Return a log whose lines are no longer than what a person could read of them.

    Fixers look for expressions in it, and a line without end would keep them busy without end.
    """
    if all(len(line) <= _LINE for line in log.split("\n")):
        return log
    return "\n".join(line[:_LINE] for line in log.split("\n"))


def pythons_of(case: Case, job: Job) -> tuple[str, ...]:
    """Return the Pythons that combinations of the job's matrix name, in the order of the matrix."""
    path = job.workflow.removeprefix("./")
    text = case.tree.text(path)
    if text is None or job.provider != "github":
        return ()
    try:
        legs = legs_of([read_workflow(text, path)], case.name, case.commit, case.sight)
    except RegreenError:
        return ()
    values = (leg.values.items() for leg in legs if leg.job.id == job.id)
    found = (shown(value) for leg in values for key, value in leg if "py" in key.lower())
    return tuple(dict.fromkeys(version for version in found if _VERSION.match(version)))


def parent_of(case: Case) -> Tree | None:
    """Return the files of the red commit's first parent; ``None`` where they are not at hand."""
    parent = case.scratch.parent(case.commit)
    return None if parent is None else case.scratch.tree(parent)


def place_of(case: Case, stand: Stand) -> Place | None:
    """Return where the failing step is defined; ``None`` for a workflow from elsewhere."""
    job = stand.workshop.job
    path = job.workflow.removeprefix("./")
    if path not in stand.tree.entries:
        return None
    return Place(path, job.id, stand.step.index, stand.step.line, job.provider)


def python_of(job: Job) -> str:
    """Return the Python that the job asks for first, as written; empty: it takes what is there."""
    return next((wanted for _, all_ in sorted(job.pythons.items()) for wanted in all_), "")
