"""From a red job that was reproduced to what is handed back: search, minimise, judge, deliver.

What was found is judged within the search, which goes on where the judge does not take it. Where
nothing mends the job, the culprit is looked for: what of the red commit makes it red.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from regreen import results
from regreen.case import Case
from regreen.deliver import (
    Summary,
    commit_message,
    deliver,
    deliver_search,
    remember,
    state_folder,
)
from regreen.jobs.workshop import Workshop
from regreen.judging import Judge
from regreen.model import Culprit, VerifiedPatch
from regreen.report import Reporter
from regreen.scenes import parent_of, scene_of
from regreen.verify import (
    Attempt,
    Bench,
    Claim,
    Found,
    Guiltless,
    Ideas,
    NothingFound,
    NotProven,
    Rehouse,
    Rerun,
    find_culprit,
    minimise,
    red_stand,
    search,
)
from regreen_sandbox.toolchains import ToolImage

_MINIMISING_RUNS = 20
_CULPRIT_RUNS = 30
_SHARE = 0.5
"""How much of the search's time the search for the culprit may take again."""


@dataclass(frozen=True, slots=True)
class Mending:
    """One red job and all that is needed to mend it.

    ``attempt`` is a reproduction in which the job was red, ``summary`` what was said of it,
    ``workshop`` what it ran in. ``rehouse`` gives what a changed definition of the job runs in.
    ``judge`` proves what is found.
    """

    case: Case
    attempt: Attempt
    summary: Summary
    workshop: Workshop
    image: ToolImage
    reporter: Reporter
    judge: Judge
    rehouse: Rehouse | None = None

    def mended(self) -> Summary:
        """Search, prove and deliver; say what is the matter where nothing is found."""
        attempt, case = self.attempt, self.case
        assert attempt.failed is not None
        if attempt.checkpoint is None:
            name = attempt.failed.name
            words = f"the action of step {name!r} fails, and no fixer mends an action"
            nothing = NothingFound(words, (), refused=False, spent=False)
            return results.nothing_found(self.summary, nothing, attempt.failures[0])
        bench = self._bench(case.request.budget.seconds)
        judged: list[tuple[Found, VerifiedPatch | NotProven]] = []
        found = search(
            self._ideas(),
            partial(scene_of, case),
            bench,
            red_stand(attempt, self.workshop, bench.base),
            budget=case.request.budget,
            reporter=self.reporter,
            judge=partial(self._judge, bench, judged),
            memory=attempt.memory,
        )
        if isinstance(found, Found):
            smaller, proven = judged[-1]
            assert isinstance(proven, VerifiedPatch)
            whole = replace(smaller, rejected=found.rejected, tries=found.tries)
            return self._delivered(whole, proven)
        return self._nothing(found, judged)

    def prove(self, found: Found) -> Summary:
        """Prove what was found to mend the job, whoever found it, and deliver it."""
        proven = self._verified(found)
        if isinstance(proven, NotProven):
            ended = results.not_proven(self._of(found), proven)
            return self._without_patch(found, with_index_errors(ended, self.workshop))
        return self._delivered(found, proven)

    def _bench(self, seconds: float) -> Bench:
        case = self.case
        bench = Bench.of(self.workshop, case.scratch, case.commit, seconds)
        known = self.judge.known.excuses
        return replace(bench, allow=case.request.allow, rehouse=self.rehouse, excuses=known)

    def _ideas(self) -> Ideas:
        from regreen.fixers import found, propose  # a reproduction needs none of them

        fixers, broken = found()
        for one in broken:
            self.reporter.note(f"the fixer {one.name} cannot be used: {one.reason}")
        return partial(propose, fixers=fixers)

    def _judge(
        self, bench: Bench, judged: list[tuple[Found, VerifiedPatch | NotProven]], found: Found
    ) -> str | None:
        """Make what was found smaller and prove it; return why it is not taken, if it is not."""
        self.reporter.stage("Leave out what is not needed")
        smaller = minimise(found, self._rerun(bench, _MINIMISING_RUNS, found))
        proven = self._verified(smaller)
        judged.append((smaller, proven))
        return proven.reason if isinstance(proven, NotProven) else None

    def _rerun(self, bench: Bench, most: int, found: Found | None = None) -> Rerun:
        ideas = found.kept if found is not None else ()
        again = any(getattr(one.idea, "from_start", False) for one in ideas)
        stand = red_stand(self.attempt, self.workshop, bench.base)
        return Rerun(bench, stand, most, from_start=again)

    def _verified(self, found: Found) -> VerifiedPatch | NotProven:
        return self.judge.judged(self._claim(found))

    def _claim(self, found: Found) -> Claim:
        case, attempt = self.case, self.attempt
        assert attempt.failed is not None
        message = commit_message(attempt.failures[0], found.patch.fixers, found.patch.why)
        patched = self.workshop.commit_of(case.commit, found.tree, message)
        return Claim(
            patch=found.patch,
            mail=case.scratch.format_patch(patched),
            base=case.commit,
            tree=found.tree.sha,
            step=attempt.failed.index,
            failures=attempt.failures,
            patched=None if found.workshop is self.workshop else found.workshop,
        )

    def _of(self, found: Found) -> Summary:
        return replace(self.summary, rejected=found.rejected, fixers=found.patch.fixers)

    def _delivered(self, found: Found, proven: VerifiedPatch) -> Summary:
        case, summary = self.case, self._of(found)
        if case.request.out is None:
            state_folder(Path.cwd())
        story = results.story(case, self.attempt, found, summary, self.workshop, self.image)
        files = deliver(
            proven,
            folder_of(case),
            about=story.about,
            rejected=story.rejected,
            failures=story.failures,
            tries=story.tries,
        )
        if case.request.out is not None:
            remember(Path.cwd(), case.request.out)
        stands = None
        if case.origin is not None:
            from regreen.origin import standing

            stands = standing(case.origin, case.scratch, proven.patch.diff)
        return results.verified(case, summary, proven, files, stands)

    def _nothing(
        self, found: NothingFound, judged: list[tuple[Found, VerifiedPatch | NotProven]]
    ) -> Summary:
        """Return how a search without a patch ended, with the culprit where there is one."""
        why = [proven for _, proven in judged if isinstance(proven, NotProven)]
        if why:
            ended = results.not_proven(replace(self.summary, rejected=found.rejected), why[0])
        else:
            ended = results.nothing_found(self.summary, found, self.attempt.failures[0])
        ended = with_index_errors(ended, self.workshop)
        return self._without_patch(found, results.with_culprit(ended, self._culprit()))

    def _culprit(self) -> Culprit | Guiltless:
        parent = parent_of(self.case)
        if parent is None:
            return Guiltless("the commit before is not at hand")
        self.reporter.stage("Look for what turned the job red")
        seconds = self.case.request.budget.seconds * _SHARE
        return find_culprit(parent, self._rerun(self._bench(seconds), _CULPRIT_RUNS))

    def _without_patch(self, found: Found | NothingFound, ended: Summary) -> Summary:
        """Write what was tried, and how the search ended, for whoever goes on by hand."""
        case = self.case
        if case.request.out is None:
            state_folder(Path.cwd())
        story = results.story(case, self.attempt, found, ended, self.workshop, self.image)
        report = deliver_search(ended, folder_of(case), case.commit, story)
        return replace(ended, report=str(report))


def with_index_errors(summary: Summary, workshop: Workshop) -> Summary:
    """Say so when the package index did not answer: the job's end may be no more than that."""
    errors = workshop.links.index_errors()
    if not errors:
        return summary
    return replace(summary, reason=f"{summary.reason} (package index: {errors[0]})")


def folder_of(case: Case) -> Path:
    """Return where patch and evidence go: as asked, else into the current folder's ``.regreen``."""
    if case.request.out is not None:
        return case.request.out
    job = re.sub(r"[^\w.-]+", "-", case.job.name).strip("-")
    return Path.cwd() / ".regreen" / "fixes" / f"{case.commit[:12]}-{job}"
