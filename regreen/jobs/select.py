"""Finds the job that is meant: by the names the user gave, by a log, or by both.

A log's job name decides first, then its steps: their scripts and actions are compared with those
of every leg, and the best fit wins. Two jobs that fit alike are an error that names both; two
combinations of one job are not, since nothing in the log tells them apart: the first is taken, and
``why`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from regreen.errors import UsageError
from regreen.jobs.calling import Sight
from regreen.jobs.fit import Fitted, fitted
from regreen.jobs.job import Found
from regreen.jobs.legs import (
    Leg,
    fits_name,
    has_name,
    job_names,
    legs_of,
    of_job,
    of_matrix,
    of_workflow,
    shown,
)
from regreen.jobs.naming import given, told
from regreen.jobs.workflow import StepSpec, Workflow
from regreen.model import Analysis, Selection


def find_job(
    workflows: Mapping[str, Workflow],
    selection: Selection,
    analysis: Analysis | None,
    sight: Sight | None = None,
) -> Found:
    """Return the job of ``workflows`` (by path) that ``selection`` and the log mean.

    ``sight`` is what is known of the run besides; by default what the log says. Raises
    ``UsageError`` when there is none or more than one, naming those that exist and the option that
    decides.
    """
    facts = analysis.facts if analysis else None
    repository = (facts.repository if facts else None) or "owner/repository"
    commit = (facts.tested if facts else None) or ""
    legs = legs_of(
        workflows.values(),
        sight.repository if sight else repository,
        sight.commit if sight else commit,
        sight,
    )
    legs = of_workflow(legs, workflows, selection.workflow)
    if not legs:
        raise UsageError("there is no workflow with a job", "name a file with --workflow")
    if selection.job is not None:
        legs = of_job(legs, selection.job)
    if selection.matrix:
        legs = of_matrix(legs, selection.matrix)
    found = (
        _without_log(legs, selection) if analysis is None else _with_log(legs, selection, analysis)
    )
    return _settled(found, selection, facts.job if facts else None)


def _settled(found: Found, selection: Selection, logged: str | None) -> Found:
    """Fill in a combination that another job decides, where the names tell all of it."""
    if not found.pending:
        return found
    prefix = f"{found.caller.name} / " if found.caller else ""
    combination = given(found.job, selection.matrix) if selection.matrix else None
    name = ""
    for named in (logged, selection.job):
        if combination is None and named:
            combination, name = told(found.job, prefix, named), named
    if combination is None:
        return found
    values = ", ".join(f"{key}={shown(value)}" for key, value in combination.items())
    why = f"{found.why}; combination {values}, as it is named"
    return replace(found, combination=combination, pending=False, why=why, name=name)


def _without_log(legs: tuple[Leg, ...], selection: Selection) -> Found:
    first = legs[0]
    if any(leg.key != first.key for leg in legs):
        raise _ambiguous("several jobs are meant", legs)
    why = "named" if selection.job else "the only job"
    if len(legs) > 1:
        why += f"; the first of {len(legs)} combinations, {first.described()} (--matrix chooses)"
    elif first.combination:
        why += f"; combination {first.described()}"
    return _found(first, _named_step(first, selection), why)


def _with_log(legs: tuple[Leg, ...], selection: Selection, analysis: Analysis) -> Found:
    name = analysis.facts.job or ""
    fits = has_name if any(has_name(leg, name) for leg in legs) else fits_name
    ranked = sorted(
        (fitted(leg, analysis, bool(name) and fits(leg, name)) for leg in legs),
        key=lambda one: one.fit,
        reverse=True,
    )
    best = ranked[0]
    if selection.step is None and not _tells(best, analysis):
        raise _fits_none(legs, analysis)
    equals = [one for one in ranked if one.fit == best.fit]
    if any(one.leg.key != best.leg.key for one in equals):
        raise _ambiguous("the log fits several jobs alike", tuple(one.leg for one in equals))
    index = _named_step(best.leg, selection)
    return _found(best.leg, best.step_index if index is None else index, _why(best, equals))


def _tells(best: Fitted, analysis: Analysis) -> bool:
    """Return whether the log says enough to choose by."""
    if best.fit.named or best.fit.failing:
        return True
    return analysis.failing is None and best.matched > 0


def _fits_none(legs: tuple[Leg, ...], analysis: Analysis) -> UsageError:
    failing = analysis.failing
    what = (failing.command or failing.uses or failing.name) if failing else None
    first = what.strip().partition("\n")[0] if what else "any of its steps"
    return UsageError(
        f"no job has the log's failing step ({first}); the jobs are: {', '.join(job_names(legs))}",
        "name the job with --job, or the commit that the log belongs to with --commit",
    )


def _ambiguous(reason: str, legs: tuple[Leg, ...]) -> UsageError:
    keys = list(dict.fromkeys(leg.key for leg in legs))
    listed = ", ".join(f"{job} ({path})" for path, job in keys)
    option = "--job" if len({job for _, job in keys}) > 1 else "--workflow"
    return UsageError(f"{reason}: {listed}", f"choose one with {option}")


def _why(best: Fitted, equals: list[Fitted]) -> str:
    reasons: list[str] = []
    if best.fit.named:
        reasons.append("the log names it")
    if best.step_index is not None:
        reasons.append(f"step {best.step_index + 1} is the log's failing step")
    reasons.append(f"{best.matched} of the log's steps fit")
    if len(equals) > 1:
        count = len(equals)
        reasons.append(
            f"{count} combinations fit alike, the first is taken: {best.leg.described()} "
            "(--matrix chooses)"
        )
    elif best.leg.combination:
        reasons.append(f"combination {best.leg.described()}")
    return "; ".join(reasons)


def _named_step(leg: Leg, selection: Selection) -> int | None:
    if selection.step is None:
        return None
    wanted = selection.step.strip().casefold()
    for step in leg.job.steps:
        if wanted in _step_names(step):
            return step.index
    known = ", ".join(step.title for step in leg.job.steps)
    raise UsageError(
        f"the job {leg.job.id} has no step {selection.step!r}; its steps are: {known}",
        "give one of them with --step",
    )


def _step_names(step: StepSpec) -> set[str]:
    first = (step.run or step.uses or "").strip().partition("\n")[0]
    names = (step.id, step.name, step.title, first, f"Run {first}")
    return {name.strip().casefold() for name in names if name}


def _found(leg: Leg, step_index: int | None, why: str) -> Found:
    return Found(
        leg.workflow,
        leg.job,
        leg.combination,
        step_index,
        why,
        name=leg.names[0],
        caller=leg.caller,
        pending=leg.pending,
        problem=leg.problem,
    )
