"""A job's steps as they read at one moment: expressions filled in, nothing run.

What a step is called, whether it runs, its script, folder, variables and inputs all depend on what
earlier steps left behind; this is the one place that knows how.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from regreen.jobs import actions
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
from regreen.jobs.layout import SYSTEM_PATH, runner_env, workspace
from regreen.jobs.state import State
from regreen.jobs.workflow import StepSpec


@dataclass(frozen=True, slots=True)
class View:
    """``job`` in ``state``; ``hash_files`` answers ``hashFiles()`` from its patterns.

    Every method may raise ExpressionError.
    """

    job: Job
    state: State
    hash_files: Callable[[Sequence[str]], str]

    @property
    def workspace(self) -> str:
        """The absolute folder that ``github.workspace`` names."""
        return workspace(to_string(self.job.github.get("repository")) or "repository")

    @property
    def repository(self) -> str:
        """The absolute folder that the repository is checked out to."""
        for step in self.job.steps:
            if actions.name_of(step.uses or "") == actions.CHECKOUT:
                path = self._render(step.inputs.get("path", ""), step)
                return actions.checkout_folder({"path": path}, self.workspace)
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
        return self._render(step.shell or self.job.shell or "", step) or None

    def directory(self, step: StepSpec) -> str:
        """Return the absolute folder that a ``run`` step works in."""
        asked = self._render(step.working_directory or self.job.working_directory or "", step)
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
        base = runner_env(self.job.github, self.job.image_label)
        env = {**base, **self.job.env, **self.state.env, **own}
        env["GITHUB_ACTION"] = step.id or f"__run_{step.index}"
        path = env.get("PATH", ":".join(SYSTEM_PATH))
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

    def _status(self) -> Status:
        return Status.FAILURE if self.state.failed else Status.SUCCESS

    def _functions(self) -> Mapping[str, Function]:
        return {**status_functions(self._status()), **hash_files_function(self.hash_files)}

    def _contexts(self, step: StepSpec) -> dict[str, Value]:
        known = CaseSensitive({**self.job.env, **self.state.env})
        contexts: dict[str, Value] = {
            **self.job.contexts,
            "env": known,
            "steps": {name: result.context() for name, result in self.state.results.items()},
            "job": {"status": self.state.status},
        }
        functions = self._functions()
        own = {name: render(text, contexts, functions) for name, text in step.env.items()}
        return {**contexts, "env": CaseSensitive({**known, **own})}
