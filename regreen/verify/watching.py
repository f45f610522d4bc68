"""Which changed statements the tests of a job reach, seen in the sandbox behind a run.

The steps that ran tests are run once more there, with regreen's watcher (`regreen.verify.watch`) in
every Python that can be found: in a ``.pth`` file of each environment, and in the ``sitecustomize``
beside each standard library, where environments that tox or nox make anew find it too. No variable
is needed, since such tools drop what they do not know. What the watcher writes is a stranger's by
then, and read as such.
"""

from __future__ import annotations

import posixpath
import re
import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from regreen.errors import RegreenError
from regreen.git import Tree
from regreen.jobs.expressions import ExpressionError
from regreen.jobs.performing import Watch, perform
from regreen.jobs.runner import JobRun, UnsupportedStep
from regreen.jobs.work import JOB
from regreen.model import Coverage, JobOutcome
from regreen.verify.counts import passed
from regreen.verify.guard.kinds import Kind, is_tested_with, kind_of
from regreen.verify.guard.observed import Statement, changed_statements
from regreen.verify.installed import installed
from regreen.verify.syntax import changed_syntax
from regreen_sandbox.errors import SandboxError

_FOLDER = "regreen-watched"
_SECONDS = 120.0
_LEAST = 5.0
_BYTES = 16 << 20
_NO_TIME = "there was no time left for it (--verify-limit)"
_UNWATCHED = "the Python that runs the tests could not be watched"
_NO_PRODUCT = re.compile(r"(?:^|/)(?:setup|docs?/(?:.*/)?conf)\.py$")
"""Programs that describe a project to its tools: installers and Sphinx run them, no test does."""
_START = (
    "import sys; exec(\"try: exec(compile(open({path!a}).read(), {path!a}, 'exec'),"
    " {{'__name__': ''}})\\nexcept Exception: pass\")\n"
)
"""One line, as a ``.pth`` file needs it. A Python that cannot run the watcher goes on without."""
_INSTALL = """\
start=$1
shift
beside() {
  [ -f "$1/os.py" ] || return 0
  grep -qs regreen-watched "$1/sitecustomize.py" || cat "$start" >> "$1/sitecustomize.py"
}
for folder; do
  cp "$start" "$folder/regreen-watched.pth"
  prefix=${folder%/lib/python*} name=${folder#"${folder%/lib/python*}"/lib/}
  home=$(sed -n 's/^home *= *//p' "$prefix/pyvenv.cfg")
  [ -z "$home" ] || prefix=$(dirname "$(readlink -f "$home")")
  beside "$prefix/lib/${name%/site-packages}"
done
for folder in /opt/hostedtoolcache/Python/*/*/lib/python3.* \
    "$HOME"/.local/share/uv/python/*/lib/python3.* "$HOME"/.pyenv/versions/*/lib/python3.*; do
  beside "$folder"
done
for python in python python3 /usr/bin/python3; do
  beside "$("$python" -c 'import os; print(os.path.dirname(os.__file__))')"
  user=$("$python" -c 'import site; print(site.getusersitepackages())')
  [ -z "$user" ] || { mkdir -p "$user" && cp "$start" "$user/regreen-watched.pth"; }
done
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The changed statements of product code by file; ``unread`` files cannot be parsed."""

    files: Mapping[str, tuple[Statement, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @classmethod
    def of(cls, before: Tree, after: Tree) -> Wanted:
        """Return what the tests should reach of the change between two trees."""
        files: dict[str, tuple[Statement, ...]] = {}
        unread: list[str] = []
        for path in changed_syntax(before, after):
            if (text := after.text(path)) is None or not _is_product(path, text):
                continue
            found = changed_statements(before.text(path) or "", text)
            if found is None:
                unread.append(path)
            elif found:
                files[path] = found
        return cls(files, tuple(unread))

    def __bool__(self) -> bool:
        """Whether there is anything that tests should reach."""
        return bool(self.files or self.unread)

    def lines(self, path: str) -> frozenset[int]:
        """Return the lines by which a file's changed statements are known."""
        return frozenset(one.line for one in self.files[path])


def _is_product(path: str, text: str) -> bool:
    if not path.endswith(".py") or _NO_PRODUCT.search(path):
        return False
    return kind_of(path, text) is Kind.PYTHON and not is_tested_with(path)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the tests of one job reached, lines by file.

    Of the files ``unknown`` it cannot be told what they did not reach; ``reason`` says why not.
    """

    reached: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    reason: str = ""


def coverage(wanted: Wanted, seen: Sequence[tuple[str, Seen]]) -> Coverage:
    """Return what the tests of all jobs together reached; ``seen`` has a job's name with each."""
    reached, missed = 0, dict[str, tuple[int, ...]]()
    for path in sorted(wanted.files):
        left = set(wanted.lines(path))
        for _, one in seen:
            left -= one.reached.get(path, frozenset())
        reached += len(wanted.lines(path)) - len(left)
        if left and seen and not any(path in one.unknown for _, one in seen):
            missed[path] = tuple(sorted(left))
    reasons = [f"{job}: {one.reason}" for job, one in seen if one.reason]
    reasons += [f"{path} cannot be parsed" for path in wanted.unread]
    return Coverage(
        changed=sum(len(wanted.lines(path)) for path in wanted.files),
        reached=reached,
        missed=missed,
        jobs=tuple(job for job, one in seen if one.reached or not one.reason if wanted.files),
        reason="; ".join(reasons),
    )


def watch(run: JobRun, outcome: JobOutcome, wanted: Wanted, seconds: float) -> Seen:
    """Run the steps that ran tests in ``run`` again, and return what they reach.

    ``outcome`` is what the run did. Raises nothing that the sandbox raises: it is then not known.
    """
    deadline = time.monotonic() + seconds
    here = posixpath.join(run.job.layout.temp, _FOLDER)
    paths = sorted(wanted.files)
    try:
        reason = _NO_TIME
        if seconds > _LEAST:
            _install(run, outcome, wanted, here)
            reason = _again(run, outcome, deadline)
        read = run.sandbox.read(f"{here}/seen", limit=_BYTES) or b""
    except (ExpressionError, SandboxError, RegreenError, UnsupportedStep) as error:
        why = getattr(error, "message", None) or str(error)
        return Seen({}, frozenset(paths), f"the tests cannot be watched: {why}")
    return seen_in(read.decode("utf-8", "replace").splitlines(), wanted, reason)


def seen_in(lines: Iterable[str], wanted: Wanted, reason: str = "") -> Seen:
    """Return what the watcher's ``lines`` tell; ``reason`` is why they may not tell all."""
    said = frozenset(lines)
    paths = sorted(wanted.files)
    reached = {
        path: found
        for number, path in enumerate(paths)
        if (found := frozenset(n for n in wanted.lines(path) if f"reached {number} {n}" in said))
    }
    if not reason and not any(line == "tests" or line.startswith("loaded ") for line in said):
        reason = _UNWATCHED
    if reason:
        return Seen(reached, frozenset(paths), reason)
    unseen = [path for number, path in enumerate(paths) if f"unseen {number}" in said]
    words = f"{', '.join(unseen)} is loaded in a way that cannot be watched" if unseen else ""
    return Seen(reached, frozenset(unseen), words)


def program(wanted: Wanted, root: str, out: str) -> str:
    """Return the watcher's text for these statements of the repository in ``root``.

    It writes into the file ``out``.
    """
    source = resources.files("regreen.verify").joinpath("watch.py").read_text("utf-8")
    files = [
        (path, [(one.line, one.first, one.last) for one in wanted.files[path]])
        for path in sorted(wanted.files)
    ]
    return f"{source}\n\nwatch({root!a}, {out!a}, {files!a})\n"


def _install(run: JobRun, outcome: JobOutcome, wanted: Wanted, here: str) -> None:
    """Put the watcher into every Python that a step with tests may start."""
    step = run.job.steps[_tested(outcome)[0][0]]
    text = program(wanted, run.view.repository, f"{here}/seen")
    run.sandbox.write(f"{here}/watch.py", text.encode())
    run.sandbox.write(f"{here}/start", _START.format(path=f"{here}/watch.py").encode())
    found = {f"{one.prefix}/lib/python{one.python}/site-packages" for one in installed(run, step)}
    folders = " ".join(map(shlex.quote, sorted(found)))
    script = f"chmod a+rwx {shlex.quote(here)}\nset -- {shlex.quote(here)}/start {folders}\n"
    run.script(f"{script}{_INSTALL}", step, folder=run.view.directory(step), seconds=_SECONDS)


def _again(run: JobRun, outcome: JobOutcome, deadline: float) -> str:
    """Run the steps that ran tests; return why they may not have reached all that they do."""
    for index, before in _tested(outcome):
        step = run.job.steps[index]
        if (left := deadline - time.monotonic()) < _LEAST:
            return _NO_TIME
        done = perform(run, step, JOB, Watch(left))
        if done.problem:
            return f"the step {step.title!r}, watched, was {done.problem}"
        if (after := passed(done.output)) < before:
            return f"in the step {step.title!r}, run again, {after} tests pass instead of {before}"
    return ""


def _tested(outcome: JobOutcome) -> list[tuple[int, int]]:
    """Return the index of each step that ran tests, and how many passed."""
    counted = ((step.index, passed(step.log)) for step in outcome.steps)
    return [(index, count) for index, count in counted if count]
