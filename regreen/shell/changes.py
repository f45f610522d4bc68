"""What a person changed in the sandbox: brought out, made a diff by the host, kept in a file.

As for a fixer's tool, a git inside with a repository of regreen's own lists the files that changed
since the person came in, so that what the job itself wrote is not theirs. New files count too when
git does not ignore them and no tool keeps its cache there. The list is a hint and no more: the
files come out as a tar of which every entry is checked, and the host makes the diff.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from regreen.deliver import state_folder
from regreen.errors import UsageError
from regreen.git import Tree, WorkFile, with_work_files
from regreen.jobs.runner import JobRun
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
_LITTER = """\
__pycache__/
*.py[cod]
.pytest_cache/
.mypy_cache/
.ruff_cache/
.hypothesis/
.coverage
*.egg-info/
.tox/
.nox/
.venv/
node_modules/
"""
"""What running a step's tools again leaves in a repository that does not ignore it."""

# The first tree is of the commit's files, the second of what the person finds.
_BEGIN = """\
/usr/bin/git init --quiet --bare --template= --object-format="$3" "$2" &&
mkdir -p "$2/objects/info" "$2/info" && printf %s "$5" > "$2/info/exclude" &&
echo "$1/.git/objects" > "$2/objects/info/alternates" || exit
export GIT_DIR="$2" GIT_WORK_TREE="$1"
cd -- "$1" && /usr/bin/git update-index -z --index-info < "$4" &&
/usr/bin/git write-tree --missing-ok > "$2/commit" || exit
/usr/bin/git add --all --ignore-errors . > "$2/said" 2>&1
/usr/bin/git write-tree --missing-ok > "$2/found"
"""
_CHANGED = """\
export GIT_DIR="$2" GIT_WORK_TREE="$1"
list="/usr/bin/git diff-tree -r -z --name-only --no-renames"
cd -- "$1" || exit
/usr/bin/git add --all --ignore-errors . > "$2/said" 2>&1
/usr/bin/git write-tree --missing-ok > "$2/left" &&
$list "$(cat "$2/found")" "$(cat "$2/left")" > "$2/names" &&
$list "$(cat "$2/commit")" "$(cat "$2/found")" > "$2/earlier" || exit
/usr/bin/tar --create --file="$2/names.tar" --null --verbatim-files-from --no-recursion \
  --hard-dereference --files-from="$2/names" 2> "$2/said" || :
"""
_EARLIER = """\
export GIT_DIR="$2" GIT_WORK_TREE="$1" GIT_INDEX_FILE="$2/second"
mkdir "$2/files" && cd -- "$1" && /usr/bin/git read-tree "$(cat "$2/found")" || exit
/usr/bin/git checkout-index --quiet --prefix="$2/files/" -z --stdin < "$2/shared"
cd -- "$2/files" && /usr/bin/tar --create --file="$2/shared.tar" --null --verbatim-files-from \
  --no-recursion --files-from="$2/shared" 2> "$2/said" || :
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed inside: a diff (empty for nothing), and the commit's files with it.

    ``tree`` is ``None`` when the diff does not fit the commit; ``problem`` then says why. ``stat``
    counts the lines of each file.
    """

    diff: bytes
    tree: Tree | None
    stat: str = ""
    problem: str = ""


