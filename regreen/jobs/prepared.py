"""The state after a job's set-up steps, kept from one reproduction to the next.

What the set-up steps read decides under which key it is kept: everything that they are told
(scripts, variables, contexts), the image, the package index's date and, of the repository, the
files that they name, or the very commit where they may read anything. Only reproductions and tries
begin with a kept state; a proof never does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any

from regreen.git import Tree
from regreen.jobs.expressions import ExpressionError, to_string
from regreen.jobs.job import Job
from regreen.jobs.layout import TEMP
from regreen.jobs.runner import JobRun
from regreen.jobs.served import CHECKOUT, CHECKS, READ_ANYTHING, SERVED, name_of
from regreen.jobs.setup import Reach, names_setting, reads_of
from regreen.jobs.state import State, StepResult
from regreen.jobs.view import View
from regreen.jobs.work import Post
from regreen.jobs.workflow import StepSpec
from regreen.model import Annotation, StepOutcome
from regreen.report import Silent
from regreen_sandbox.errors import SandboxError

_LAYOUT = "2"
"""Part of every key, to be raised when keys or states come to mean something else."""
_SECONDS = 600.0
_MOVING = re.compile(r"\$\{\{(?:[^}]|\}(?!\}))*\b(?:github|steps|env|job|hashFiles|runner\.temp)\b")
"""An expression whose value only the job's steps tell, or that changes with the commit."""
_MANIFEST = re.compile(
    r"(?:.*/)?(?:[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)|requirements/[^/]+"
    r"|pyproject\.toml|setup\.cfg|uv\.toml|[^/]*\.lock|Pipfile|\.python-versions?|\.tool-versions"
    r"|\.npmrc|\.yarnrc(?:\.yml)?|package\.json|[^/]*-lock\.(?:json|yaml)|npm-shrinkwrap\.json"
    r"|\.nvmrc|\.node-version|environment\.ya?ml)"
)
"""What installers read without being told to. Any of them anywhere is part of a key."""
_MOVE = """\
cd -- "$1" && /usr/bin/xargs -0 -r /bin/rm -f -- < "$2" && /bin/rm -rf .git &&
{ /usr/bin/xargs -0 -r /bin/rmdir --ignore-fail-on-non-empty -- < "$3" || :; } &&
/usr/bin/xargs -0 -r /bin/sh -c '
for path; do if [ -e "$path" ] || [ -L "$path" ]; then exit 255; fi; done' sh < "$4"
"""
_CLEAN = """\
cd -- "$1" && test -z "$(/usr/bin/git -c core.fsmonitor= status --porcelain --untracked-files=no)"
"""


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a job's set-up ends: the index of the first step behind it, and the key of its state.

    ``bound`` when the key holds the commit, since the steps may read anything of it.
    """

    position: int
    key: str
    bound: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A job's state behind its set-up: its commit, what the runner keeps, what the steps did."""

    commit: str
    state: State
    steps: tuple[StepOutcome, ...]

    def data(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def read(cls, data: Mapping[str, Any], made: datetime) -> Kept:
        """Read what `data` gave; every step that ran says that it was prepared at ``made``.

        Raises ValueError for anything else.
        """
        try:
            told = dict(data["state"])
            results = {name: StepResult(**result) for name, result in told["results"].items()}
            masks, path = tuple(told["masks"]), tuple(told["path"])
            posts = tuple(Post(**{**post, "argv": tuple(post["argv"])}) for post in told["posts"])
            own = {"results": results, "masks": masks, "path": path, "posts": posts}
            state = State(**{**told, **own})
            steps = tuple(_prepared(_outcome(step), made) for step in data["steps"])
            return cls(str(data["commit"]), state, steps)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"a record of a prepared environment is not whole: {error}") from error


def boundary(job: Job, commit: str, tree: Tree, circumstances: Sequence[str]) -> Boundary | None:
    """Return where the set-up of ``job`` ends; ``None`` when it has none that could be kept.

    It never reaches the step that fails. When that one is not known, it ends at the first step that
    may be a check. ``circumstances`` is what else the sandbox differs by.
    """
    view = View(job, State(), lambda _: "")
    bound, files, position = False, set[str](), 0
    for step in job.steps:
        reach, named = _reach(job, view, step, tree)
        limit = Reach.WHOLE if job.failing is None else Reach.UNKNOWN
        if step.index == job.failing or reach > limit:
            break
        position, bound, files = step.index + 1, bound or reach > Reach.NAMED, files | named
    if position in {0, len(job.steps)} or job.steps[position].run is None:
        return None
    text = json.dumps(
        [
            _LAYOUT,
            version("regreen"),
            *circumstances,
            [_told(step) for step in job.steps[:position]],
            [job.excluded.get(i) or job.noop.get(i) for i in range(position)],
            {str(index): list(asked) for index, asked in job.pythons.items() if index < position},
            [job.image_label, job.env, job.shell, job.working_directory],
            {name: value for name, value in job.contexts.items() if name != "github"},
            commit if bound else sorted(_blobs(tree, files).items()),
            job.github if bound else to_string(job.github.get("repository")),
        ],
        sort_keys=True,
        default=dict,
    )
    return Boundary(
        position, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32], bound
    )


