"""A workflow that GitHub refuses before any shell: red at once, and no container is needed.

Three ways lead here: the file itself is refused; its job asks for a runner image or an action
version that is gone; or CI's log shows such a refusal, which is then held against regreen's own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from regreen.case import Case, commit_of, named_by_run, open_case
from regreen.deliver import Summary
from regreen.errors import WorkflowError
from regreen.git import Repository, Scratch, Tree
from regreen.jobs import tree as trees
from regreen.jobs.calls import LOCAL, local_call_faults
from regreen.jobs.expressions import ExpressionError, resolve, to_string
from regreen.jobs.reader import file_faults
from regreen.jobs.refusals import refusals
from regreen.jobs.schema import Fault
from regreen.jobs.yamltree import Node, read
from regreen.model import (
    Analysis,
    AutoFixable,
    Category,
    Diagnostic,
    Evidence,
    Failure,
    Severity,
    Signature,
    Verdict,
)
from regreen.refusal_shown import Shown, shown_in
from regreen.report import Reporter
from regreen.request import Request, workflow_paths

if TYPE_CHECKING:
    from regreen.origin import Origin

_TOOL = "runner"
_FILE_STEP = "the workflow itself"
_SETUP_STEP = "Set up job"


def opened(
    request: Request,
    repository: Repository,
    scratch: Scratch,
    analysis: Analysis | None,
    reporter: Reporter,
    origin: Origin | None,
    *,
    fix: bool,
    served: Collection[str] = (),
) -> Case | Refusal | Summary:
    """Return the case that is meant, or what is to be said of a workflow that GitHub refuses.

    It is a `Refusal` with ``fix``, where there is something to mend. ``served`` are the labels of
    the user's own runners. Raises UsageError as ``open_case`` does: also for a file that regreen
    would refuse though CI's log shows that it ran.
    """
    shown = shown_in(analysis)
    if shown is not None and analysis is not None:
        commit = commit_of(request, repository, analysis, reporter, origin)
        found = _held_against(request, scratch.tree(commit), analysis, shown, origin)
        return _told(found, commit, fix=fix)
    try:
        case = open_case(request, repository, scratch, analysis, reporter, origin)
    except WorkflowError as error:
        if analysis is not None:
            raise
        commit = commit_of(request, repository, analysis, reporter, origin)
        wrong = _refused_by(error, scratch.tree(commit))
        if not wrong:
            raise
        return _told(_alone(wrong, _FILE_STEP), commit, fix=fix)
    refused = _of_case(case, served) if analysis is None else None
    return case if refused is None else _told(refused, case.commit, fix=fix)


def _refused_by(error: WorkflowError, tree: Tree) -> tuple[_Wrong, ...]:
    """Return all for which GitHub refuses the commit's workflow that ``error`` is of, if it is one.

    Nothing for a file from elsewhere: that is no workflow of the commit.
    """
    path = error.file.removeprefix("./")
    if path not in workflow_paths(tree, path):
        return ()
    step, wrong = _all_of(path, tree, None)
    return wrong if step == _FILE_STEP else ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A workflow of ``commit``, at ``path``, that GitHub refuses.

    ``failure`` is the refusal, ``words`` say it, and ``summary`` is what there is to say if nothing
    mends it.
    """

    commit: str
    path: str
    failure: Failure
    words: str
    summary: Summary


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A fault and the file that it stands in."""

    path: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.path}:{self.fault.line}:{self.fault.column}: {self.fault.reason}"


@dataclass(frozen=True, slots=True)
class _Found:
    failure: Failure
    verdict: Verdict
    reason: str
    status: str = "reproduced"


def _alone(wrong: tuple[_Wrong, ...], step: str) -> _Found:
    """Return what is found without a log to hold it against."""
    return _Found(_failure(wrong, step), Verdict.FAILED, _words(wrong))


def _held_against(
    request: Request, tree: Tree, analysis: Analysis, shown: Shown, origin: Origin | None
) -> _Found:
    """Hold what the log shows against what regreen refuses in the files that may be meant."""
    assert analysis.failure is not None
    others: list[str] = []
    as_of = request.as_of or analysis.facts.started_at
    named = shown.path or named_by_run(request.selection, origin, tree).workflow
    for path in workflow_paths(tree, named):
        step, wrong = _all_of(path, tree, as_of)
        same = tuple(one for one in wrong if shown.fits(one.fault))
        if same:
            words = f"regreen refuses it too: {_words(same)}"
            return _Found(_failure(same, step), Verdict.SAME, words)
        others += [str(one) for one in wrong[:1]]
    here = f"here it is {'; '.join(others)}" if others else "here nothing of it is refused"
    words = f"CI's log shows {shown.described()}; {here}"
    return _Found(analysis.failure, Verdict.DIFFERENT, words, "not-reproduced")


def _all_of(path: str, tree: Tree, as_of: datetime | None) -> tuple[str, tuple[_Wrong, ...]]:
    """Return all for which the workflow ``path`` may be refused, and where that shows in CI."""
    text = tree.text(path) or ""
    faults = file_faults(text, path)
    if faults:
        return _FILE_STEP, tuple(_Wrong(path, fault) for fault in faults)
    root = read(text, path)
    if wrong := _wrong_calls(root, path, tree):
        return _FILE_STEP, wrong
    return _SETUP_STEP, tuple(_Wrong(path, fault) for fault in refusals(root, None, as_of))


def _wrong_calls(root: Node, path: str, tree: Tree) -> tuple[_Wrong, ...]:
    found = local_call_faults(root, path, lambda ref: tree.text(ref.removeprefix(LOCAL)))
    return tuple(_Wrong((one.file or path).removeprefix(LOCAL), one.fault) for one in found)


def _of_case(case: Case, served: Collection[str]) -> _Found | None:
    """Return why GitHub would start no job, or not the case's one, as of its day; else ``None``.

    Where no combination was asked for, the job is red if one of them never starts.
    """
    path = case.job.workflow.removeprefix("./")
    text = case.tree.text(path)
    if case.job.provider != "github" or text is None:
        return None
    try:
        root = read(text, path)
    except WorkflowError:
        return None
    if wrong := _wrong_calls(root, path, case.tree):
        return _alone(wrong, _FILE_STEP)
    labels = _labels(case, root) if case.request.selection.matrix else None
    faults = refusals(root, case.job.id, case.as_of, labels, served)
    return _alone(tuple(_Wrong(path, one) for one in faults), _SETUP_STEP) if faults else None


def _labels(case: Case, root: Node) -> list[str]:
    """Return the runner's labels of the combination that is meant."""
    job = trees.fields(trees.fields(root).get("jobs")).get(case.job.id)
    runs_on = trees.value(trees.fields(job).get("runs-on"))
    try:
        meant = resolve(runs_on, {**case.job.contexts, "matrix": dict(case.job.combination)})
    except ExpressionError:
        return []
    if isinstance(meant, dict):
        meant = meant.get("labels")
    return [to_string(one) for one in (meant if isinstance(meant, list) else [meant])]


