"""From what happened to the summary that is shown, and to the evidence that is kept."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from regreen.case import Case
from regreen.deliver import Delivered, Summary
from regreen.housing import substitutions
from regreen.model import (
    Advice,
    Category,
    Culprit,
    Ending,
    Failure,
    FlakyTest,
    Passed,
    Reproduced,
    ReproducedAlone,
    ReproducedDifferently,
    Severity,
    Unsupported,
    Verdict,
    VerifiedPatch,
)
from regreen.stories import run_json
from regreen.verify import Attempt, Guiltless, NothingFound, NotProven
from regreen.widening import Rebuilt
from regreen_sandbox.toolchains import ToolImage

if TYPE_CHECKING:
    from regreen.origin import Standing

_NAMED_FILES = 5
_NEXT = {
    "passed": "name CI's log with --log FILE, or another combination with --matrix K=V",
    "reproduced": "the same command with --fix",
    "not-reproduced": "hold it against CI's side: regreen analyze --log FILE",
    "unsupported": "choose another job with --job",
    "transient": "run the job again in CI",
    "flaky": "run the job again in CI",
    "no-fix": "mend it by hand, from the lines above",
    "rejected": "make the change by hand where it is right",
    "advice": "do what the advice says",
}
_ADVICE: Mapping[str, str] = {
    Category.PERMISSION_ERROR: "give the job or the file the permission that the log names",
    Category.TIMEOUT: "run the job again; if it is slow each time, give it more time",
    Category.NETWORK_ERROR: "run the job again when the address that the log names answers",
    Category.RESOURCE_EXHAUSTION: "give the job more memory or disk, or let it use less",
}
"""What a person can do where no patch can be proven."""


def unsupported(case: Case, what: str, next_step: str = "") -> Summary:
    """Return the summary of a job that asks for what regreen cannot run."""
    other = "another combination with --matrix K=V, or " if case.job.combination else ""
    return Summary(
        "unsupported",
        0.0,
        job=_job(case),
        next=next_step or f"choose {other}another job with --job",
        failure=case.expected[0] if case.expected else None,
        verdict=str(Verdict.UNSUPPORTED),
        reason=what,
        reproduction_reason=what,
        run=run_json(case),
    )


def reproduced(case: Case, rebuilt: Rebuilt, image: ToolImage) -> Summary:
    """Return the summary of a reproduction, whichever way it went."""
    attempt = rebuilt.attempt
    status, verdict, reason = _verdict(attempt)
    return Summary(
        status=status,
        seconds=0.0,
        job=_job(case),
        next=rebuilt.next or (_mend(case) if status == "reproduced" else _NEXT[status]),
        failure=_failure(case, attempt),
        verdict=str(verdict),
        reason=reason,
        reproduction_reason=reason,
        reproduction_seconds=attempt.seconds,
        run=run_json(case),
        substitutions=(*substitutions(image), *case.job.notes, *_given(rebuilt)),
        image=image.id,
        sandbox=rebuilt.workshop.conditions.as_json(),
    )


def _given(rebuilt: Rebuilt) -> tuple[str, ...]:
    """Return in words what the job got beyond the least."""
    widened = (f"run with {what}, since it needs it" for what in rebuilt.widened)
    return (*widened, *rebuilt.held)


def _mend(case: Case) -> str:
    """Return the command that goes on to mend what was reproduced."""
    if case.origin is None:
        return _NEXT["reproduced"]
    run, job = case.origin.run, case.origin.job
    return f"regreen fix --run {run.url} --job {shlex.quote(job.name)}"


def _job(case: Case) -> str:
    """Return which job it is; of a matrix it is one combination only."""
    combination = ", one combination of its matrix" if case.job.combination else ""
    return f"{case.job.name} of {case.job.workflow} at {case.commit[:12]}{combination}"


def _failure(case: Case, attempt: Attempt) -> Failure | None:
    """Return CI's failure, or else the one seen here, under the name that the workflow gives."""
    failures = case.expected or attempt.failures
    step = case.job.failing
    if not failures or step is None:
        return failures[0] if failures else None
    return replace(failures[0], step=case.job.steps[step].title)


def _verdict(attempt: Attempt) -> tuple[str, Verdict, str]:
    """Return status, verdict and reason."""
    result = attempt.result
    match result:
        case Reproduced():
            more = f"; {len(result.extra)} more are only seen here" if result.extra else ""
            return "reproduced", Verdict.SAME, f"all of CI's diagnostics are there{more}"
        case ReproducedAlone():
            words = "the job is red here; there is no log to compare with"
            return "reproduced", Verdict.FAILED, words
        case ReproducedDifferently():
            return "not-reproduced", Verdict.DIFFERENT, result.how
        case Passed():
            return "passed", Verdict.PASSED, "the job is green here"
        case Unsupported():
            return "unsupported", Verdict.UNSUPPORTED, result.what
        case _:
            assert_never(result)


_AGAIN = Advice(
    "run the job again: the failure does not come from the commit",
    severity=Severity.LOW,
    action="rerun",
)


