"""The one place where a patch becomes a verified patch.

In fresh sandboxes, without any cache that a job wrote, the base and the base with the patch *file*
applied run in turn: always red with the same failure, always green. Then the patch must leave the
workflow's test jobs no redder when it changes what code means, and with ``siblings`` the other
combinations of the job's matrix too.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from regreen.errors import RegreenError
from regreen.git import Scratch, Tree
from regreen.jobs.runner import JobRun
from regreen.jobs.workshop import Workshop
from regreen.model import Compared, Failure, Fared, JobOutcome, Proof, VerifiedPatch
from regreen.report import Reporter
from regreen.verify.claim import Claim, NotProven
from regreen.verify.counts import passed
from regreen.verify.guard import objections
from regreen.verify.known import KnownFailures, left_out, without
from regreen.verify.limit import Limit, LimitSpent
from regreen.verify.neighbours import Asking, Neighbours
from regreen.verify.observing import Observed, fewer, observe
from regreen.verify.reaching import Reaching
from regreen.verify.review import review
from regreen.verify.same import still
from regreen.verify.successors import not_run
from regreen.verify.syntax import changed_syntax
from regreen.verify.watching import Wanted

SECONDS = 3600.0
"""How long a verification may take unless it is told otherwise."""
_NO_TESTS = "the patch changes what code means, and no test job vouches for it: {why}"
_NONE_FOUND = "no other job of the event runs tests"


class _Refuted(Exception):
    """The claim does not hold."""

    def __init__(self, why: NotProven) -> None:
        self.why = why


def _flaky(words: str, commit: str, step: int, failures: tuple[Failure, ...]) -> NotProven:
    return NotProven(words, flaky=True, commit=commit, step=step, failures=failures)


def verify(
    claim: Claim,
    workshop: Workshop,
    scratch: Scratch,
    *,
    repeat: int,
    reporter: Reporter,
    seconds: float = SECONDS,
    neighbours: Neighbours | None = None,
    siblings: bool = False,
    known: KnownFailures | None = None,
) -> VerifiedPatch | NotProven:
    """Prove ``claim``, or say why it is not proven.

    ``repeat``: runs with and without the patch; ``seconds`` bound all of it. ``neighbours`` are the
    other jobs of the commit; with ``siblings`` the other combinations of the matrix are run too.
    ``known`` are failures that the sandbox shows with any commit.
    """
    limit = Limit.begin(seconds)
    given = (claim, workshop, scratch, repeat, reporter, limit, neighbours, siblings, known)
    try:
        with ExitStack() as held:
            return _Judge(*given, Reaching(Wanted(), limit, reporter, held)).verdict()
    except _Refuted as ended:
        return ended.why
    except LimitSpent:
        return NotProven(f"the time for the verification, {seconds:.0f} s, is over", spent=True)


@dataclass(slots=True)
class _Judge:
    claim: Claim
    workshop: Workshop
    scratch: Scratch
    repeat: int
    reporter: Reporter
    limit: Limit
    neighbours: Neighbours | None
    siblings: bool
    known: KnownFailures | None
    reaching: Reaching
    started: float = field(default_factory=time.monotonic)
    before: list[JobOutcome] = field(default_factory=list)
    after: list[JobOutcome] = field(default_factory=list)
    seen: dict[str, Observed] = field(default_factory=dict)
    excused: tuple[str, ...] = ()
    runs: int = 0

    def verdict(self) -> VerifiedPatch:
        claim = self.claim
        base, patched = self._trees()
        self.reaching.wanted = Wanted.of(base, patched)
        commit = self.workshop.commit_of(claim.base, patched)
        room = claim.patched or self.workshop
        for number in range(1, self.repeat + 1):
            if not claim.refused:
                self._red(number)
            room = self._green(number, room, commit)
            if not claim.refused:
                self._whole(room)
        today, today_reason = self._today(room, commit)
        beside = self._siblings(commit) if self.siblings else ()
        vouched, why = self._vouched(base, patched, commit)
        severity, reason = review(base, patched, claim.failures, claim.patch, why)
        proof = Proof(
            complete=not (excluded := self._excluded(room)) and not self.excused,
            runs=self.runs,
            tree=patched.sha,
            as_of=self.workshop.as_of,
            today=today,
            excluded=excluded,
            seconds=time.monotonic() - self.started,
            before=tuple(self.before),
            after=tuple(self.after),
            vouched=vouched,
            siblings=beside,
            excused=self.excused,
            today_reason=today_reason,
            severity_reason=reason,
            refused=claim.refused,
            coverage=self.reaching.found(),
        )
        return VerifiedPatch(claim.patch, claim.mail, claim.base, severity, proof)

    def _trees(self) -> tuple[Tree, Tree]:
        """Return the files before and after, from the patch file itself."""
        claim, scratch = self.claim, self.scratch
        base = scratch.tree(claim.base)
        try:
            patched = scratch.apply(base, scratch.patch_of_mail(claim.mail))
        except RegreenError as error:
            words = f"the patch file does not apply to {claim.base[:12]}: {error.message}"
            raise _Refuted(NotProven(words)) from error
        if patched.sha != claim.tree:
            words = "the patch file makes other files than those that were mended"
            raise _Refuted(NotProven(words))
        if reasons := objections(base, patched):
            raise _Refuted(NotProven("; ".join(reasons), refused=True))
        return base, patched

    def _run(
        self, room: Workshop, commit: str, *, stop: bool, note: str = "", last: bool = False
    ) -> JobOutcome:
        """Run the job; with ``note`` its tests are observed; the ``last`` one's sandbox is held."""

        def behind(run: JobRun, outcome: JobOutcome) -> None:
            if note:
                self.seen[note] = observe(run, outcome, max(self.limit.left(), 1.0))
            if last:
                self.reaching.hold(run, outcome)

        self.runs += 1
        held = self.reaching.held if last else None
        return self.limit.run(room, commit, stop_at_failure=stop, behind=behind, held=held)

    def _red(self, number: int) -> None:
        """Run the base, which must fail as it did when it was reproduced."""
        self.reporter.stage(f"Verify {number}/{self.repeat}: without the patch")
        note = "before" if number == 1 else ""
        outcome = self._run(self.workshop, self.claim.base, stop=True, note=note)
        self.before.append(outcome)
        failed = outcome.failed
        if failed is None:
            words = "without the patch the job now passes: it is flaky"
            why = _flaky(words, self.claim.base, self.claim.step, self.claim.failures)
            raise _Refuted(replace(why, unlike=number == 1))
        seen = self.workshop.failures(failed)
        if failed.index != self.claim.step or not still(self.claim.failures, seen):
            words = f"without the patch the job now fails differently, in step {failed.name!r}"
            why = _flaky(words, self.claim.base, failed.index, seen)
            raise _Refuted(replace(why, unlike=number == 1))

    def _green(self, number: int, room: Workshop, commit: str) -> Workshop:
        """Run the patched job, which must be green; return what it is green in."""
        self.reporter.stage(f"Verify {number}/{self.repeat}: with the patch")
        note, last = "after" if number == 1 else "", number == self.repeat
        outcome = self._run(room, commit, stop=False, note=note, last=last)
        spared = self._spared(room, outcome) if number == 1 else None
        if spared is not None:
            room, whole = spared, outcome
            self.reaching.held.close()
            outcome = self._run(room, commit, stop=False, last=last)
            self._only_left_out(whole, outcome)
        self.after.append(outcome)
        if (failed := outcome.failed) is not None:
            words = f"step {failed.name!r} exits {failed.exit_code}"
            if any(one.green for one in self.after):
                words = f"with the patch the job is not always green: {words}"
                raise _Refuted(_flaky(words, commit, failed.index, room.failures(failed)))
            if spared is not None:
                words += " (without the tests that the parent fails here too)"
            words = f"with the patch the job is not green in a fresh sandbox: {words}"
            raise _Refuted(NotProven(words))
        return room

    def _spared(self, room: Workshop, outcome: JobOutcome) -> Workshop | None:
        """Return what the job runs in without tests that are red here with any commit."""
        failed = outcome.failed
        if self.known is None or failed is None or self.claim.patched is not None:
            return None
        self.excused = self.known.names(room.failures(failed))
        return without(room, self.excused) if self.excused else None

    def _only_left_out(self, whole: JobOutcome, spared: JobOutcome) -> None:
        failed = whole.failed
        now = next((s for s in spared.steps if failed and s.index == failed.index), None)
        if failed is None or now is None or not left_out(failed.log, now.log, self.excused):
            words = f"step {failed.name if failed else ''!r} also fails with the patch, and without"
            tests = ", ".join(self.excused[:5])
            why = f"{words} {tests}, which the parent fails here too, other tests do not run"
            raise _Refuted(NotProven(why))

    def _whole(self, room: Workshop) -> None:
        """See that the patched job does what the job did, and runs no fewer tests."""
        lost = not_run(self.before[-1], self.after[-1], self.workshop.job, room.job)
        if lost is not None:
            words = f"with the patch the step {lost.name!r} is not run: the job checks less"
            raise _Refuted(NotProven(words, refused=True))
        if reasons := fewer(self.seen["before"], self.seen["after"]):
            words = f"with the patch fewer tests are run: {'; '.join(reasons)}"
            raise _Refuted(NotProven(words, refused=True))

    def _today(self, room: Workshop, commit: str) -> tuple[bool, str]:
        if room.as_of is None:
            return True, ""
        self.reporter.stage("Verify with today's package index")
        try:
            failed = self.limit.run(room, commit, stop_at_failure=False, today=True).failed
        except LimitSpent:
            return False, "there was no time left to run it with today's package index"
        if failed is None:
            return True, ""
        return False, f"with today's package index step {failed.name!r} exits {failed.exit_code}"

    def _vouched(self, base: Tree, patched: Tree, commit: str) -> tuple[tuple[Compared, ...], str]:
        """Return who vouches for a patch that changes a syntax tree, or why nobody does."""
        if not changed_syntax(base, patched):
            return (), ""
        counted = [sum(passed(step.log) for step in one.steps) for one in self.after]
        if all(counted):
            job = self.workshop.job
            words = f"the job itself runs the tests: {min(counted)} pass"
            own = Compared(job.name, job.workflow, Fared.GREEN, vouches=True, reason=words)
            self.reaching.own()
            found: tuple[Compared, ...] = (own,)
        else:
            found = self._asked(commit, tests=True)
        if why := self.reaching.in_vain():
            found = tuple(replace(one, vouches=False) for one in found)
        elif any(one.vouches for one in found):
            return found, ""
        else:
            why = "; ".join(f"{one.job}: {one.reason}" for one in found) or _NONE_FOUND
        return found, _NO_TESTS.format(why=why)

    def _siblings(self, commit: str) -> tuple[Compared, ...]:
        found = self._asked(commit, tests=False)
        if any(one.ended is Fared.NOT_RUN for one in found) and self.limit.left() <= 0:
            raise LimitSpent
        return found

    def _asked(self, commit: str, *, tests: bool) -> tuple[Compared, ...]:
        """Return how other jobs fare with the patch. None may be redder."""
        if self.neighbours is None:
            return ()
        jobs = self.neighbours.test_jobs() if tests else self.neighbours.siblings()
        watch = self.reaching.beside if tests else None
        asking = Asking(self.claim.base, commit, self.limit, self.reporter, watch)
        found: list[Compared] = []
        for neighbour in jobs:
            one = asking.ask(neighbour)
            found.append(one)
            self.reporter.note(f"{one.job}: {one.ended}; {one.reason}")
            if one.ended is Fared.REDDER:
                raise _Refuted(NotProven(f"the job {one.job!r} is {one.reason}", refused=True))
        return tuple(found)

    def _excluded(self, room: Workshop) -> tuple[str, ...]:
        left_out = (step for outcome in self.after for step in outcome.excluded)
        own = (f"{step.name}: {step.reason}" for step in left_out)
        return tuple(dict.fromkeys((*own, *room.job.refused_inside)))
