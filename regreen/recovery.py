"""The pipeline: a red job in, a verified patch (or an honest reason) out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, assert_never

from regreen.config import Settings
from regreen.deliver import Summary, commit_message, deliver
from regreen.fixers import Context, propose
from regreen.git import Repository, Scratch
from regreen.jobs import Found as FoundJob
from regreen.jobs import Job, plan
from regreen.jobs.runner import Setting
from regreen.jobs.workshop import Workshop, open_workshop
from regreen.logs import analyze, mask
from regreen.model import (
    Advice,
    Analysis,
    Failure,
    Passed,
    Proposal,
    Reproduced,
    ReproducedAlone,
    ReproducedDifferently,
    Unsupported,
    Verdict,
    VerifiedPatch,
)
from regreen.report import Reporter
from regreen.request import Request, choose_commit, choose_job
from regreen.runs import read_file
from regreen.verify import (
    Attempt,
    Claim,
    Found,
    NothingFound,
    NotProven,
    Scene,
    again,
    reproduce,
    search,
    verify,
)
from regreen_sandbox.engine import connect, sweep
from regreen_sandbox.images import ensure_base
from regreen_sandbox.index import upstream_index
from regreen_sandbox.toolchains import ToolImage, with_pythons

_TESTS = re.compile(r"\b(?:pytest|unittest|tox|nox|nose2?|trial|stestr|behave|ctest|make test)\b")


def recover(request: Request, settings: Settings, reporter: Reporter, *, fix: bool) -> Summary:
    """Reproduce the job that ``request`` means and, with ``fix``, look for a verified patch.

    Raises RegreenError for wrong usage and SandboxError when the engine or an image is missing.
    """
    started = time.monotonic()
    summary = _recover(request, settings, reporter, fix)
    return replace(summary, seconds=time.monotonic() - started)


def _recover(request: Request, settings: Settings, reporter: Reporter, fix: bool) -> Summary:
    reporter.stage("Read the failure")
    analysis = None
    if request.log is not None:
        analysis = analyze(read_file(request.log), step=request.selection.step)
    if analysis is not None and analysis.failure is None:
        return Summary("passed", 0.0, reason="the log shows no failure")
    repository = Repository.open(request.repository)
    commit = choose_commit(repository, request.commit, analysis)
    with Scratch.borrow(repository) as scratch, ExitStack() as snapshots:
        case = _case(request, repository, scratch, commit, analysis, reporter)
        if case.job.unsupported:
            return _unsupported(case, "; ".join(case.job.unsupported))
        with _workshop(case, settings, reporter) as (workshop, image):
            attempt = _reproduced(case, workshop, reporter, snapshots)
            summary = replace(_summary(case, attempt, image), image=_image(image))
            if not isinstance(attempt.result, Reproduced | ReproducedAlone):
                return _not_reproduced(case, attempt, summary, workshop, reporter)
            if not fix:
                return replace(summary, status="reproduced")
            return _mended(case, attempt, summary, workshop, image, reporter)


@dataclass(frozen=True, slots=True)
class Case:
    """One job of one commit, ready to be run, and what CI's log said of it."""

    request: Request
    repository: Repository
    scratch: Scratch
    commit: str
    analysis: Analysis | None
    found: FoundJob
    job: Job

    @property
    def name(self) -> str:
        """The repository as ``owner/name``; the owner is ``local`` when nothing tells."""
        return str(self.job.github["repository"])

    @property
    def expected(self) -> tuple[Failure, ...]:
        """CI's failures, the cause first; empty without a log."""
        if self.analysis is None or self.analysis.failure is None:
            return ()
        return (self.analysis.failure, *self.analysis.also)

    @property
    def repeat(self) -> int:
        """How often base and patch are run to prove a patch."""
        tests = any(_TESTS.search(step.run or "") for step in self.job.steps)
        return self.request.repeat or (3 if tests else 2)


