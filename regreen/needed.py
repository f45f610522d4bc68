"""Runs the jobs that a job needs: once a command, each in a sandbox of its own, and no more.

What they give out goes into the job's contexts, their artifacts into a folder that the job's own
steps download from. A matrix that one of them makes is chosen afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from regreen.case import Case, replanned
from regreen.config import Settings
from regreen.errors import UnsupportedError
from regreen.housing import open_sandbox
from regreen.jobs import Found, plan
from regreen.jobs.calling import Caller, Sight, called_path, place_of
from regreen.jobs.conditions import Conditions
from regreen.jobs.expressions import (
    ExpressionError,
    Status,
    Value,
    condition,
    resolve,
    to_string,
)
from regreen.jobs.foreseen import foreseen
from regreen.jobs.given import Given, Result
from regreen.jobs.legs import variants_of
from regreen.jobs.matrix import Variant, names
from regreen.jobs.needs import Need, called_for_outputs, outputs_of, spelled, wanted
from regreen.jobs.outputs import rendered
from regreen.jobs.runner import UnsupportedStep
from regreen.jobs.surroundings import calling_contexts, contexts_of
from regreen.jobs.workflow import Workflow
from regreen.jobs.workshop import Workshop
from regreen.logs import LogReader
from regreen.model import JobOutcome
from regreen.report import Reporter
from regreen_sandbox.errors import EngineDied, EngineRefused
from regreen_sandbox.network import Policy
from regreen_sandbox.profiles import Profile
from regreen_sandbox.runners import settled
from regreen_sandbox.toolchains import PythonMissing

_RESULT = "its result"


def with_needed(case: Case, settings: Settings, log_reader: LogReader, reporter: Reporter) -> Case:
    """Return ``case`` with all that its job uses of other jobs, after running those.

    Raises UnsupportedError when the job, or one of those, cannot be run here, and when one of those
    fails; and what the sandbox raises.
    """
    while True:
        if case.job.unsupported:
            raise UnsupportedError("; ".join(case.job.unsupported))
        if not case.job.needs:
            return case
        running = _Running(case, settings, log_reader, reporter, _told(case))
        for need in case.job.needs:
            running.settle(need)
        case = replanned(case, running.given, reporter)


def _told(case: Case) -> Given:
    """Return what is given to the run, its event settled: needed jobs see the same one."""
    given = case.sight.given
    event = to_string(case.job.github.get("event_name"))
    return given if given.event else replace(given, told=replace(given.told, event=event))


@dataclass(slots=True)
class _Running:
    case: Case
    settings: Settings
    log_reader: LogReader
    reporter: Reporter
    given: Given

    @property
    def sight(self) -> Sight:
        """What is known by now."""
        return replace(self.case.sight, given=self.given)

    def settle(self, need: Need) -> None:
        """Run a job, and what it needs itself, unless its result is known."""
        if self.given.result(need.place) is not None:
            return
        for other in wanted(need.workflow, need.job, need.caller, self.sight):
            self.settle(other)
        self.reporter.stage(f"Run {need.shown} first, for {need.why}")
        started = time.monotonic()
        found = self._skipped(need) or self._result(need)
        seconds = time.monotonic() - started
        note = f"run here once, before the job ({seconds:.0f} s)"
        if found.result == "skipped":
            note = "skipped here, as its condition has it"
        self.given = replace(
            self.given, needs={**self.given.needs, need.place: replace(found, note=note)}
        )

    def _result(self, need: Need) -> Result:
        contexts = contexts_of(need.workflow, need.job, need.caller, self.sight)
        legs = variants_of(need.workflow, need.job, need.caller, self.sight)
        results: list[Result] = []
        for index, variant in enumerate(legs):
            if need.job.uses is not None:
                results.append(self._called(need, variant, index, len(legs), contexts))
            else:
                results.append(self._leg(need, variant, contexts))
            if results[-1].result != "success" and self._fails_fast(need, contexts):
                break
        outputs = {k: v for one in results for k, v in one.outputs.items()}
        bad = next((one for one in results if one.result != "success"), None)
        if bad is None or self._tolerated(need, contexts):
            return Result("success", outputs)
        if need.why != _RESULT:
            raise _fails(need, bad.note)
        return Result(bad.result, outputs)

    def _skipped(self, need: Need) -> Result | None:
        """Return the result of a job that GitHub would not have run."""
        contexts = contexts_of(need.workflow, need.job, need.caller, self.sight)
        around = place_of(need.caller)
        ids = [spelled(need.workflow, name) for name in need.job.needs]
        known = [self.given.result((*around, name)) for name in ids]
        ends = {one.result for one in known if one is not None}
        status = Status.FAILURE if ends - {"success", "skipped"} else Status.SUCCESS
        try:
            runs = condition(need.job.condition, contexts, status)
        except ExpressionError:
            return None
        return None if runs else Result("skipped")

    def _fails_fast(self, need: Need, contexts: Mapping[str, Value]) -> bool:
        strategy = need.job.strategy
        return strategy is not None and resolve(strategy.fail_fast, contexts) is not False

    def _tolerated(self, need: Need, contexts: Mapping[str, Value]) -> bool:
        try:
            return resolve(need.job.continue_on_error, contexts) is True
        except ExpressionError:
            return False

    def _leg(self, need: Need, variant: Variant, contexts: Mapping[str, Value]) -> Result:
        name = names(need.job, variant.values, contexts, variant.named)[0]
        prefix = f"{need.caller.name} / " if need.caller else ""
        found = Found(
            need.workflow, need.job, variant.values, None, need.why, f"{prefix}{name}", need.caller
        )
        job = plan(
            found,
            repository=self.case.name,
            commit=self.case.commit,
            sight=self.sight,
            read=self.case.tree.text,
        )
        job = replace(job, image_label=settled(job.image_label, self.case.as_of))
        job = foreseen(job, self.case.tree.read, self.case.request.actions)
        if job.unsupported:
            raise _cannot(need, "; ".join(job.unsupported))
        case = replace(self.case, job=job)
        try:
            with open_sandbox(case, self.settings, self.log_reader, self.reporter) as (shop, _):
                return self._ended(case, shop)
        except (PythonMissing, UnsupportedStep) as error:
            raise _cannot(need, str(error)) from error

    def _ended(self, case: Case, workshop: Workshop) -> Result:
        """Run a job; if it fails with the least it is given, once more with all it may have."""
        found: Result | None = None
        for conditions in self._steps(workshop.conditions):
            shop = workshop.under(conditions)
            try:
                with shop.fresh(case.commit, cached=True) as run:
                    outcome = run.proceed(stop_at_failure=False)
                    outputs = rendered(run)
            except EngineDied:
                raise
            except EngineRefused:
                if found is None:
                    raise
                break
            found = Result("success" if outcome.green else "failure", outputs, _words(outcome))
            if outcome.green:
                break
        assert found is not None
        return found

    def _steps(self, least: Conditions) -> Iterator[Conditions]:
        yield least
        wider = least
        if self.settings.sudo and least.profile is Profile.RUNNER:
            wider = replace(wider, profile=Profile.SUDO)
        if self.settings.network == "auto" and least.policy is Policy.PACKAGES:
            wider = replace(wider, policy=Policy.ON)
        if wider != least:
            yield wider

    def _called(
        self, need: Need, variant: Variant, index: int, total: int, contexts: dict[str, Value]
    ) -> Result:
        """Run those jobs of a called workflow that its outputs, or its result, come from."""
        called = self.sight.load(called_path(need.job.uses or "", need.workflow.path))
        prefix = f"{need.caller.name} / " if need.caller else ""
        name = names(need.job, variant.values, contexts, variant.named)[0]
        caller = Caller(
            need.workflow, need.job, variant.values, f"{prefix}{name}", need.caller, total, index
        )
        inner = tuple(called.jobs)
        if need.why == "its outputs":
            inner = called_for_outputs(called)
        for one in inner:
            self.settle(Need(called, called.jobs[one], caller, need.why))
        known = {one: self.given.result((*caller.place, one)) or Result() for one in inner}
        bad = next((one for one in known.values() if one.result == "failure"), None)
        return Result(
            "failure" if bad else "success",
            self._outputs(called, caller, known),
            bad.note if bad else "",
        )

    def _outputs(
        self, called: Workflow, caller: Caller, known: Mapping[str, Result]
    ) -> dict[str, str]:
        """Return what a called workflow gives out."""
        around = calling_contexts(caller, self.sight)
        jobs: Value = {name: result.context() for name, result in known.items()}
        contexts = {**{name: around[name] for name in ("github", "vars")}, "jobs": jobs}
        inner = next(iter(called.jobs.values()))
        contexts["inputs"] = contexts_of(called, inner, caller, self.sight)["inputs"]
        return {
            name: to_string(resolve(text, contexts)) for name, text in outputs_of(called).items()
        }


def _words(outcome: JobOutcome) -> str:
    if outcome.failed is None:
        return ""
    failed = outcome.failed
    last = next((line for line in reversed(failed.log.splitlines()) if line.strip()), "")
    return f"step {failed.name!r} fails with exit code {failed.exit_code}: {last.strip()[:200]}"


def _fails(need: Need, why: str) -> UnsupportedError:
    return UnsupportedError(
        f"the job {need.shown} is needed for {need.why}, and fails here: {why}", _assume(need)
    )


def _cannot(need: Need, why: str) -> UnsupportedError:
    return UnsupportedError(
        f"the job {need.shown} is needed for {need.why}, and cannot be run here: {why}",
        _assume(need),
    )


def _assume(need: Need) -> str:
    named = next(iter(need.job.outputs), None)
    if need.why == "its outputs":
        return f"give what it gives out: --assume {need.shown}.{named or 'OUTPUT'}=VALUE"
    return f"say how it ended: --assume {need.shown}=success"
