"""Run a fixer's tool in the sandbox, and let the host say what it changed.

A git inside, with a repository, an index and an environment of regreen's own, lists the tracked
files that changed; what set-up generated stays out. That list is a hint and no more: the program
may be a stranger's by now. The files come out as a tar of which every entry is checked, the host
makes a tree of them in a repository of its own, and judges that.
"""

from __future__ import annotations

import posixpath
import re
import uuid
from dataclasses import dataclass

from regreen.errors import UsageError
from regreen.git import Tree, WorkFile, with_work_files
from regreen.jobs import StepSpec
from regreen.jobs.runner import JobRun
from regreen.model import Probe, ToolRun
from regreen.verify.brought import NAMES_BYTES, TAR_BYTES, Unfit, names_in, work_files
from regreen_sandbox.errors import FileTooLarge

_GIT_SECONDS = 600.0
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
}

_BEGIN = """\
/usr/bin/git init --quiet --bare --template= --object-format="$3" "$2" &&
mkdir -p "$2/objects/info" &&
echo "$1/.git/objects" > "$2/objects/info/alternates" || exit
export GIT_DIR="$2" GIT_WORK_TREE="$1"
cd -- "$1" && /usr/bin/git update-index -z --index-info < "$4" &&
/usr/bin/git write-tree --missing-ok > "$2/last" || exit
"""
_CHANGED = """\
export GIT_DIR="$2" GIT_WORK_TREE="$1"
cd -- "$1" && /usr/bin/git add --update . &&
/usr/bin/git write-tree --missing-ok > "$2/now" &&
/usr/bin/git diff-tree -r -z --name-only --no-renames "$(cat "$2/last")" "$(cat "$2/now")" \
  > "$2/names" && mv "$2/now" "$2/last" || exit
/usr/bin/tar --create --file="$2/files.tar" --null --verbatim-files-from --no-recursion \
  --hard-dereference --files-from="$2/names" 2> "$2/said" || :
"""

