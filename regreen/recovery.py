"""The pipeline: a red job in, a verified patch (or an honest reason) out."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from regreen import results
from regreen.case import Case
from regreen.config import Settings
from regreen.deliver import Summary, commit_message, deliver, prepare, state_folder
from regreen.errors import UnsupportedError
from regreen.git import Repository, Scratch
from regreen.housing import open_sandbox
from regreen.jobs.workshop import Workshop
from regreen.model import (
    Passed,
    Reproduced,
    ReproducedAlone,
    ReproducedDifferently,
)
from regreen.needed import with_needed
from regreen.opening import find_origin, read_analysis
from regreen.reading import reader
from regreen.refused import opened
from regreen.report import Reporter
from regreen.request import Request
from regreen.shelves import shelved
from regreen.verify import (
    Attempt,
    Claim,
    Found,
    NothingFound,
    NotProven,
    again,
    search,
    verify,
)
from regreen.widening import rebuild
from regreen_sandbox.toolchains import PythonMissing, ToolImage


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
    with Scratch.borrow(repository, fetched) as scratch, ExitStack() as resources:
        place = (request, repository, scratch, analysis, reporter, origin)
        case = opened(*place, fix=fix, served=settings.runners)
        if isinstance(case, Summary):
            return case
        try:
            case = with_needed(case, settings, log_reader, reporter)
        except UnsupportedError as error:
            return results.unsupported(case, error.message, error.next_step)
        if fix:
            resources.enter_context(prepare(_folder(case)))
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
        return _mended(case, attempt, summary, workshop, image, reporter)


def not_red(
    case: Case, attempt: Attempt, summary: Summary, workshop: Workshop, reporter: Reporter
) -> Summary:
    """Say what it means that the job is not red here, or not as it was in CI."""
    if isinstance(attempt.result, ReproducedDifferently):
        return _with_index_errors(summary, workshop)
    if not isinstance(attempt.result, Passed) or case.analysis is None:
        return summary
    tested = case.analysis.facts.tested
    if tested is not None and tested != case.commit:
        return results.another_commit(summary, tested)
    reporter.stage("It passes here: run it again")
    more = max(case.repeat - 1, 1)
    return results.passed_again(summary, 1 + again(workshop, case.commit, more), 1 + more)


def _with_index_errors(summary: Summary, workshop: Workshop) -> Summary:
    """Say so when the package index did not answer: the job's end may be no more than that."""
    errors = workshop.links.index_errors()
    if not errors:
        return summary
    return replace(summary, reason=f"{summary.reason} (package index: {errors[0]})")


def _mended(
    case: Case,
    attempt: Attempt,
    summary: Summary,
    workshop: Workshop,
    image: ToolImage,
    reporter: Reporter,
) -> Summary:
    """Search, prove, deliver."""
    assert attempt.failed is not None
    if attempt.checkpoint is None:
        words = f"the action of step {attempt.failed.name!r} fails, and no fixer mends an action"
        nothing = NothingFound(words, (), refused=False, spent=False)
        return results.nothing_found(summary, nothing, attempt.failures[0])
    from regreen.fixers import found as fixers_found  # a reproduction needs none of them
    from regreen.fixers import propose
    from regreen.scenes import scene_of

    fixers, broken = fixers_found()
    for one in broken:
        reporter.note(f"the fixer {one.name} cannot be used: {one.reason}")
    found = search(
        partial(propose, fixers=fixers),
        partial(scene_of, case),
        workshop,
        case.scratch,
        commit=case.commit,
        checkpoint=attempt.checkpoint,
        failures=attempt.failures,
        outcome=attempt.failed,
        budget=case.request.budget,
        memory=attempt.memory,
        reporter=reporter,
    )
    if isinstance(found, NothingFound):
        return results.nothing_found(summary, found, attempt.failures[0])
    return prove(case, attempt, summary, found, workshop, image, reporter)


def prove(
    case: Case,
    attempt: Attempt,
    summary: Summary,
    found: Found,
    workshop: Workshop,
    image: ToolImage,
    reporter: Reporter,
) -> Summary:
    """Prove what was found to mend the job, whoever found it, and deliver it.

    ``attempt`` is a reproduction in which the job was red, ``summary`` what was said of it.
    """
    summary = replace(summary, rejected=found.rejected, fixers=found.patch.fixers)
    claim = _claim(case, attempt, found, workshop)
    proven = verify(claim, workshop, case.scratch, repeat=case.repeat, reporter=reporter)
    if isinstance(proven, NotProven):
        return _with_index_errors(results.not_proven(summary, proven), workshop)
    if case.request.out is None:
        state_folder(Path.cwd())
    files = deliver(
        proven,
        _folder(case),
        about=results.about(case, image, summary, workshop),
        rejected=found.rejected,
    )
    stands = None
    if case.origin is not None:
        from regreen.origin import standing

        stands = standing(case.origin, case.scratch, proven.patch.diff)
    return results.verified(case, summary, proven, files, stands)


def _claim(case: Case, attempt: Attempt, found: Found, workshop: Workshop) -> Claim:
    assert attempt.failed is not None
    message = commit_message(attempt.failures[0], found.patch.fixers, found.patch.why)
    patched = workshop.commit_of(case.commit, found.tree, message)
    return Claim(
        patch=found.patch,
        mail=case.scratch.format_patch(patched),
        base=case.commit,
        tree=found.tree.sha,
        step=attempt.failed.index,
        failures=attempt.failures,
    )


def _folder(case: Case) -> Path:
    """Return where patch and evidence go: as asked, else into the current folder's ``.regreen``."""
    if case.request.out is not None:
        return case.request.out
    job = re.sub(r"[^\w.-]+", "-", case.job.name).strip("-")
    return Path.cwd() / ".regreen" / "fixes" / f"{case.commit[:12]}-{job}"
