"""JavaScript actions: a script for Node.js, and what it wants done before and at the job's end.

The variables are those that the runner sets (github.com/actions/runner, NodeScriptActionHandler.cs
and Handler.cs), without the addresses and tokens of GitHub's own services, which are not there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regreen.jobs.actions.metadata import Node
from regreen.jobs.actions.nodes import node_program
from regreen.jobs.actions.used import Used, own_variables, states, through_shells
from regreen.jobs.performing import Watch, finished
from regreen.jobs.work import Done, Post, Scope
from regreen.jobs.workflow import StepSpec

if TYPE_CHECKING:
    from regreen.jobs.runner import JobRun

_UNSET = ("NODE_ICU_DATA",)
"""What the runner takes away, since it would mislead its own Node.js."""
_IN = 'cd -- "$1" && shift && exec "$@"'


@dataclass(frozen=True, slots=True)
class _Scripts:
    """How the scripts of one use of an action are run."""

    run: JobRun
    step: StepSpec
    used: Used
    program: str

    def argv(self, script: str) -> tuple[str, ...]:
        """Return the command; inputs whose names no shell passes on are set behind the shell."""
        place = posixpath.normpath(posixpath.join(self.used.folder, script))
        hidden = through_shells(self.used.variables(self.step))
        line = ("/bin/sh", "-c", _IN, "sh", self.run.job.layout.workspace)
        return (*line, *hidden, self.program, place)

    def execute(self, script: str, env: Mapping[str, str], watch: Watch) -> Done:
        """Run a script, and return what came of it and what it asked the runner to keep."""
        result = self.run.execute(self.argv(script), _clean(env), "/", watch)
        return finished(self.run, result, self.step.uses)


def run_script(run: JobRun, step: StepSpec, scope: Scope, watch: Watch, used: Used) -> Done:
    """Run a JavaScript action's main script; its post script is done at the job's end.

    Its pre script runs right before, and not at the job's start as on GitHub. Raises
    UnsupportedStep, ExpressionError, and what the sandbox raises.
    """
    runs = used.action.runs
    if not isinstance(runs, Node):
        raise TypeError(f"{used.action.path} is no JavaScript action")
    view = run.view_in(scope)
    scripts = _Scripts(run, step, used, node_program(run, step, runs.version))
    own = {**own_variables(run, view, step), **used.variables(step)}
    said, state = used.said, dict[str, str]()
    if runs.pre and used.remote is not None and view.holds(runs.pre_if):
        done = scripts.execute(runs.pre, {**view.environment(step), **own}, watch)
        run.absorb(done.effects)
        said, state = said + done.output, done.effects.state
        if not done.ok:
            return replace(done, output=said)
        view = run.view_in(scope)
    environment = {**view.environment(step), **own, **states(state)}
    done = scripts.execute(runs.main, environment, watch)
    own |= states({**state, **done.effects.state})
    posts: tuple[Post, ...] = ()
    if runs.post:
        title, argv = f"Post {view.name(step)}", scripts.argv(runs.post)
        posts = (Post(step.index, title, argv, _clean(own), runs.post_if),)
    return replace(done, output=said + done.output, posts=posts)


def _clean(env: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in env.items() if name not in _UNSET}