_NOT_FOUND = 127
"""The exit code of a shell whose command is not there."""
_ABSENT = re.compile(rb": command not found$|: No module named ", re.MULTILINE)
"""What shells and Python say of a tool that is not there, also where a later command passed."""
_TOOLS_ON_PATH = """\
for folder in .tox/*/bin .nox/*/bin .venv/bin venv/bin "$HOME"/.cache/pre-commit/*/py_env-*/bin; do
  if [ -d "$folder" ]; then PATH="$PATH:$(cd "$folder" && pwd)"; fi
done
export PATH
"""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing that the tool did is taken, for this reason."""

    reason: str


def run_tool(
    run: JobRun,
    step: StepSpec,
    proposal: ToolRun,
    tree: Tree,
    *,
    seconds: float,
    output: str = "",
) -> Tree | Refused:
    """Run ``proposal`` with the environment of ``step`` and return ``tree`` as it changed it.

    ``tree`` is what the tracked files of ``run`` were made from. The tool gets ``seconds`` at most;
    its exit code does not matter, since linters that mend still report what is left. Where it
    changed a file that set-up had changed before, only what the tool did to it is taken. Where the
    step's ``output`` tells which of its commands failed, those before it are run first: they may
    have installed the tool. Where it is not there even so, the step is run first, as a wrapper such
    as tox or nox brings the tool itself.
    """
    place = f"/tmp/.regreen-git-{uuid.uuid4().hex}"
    look = _Look(run, tree, place)
    try:
        recall = _after_earlier(run, step, output, f"{place}.env", seconds)
        before = look.begin()
        folder = posixpath.normpath(posixpath.join(run.view.repository, proposal.directory))
        command = f"{recall}{_TOOLS_ON_PATH}{proposal.command}"
        done = run.script(command, step, folder=folder, seconds=seconds)
        absent = done.exit_code == _NOT_FOUND or _ABSENT.search(done.output)
        if absent and step.run is not None:
            script, place_of_step = run.view.script(step), run.view.directory(step)
            run.script(script, step, folder=place_of_step, seconds=seconds)
            before = look.begin()
            run.script(command, step, folder=folder, seconds=seconds)
        return _applied(tree, before, look.changed())
    except Unfit as error:
        return Refused(f"what it changed cannot be taken: {error}")
    except UsageError as error:
        return Refused(f"what it changes does not fit the commit: {error.message}")


def ask(run: JobRun, step: StepSpec, probe: Probe, *, seconds: float, output: str = "") -> str:
    """Run the command of ``probe`` with the environment of ``step``; return what it printed.

    The text is masked. As for a tool, what the failing command of the step builds upon is run
    first; all of the step is, where the probe asks for what that leaves behind.
    """
    folder = posixpath.normpath(posixpath.join(run.view.repository, probe.directory))
    kept = f"/tmp/.regreen-ask-{uuid.uuid4().hex}"
    if probe.before_step or step.run is None:
        recall = _after_earlier(run, step, output, kept, seconds)
    else:
        script = f"{run.view.script(step)}\n"
        run.script(script, step, folder=run.view.directory(step), seconds=seconds)
        recall = ""
    command = f"{recall}{_TOOLS_ON_PATH}{probe.command}"
    done = run.script(command, step, folder=folder, seconds=seconds)
    return run.setting.mask(done.output.decode("utf-8", "replace"), run.state.masks)


def _after_earlier(run: JobRun, step: StepSpec, output: str, kept: str, seconds: float) -> str:
    """Run the commands before the one that failed; return what brings back what they exported."""
    earlier = run.setting.ahead(run.view.script(step), output) if step.run is not None else ""
    if not earlier:
        return ""
    script = f"{earlier}\nexport -p > {kept}\n"
    run.script(script, step, folder=run.view.directory(step), seconds=seconds)
    return f"if [ -f {kept} ]; then . {kept}; cd .; fi\n"


def _applied(
    tree: Tree, before: dict[str, WorkFile | None], after: dict[str, WorkFile | None]
) -> Tree:
    shared = {path: file for path, file in before.items() if path in after}
    if not shared:
        return with_work_files(tree, after)
    base = with_work_files(tree, shared)
    diff = tree.scratch.diff(base, with_work_files(base, after))
    return tree.scratch.apply(tree, diff)


class _Look:
    """Sees which tracked files of a sandbox have changed since it looked last."""

    def __init__(self, run: JobRun, tree: Tree, place: str) -> None:
        self._run = run
        self._tree = tree
        self._place = place

    def begin(self) -> dict[str, WorkFile | None]:
        """Return what has changed since the files were made from the tree; see `changed`."""
        rows = (f"{e.mode} {e.sha} 0\t{path}\0" for path, e in self._tree.entries.items())
        listing = f"{self._place}.rows"
        self._run.sandbox.write(listing, "".join(rows).encode("utf-8", "surrogateescape"))
        kind = "sha256" if len(self._tree.sha) == 64 else "sha1"
        return self._seen(_BEGIN + _CHANGED, kind, listing)

    def changed(self) -> dict[str, WorkFile | None]:
        """Return the tracked files that changed since the last look, ``None`` for those gone.

        Raises Unfit when what came out is not as it must be.
        """
        return self._seen(_CHANGED)

    def _seen(self, script: str, *more: str) -> dict[str, WorkFile | None]:
        self._sh(script, *more)
        tracked = {p: e for p, e in self._tree.entries.items() if e.kind == "blob"}
        names = names_in(self._read("names", NAMES_BYTES)) & tracked.keys()
        if not names:
            return {}
        found = work_files(self._read("files.tar", TAR_BYTES), names)
        return {name: found.get(name) for name in sorted(names)}

    def _read(self, name: str, limit: int) -> bytes:
        try:
            content = self._run.sandbox.read(f"{self._place}/{name}", limit=limit)
        except FileTooLarge as error:
            raise Unfit(f"it is more than {limit >> 20} MiB") from error
        if content is None:
            raise Unfit("the sandbox gives no list of it")
        return content

    def _sh(self, script: str, *more: str) -> None:
        arguments = (self._run.view.repository, self._place, *more)
        argv = ("/bin/sh", "-c", script, "sh", *arguments)
        done = self._run.sandbox.run(argv, env=_ENVIRONMENT, cwd="/", timeout=_GIT_SECONDS)
        if not done.ok:
            said = done.output.decode("utf-8", "replace").strip().splitlines()
            words = said[-1][:200] if said else f"exit code {done.exit_code}"
            raise Unfit(f"git in the sandbox failed: {words}")
