"""The pipeline: a red job in, a verified patch (or an honest reason) out."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace

from regreen import results
from regreen.accepting import Acceptance
from regreen.advising import advice_for
from regreen.case import Case
from regreen.config import Settings
from regreen.deliver import (
    Summary,
    prepare,
)
from regreen.errors import UnsupportedError
from regreen.experience import experience
from regreen.fixers.actions import own_actions
from regreen.git import Repository, Scratch
from regreen.housing import open_sandbox
from regreen.jobs.workshop import Workshop
from regreen.judging import Judge
from regreen.mending import Mending, folder_of, with_index_errors
from regreen.model import (
    FlakyTest,
    Passed,
    Reproduced,
    ReproducedAlone,
    ReproducedDifferently,
)
from regreen.needed import with_needed
from regreen.opening import find_origin, read_analysis
from regreen.reading import reader
from regreen.refused import Refusal, opened
from regreen.rehouse import Rehouser
from regreen.report import Reporter
from regreen.request import Request
from regreen.shelves import shelved
from regreen.verify import (
    Attempt,
    again,
)
from regreen.verify.flaky import examine
from regreen.widening import rebuild
from regreen_sandbox.toolchains import PythonMissing


def recover(request: Request, settings: Settings, reporter: Reporter, *, fix: bool) -> Summary:
    """Reproduce the job that ``request`` means and, with ``fix``, look for a verified patch.

    Raises RegreenError for wrong usage and SandboxError when the engine or an image is missing.
    """
    started = time.monotonic()
    summary = _recover(request, settings, reporter, fix)
    return replace(summary, seconds=time.monotonic() - started)


def _recover(request: Request, settings: Settings, reporter: Reporter, fix: bool) -> Summary:
    reporter.stage("Read the failure")
    settings = settings.given(request.sandbox)
    request = replace(request, given=replace(request.given, runners=settings.runners))
    if settings.jobs is not None:
        request = replace(request, budget=replace(request.budget, jobs=settings.jobs))
    log_reader = reader(settings, hidden=request.given.secrets)
    origin = find_origin(request, settings, log_reader, reporter)
    if request.run is not None and origin is None:
        return Summary("passed", 0.0, reason="no job of the run failed", next="nothing")
    analysis = read_analysis(request, origin, log_reader)
    for words in analysis.notes if analysis else ():
        reporter.note(words)
    request = shelved(request, settings, analysis, origin, reporter)
    if analysis is not None and analysis.failure is None:
        return Summary("passed", 0.0, reason="the log shows no failure", next="nothing")
    repository = origin.repository if origin else Repository.open(request.repository)
    fetched = origin.fetched.folder if origin else None
    own_actions(settings.actions)  # a wrong one is told before the work
    with Scratch.borrow(repository, fetched) as scratch, ExitStack() as resources:
        place = (request, repository, scratch, analysis, reporter, origin)
        case = opened(*place, fix=fix, served=settings.runners)
        if isinstance(case, Summary):
            return case
        if isinstance(case, Refusal):
            parts = (request, repository, scratch, analysis, settings, log_reader, reporter)
            return Acceptance(case, *parts).summary()
        try:
            case = with_needed(case, settings, log_reader, reporter)
        except UnsupportedError as error:
            return results.unsupported(case, error.message, error.next_step)
        if fix:
            resources.enter_context(prepare(folder_of(case)))
        reporter.stage("Prepare the sandbox")
        try:
            workshop, image = resources.enter_context(
                open_sandbox(case, settings, log_reader, reporter)
            )
        except PythonMissing as error:
            return results.unsupported(case, error.message, error.next_step)
        reporter.stage("Reproduce the failure")
        rebuilt = rebuild(case, workshop, settings, resources, reporter)
        attempt, workshop = rebuilt.attempt, rebuilt.workshop
        summary = results.reproduced(case, rebuilt, image)
        if not isinstance(attempt.result, Reproduced | ReproducedAlone):
            return not_red(case, attempt, summary, workshop, reporter)
        if not fix:
            return summary
        reporter.stage("Look for a fix")
        rehouse = Rehouser(case, workshop, settings, log_reader, reporter, resources)
        judge = Judge.of(case, workshop, settings, log_reader, reporter)
        room = (workshop, image, reporter)
        known = resources.enter_context(experience(settings, reporter))
        return Mending(case, attempt, summary, *room, judge, rehouse, experience=known).mended()


def not_red(
    case: Case, attempt: Attempt, summary: Summary, workshop: Workshop, reporter: Reporter
) -> Summary:
    """Say what it means that the job is not red here, or not as it was in CI."""
    if isinstance(attempt.result, ReproducedDifferently):
        return with_index_errors(summary, workshop)
    if not isinstance(attempt.result, Passed) or case.analysis is None:
        return summary
    tested = case.analysis.facts.tested
    if tested is not None and tested != case.commit:
        return results.another_commit(summary, tested)
    reporter.stage("It passes here: run it again")
    more = max(case.repeat - 1, 1)
    green = 1 + again(workshop, case.commit, more)
    tests: tuple[FlakyTest, ...] = ()
    if case.job.failing is not None:
        place, seconds = (case.commit, case.tree, case.job.failing), case.request.budget.seconds
        tests = examine(workshop, *place, case.expected, seconds=seconds)
    ended = results.passed_again(summary, green, 1 + more, tests)
    return replace(ended, advice=(*ended.advice, *advice_for(case)))
