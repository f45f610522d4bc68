"""Docker actions: an image run as the step, beside the job's sandbox and in its network.

Folders, variables and arguments are those that the runner gives (github.com/actions/runner,
ContainerActionHandler.cs), without the engine's socket and the addresses of GitHub's services. The
container sees copies of the runner's folders; what it changes is brought back.
"""

from __future__ import annotations

import posixpath
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regreen.jobs.actions.images import NotBuilt, opened
from regreen.jobs.actions.manifest_schema import is_image
from regreen.jobs.actions.metadata import Action, Container
from regreen.jobs.actions.used import Used, own_variables, states
from regreen.jobs.expressions import Value
from regreen.jobs.performing import Watch, finished
from regreen.jobs.unrun import UnsupportedStep
from regreen.jobs.work import Done, Post, Scope
from regreen.jobs.workflow import StepSpec
from regreen_sandbox.actioncontainer import ActionRun, Shared, run_container
from regreen_sandbox.errors import EngineRefused, FileTooLarge, UnsafeArchive

if TYPE_CHECKING:
    from regreen.jobs.layout import Layout
    from regreen.jobs.runner import JobRun

WORKSPACE = "/github/workspace"
_HOME = "/github/home"
_KEPT = ("GITHUB_", "RUNNER_", "INPUT_", "STATE_")
_KEPT_TOO = frozenset({"CI"})


@dataclass(frozen=True, slots=True)
class _Program:
    """What is run in the image: ``None`` is the image's own."""

    entrypoint: str | None
    args: tuple[str, ...] | None


def run_image(run: JobRun, step: StepSpec, scope: Scope, watch: Watch, image: str) -> Done:
    """Run the image that a step uses (``docker://``); see `run_action`."""
    action = Action(image, image, {}, {}, Container(f"docker://{image}"))
    given = run.view_in(scope).inputs(step)
    return run_action(run, step, scope, watch, Used(action, "", None, given, ""))


def run_action(run: JobRun, step: StepSpec, scope: Scope, watch: Watch, used: Used) -> Done:
    """Run a Docker action's entry point; its post entry point is run at the job's end.

    Its pre entry point runs right before, and not at the job's start as on GitHub. Raises
    UnsupportedStep, ExpressionError, and what the sandbox raises.
    """
    runs = used.action.runs
    if not isinstance(runs, Container):
        raise TypeError(f"{used.action.path} is no Docker action")
    place = runs.image if is_image(runs.image) else posixpath.join(used.folder, runs.image)
    started = time.monotonic()
    with opened(run, step, place, watch) as image:
        if isinstance(image, NotBuilt):
            seconds = time.monotonic() - started
            return Done(1, used.said + image.said, seconds, command=step.uses, problem=image.reason)
        use = _Use(run, step, scope, used, runs, place, image.id)
        done = use.run(watch)
    return replace(done, output=used.said + image.said + done.output)


