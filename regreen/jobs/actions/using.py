"""A step that uses an action of others: found, laid into the sandbox, and run as its kind is."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regreen.errors import UsageError, WorkflowError
from regreen.jobs.actions import composite, container, node
from regreen.jobs.actions.lookahead import DEEPEST
from regreen.jobs.actions.metadata import Action, Composite, Node, NotFound, find_action
from regreen.jobs.actions.reference import Image, Local, Remote, reference
from regreen.jobs.actions.store import Fetched
from regreen.jobs.actions.used import Used
from regreen.jobs.performing import Watch
from regreen.jobs.unrun import UnsupportedStep
from regreen.jobs.work import Done, Scope
from regreen.jobs.workflow import StepSpec
from regreen.model import Unsupported
from regreen_sandbox.errors import UnsafeArchive

if TYPE_CHECKING:
    from regreen.jobs.runner import JobRun


@dataclass(frozen=True, slots=True)
class _Here:
    """An action, and the folder of the sandbox that it lies in; ``notes`` are for its output."""

    action: Action
    folder: str
    notes: tuple[str, ...] = ()


def use(run: JobRun, step: StepSpec, scope: Scope, watch: Watch) -> Done:
    """Do what ``step``'s action does.

    Raises UnsupportedStep, ExpressionError, UsageError, and what the sandbox raises.
    """
    uses = step.uses or ""
    meant = reference(uses)
    if isinstance(meant, Unsupported):
        raise UnsupportedStep(f"{meant.what} ({run.job.where(step)})")
    if scope.depth > DEEPEST:
        return _red(step, f"Composite action depth exceeded max depth {DEEPEST}")
    if isinstance(meant, Image):
        return container.run_image(run, step, scope, watch, meant.name)
    try:
        here = _local(run, meant) if isinstance(meant, Local) else _remote(run, step, meant)
    except WorkflowError as error:
        return _red(step, str(error.message))
    if isinstance(here, NotFound):
        return _red(step, here.reason)
    remote = meant if isinstance(meant, Remote) else None
    used = Used.of(run, step, scope, here.action, here.folder, remote, here.notes)
    match here.action.runs:
        case Composite():
            return composite.run_steps(run, step, scope, watch, used)
        case Node():
            return node.run_script(run, step, scope, watch, used)
        case _:
            return container.run_action(run, step, scope, watch, used)


def _local(run: JobRun, local: Local) -> _Here | NotFound:
    """Read the action as it lies in the workspace now: an earlier step may have changed it."""
    folder = posixpath.normpath(posixpath.join(run.job.layout.workspace, local.path))
    found = find_action(_reader(run, folder), "", folder)
    return found if isinstance(found, NotFound) else _Here(found, folder)


def _reader(run: JobRun, folder: str) -> Callable[[str], bytes | None]:
    return lambda path: run.sandbox.read(posixpath.join(folder, path))


def _remote(run: JobRun, step: StepSpec, remote: Remote) -> _Here | NotFound:
    store = run.setting.stores.actions
    if store is None:
        raise UnsupportedStep(f"the action {remote} ({run.job.where(step)})")
    found = store.fetch(remote)
    if isinstance(found, Unsupported):
        raise UnsupportedStep(f"{found.what} ({run.job.where(step)})")
    if isinstance(found, NotFound):
        return found
    place = posixpath.join(run.job.layout.actions, remote.repository, remote.ref)
    _lay(run, step, place, found)
    return _Here(found.action, posixpath.join(place, remote.path).rstrip("/"), found.notes)


def _lay(run: JobRun, step: StepSpec, place: str, fetched: Fetched) -> None:
    """Put the action's files at ``place``, once; the mark beside it is the runner's own."""
    mark = f"{place}.completed"
    if run.sandbox.read(mark) is not None:
        return
    try:
        run.sandbox.write_tree(place, fetched.tree.tar())
    except (UnsafeArchive, UsageError) as error:
        what = f"the action {fetched.remote}: {error.message}; {error.next_step}"
        raise UnsupportedStep(f"{what} ({run.job.where(step)})") from error
    run.sandbox.write(mark, b"")


def _red(step: StepSpec, reason: str) -> Done:
    return Done(1, f"##[error]{reason}\n", 0.0, command=step.uses, problem=reason)
