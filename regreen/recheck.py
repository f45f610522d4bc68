"""Proves a delivered patch once more, from scratch and on any machine: ``regreen verify``.

The evidence says which job of which commit it was and under what circumstances; the judge does the
rest, as it did before. No log is needed, nothing that an earlier run kept is used, and nothing of
what the evidence claims is believed: what it asks for beyond the default, its reader has to grant.
"""

from __future__ import annotations

import shlex
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace

from regreen.case import Case, case_at
from regreen.circumstances import Circumstances, read_circumstances
from regreen.config import Settings
from regreen.deliver.evidence_reading import (
    Proven,
    file_sha256,
    read_bounded,
    read_evidence,
    require_statement,
)
from regreen.errors import RegreenError, UnsupportedError, UsageError
from regreen.git import Repository, Scratch, Tree
from regreen.git.patchsize import DIFF_BYTES
from regreen.granted import Asked, granted, origin_of, payload_of, workflow_of
from regreen.housing import open_sandbox
from regreen.jobs.conditions import Conditions
from regreen.jobs.workshop import Workshop
from regreen.judging import Judge
from regreen.model import (
    Analysis,
    Budget,
    Patch,
    Proof,
    Selection,
    Severity,
    VerifiedPatch,
)
from regreen.needed import with_needed
from regreen.reading import reader
from regreen.refused import is_refused
from regreen.rehouse import Rehouser
from regreen.report import Reporter
from regreen.request import Request
from regreen.shelves import shelved
from regreen.verify import Claim, NotProven
from regreen_sandbox.profiles import Profile
from regreen_sandbox.toolchains import PythonMissing

_ORDER = tuple(Severity)
_MEND = {
    "not-verified": "do not apply it; mend the job anew: regreen fix",
    "not-reproduced": "hold the job against the evidence: regreen reproduce",
    "unsupported": "check it on a machine that can run the job: regreen doctor",
    "rejected": "do not apply it; make the change by hand where it is right",
    "flaky": "run the command again with a larger --repeat",
}


@dataclass(frozen=True, slots=True)
class Rechecked:
    """How it ended.

    ``status`` is verified, not-verified, not-reproduced, unsupported, rejected or flaky; ``notes``
    say what is other than the evidence has it. ``patch`` is the file that was checked.
    """

    status: str
    reason: str
    proven: Proven
    seconds: float = 0.0
    proof: Proof | None = None
    severity: Severity | None = None
    notes: tuple[str, ...] = ()
    patch: str = ""

    @property
    def next(self) -> str:
        """What to do now."""
        if self.status != "verified":
            return _MEND[self.status]
        allow = " --allow high" if self.severity is Severity.HIGH else ""
        return f"regreen patch apply {shlex.quote(self.patch)}{allow}"


def recheck(asked: Asked, settings: Settings, reporter: Reporter) -> Rechecked:
    """Prove a patch once more. Raises UsageError for evidence that is none, or asks too much.

    Raises SandboxError when the engine or an image is missing.
    """
    started = time.monotonic()
    reporter.stage("Read the evidence")
    proven = read_evidence(asked.evidence)
    require_statement(proven)
    mail = read_bounded(asked.patch, DIFF_BYTES)
    if file_sha256(mail) != proven.sha256:
        words = "the patch file is not the one that the evidence is of: the digests differ"
        return Rechecked("not-verified", words, proven)
    known = read_circumstances(proven.fields)
    again = _Again(asked, proven, known, mail, _settings(asked, known, settings), reporter)
    return replace(again.ended(), patch=str(asked.patch), seconds=time.monotonic() - started)


def _settings(asked: Asked, known: Circumstances, settings: Settings) -> Settings:
    """Return the settings; the index is as it was, unless its reader asks for another."""
    which = asked.sandbox.index or ("as-of" if known.as_of else "today")
    return settings.given(replace(asked.sandbox, index=which))