def _words(wrong: tuple[_Wrong, ...]) -> str:
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"{wrong[0]}{more}"


def _failure(wrong: tuple[_Wrong, ...], step: str) -> Failure:
    diagnostics = tuple(
        Diagnostic(one.path, None, one.fault.reason, one.fault.line, one.fault.column)
        for one in wrong
    )
    evidence = tuple(Evidence(one.fault.line, str(one)) for one in wrong)
    return Failure(
        category=Category.CONFIGURATION_ERROR,
        severity=Severity.HIGH,
        confidence=1.0,
        auto_fixable=AutoFixable.NO,
        step=step,
        command=None,
        exit_code=None,
        tool=_TOOL,
        diagnostics=diagnostics,
        evidence=evidence,
        signature=Signature(
            Category.CONFIGURATION_ERROR, _TOOL, frozenset(one.key for one in diagnostics)
        ),
    )


def _told(found: _Found, commit: str, *, fix: bool) -> Refusal | Summary:
    """Return the refusal when it is to be mended, else its summary."""
    summary = _summary(found, commit)
    where = next((one.file for one in found.failure.diagnostics if one.file), None)
    if not fix or found.status != "reproduced" or where is None:
        return summary
    return Refusal(commit, where, found.failure, found.reason, summary)


def is_refused(path: str, tree: Tree, as_of: datetime | None) -> str:
    """Return why GitHub would start nothing of the workflow ``path``; empty when it would."""
    _, wrong = _all_of(path, tree, as_of)
    return _words(wrong) if wrong else ""


def _summary(found: _Found, commit: str) -> Summary:
    """Return the summary of what was found."""
    diagnostics = found.failure.diagnostics
    where = next((one for one in diagnostics if one.file), None)
    place = f"line {where.line} of {where.file}" if where else "the workflow"
    return Summary(
        status=found.status,
        seconds=0.0,
        failure=found.failure,
        verdict=str(found.verdict),
        reason=found.reason,
        reproduction_reason=found.reason,
        job=f"{where.file if where else 'the workflow'} at {commit[:12]}",
        next=f"correct {place} and run the command again"
        if found.status == "reproduced"
        else "name the commit that the log belongs to with --commit",
    )
