"""A job's steps as they read at one moment: expressions filled in, nothing run.

What a step is called, whether it runs, its script, folder, variables and inputs all depend on what
earlier steps left behind; this is the one place that knows how.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from regreen.jobs.expressions import (
    CaseSensitive,
    ExpressionError,
    Function,
    Status,
    Value,
    hash_files_function,
    render,
    status_functions,
    to_string,
)
from regreen.jobs.expressions import condition as holds
from regreen.jobs.job import Job
from regreen.jobs.layout import SYSTEM_PATH, runner_env
from regreen.jobs.served import CHECKOUT, name_of
from regreen.jobs.served.checkout import checkout_folder
from regreen.jobs.state import State
from regreen.jobs.work import JOB, Scope
from regreen.jobs.workflow import StepSpec


@dataclass(frozen=True, slots=True)
class View:
    """``job`` in ``state``; ``hash_files`` answers ``hashFiles()`` from its patterns.

    ``scope`` says whose steps are read: the job's or an action's. ``running`` is what the ``job``
    context holds of containers, ``path`` the image's own search path where that counts.
    Every method may raise ExpressionError.
    """

    job: Job
    state: State
    hash_files: Callable[[Sequence[str]], str]
    scope: Scope = JOB
    running: Mapping[str, Value] = field(default_factory=dict)
    path: str = ""

    @property
    def workspace(self) -> str:
        """The absolute folder that ``github.workspace`` names."""
        return self.job.layout.workspace

    @property
    def repository(self) -> str:
        """The absolute folder that the repository is checked out to."""
        for step in self.job.steps:
            if name_of(step.uses or "") == CHECKOUT:
                path = self._render(step.inputs.get("path", ""), step)
                return checkout_folder({"path": path}, self.workspace)
        return self.workspace

    def runs(self, step: StepSpec) -> bool:
        """Return whether ``step``'s condition holds."""
        return holds(step.condition, self._contexts(step), self._status(), self._functions())

    def name(self, step: StepSpec) -> str:
        """Return a step's name as GitHub shows it; as written where an expression is wrong."""
        with suppress(ExpressionError):
            if step.name:
                return self._render(step.name, step)
            if step.run is not None:
                first = self.script(step).strip().splitlines()
                return f"Run {first[0] if first else ''}".strip()
        return step.name or f"Run {step.uses or ''}".strip()

    def script(self, step: StepSpec) -> str:
        """Return a ``run`` step's script."""
        return self._render(step.run or "", step)

    def shell(self, step: StepSpec) -> str | None:
        """Return the shell that a ``run`` step names, ``None`` when neither it nor the job does."""
        default = self.job.shell if self.scope.depth == 0 else None
        return self._render(step.shell or default or "", step) or None

    def directory(self, step: StepSpec) -> str:
        """Return the absolute folder that a ``run`` step works in."""
        default = self.job.working_directory if self.scope.depth == 0 else None
        asked = self._render(step.working_directory or default or "", step)
        return posixpath.normpath(posixpath.join(self.workspace, asked))

    def relative_directory(self, step: StepSpec) -> str:
        """Return the folder that a ``run`` step works in, relative to the repository."""
        return posixpath.relpath(self.directory(step), self.repository)

    def inputs(self, step: StepSpec) -> dict[str, str]:
        """Return an action's ``with``."""
        return {name: self._render(text, step) for name, text in step.inputs.items()}

    def environment(self, step: StepSpec) -> dict[str, str]:
        """Return the variables that ``step`` sees."""
        own = {name: self._render(text, step) for name, text in step.env.items()}
        env = {**self._base(), **self.job.env, **self.state.env, **self.scope.env, **own}
        if self.job.provider == "github":
            env["GITHUB_ACTION"] = step.id or f"__run_{step.index}"
            if path := self.scope.github.get("action_path"):
                env["GITHUB_ACTION_PATH"] = to_string(path)
        path = env.get("PATH") or self.path or ":".join(SYSTEM_PATH)
        env["PATH"] = ":".join((*self.state.path, path))
        return env

    def seconds(self, step: StepSpec) -> float | None:
        """Return ``timeout-minutes`` in seconds, ``None`` without one."""
        if step.timeout_minutes is None:
            return None
        try:
            return float(self._render(to_string(step.timeout_minutes), step)) * 60
        except ValueError:
            return None

    def tolerates_failure(self, step: StepSpec) -> bool:
        """Return ``continue-on-error``."""
        return self._render(to_string(step.continue_on_error), step).lower() == "true"

    def _render(self, template: str, step: StepSpec) -> str:
        return render(template, self._contexts(step), self._functions())

    def render(self, template: str, extra: Mapping[str, Value] | None = None) -> str:
        """Return a text that belongs to no step, such as an output of the job or of an action."""
        return render(template, {**self._around(), **(extra or {})}, self._functions())

    def holds(self, condition: str) -> bool:
        """Return whether a condition that belongs to no step holds now."""
        return holds(condition, self._around(), self._status(), self._functions())

    def _base(self) -> Mapping[str, str]:
        if self.job.provider != "github":
            return self.job.variables
        return runner_env(self.job.github, self.job.image_label, self.job.layout)

    def _status(self) -> Status:
        failed = self.state.failed if self.scope.failed is None else self.scope.failed
        return Status.FAILURE if failed else Status.SUCCESS

    def _functions(self) -> Mapping[str, Function]:
        return {**status_functions(self._status()), **hash_files_function(self.hash_files)}

    def _contexts(self, step: StepSpec) -> dict[str, Value]:
        contexts = self._around()
        if not step.env:
            return contexts
        functions = self._functions()
        own = {name: render(text, contexts, functions) for name, text in step.env.items()}
        return {**contexts, "env": CaseSensitive({**self._known(), **own})}

    def _known(self) -> dict[str, str]:
        return {**self.job.env, **self.state.env, **self.scope.env}

    def _around(self) -> dict[str, Value]:
        """Return the contexts as they are outside of any step."""
        scope, contexts = self.scope, dict(self.job.contexts)
        results: Mapping[str, Value] = {
            name: result.context() for name, result in self.state.results.items()
        }
        if scope.inputs is not None:
            contexts["inputs"] = dict(scope.inputs)
        if scope.github:
            contexts["github"] = {**self.job.github, **scope.github}
        contexts["env"] = CaseSensitive(self._known())
        contexts["steps"] = dict(results if scope.steps is None else scope.steps)
        contexts["job"] = {"status": self.state.status, **self.running}
        return contexts
