"""Mends a workflow that GitHub refuses, and proves it by the job that it then starts.

Before: refused, which needs no container. After: accepted by the same reader, and the job that was
meant (or else the file's jobs, one after the other) runs green in the sandbox. What the job then
shows is mended like any other failure. Where none of the jobs can be run here there is no proof,
and the change is advice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import islice

from regreen import results
from regreen.case import Case, case_at
from regreen.config import Settings
from regreen.deliver import Summary, prepare
from regreen.errors import RegreenError, UnsupportedError, UsageError
from regreen.experience import experience
from regreen.git import Repository, Scratch, Tree
from regreen.housing import open_sandbox
from regreen.jobs import read_workflow
from regreen.jobs.legs import Leg, legs_of, of_matrix, shown
from regreen.jobs.workshop import Workshop
from regreen.judging import Judge
from regreen.logs import LogReader
from regreen.mending import Accepted, Mending, folder_of
from regreen.model import (
    Advice,
    Analysis,
    Edit,
    Passed,
    Reproduced,
    ReproducedAlone,
    Selection,
    Severity,
)
from regreen.needed import with_needed
from regreen.refused import Refusal, is_refused
from regreen.rehouse import Rehouser
from regreen.report import Reporter
from regreen.request import Request
from regreen.verify import Found, Kept, patch_of
from regreen.widening import Rebuilt, rebuild
from regreen_sandbox.errors import EngineDied, EngineRefused
from regreen_sandbox.toolchains import PythonMissing, ToolImage

_NO_FIXER = "no fixer mends it so that GitHub takes the workflow"
_MOST_IDEAS = 2
_MOST_JOBS = 4
_MOST_LEGS = 8
"""Jobs of a file, and combinations of a job, that are tried where none was named."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A refused workflow, and all that is needed to mend and run it."""

    refusal: Refusal
    request: Request
    repository: Repository
    scratch: Scratch
    analysis: Analysis | None
    settings: Settings
    reader: LogReader
    reporter: Reporter

    def summary(self) -> Summary:
        """Look for a change that is taken and proven; say what is the matter where there is none.

        Raises what the sandbox raises.
        """
        base = self.scratch.tree(self.refusal.commit)
        self.reporter.stage("Look for a fix")
        best: Summary | None = None
        for kept in islice(self._ideas(base), _MOST_IDEAS):
            self.reporter.note(f"trying {kept.idea.fixer}")
            found = self._tried(kept)
            if found.status in ("verified", "advice"):
                return found
            taken = self._told(kept, "GitHub takes the workflow with this change")
            best = best or replace(found, advice=(*found.advice, taken))
        return best or replace(self.refusal.summary, status="no-fix", reason=_NO_FIXER)

    def _ideas(self, base: Tree) -> Iterator[Kept]:
        """Yield the changes after which GitHub starts the workflow."""
        from regreen.fixers.configuration.workflow_repair import repairs  # seldom needed

        path, request = self.refusal.path, self.request
        as_of = request.as_of or (self.analysis.facts.started_at if self.analysis else None)
        for edit in repairs(base, as_of, path):
            tree = self.scratch.replace(base, edit.files)
            if not is_refused(path, tree, as_of):
                yield Kept(edit, base, tree)

    def _tried(self, kept: Kept) -> Summary:
        """Run the first job of the mended file that can be run here."""
        untold: list[str] = []
        for case in self._cases(kept.after, untold):
            try:
                return self._run(case, _with_review(kept, case, self.refusal.path))
            except (UnsupportedError, PythonMissing, EngineRefused) as error:
                untold.append(f"{case.job.name}: {error.message}")
        return self._advice(kept, untold)

    def _cases(self, tree: Tree, untold: list[str]) -> Iterator[Case]:
        """Yield the jobs that the mended file starts and that can be run here."""
        refusal, scratch = self.refusal, self.scratch
        seconds = scratch.commit_time(refusal.commit)
        commit = scratch.commit(tree, refusal.commit, "Mend CI\n", seconds)
        facts = self.analysis.facts if self.analysis else None
        as_of = self.request.as_of or (facts.started_at if facts else None)
        for selection in self._selections(tree.text(refusal.path) or ""):
            request = replace(self.request, as_of=as_of, selection=selection)
            place = (request, self.repository, scratch, None, self.reporter, None)
            try:
                case = case_at(commit, *place)
            except EngineDied:
                raise
            except RegreenError as error:
                untold.append(error.message)
                continue
            if case.job.unsupported:
                untold.append(f"{case.job.name}: {'; '.join(case.job.unsupported)}")
                continue
            yield case

    def _selections(self, text: str) -> Iterator[Selection]:
        """Yield what may be run of the mended file: as asked, or its jobs, in some combinations."""
        asked = replace(self.request.selection, workflow=self.refusal.path, step=None)
        workflow = read_workflow(text, self.refusal.path)
        legs = legs_of([workflow], "owner/name", "")
        for name in [asked.job] if asked.job else list(workflow.jobs)[:_MOST_JOBS]:
            own = replace(asked, job=name)
            here = [leg for leg in legs if name in (leg.job.id, leg.job.name, *leg.names)]
            if not here:
                yield own
                continue
            first = self._asked(here) if asked.matrix else None
            chosen = here[:_MOST_LEGS] if first is None else [first]
            for leg in chosen:
                yield replace(own, matrix={key: shown(one) for key, one in leg.values.items()})

    def _asked(self, legs: Sequence[Leg]) -> Leg | None:
        """Return the combination that was asked for: by its values, or at the place it had."""
        wanted = self.request.selection.matrix
        with suppress(UsageError):
            return of_matrix(tuple(legs), wanted)[0]
        before = self.scratch.tree(self.refusal.commit).text(self.refusal.path) or ""
        try:
            old = legs_of([read_workflow(before, self.refusal.path)], "owner/name", "")
            own = [leg for leg in old if leg.job.id == legs[0].job.id]
            at = own.index(of_matrix(tuple(own), wanted)[0])
        except UsageError:
            return None
        return legs[at] if len(own) == len(legs) else None

    def _run(self, case: Case, kept: Kept) -> Summary:
        """Run a job of the mended file; prove it, or mend what it then shows."""
        settings, reader, reporter = self.settings, self.reader, self.reporter
        with ExitStack() as resources:
            case = with_needed(case, settings, reader, reporter)
            red = replace(case, commit=self.refusal.commit)
            resources.enter_context(prepare(folder_of(red)))
            reporter.stage("Run the job of the mended workflow")
            opened = open_sandbox(case, settings, reader, reporter)
            workshop, image = resources.enter_context(opened)
            rebuilt = rebuild(case, workshop, settings, resources, reporter)
            mending = self._mending(case, kept, rebuilt, image, resources)
            match rebuilt.attempt.result:
                case Passed():
                    return mending.prove(self._found(kept, rebuilt.workshop))
                case Reproduced() | ReproducedAlone():
                    return mending.mended()
            words = rebuilt.attempt.result
            raise UnsupportedError(getattr(words, "what", "the job cannot be run here"))

    def _mending(
        self, case: Case, kept: Kept, rebuilt: Rebuilt, image: ToolImage, resources: ExitStack
    ) -> Mending:
        refusal, workshop = self.refusal, rebuilt.workshop
        told = results.reproduced(case, rebuilt, image)
        summary = replace(
            told,
            status="reproduced",
            failure=refusal.failure,
            verdict=refusal.summary.verdict,
            reason=refusal.words,
            reproduction_reason=refusal.words,
        )
        rest = (self.settings, self.reader, self.reporter)
        return Mending(
            case,
            rebuilt.attempt,
            summary,
            workshop,
            image,
            self.reporter,
            Judge.of(case, workshop, *rest),
            Rehouser(case, workshop, *rest, resources),
            Accepted(refusal.commit, refusal.failure, refusal.words, kept),
            resources.enter_context(experience(self.settings, self.reporter)),
        )

    def _found(self, kept: Kept, workshop: Workshop) -> Found:
        patch = patch_of(self.scratch, kept.before, kept.after, (kept,))
        return Found(patch, kept.after, (), workshop, (kept,))

    def _advice(self, kept: Kept, untold: list[str]) -> Summary:
        """Return the change as advice: no job of the file can be run here."""
        why = "; ".join(dict.fromkeys(untold)) or "it has no job"
        advice = self._told(kept, "GitHub would take the workflow with this change")
        return replace(
            self.refusal.summary,
            status="advice",
            reason=f"GitHub would take it with a change that cannot be proven here: {why}",
            advice=(advice,),
            next="make the change by hand where it is right",
        )

    def _told(self, kept: Kept, words: str) -> Advice:
        diff = self.scratch.diff(kept.before, kept.after).decode("utf-8", "replace")
        assert isinstance(kept.idea, Edit)
        return Advice(f"{words}: {kept.idea.why}", kept.idea.fixer, Severity.HIGH, diff)


def _with_review(kept: Kept, case: Case, path: str) -> Kept:
    """Return the change with what a person must look at: the file's jobs that are not run here."""
    idea = kept.idea
    jobs = read_workflow(kept.after.text(path) or "", path).jobs
    others = [one for one in jobs if one != case.job.id]
    if not others or not isinstance(idea, Edit):
        return kept
    words = f"the file's other jobs, which were not run here: {', '.join(others)}"
    review = f"{idea.review}; {words}" if idea.review else words
    return replace(kept, idea=replace(idea, review=review))