def keepable(run: JobRun, at: Boundary, steps: Sequence[StepOutcome]) -> bool:
    """Whether ``run``, which stands at ``at`` behind ``steps``, may be kept.

    Not when something failed, when processes were left, or when set-up changed tracked files and
    another commit could come to see them.
    """
    if run.state.failed or len(steps) != at.position:
        return False
    if any(
        s.conclusion not in {"success", "skipped", "excluded"} or s.reason == "continue-on-error"
        for s in steps
    ):
        return False
    if run.sandbox.processes() > 0:
        return False
    return at.bound or _sh(run, _CLEAN, run.view.repository)


def restore(run: JobRun, kept: Kept, before: Tree, tree: Tree) -> bool:
    """Bring ``run``, in a sandbox of the kept files, to where ``kept`` stood, at its own commit.

    Tracked files of the kept commit (``before``) give way to those of ``tree``, with a fresh
    ``.git``; what is not tracked stays. ``False`` when they stand in each other's way.
    """
    run.state = kept.state
    if run.commit == kept.commit:
        return True
    if any(entry.kind != "blob" for entry in (*before.entries.values(), *tree.entries.values())):
        return False
    folder = run.view.repository
    lists = [f"{TEMP}/_regreen_{name}" for name in ("before", "folders", "after")]
    for path, names in zip(lists, (before.entries, _folders(before), tree.entries), strict=True):
        text = "".join(f"{name}\0" for name in names)
        run.sandbox.write(path, text.encode("utf-8", "surrogateescape"))
    moved = _sh(run, _MOVE, folder, *lists)
    run.sandbox.write(run.job.layout.event, json.dumps(run.job.github.get("event") or {}).encode())
    return moved and _checked_out(run, kept)


def _folders(tree: Tree) -> list[str]:
    """Every folder that holds tracked files, the deepest first."""
    found = {str(parent) for path in tree.entries for parent in PurePosixPath(path).parents}
    return sorted(found - {"."}, key=lambda path: (-path.count("/"), path))


def _checked_out(run: JobRun, kept: Kept) -> bool:
    """Run the checkout steps once more, and nothing else of them counts."""
    told, run.setting = run.setting, replace(run.setting, reporter=Silent())
    ok = True
    for step in run.job.steps[: kept.state.position]:
        if name_of(step.uses or "") == CHECKOUT:
            run.state = replace(kept.state, position=step.index)
            ok = ok and run.step(step, _SECONDS).conclusion == "success"
    run.setting, run.state = told, kept.state
    run.done.clear()
    return ok


def _reach(job: Job, view: View, step: StepSpec, tree: Tree) -> tuple[Reach, frozenset[str]]:
    """Say what a step may read. What cannot be told before the job runs counts as anything."""
    told = (step.condition, *step.env.values(), *step.inputs.values(), step.working_directory)
    moving = any(
        _MOVING.search(f"${{{{ {text} }}}}" if text is step.condition else text)
        for text in told
        if text
    )
    variables = "\n".join(f"{name}={value}" for name, value in {**job.env, **step.env}.items())
    least = Reach.WHOLE if moving or names_setting(variables) else Reach.NAMED
    if step.index in job.noop or step.index in job.excluded:
        return least, frozenset()
    if step.run is None:
        name = name_of(step.uses or "")
        if name not in SERVED or name in CHECKS:
            return Reach.CHECK, frozenset()
        return (Reach.WHOLE if name in READ_ANYTHING else least), frozenset()
    try:
        shell = view.shell(step) or "bash"
        folder = view.relative_directory(step)
        script = view.script(step)
    except ExpressionError:
        return Reach.UNKNOWN, frozenset()
    if _MOVING.search(step.run) or shell not in {"bash", "sh"} or folder.startswith(".."):
        return Reach.UNKNOWN, frozenset()
    reads = reads_of(script, folder, tree)
    return max(least, reads.reach), reads.files


def _told(step: StepSpec) -> dict[str, Any]:
    """Everything that a step is told, save where it stands in its file."""
    told = asdict(step)
    del told["line"], told["lines"]
    return told


def _blobs(tree: Tree, named: set[str]) -> dict[str, str]:
    """The ids of the files that set-up may read, by path; a named one may be missing."""
    known = {path: e.sha for path, e in tree.entries.items() if _MANIFEST.fullmatch(path)}
    return known | {path: e.sha if (e := tree.entries.get(path)) else "" for path in named}


def _outcome(data: Mapping[str, Any]) -> StepOutcome:
    annotations = tuple(Annotation(**one) for one in data["annotations"])
    return StepOutcome(**{**data, "annotations": annotations})


def _prepared(step: StepOutcome, made: datetime) -> StepOutcome:
    if step.exit_code is None:
        return step
    return replace(step, seconds=0.0, reason=f"prepared: {made:%Y-%m-%d %H:%M} UTC")


def _sh(run: JobRun, script: str, *arguments: str) -> bool:
    argv = ("/bin/sh", "-c", script, "sh", *arguments)
    try:
        done = run.sandbox.run(argv, env={"PATH": "/usr/bin:/bin"}, cwd="/", timeout=_SECONDS)
    except SandboxError:
        return False
    return done.ok
