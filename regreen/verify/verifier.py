"""The one place where a patch becomes a verified patch.

In fresh sandboxes, without any cache that a job wrote, the base and the base with the patch *file*
applied run in turn: always red with the same failure, always green.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from regreen.errors import RegreenError
from regreen.git import Scratch, Tree
from regreen.jobs.workshop import Workshop
from regreen.model import (
    Failure,
    JobOutcome,
    Patch,
    Proof,
    Severity,
    VerifiedPatch,
)
from regreen.report import Reporter
from regreen.verify.guard import objections
from regreen.verify.same import still
from regreen.verify.syntax import changed_syntax


@dataclass(frozen=True, slots=True)
class NotProven:
    """Why a patch is not delivered.

    ``flaky`` when the runs contradict one another, ``refused`` when the patch is not honest.
    """

    reason: str
    flaky: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be proven: the mail as it would be delivered, and the failure that it mends.

    ``tree`` is the id of the files as they were found to be mended; ``failures`` are those that the
    job showed when it was reproduced, at step ``step`` (an index).

    ``patched`` is what the patched commit's job runs in, where the patch changes the definition
    that the job is made from (``None``: it is the same job). ``refused`` says why GitHub starts no
    job at all of the base: then the base is not run (``step`` and ``failures`` say nothing of
    runs), ``patched`` is needed, and the job must be green in it.
    """

    patch: Patch
    mail: bytes
    base: str
    tree: str
    step: int
    failures: tuple[Failure, ...]
    patched: Workshop | None = None
    refused: str = ""


def verify(
    claim: Claim, workshop: Workshop, scratch: Scratch, *, repeat: int, reporter: Reporter
) -> VerifiedPatch | NotProven:
    """Prove ``claim``, or say why it is not proven. ``repeat``: runs with and without the patch."""
    started = time.monotonic()
    base = scratch.tree(claim.base)
    try:
        patched = scratch.apply(base, scratch.patch_of_mail(claim.mail))
    except RegreenError as error:
        return NotProven(f"the patch file does not apply to {claim.base[:12]}: {error.message}")
    if patched.sha != claim.tree:
        return NotProven("the patch file makes other files than those that were mended")
    if reasons := objections(base, patched):
        return NotProven("; ".join(reasons), refused=True)
    before: list[JobOutcome] = []
    after: list[JobOutcome] = []
    commit = workshop.commit_of(claim.base, patched)
    for number in range(1, repeat + 1):
        reporter.stage(f"Verify {number}/{repeat}: without the patch")
        before.append(_run(workshop, claim.base, stop_at_failure=True))
        if (problem := _not_red(claim, before, workshop)) is not None:
            return problem
        reporter.stage(f"Verify {number}/{repeat}: with the patch")
        after.append(_run(workshop, commit, stop_at_failure=False))
        if (problem := _not_green(after) or _shrunk(before[-1], after[-1])) is not None:
            return problem
    today = _green_today(workshop, commit, reporter)
    proof = _proof(patched, workshop, before, after, today, time.monotonic() - started)
    severity = _severity(claim.failures, base, patched)
    return VerifiedPatch(claim.patch, claim.mail, claim.base, severity, proof)


def _run(
    workshop: Workshop, commit: str, *, stop_at_failure: bool, today: bool = False
) -> JobOutcome:
    with workshop.fresh(commit, today=today) as run:
        return run.proceed(stop_at_failure=stop_at_failure)


def _not_red(claim: Claim, before: Sequence[JobOutcome], workshop: Workshop) -> NotProven | None:
    failed = before[-1].failed
    if failed is None:
        return NotProven("without the patch the job now passes: it is flaky", flaky=True)
    seen = workshop.failures(failed)
    if failed.index != claim.step or not still(claim.failures, seen):
        return NotProven(
            f"without the patch the job now fails differently, in step {failed.name!r}", flaky=True
        )
    return None


def _not_green(after: Sequence[JobOutcome]) -> NotProven | None:
    failed = after[-1].failed
    if failed is None:
        return None
    once = any(outcome.green for outcome in after)
    how = "not always green" if once else "not green in a fresh sandbox"
    words = f"with the patch the job is {how}: step {failed.name!r} exits {failed.exit_code}"
    return NotProven(words, flaky=once)


def _shrunk(before: JobOutcome, after: JobOutcome) -> NotProven | None:
    """Say which step ran without the patch and does not run with it: then nothing is proven."""
    ran = {s.index for s in after.steps if s.conclusion == "success"}
    for step in before.steps:
        if step.conclusion in {"success", "failure"} and step.index not in ran:
            words = f"with the patch the step {step.name!r} is not run: the job checks less"
            return NotProven(words, refused=True)
    return None


def _green_today(workshop: Workshop, commit: str, reporter: Reporter) -> bool:
    if workshop.as_of is None:
        return True
    reporter.stage("Verify with today's package index")
    return _run(workshop, commit, stop_at_failure=False, today=True).green


def _proof(
    patched: Tree,
    workshop: Workshop,
    before: Sequence[JobOutcome],
    after: Sequence[JobOutcome],
    today: bool,
    seconds: float,
) -> Proof:
    left_out = (step for outcome in after for step in outcome.excluded)
    own = (f"{step.name}: {step.reason}" for step in left_out)
    excluded = tuple(dict.fromkeys((*own, *workshop.job.refused_inside)))
    return Proof(
        complete=not excluded,
        runs=len(before) + len(after),
        tree=patched.sha,
        as_of=workshop.as_of,
        today=today,
        excluded=excluded,
        seconds=seconds,
        before=tuple(before),
        after=tuple(after),
    )


def _severity(failures: Sequence[Failure], base: Tree, patched: Tree) -> Severity:
    """The failure's own severity; high when code changes its meaning and no test vouched for it."""
    if changed_syntax(base, patched):
        return Severity.HIGH
    order = list(Severity)
    return max((f.severity for f in failures), key=order.index)