def _case(
    request: Request,
    repository: Repository,
    scratch: Scratch,
    commit: str,
    analysis: Analysis | None,
    reporter: Reporter,
) -> Case:
    tree = scratch.tree(commit)
    found = choose_job(request.selection, tree, analysis, reporter)
    facts = analysis.facts if analysis else None
    name = (facts.repository if facts else None) or repository.web_name()
    job = plan(
        found,
        repository=name or f"local/{repository.path.name.removesuffix('.git') or 'repository'}",
        commit=commit,
        image=facts.image if facts else None,
        read=tree.text,
    )
    if analysis is not None and analysis.failure is not None:
        failure = analysis.failure
        tool = f" ({failure.tool})" if failure.tool else ""
        reporter.note(f"{failure.category}{tool} in step {failure.step!r}")
    reporter.note(f"job {job.name!r} of {job.workflow} at {commit[:12]}: {found.why}")
    return Case(request, repository, scratch, commit, analysis, found, job)


@contextmanager
def _workshop(
    case: Case, settings: Settings, reporter: Reporter
) -> Iterator[tuple[Workshop, ToolImage]]:
    reporter.stage("Prepare the sandbox")
    with connect() as engine:
        sweep(engine)
        base = ensure_base(
            engine, case.job.image_label, settings=settings.images(), report=reporter.note
        )
        requests = dict.fromkeys(v for asked in case.job.pythons.values() for v in asked)
        image = with_pythons(engine, base, tuple(requests), reporter.note)
        for words in _substitutions(image):
            reporter.note(words)
        as_of = case.request.as_of or (case.analysis.facts.started_at if case.analysis else None)
        if as_of is not None:
            reporter.note(f"package index as of {as_of:%Y-%m-%d %H:%M} UTC")
        name = case.name
        with open_workshop(
            Setting(case.job, image.pythons, settings.limits(), mask, reporter),
            case.scratch,
            engine=engine,
            image=image.id,
            upstream=upstream_index(),
            cache=settings.cache / "index",
            as_of=as_of,
            remote=None if name.startswith("local/") else f"https://github.com/{name}",
        ) as workshop:
            yield workshop, image


def _reproduced(
    case: Case, workshop: Workshop, reporter: Reporter, snapshots: ExitStack
) -> Attempt:
    reporter.stage("Reproduce the failure")
    return reproduce(
        workshop,
        commit=case.commit,
        tree=case.scratch.tree(case.commit),
        step=case.found.step_index,
        expected=case.expected,
        snapshots=snapshots,
    )


def _mended(
    case: Case,
    attempt: Attempt,
    summary: Summary,
    workshop: Workshop,
    image: ToolImage,
    reporter: Reporter,
) -> Summary:
    assert attempt.failed is not None
    assert attempt.checkpoint is not None
    reporter.stage("Look for a fix")
    found = search(
        _ideas,
        workshop,
        case.scratch,
        commit=case.commit,
        checkpoint=attempt.checkpoint,
        failures=attempt.failures,
        outcome=attempt.failed,
        budget=case.request.budget,
        reporter=reporter,
    )
    if isinstance(found, NothingFound):
        status = "rejected" if found.refused else "no-fix"
        advice = _advice(attempt.failures[0])
        return replace(
            summary, status=status, reason=found.reason, rejected=found.rejected, advice=advice
        )
    summary = replace(summary, rejected=found.rejected, fixers=found.patch.fixers)
    message = commit_message(attempt.failures[0], found.patch.fixers, found.patch.why)
    patched = workshop.commit_of(case.commit, found.tree, message)
    claim = Claim(
        patch=found.patch,
        mail=case.scratch.format_patch(patched),
        base=case.commit,
        step=attempt.failed.index,
        failures=attempt.failures,
    )
    proven = verify(claim, workshop, case.scratch, repeat=case.repeat, reporter=reporter)
    if isinstance(proven, NotProven):
        status = "flaky" if proven.flaky else "no-fix"
        return replace(summary, status=status, reason=proven.reason)
    return _delivered(case, proven, found, summary, image)


def _ideas(failures: Sequence[Failure], scene: Scene) -> Iterable[tuple[Failure, Proposal]]:
    context = Context(scene.files, scene.script, scene.output, scene.directory, scene.installs)
    return propose(failures, context)


def _delivered(
    case: Case, proven: VerifiedPatch, found: Found, summary: Summary, image: ToolImage
) -> Summary:
    folder = case.request.out or _default_folder(case)
    files = deliver(proven, folder, about=_about(case, image, summary), rejected=found.rejected)
    return replace(
        summary,
        status="verified",
        reason="",
        repository=str(case.repository.path),
        patch=str(files.patch),
        evidence=str(files.evidence),
        severity=str(proven.severity),
        proof=proven.proof,
    )


