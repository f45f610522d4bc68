"""The judge, with all that one case can be asked: its other jobs, its parent, its time limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from regreen.case import Case
from regreen.config import Settings
from regreen.jobs.workshop import Workshop
from regreen.logs import LogReader
from regreen.model import FlakyTest, VerifiedPatch
from regreen.neighbourhood import Neighbourhood
from regreen.report import Reporter
from regreen.verify import Claim, NotProven, verify
from regreen.verify.flaky import examine
from regreen.verify.known import KnownFailures


@dataclass(frozen=True, slots=True)
class Judge:
    """Proves claims about ``case``, whose job was reproduced in ``workshop``.

    ``known`` is what the commit's parent shows here too; a search that asks it runs the parent, and
    the judge then does not.
    """

    case: Case
    workshop: Workshop
    settings: Settings
    log_reader: LogReader
    reporter: Reporter
    known: KnownFailures

    @classmethod
    def of(
        cls,
        case: Case,
        workshop: Workshop,
        settings: Settings,
        log_reader: LogReader,
        reporter: Reporter,
    ) -> Judge:
        """Return the judge of a case. Nothing is run by this."""
        known = KnownFailures(workshop, case.scratch, case.commit, case.expected)
        return cls(case, workshop, settings, log_reader, reporter, known)

    def judged(self, claim: Claim) -> VerifiedPatch | NotProven:
        """Prove ``claim``, or say why it is not proven; of flaky tests, what makes them so.

        Raises what the sandbox raises.
        """
        proven = self.proven(claim)
        if not isinstance(proven, NotProven) or not proven.flaky:
            return proven
        same = proven.commit == claim.base
        room = self.workshop if same else claim.patched or self.workshop
        return replace(proven, tests=self._examined(room, proven))

    def proven(self, claim: Claim) -> VerifiedPatch | NotProven:
        """Prove ``claim``, or say why it is not proven, and no more. Raises as `judged` does."""
        case, settings = self.case, self.settings
        return verify(
            claim,
            self.workshop,
            case.scratch,
            repeat=case.repeat,
            reporter=self.reporter,
            seconds=settings.verify_seconds(case.request.verify_limit),
            neighbours=Neighbourhood(case, settings, self.log_reader, self.reporter, self.workshop),
            siblings=case.request.siblings,
            known=self.known,
        )

    def _examined(self, room: Workshop, why: NotProven) -> tuple[FlakyTest, ...]:
        """Return which tests come and go, and why, as far as that can be told in time."""
        tree, seconds = self.case.scratch.tree(why.commit), self.case.request.budget.seconds
        return examine(room, why.commit, tree, why.step, why.failures, seconds=seconds)
