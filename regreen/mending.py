"""From a red job that was reproduced to what is handed back: search, minimise, judge, deliver.

What was found is judged within the search, which goes on where the judge does not take it. Where
nothing mends the job, the culprit is looked for: what of the red commit makes it red.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from regreen import results, stories
from regreen.case import Case
from regreen.deliver import (
    Summary,
    commit_message,
    deliver,
    deliver_search,
    remember,
    state_folder,
)
from regreen.drifting import Drifting, joined
from regreen.experience import Experience
from regreen.jobs.state import State
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.judging import Judge
from regreen.lastgreen import last_green
from regreen.model import Culprit, Failure, VerifiedPatch
from regreen.report import Reporter
from regreen.scenes import parent_of
from regreen.verify import (
    Attempt,
    Bench,
    Claim,
    Found,
    Guiltless,
    Kept,
    NothingFound,
    NotProven,
    Rehouse,
    Rerun,
    find_culprit,
    minimise,
    patch_of,
    red_stand,
    search,
)
from regreen_sandbox.toolchains import ToolImage

_MINIMISING_RUNS = 20
_CULPRIT_RUNS = 30
_SHARE = 0.5
"""How much of the search's time the search for the culprit may take again."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A workflow that GitHub refused at ``commit``, and what makes it one that it takes.

    ``failure`` is the refusal, ``words`` say it; ``kept`` is the idea with the files before and
    after it.
    """

    commit: str
    failure: Failure
    words: str
    kept: Kept


@dataclass(frozen=True, slots=True)
class Mending:
    """One red job and all that is needed to mend it.

    ``attempt`` is a reproduction in which the job was red, ``summary`` what was said of it,
    ``workshop`` what it ran in. ``rehouse`` gives what a changed definition of the job runs in.
    ``judge`` proves what is found. With ``accepted`` the case is of the commit that this makes, and
    a patch is delivered that has it too. ``experience`` brings the ideas, and learns from them.
    """

    case: Case
    attempt: Attempt
    summary: Summary
    workshop: Workshop
    image: ToolImage
    reporter: Reporter
    judge: Judge
    rehouse: Rehouse | None = None
    accepted: Accepted | None = None
    experience: Experience = field(default_factory=Experience)

    def mended(self) -> Summary:
        """Search, prove and deliver; say what is the matter where nothing is found."""
        attempt, case = self.attempt, self.case
        assert attempt.failed is not None
        if attempt.checkpoint is None:
            return replace(self, attempt=_from_start(attempt, case)).mended()
        self.experience.hint(case, attempt.failures[0], self.reporter)
        bench = self._bench(case.request.budget.seconds)
        ideas = self.experience.ideas(self.reporter)
        self.reporter.searching(case.request.budget)
        judged: list[tuple[Found, VerifiedPatch | NotProven]] = []
        green = partial(last_green, case, self.judge.settings, self.judge.log_reader, self.reporter)
        drifting = Drifting(case, bench, ideas, self.reporter, green)
        look = partial(
            search,
            scene=drifting.scene,
            bench=bench,
            stand=red_stand(attempt, self.workshop, bench.base),
            budget=case.request.budget,
            reporter=self.reporter,
            judge=partial(self._judge, bench, judged),
            memory=attempt.memory,
        )
        found = drifting.told(look(drifting.ideas))
        if isinstance(found, NothingFound) and drifting.culprit is None:
            found = joined(found, drifting.told(look(drifting.behind)))
        if isinstance(found, Found):
            smaller, proven = judged[-1]
            assert isinstance(proven, VerifiedPatch)
            whole = replace(self._whole(smaller), rejected=found.rejected, tries=found.tries)
            return self._delivered(whole, proven)
        return self._nothing(found, judged, drifting.culprit)

    def prove(self, found: Found) -> Summary:
        """Prove what was found to mend the job, whoever found it, and deliver it."""
        proven = self._verified(found)
        if isinstance(proven, NotProven):
            ended = results.not_proven(self._of(found), proven)
            return self._without_patch(found, with_index_errors(ended, self.workshop))
        return self._delivered(self._whole(found), proven)

    def _bench(self, seconds: float) -> Bench:
        case = self.case
        bench = Bench.of(self.workshop, case.scratch, case.commit, seconds)
        allow = case.request.allow

        def excuses(failures: Sequence[Failure]) -> bool:
            began = time.monotonic()
            excused = self.judge.known.excuses(failures)
            bench.clock.wait(time.monotonic() - began)  # the parent's run is none of the search's
            return excused

        return replace(bench, allow=allow, rehouse=self.rehouse, excuses=excuses)

    def _judge(
        self, bench: Bench, judged: list[tuple[Found, VerifiedPatch | NotProven]], found: Found
    ) -> str | None:
        """Make what was found smaller and prove it; return why it is not taken, if it is not."""
        self.reporter.stage("Leave out what is not needed")
        smaller = minimise(found, self._rerun(bench, _MINIMISING_RUNS, found))
        proven = self._verified(smaller)
        judged.append((smaller, proven))
        if isinstance(proven, NotProven):
            if proven.spent:  # another candidate would take as long to prove
                bench.clock.end()
                return proven.reason
            self.reporter.stage("Go on looking for a fix")
            self.reporter.searching(self.case.request.budget)
            return proven.reason
        return None

    def _rerun(self, bench: Bench, most: int, found: Found | None = None) -> Rerun:
        ideas = found.kept if found is not None else ()
        again = any(getattr(one.idea, "from_start", False) for one in ideas)
        stand = red_stand(self.attempt, self.workshop, bench.base)
        return Rerun(bench, stand, most, from_start=again)

    def _verified(self, found: Found) -> VerifiedPatch | NotProven:
        return self.judge.judged(self._claim(self._whole(found)))

    @property
    def _red(self) -> Case:
        """The case at the red commit itself."""
        return (
            self.case if self.accepted is None else replace(self.case, commit=self.accepted.commit)
        )

    def _whole(self, found: Found) -> Found:
        """Return what was found with what had to be mended before there was a job at all."""
        if self.accepted is None or self.accepted.kept in found.kept:
            return found
        kept, scratch = (self.accepted.kept, *found.kept), self.case.scratch
        patch = patch_of(scratch, scratch.tree(self.accepted.commit), found.tree, kept)
        return replace(found, patch=patch, kept=kept)

    @property
    def _failures(self) -> tuple[Failure, ...]:
        """What a patch mends: the refusal, where the red commit has no job that could be run."""
        return (self.accepted.failure,) if self.accepted else self.attempt.failures

    def _claim(self, found: Found) -> Claim:
        case, attempt, failures = self._red, self.attempt, self._failures
        message = commit_message(failures[0], found.patch.fixers, found.patch.why)
        patched = self.workshop.commit_of(case.commit, found.tree, message)
        return Claim(
            patch=found.patch,
            mail=case.scratch.format_patch(patched),
            base=case.commit,
            tree=found.tree.sha,
            step=attempt.failed.index if attempt.failed else 0,
            failures=failures,
            patched=self._patched(found),
            refused=self.accepted.words if self.accepted else "",
        )

    def _patched(self, found: Found) -> Workshop | None:
        """Return what the patched job runs in, where that is not what the red one ran in."""
        same = found.workshop is self.workshop and self.accepted is None
        return None if same else found.workshop

    def _of(self, found: Found) -> Summary:
        return replace(self.summary, rejected=found.rejected, fixers=found.patch.fixers)

    def _delivered(self, found: Found, proven: VerifiedPatch) -> Summary:
        case, summary = self._red, self._of(found)
        if case.request.out is None:
            state_folder(Path.cwd())
        story = stories.story(case, self.attempt, found, summary, self.workshop, self.image)
        files = deliver(
            proven,
            folder_of(case),
            about=story.about,
            rejected=story.rejected,
            failures=self._failures,
            tries=story.tries,
            asked=self.experience.heard.all(),
        )
        if case.request.out is not None and not case.request.dry:
            remember(Path.cwd(), case.request.out)
        stands = None
        if case.origin is not None:
            from regreen.origin import standing

            stands = standing(case.origin, case.scratch, proven.patch.diff)
        ended = results.verified(case, summary, proven, files, stands)
        self.experience.remember(case, self._failures[0], ended, found.tries)
        return ended

    def _nothing(
        self,
        found: NothingFound,
        judged: list[tuple[Found, VerifiedPatch | NotProven]],
        release: Culprit | None,
    ) -> Summary:
        """Return how a search without a patch ended, with the culprit where there is one."""
        why = [proven for _, proven in judged if isinstance(proven, NotProven)]
        if why:
            ended = results.not_proven(replace(self.summary, rejected=found.rejected), why[0])
            return self._without_patch(found, with_index_errors(ended, self.workshop))
        ended = results.nothing_found(self.summary, found, self.attempt.failures[0])
        ended = with_index_errors(ended, self.workshop)
        return self._without_patch(found, results.with_culprit(ended, release or self._culprit()))

    def _culprit(self) -> Culprit | Guiltless:
        parent = None if self.accepted else parent_of(self.case)
        if parent is None:
            return Guiltless("the commit before is not at hand")
        self.reporter.stage("Look for what turned the job red")
        seconds = self.case.request.budget.seconds * _SHARE
        return find_culprit(parent, self._rerun(self._bench(seconds), _CULPRIT_RUNS))

    def _without_patch(self, found: Found | NothingFound, ended: Summary) -> Summary:
        """Write what was tried, and how the search ended, for whoever goes on by hand."""
        case = self._red
        if case.request.out is None:
            state_folder(Path.cwd())
        story = stories.story(case, self.attempt, found, ended, self.workshop, self.image)
        story = replace(story, asked=self.experience.heard.all())
        report = deliver_search(ended, folder_of(case), case.commit, story)
        self.experience.remember(case, self._failures[0], ended, found.tries)
        return replace(ended, report=str(report))


def _from_start(attempt: Attempt, case: Case) -> Attempt:
    """Return a reproduction whose action failed with a checkpoint: the job's start.

    No step was begun there yet, so that only what is run from the start can help.
    """
    start = Checkpoint(None, State(), case.tree, case.commit, ".")
    return replace(attempt, checkpoint=start)


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