def run_post(run: JobRun, post: Post, environment: Mapping[str, str], watch: Watch) -> Done:
    """Run a Docker action's post entry point, with the variables that the job's steps see then.

    Raises UnsupportedStep, and what the sandbox raises.
    """
    step = run.job.steps[post.index]
    with opened(run, step, post.image, watch) as image:
        if isinstance(image, NotBuilt):
            return Done(1, image.said, 0.0, command=step.uses, problem=image.reason)
        program = _Program(post.argv[0], post.argv[1:])
        return _execute(run, step, image.id, program, {**environment, **post.env}, watch)


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of a Docker action, whose image is there."""

    step_run: JobRun
    step: StepSpec
    scope: Scope
    used: Used
    runs: Container
    place: str
    image: str

    def run(self, watch: Watch) -> Done:
        """Run its entry points. Raises ExpressionError, UnsupportedStep."""
        run, step, runs = self.step_run, self.step, self.runs
        view = run.view_in(self.scope)
        given = {name.lower(): text for name, text in self.used.inputs.items()}
        args = self.args(given.get("args", ""))
        inputs = {"inputs": dict[str, Value](self.used.inputs)}
        own = {name: view.render(text, inputs) for name, text in runs.env.items()}
        own = {name: text for name, text in own.items() if name not in view.environment(step)}
        own |= {**own_variables(run, view, step), **self.used.variables(step)}
        said, state = "", dict[str, str]()
        if runs.pre_entrypoint and self.used.remote is not None and view.holds(runs.pre_if):
            before = self.program(_Program(runs.pre_entrypoint, args), own, watch)
            run.absorb(before.effects)
            said, state = before.output, before.effects.state
            if not before.ok:
                return before
        entrypoint = runs.entrypoint or given.get("entrypoint") or None
        done = self.program(_Program(entrypoint, args or None), {**own, **states(state)}, watch)
        posts: tuple[Post, ...] = ()
        if runs.post_entrypoint:
            kept = {**own, **states({**state, **done.effects.state})}
            argv, title = (runs.post_entrypoint, *args), f"Post {view.name(step)}"
            posts = (Post(step.index, title, argv, kept, runs.post_if, self.place),)
        return replace(done, output=said + done.output, posts=posts)

    def args(self, given: str) -> tuple[str, ...]:
        """Return the arguments: the manifest's, else the step's own ``args``."""
        if self.runs.args is None:
            return tuple(_words(given))
        view = self.step_run.view_in(self.scope)
        inputs = {"inputs": dict[str, Value](self.used.inputs)}
        return tuple(view.render(text, inputs) for text in self.runs.args)

    def program(self, program: _Program, own: Mapping[str, str], watch: Watch) -> Done:
        """Run one entry point with what every step sees, and ``own``."""
        run = self.step_run
        environment = {**run.view_in(self.scope).environment(self.step), **own}
        return _execute(run, self.step, self.image, program, environment, watch)


def _execute(
    run: JobRun,
    step: StepSpec,
    image: str,
    program: _Program,
    environment: Mapping[str, str],
    watch: Watch,
) -> Done:
    layout = run.job.layout
    home = posixpath.join(posixpath.dirname(layout.temp), "_github_home")
    # The runner's files are emptied ahead of each process; this one is none of the sandbox's.
    run.execute(("/bin/mkdir", "-p", home), {}, "/", Watch(60.0))
    folders = _folders(layout, home)
    own = _visible(run, environment)
    variables = {name: _translated(text, folders) for name, text in own.items()}
    wanted = ActionRun(
        image,
        entrypoint=(program.entrypoint,) if program.entrypoint else None,
        command=program.args,
        env={**variables, "HOME": _HOME},
        workdir=WORKSPACE,
        folders=folders,
        timeout=max(1.0, watch.seconds),
    )
    try:
        result = run_container(run.sandbox, wanted, watch.show)
    except EngineRefused as error:  # no such program in the image, as a rule
        return Done(127, f"{error.message}\n", 0.0, command=step.uses, problem=error.message)
    except (UnsafeArchive, FileTooLarge) as error:
        words = f"the Docker action {step.uses}: {error.message}; {error.next_step}"
        raise UnsupportedStep(f"{words} ({run.job.where(step)})") from error
    return finished(run, result, step.uses)


def _folders(layout: Layout, home: str) -> tuple[Shared, ...]:
    return (
        Shared(layout.workspace, WORKSPACE),
        Shared(layout.temp, "/github/runner_temp"),
        Shared(posixpath.dirname(layout.event), "/github/workflow"),
        Shared(home, _HOME),
    )


def _visible(run: JobRun, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the runner hands on: its own, and those that the job sets."""
    asked = {*run.job.env, *run.state.env} - {"PATH"}
    plain = run.view.environment(replace(run.job.steps[0], env={}))
    return {
        name: text
        for name, text in environment.items()
        if name.startswith(_KEPT)
        or name in _KEPT_TOO
        or name in asked
        or (name not in plain and name != "PATH")
    }


def _translated(text: str, folders: Sequence[Shared]) -> str:
    """Return a variable's value with a folder of the runner as the container has it."""
    for shared in sorted(folders, key=lambda one: -len(one.here)):
        if text == shared.here or text.startswith(f"{shared.here}/"):
            return shared.there + text.removeprefix(shared.here)
    return text


def _words(args: str) -> list[str]:
    """Split a step's own ``args``, which the runner puts on a command line."""
    try:
        return shlex.split(args)
    except ValueError:
        return args.split()