@dataclass(slots=True)
class Watch:
    """The repository in a sandbox; ``tree`` is the commit's files."""

    run: JobRun
    tree: Tree
    place: str = field(default_factory=lambda: f"/tmp/.regreen-git-{uuid.uuid4().hex}")

    def begin(self) -> None:
        """Note the files as they are now. Raises Unfit where git cannot (nothing checked out)."""
        rows = (f"{e.mode} {e.sha} 0\t{path}\0" for path, e in self.tree.entries.items())
        listing = f"{self.place}.rows"
        self.run.sandbox.write(listing, "".join(rows).encode("utf-8", "surrogateescape"))
        kind = "sha256" if len(self.tree.sha) == 64 else "sha1"
        self._sh(_BEGIN, kind, listing, _LITTER)

    def changes(self) -> Changes:
        """Return what changed since `begin`.

        Raises Unfit when it cannot be brought out, SandboxError when the sandbox is gone.
        """
        self._sh(_CHANGED)
        names = self._known(names_in(self._read("names", NAMES_BYTES)))
        if not names:
            return Changes(b"", self.tree)
        after = self._files("names", names)
        before = self._before(names & names_in(self._read("earlier", NAMES_BYTES)))
        try:
            return self._applied(before, after)
        except UsageError as error:
            raise Unfit(error.message) from error

    def _before(self, shared: Collection[str]) -> dict[str, WorkFile | None]:
        """Return as the person found them the files that the job had changed before."""
        if not shared:
            return {}
        listing = "".join(f"{name}\0" for name in sorted(shared))
        self.run.sandbox.write(f"{self.place}/shared", listing.encode("utf-8", "surrogateescape"))
        self._sh(_EARLIER)
        return self._files("shared", shared)

    def _applied(
        self, before: dict[str, WorkFile | None], after: dict[str, WorkFile | None]
    ) -> Changes:
        scratch = self.tree.scratch
        base = with_work_files(self.tree, before) if before else self.tree
        diff = scratch.diff(base, with_work_files(base, after))
        try:
            tree = scratch.apply(self.tree, diff)
        except UsageError as error:
            return Changes(diff, None, problem=error.message)
        stat = scratch.must("diff", "--stat=78", "--no-ext-diff", self.tree.sha, tree.sha)
        return Changes(diff, tree, stat.decode("utf-8", "replace").rstrip())

    def _known(self, names: set[str]) -> set[str]:
        """Leave out submodules: git keeps no file of theirs here."""
        entries = self.tree.entries
        return {n for n in names if n not in entries or entries[n].kind == "blob"}

    def _files(self, what: str, names: Collection[str]) -> dict[str, WorkFile | None]:
        found = work_files(self._read(f"{what}.tar", TAR_BYTES), names, outward=True)
        return {name: found.get(name) for name in sorted(names)}

    def _read(self, name: str, limit: int) -> bytes:
        try:
            content = self.run.sandbox.read(f"{self.place}/{name}", limit=limit)
        except FileTooLarge as error:
            raise Unfit(f"it is more than {limit >> 20} MiB") from error
        if content is None:
            raise Unfit("the sandbox gives no list of it")
        return content

    def _sh(self, script: str, *more: str) -> None:
        argv = ("/bin/sh", "-c", script, "sh", self.run.view.repository, self.place, *more)
        done = self.run.sandbox.run(argv, env=_ENVIRONMENT, cwd="/", timeout=_GIT_SECONDS)
        if not done.ok:
            said = done.output.decode("utf-8", "replace").strip().splitlines()
            words = said[-1][:200] if said else f"exit code {done.exit_code}"
            raise Unfit(f"git in the sandbox failed: {words}")


def keep(diff: bytes) -> Path:
    """Write ``diff`` to ``.regreen/shell`` of the current folder and return the file.

    Raises UsageError when it cannot be written there, or a link leads elsewhere.
    """
    folder = state_folder(Path.cwd()) / "shell"
    now = datetime.now(UTC)
    try:
        if folder.is_symlink():
            raise UsageError(f"cannot write to {folder}: it is a symbolic link", "remove it")
        folder.mkdir(exist_ok=True)
        for number in range(1, 1000):
            path = folder / f"{now:%Y%m%dT%H%M%SZ}{'' if number == 1 else f'-{number}'}.diff"
            with suppress(FileExistsError), path.open("xb") as file:
                file.write(diff)
                return path
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder}: {error.strerror or error}", "make it writable"
        ) from error
    raise UsageError(f"{folder} is full of this second's files", "remove what is old in it")
