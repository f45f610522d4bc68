"""What a person can do about a failure that came from outside of the commit and went by itself."""

from __future__ import annotations

from regreen.case import Case
from regreen.model import Advice
from regreen.scene import Place, Scene


def advice_for(case: Case) -> tuple[Advice, ...]:
    """Return what makes the next such failure of CI's less likely, or harmless.

    That the job is to be run again is for whoever found that it passes.
    """
    from regreen.fixers.surroundings import FIXERS  # seldom needed

    scene = _scene(case)
    ideas = (
        idea
        for failure in case.expected
        for fixer in FIXERS
        for idea in fixer.propose(failure, scene)
    )
    found = (idea for idea in ideas if isinstance(idea, Advice) and idea.action != "rerun")
    return tuple(dict.fromkeys(found))


def _scene(case: Case) -> Scene:
    """Return CI's failing step as a fixer sees it; what it printed is in the failure alone."""
    job, path = case.job, case.job.workflow.removeprefix("./")
    step = None if job.failing is None else job.steps[job.failing]
    place = None
    if step is not None and path in case.tree.entries:
        place = Place(path, job.id, step.index, step.line, job.provider)
    return Scene(case.tree, (step.run or "") if step else "", "", ".", place=place)
