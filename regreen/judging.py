"""The judge, with all that one case can be asked: its other jobs, its parent, its time limit."""

from __future__ import annotations

from dataclasses import dataclass

from regreen.case import Case
from regreen.config import Settings
from regreen.jobs.workshop import Workshop
from regreen.logs import LogReader
from regreen.model import VerifiedPatch
from regreen.neighbourhood import Neighbourhood
from regreen.report import Reporter
from regreen.verify import Claim, NotProven, verify
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
        """Prove ``claim``, or say why it is not proven. Raises what the sandbox raises."""
        case = self.case
        return verify(
            claim,
            self.workshop,
            case.scratch,
            repeat=case.repeat,
            reporter=self.reporter,
            seconds=self.settings.verify_seconds(case.request.verify_limit),
            neighbours=Neighbourhood(
                case, self.settings, self.log_reader, self.reporter, self.workshop
            ),
            siblings=case.request.siblings,
            known=self.known,
        )