@dataclass(frozen=True, slots=True)
class _Again:
    asked: Asked
    proven: Proven
    known: Circumstances
    mail: bytes
    settings: Settings
    reporter: Reporter

    def ended(self) -> Rechecked:
        """Plan the job, open its sandbox, and let the judge decide."""
        conditions = granted(self.asked, self.known, self.settings)
        log_reader = reader(self.settings, hidden=self.asked.secrets or {})
        repository = Repository.open(self.asked.repository)
        with Scratch.borrow(repository) as scratch, ExitStack() as stack:
            base = scratch.tree(repository.commit(self.proven.base))
            workflow = workflow_of(self.asked, self.known, base)
            if workflow is None:
                words = f"{self.known.workflow} of the commit is another than the evidence has"
                return Rechecked("not-verified", words, self.proven)
            refused = self._refused(base)
            if self.claims_refusal and not refused:
                words = "GitHub would start the workflow without the patch too"
                return Rechecked("not-reproduced", words, self.proven)
            try:
                patched = self._patched(scratch, base)
                at = self.proven.base
                if refused and patched is not None:
                    at = scratch.commit(patched, at, "Mend CI\n", scratch.commit_time(at))
                case = self._case(at, repository, scratch, workflow)
                case = with_needed(case, self.settings, log_reader, self.reporter)
                self.reporter.stage("Prepare the sandbox")
                workshop, image = stack.enter_context(
                    open_sandbox(case, self.settings, log_reader, self.reporter)
                )
                room = workshop.under(_as_proven(workshop, conditions))
                rehouse = Rehouser(case, room, self.settings, log_reader, self.reporter, stack)
                home = room if refused or patched is None else rehouse(patched)
                claim = self._claim(refused)
                claim = replace(claim, patched=home if refused or home is not room else None)
            except UnsupportedError as error:
                return Rechecked("unsupported", error.message, self.proven)
            except PythonMissing as error:
                return Rechecked("unsupported", error.message, self.proven)
            judge = Judge.of(case, room, self.settings, log_reader, self.reporter)
            return self._told(judge.proven(claim), case, image.id)

    @property
    def claims_refusal(self) -> bool:
        """Whether the evidence says that GitHub starts no job without the patch."""
        return bool(self.proven.fields.object("proof").values.get("refused"))

    def _refused(self, base: Tree) -> str:
        """Return why GitHub starts no job of the commit, empty where it does, or nobody says so."""
        if not self.claims_refusal:
            return ""
        return is_refused(
            self.known.workflow, base, self.known.as_of or self.known.facts.started_at
        )

    def _patched(self, scratch: Scratch, base: Tree) -> Tree | None:
        """Return the patched files; ``None`` for a patch that does not apply: the judge says so."""
        try:
            return scratch.apply(base, scratch.patch_of_mail(self.mail))
        except RegreenError:
            return None

    def _case(self, commit: str, repository: Repository, scratch: Scratch, workflow: str) -> Case:
        """Return the job as it was planned for the proof, at ``commit``."""
        known = self.known
        origin = origin_of(self.asked, self.known, repository, self.settings.cache)
        request = Request(
            repository.path,
            self.proven.base,
            None,
            Selection(workflow, known.name, None, known.matrix),
            known.as_of,
            Budget(),
            self.asked.repeat or known.repeat,
            None,
            sandbox=replace(self.asked.sandbox, fresh=True),
            siblings=self.asked.siblings,
            verify_limit=self.asked.verify_limit,
            given=replace(
                known.given,
                payload=payload_of(self.asked, known),
                secrets=self.asked.secrets or {},
                runners=self.settings.runners,
            ),
        )
        cause, also = (known.expected[0], known.expected[1:]) if known.expected else (None, ())
        analysis = Analysis(known.facts, (), None, cause, also, "", 0)
        request = shelved(request, self.settings, analysis, origin, self.reporter)
        place = (request, repository, scratch, analysis, self.reporter, origin)
        case = case_at(commit, *place)
        if known.step >= len(case.job.steps):
            words = f"{self.asked.evidence} names step {known.step}, and the job has no such step"
            raise UsageError(words, "use the regreen that wrote the evidence")
        found = (case.job.id, case.job.name, str(case.job.github.get("event_name") or ""))
        if found != (known.job, known.name, known.event):
            raise UsageError(
                f"the job is planned here as {found[1]!r} ({found[0]}, {found[2]}), and was proven "
                f"as {known.name!r} ({known.job}, {known.event})",
                "use the regreen that wrote the evidence",
            )
        return case

    def _claim(self, refused: str) -> Claim:
        proven = self.proven
        return Claim(
            Patch(b"", proven.fixers, proven.why, proven.files, proven.severity),
            self.mail,
            proven.base,
            proven.tree,
            self.known.step,
            proven.failures,
            refused=refused,
        )

    def _told(self, found: VerifiedPatch | NotProven, case: Case, image: str) -> Rechecked:
        if isinstance(found, NotProven):
            status = "not-reproduced" if found.unlike else "flaky" if found.flaky else "rejected"
            if not (found.flaky or found.refused):
                status = "not-verified"
            return Rechecked(status, found.reason, self.proven, notes=self._other(image, case))
        notes = [*self._other(image, case), *self._overstated(found)]
        return Rechecked(
            "verified", "", self.proven, 0.0, found.proof, found.severity, tuple(notes)
        )

    def _other(self, image: str, case: Case) -> tuple[str, ...]:
        """Say what the sandbox had that the proof's had not."""
        notes = list(case.job.notes)
        if case.job.image_label != self.known.label:
            notes.append(f"{case.job.image_label} is run here, {self.known.label} was then")
        if image != self.known.image_id:
            notes.append("the image is not the very same: it was made on another machine or day")
        return tuple(notes)

    def _overstated(self, found: VerifiedPatch) -> list[str]:
        """Say where the evidence claims more than was seen here."""
        notes, proof = [], found.proof
        if _ORDER.index(found.severity) > _ORDER.index(self.proven.severity):
            notes.append(f"its severity is {found.severity}; the evidence says only "
                         f"{self.proven.severity}")  # fmt: skip
        if self.proven.complete and not proof.complete:
            notes.append("the proof is partial here; the evidence calls it complete")
        if self.proven.today and not proof.today:
            notes.append("with today's package index it is red; the evidence says it was green")
        said = self.proven.reached
        seen = proof.coverage
        if said is not None and seen is not None and seen.jobs and seen.reached < said:
            notes.append(f"the tests reach {seen.reached} changed lines; the evidence says {said}")
        return notes


def _as_proven(workshop: Workshop, wanted: Conditions) -> Conditions:
    """Return the conditions of the proof; who the job runs as is the job's own to say."""
    own = workshop.conditions.profile
    if Profile.ROOT in (own, wanted.profile):
        return replace(wanted, profile=own)
    return wanted