def _rerun(summary: Summary) -> str:
    """Return the command that runs the failed jobs again, where the run is one of GitHub's."""
    run = summary.run or {}
    match = re.match(r"https://[^/]+/([\w.-]+/[\w.-]+)/actions/runs/", str(run.get("url", "")))
    if match is None or run.get("provider") != "github":
        return _NEXT["transient"]
    return f"gh run rerun {run['id']} --failed --repo {match[1]}"


def passed_again(
    summary: Summary, green: int, runs: int, tests: tuple[FlakyTest, ...] = ()
) -> Summary:
    """Return the verdict on a job that is red in CI's log and green here, ``green`` of ``runs``.

    ``tests`` is what is known of the tests that failed in CI.
    """
    known = tuple(one for one in tests if one.failed or one.cause)
    if green < runs or known:
        said = (f"green in {green} of {runs} runs here", *map(_coming_and_going, known[:3]))
        words = "; ".join(said)
        return replace(summary, status="flaky", reason=words, next=_rerun(summary), flaky=tests)
    return replace(
        summary,
        status="transient",
        next=_rerun(summary),
        reason=f"red in CI's log, green in {green} of {runs} runs here",
        advice=(_AGAIN,),
        flaky=tests,
    )


def _coming_and_going(one: FlakyTest) -> str:
    cause = f", {one.cause} makes the difference" if one.cause else ""
    return f"{one.test} fails in {one.failed} of {one.runs} runs{cause}"


def another_commit(summary: Summary, tested: str) -> Summary:
    """Return the verdict on a job that is green here, at another commit than the log is of."""
    return replace(
        summary,
        status="not-reproduced",
        reason=f"the job is green here, but the log is of another commit: {tested}",
        next=f"the same command with --commit {tested}",
    )


def nothing_found(summary: Summary, found: NothingFound, failure: Failure) -> Summary:
    """Return the summary of a search that found no fix, or none that is honest."""
    advice = _advice(found, failure)
    told = bool(found.advice) or failure.category in _ADVICE
    status = "rejected" if found.refused else "advice" if told and not found.held else "no-fix"
    next_step = _NEXT[status]
    if found.spent:
        next_step = "the same command with a larger --budget"
    elif found.held:
        next_step = "the same command with --allow high"
    return replace(
        summary,
        status=status,
        reason=_held(found),
        rejected=found.rejected,
        advice=advice,
        next=next_step,
    )


def _advice(found: NothingFound, failure: Failure) -> tuple[Advice, ...]:
    """Return what a person should do: what fixers say, or else a word on the category."""
    if found.advice or found.spent or found.refused:
        return found.advice
    words = _ADVICE.get(failure.category)
    where = ", ".join(failure.files[:_NAMED_FILES])
    if words is None and where:
        words = f"look at {where}: no fixer mends this {failure.category}"
    return (Advice(words),) if words else ()


def _held(found: NothingFound) -> str:
    if not found.held:
        return found.reason
    held = dict.fromkeys(t.fixer for t in found.tries if t.ending is Ending.HELD_BACK)
    return f"{found.reason}; held back by --allow: {', '.join(held)}"


def with_culprit(summary: Summary, culprit: Culprit | Guiltless) -> Summary:
    """Return ``summary`` with what turned the job red, or why that is not known."""
    if isinstance(culprit, Guiltless):
        return replace(summary, notes=(*summary.notes, f"no culprit: {culprit.reason}"))
    return replace(summary, culprit=culprit)


def not_proven(summary: Summary, why: NotProven) -> Summary:
    """Return the summary of a fix that the verification did not confirm."""
    status = "flaky" if why.flaky else "rejected" if why.refused else "no-fix"
    step = "the same command with a larger --verify-limit" if why.spent else _NEXT[status]
    return replace(summary, status=status, reason=why.reason, next=step, flaky=why.tests)


def verified(
    case: Case,
    summary: Summary,
    proven: VerifiedPatch,
    files: Delivered,
    stands: Standing | None,
) -> Summary:
    """Return the summary of a delivered patch; ``stands``: how it fits a pulled run's head."""
    return replace(
        summary,
        status="verified",
        reason="",
        notes=stands.notes() if stands else (),
        next=_apply(case, files, stands),
        patch=str(files.patch),
        evidence=str(files.evidence),
        report=str(files.report),
        severity=str(proven.severity),
        proof=proven.proof,
    )


def _apply(case: Case, files: Delivered, stands: Standing | None) -> str:
    """Return the command that applies the patch, from where its base is checked out."""
    patch = shlex.quote(str(files.patch.resolve()))
    base = stands.head if stands and stands.applies else case.commit
    if case.repository.bare:
        return f"in a clone at {base[:12]}: git am {patch}"
    where = f"git -C {shlex.quote(str(case.repository.path))}"
    if not case.repository.has(base) and case.origin:
        url = f"{case.origin.run.server}/{case.origin.run.repository}.git"
        get = f"{where} fetch {shlex.quote(url)} {base} && "
        return f"{get}{where} switch -c regreen-fix {base} && {where} am {patch}"
    if case.repository.commit("HEAD") == base:
        return f"{where} am {patch}"
    return f"{where} switch -c regreen-fix {base[:12]} && {where} am {patch}"
