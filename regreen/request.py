"""What the user asked for, and what that means: repository, commit, log, job."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from regreen.errors import UsageError, WorkflowError, WorkflowRefused
from regreen.git import Repository, Tree
from regreen.jobs import Found, Workflow, find_job, read_workflow
from regreen.jobs.actions.store import Store
from regreen.jobs.calling import Sight
from regreen.jobs.given import Given
from regreen.model import Analysis, Budget, SandboxOptions, Selection, Severity
from regreen.report import Reporter

_WORKFLOWS = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$")


@dataclass(frozen=True, slots=True)
class RunAsked:
    """Which run is meant: by its name, or (``None``) the newest failed one that fits the rest."""

    text: str | None
    branch: str | None = None
    workflow: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The selectors and limits of one command, as the user gave them.

    ``repeat`` is ``None`` for the default: two runs, three for a job that runs tests. ``given`` is
    what the run is told besides: its event, inputs, variables, secrets, results of other jobs;
    ``fetch`` gives the text of a workflow of another repository, by that, its path and its ref, and
    ``actions`` brings actions of others. ``siblings``: a patch must leave the other combinations of
    the matrix no redder; ``verify_limit`` is how long a verification may take (``None``: as set).
    Ideas that ask for more review than ``allow`` are not tried. ``dry``: what goes to ``out`` is
    only looked at, so nobody is to be told of it later. ``green_log`` is the job's log of its last
    green run.
    """

    repository: Path
    commit: str | None
    log: Path | None
    selection: Selection
    as_of: datetime | None
    budget: Budget
    repeat: int | None
    out: Path | None
    run: RunAsked | None = None
    sandbox: SandboxOptions = field(default_factory=SandboxOptions)
    given: Given = field(default_factory=Given)
    fetch: Callable[[str, str, str], str] | None = None
    actions: Store | None = None
    siblings: bool = False
    verify_limit: str | None = None
    allow: Severity = Severity.MEDIUM
    dry: bool = False
    green_log: Path | None = None


def choose_commit(
    repository: Repository, asked: str | None, analysis: Analysis | None, reporter: Reporter
) -> str:
    """Return the commit to work on: the one asked for, the one the log names, or HEAD."""
    facts = analysis.facts if analysis else None
    if facts is not None and facts.tested is None and asked is None:
        reporter.note("the log names no commit: HEAD is taken (--commit chooses)")
    try:
        return repository.commit(asked or (facts.tested if facts else None) or "HEAD")
    except UsageError as error:
        ours, theirs = repository.web_name(), facts.repository if facts else None
        if theirs is None or ours == theirs:
            raise
        words = f"{error.message}; the log is of {theirs}" + (f", this is {ours}" if ours else "")
        raise UsageError(words, f"name a clone of {theirs} with --repo") from error


def choose_job(
    selection: Selection,
    tree: Tree,
    analysis: Analysis | None,
    reporter: Reporter,
    sight: Sight | None = None,
) -> Found:
    """Find the job that is meant, among the commit's workflows or in the file that was named.

    ``sight`` is what is known of the run besides.
    """
    workflows, faults = _workflows(selection.workflow, tree)
    for fault in faults:
        reporter.note(f"left out: {fault.message}")
    if not workflows and faults:
        raise faults[0]
    try:
        return find_job(workflows, selection, analysis, sight)
    except UsageError:
        for fault in faults:
            if isinstance(fault, WorkflowRefused) and selection.job in fault.jobs:
                raise fault from None
        raise


def _workflows(named: str | None, tree: Tree) -> tuple[Mapping[str, Workflow], list[WorkflowError]]:
    if named is not None and not _is_name(named, tree):
        path, text = _named(named, tree)
        own = read_workflow(text, path)
        if set(own.on) != {"workflow_call"} or path not in tree.entries:
            return {path: own}, []
    found: dict[str, Workflow] = {}
    faults: list[WorkflowError] = []
    for path in tree.paths():
        if _WORKFLOWS.match(path):
            try:
                found[path] = read_workflow(decoded(tree.read(path), path), path)
            except WorkflowError as error:
                faults.append(error)
    if not found and not faults:
        raise UsageError(
            "the commit has no workflow in .github/workflows", "name a file with --workflow FILE"
        )
    return found, faults


def _is_name(named: str, tree: Tree) -> bool:
    """Return whether ``named`` is no file, and what a workflow of the commit calls itself."""
    paths = (named.removeprefix("./"), f".github/workflows/{named}")
    if any(path in tree.entries for path in paths) or Path(named).is_file():
        return False
    for path in workflow_paths(tree, None):
        try:
            if read_workflow(decoded(tree.read(path), path), path).name == named:
                return True
        except WorkflowError:
            continue
    return False


def _named(named: str, tree: Tree) -> tuple[str, str]:
    for path in (named, f".github/workflows/{named}"):
        if (data := tree.read(path.removeprefix("./"))) is not None:
            return path, decoded(data, path)
    try:
        return named, decoded(Path(named).read_bytes(), named)
    except OSError as error:
        there = ", ".join(p for p in tree.paths() if _WORKFLOWS.match(p)) or "none"
        raise UsageError(
            f"there is no workflow {named}, neither in the commit nor as a file",
            f"use one of the commit's workflows: {there}",
        ) from error


def workflow_paths(tree: Tree, named: str | None) -> tuple[str, ...]:
    """Return the paths of the commit's workflows; only of the one that is ``named``, if any."""
    own = [path for path in tree.paths() if _WORKFLOWS.match(path)]
    if named is None:
        return tuple(own)
    name = named.removeprefix("./")
    return tuple(path for path in own if path == name or path.endswith(f"/{name}"))


def has_workflows(tree: Tree) -> bool:
    """Return whether the commit has workflows of GitHub's."""
    return any(_WORKFLOWS.match(path) for path in tree.paths())


def decoded(data: bytes | None, path: str) -> str:
    """Return a CI definition's text. Raises WorkflowError for what is none."""
    if data is None:
        reason = "the file's content is not in the repository, or it is too large"
        raise WorkflowError(reason, path, 1, 1, "name a whole clone with --repo DIR")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WorkflowError("the file is not UTF-8 text", path, line, 1) from error