def _default_folder(case: Case) -> Path:
    """Return a folder below ``.regreen``, which git ignores because the folder says so itself."""
    state = Path.cwd() / ".regreen"
    state.mkdir(exist_ok=True)
    ignore = state / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    job = re.sub(r"[^\w.-]+", "-", case.job.name).strip("-")
    return state / "fixes" / f"{case.commit[:12]}-{job}"


def _summary(case: Case, attempt: Attempt, image: ToolImage) -> Summary:
    verdict, reason = _verdict(attempt)
    failure = case.expected[0] if case.expected else None
    return Summary(
        status="not-reproduced",
        seconds=0.0,
        failure=failure or (attempt.failures[0] if attempt.failures else None),
        verdict=str(verdict),
        reason=reason,
        reproduction_reason=reason,
        reproduction_seconds=attempt.seconds,
        substitutions=_substitutions(image),
    )


def _verdict(attempt: Attempt) -> tuple[Verdict, str]:
    result = attempt.result
    match result:
        case Reproduced():
            more = f"; {len(result.extra)} more are only seen here" if result.extra else ""
            return Verdict.SAME, f"all of CI's diagnostics are there{more}"
        case ReproducedAlone():
            return Verdict.FAILED, "the job is red here; there is no log to compare with"
        case ReproducedDifferently():
            return Verdict.DIFFERENT, result.how
        case Passed():
            return Verdict.PASSED, "the job is green here"
        case Unsupported():
            return Verdict.UNSUPPORTED, result.what
        case _:
            assert_never(result)


def _not_reproduced(
    case: Case, attempt: Attempt, summary: Summary, workshop: Workshop, reporter: Reporter
) -> Summary:
    if isinstance(attempt.result, Unsupported):
        return replace(summary, status="unsupported")
    if not isinstance(attempt.result, Passed):
        if errors := workshop.index_errors():
            return replace(summary, reason=f"{summary.reason} (package index: {errors[0]})")
        return summary
    if case.analysis is None:
        return replace(summary, status="passed", reason="the job is green here: nothing to mend")
    reporter.stage("It passes here: run it again")
    times = max(case.repeat - 1, 1)
    green = again(workshop, case.commit, times)
    if green < times:
        return replace(
            summary, status="flaky", reason=f"green in {green + 1} of {times + 1} runs here"
        )
    return replace(
        summary,
        status="transient",
        reason=f"red in CI's log, green in {times + 1} of {times + 1} runs here",
        advice=(Advice("run the job again: the failure does not come from the commit"),),
    )


def _unsupported(case: Case, what: str) -> Summary:
    return Summary(
        "unsupported",
        0.0,
        failure=case.expected[0] if case.expected else None,
        verdict=str(Verdict.UNSUPPORTED),
        reason=what,
        reproduction_reason=what,
    )


def _advice(failure: Failure) -> tuple[Advice, ...]:
    where = ", ".join(failure.files[:5])
    if not where:
        return ()
    return (Advice(f"look at {where}: {failure.category} has no automatic fix here yet"),)


def _substitutions(image: ToolImage) -> tuple[str, ...]:
    base = image.base.substitution
    return ((base,) if base else ()) + image.substitutions


def _image(image: ToolImage) -> str:
    return image.id


def _about(case: Case, image: ToolImage, summary: Summary) -> dict[str, Any]:
    analysis = case.analysis
    return {
        "repository": case.name,
        "workflow": case.job.workflow,
        "job": case.job.name,
        "matrix": dict(case.job.combination),
        "commits": {"tested": case.commit},
        "log": {"sha256": analysis.sha256, "lines": analysis.lines} if analysis else None,
        "reproduction": {
            "verdict": summary.verdict,
            "reason": summary.reproduction_reason,
            "seconds": round(summary.reproduction_seconds, 2),
        },
        "image": {
            "reference": image.reference,
            "id": image.id,
            "base": image.base.reference,
            "base_id": image.base.id,
            "origin": image.base.origin,
            "substitutions": list(summary.substitutions),
            "pythons": dict(image.pythons),
        },
        "network": "packages",
        "user": 1001,
    }
