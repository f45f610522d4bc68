"""A patch onto the user's own work tree: clean before, whole afterwards, or not at all.

What comes of the patch is made in a repository of regreen's own, as everything is. Only when all of
it is there is the work tree changed, by `regreen.git.landing`. No hook runs, and no filter and no
text conversion that the repository or the user set up: where a file in the work tree is not what
git itself would write, as with Git LFS, the patch is refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regreen.errors import UsageError
from regreen.git.command import git
from regreen.git.journal import Content, Plan, Step, stamp
from regreen.git.landing import land
from regreen.git.own_tree import WorkTree
from regreen.git.patchsize import require_modest
from regreen.git.repository import Repository
from regreen.git.scratch import Scratch, Tree, TreeEntry
from regreen_sandbox.trees import temporary_tree

_MEMORY = 4 << 30
_MODULE = "160000"


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: the files that changed, and the commit (``None``: none was made)."""

    files: tuple[str, ...]
    commit: str | None


def apply_patch(work: WorkTree, mail: bytes, *, three_way: bool, commit: bool) -> Applied:
    """Apply the patch in ``mail`` to the files of HEAD, in a clean work tree.

    With ``commit`` a commit of it is made as ``git am`` does; else the files change and nothing
    more. Raises UsageError where it does not apply, conflicts (``three_way``), or would overwrite
    what git does not know; then nothing is changed.
    """
    work.require_clean()
    head = work.repository.commit("HEAD")
    with Scratch.borrow(work.repository) as scratch:
        base = scratch.tree(head)
        told, message, diff = _opened(scratch, mail)
        tree = _result(scratch, base, diff, three_way=three_way)
        paths = _changed(base, tree)
        steps, contents = _prepared(work, base, tree, paths)
        made, pack = "", b""
        if commit:
            work.require_quiet()
            made = _commit(work, scratch, head, tree, told, message)
            wanted = f"{made}\n^{head}\n".encode()
            pack = scratch.must("pack-objects", "--revs", "--stdout", "-q", stdin=wanted)
        land(work.git_dir, Plan(str(work.root), steps, head, made, work.settings), contents, pack)
    return Applied(paths, made or None)


def fits(repository: Repository, mail: bytes) -> str:
    """Say how a patch goes with HEAD: ``yes``, ``3way``, ``applied`` already, or ``no``."""
    try:
        head = repository.commit("HEAD")
        with Scratch.borrow(repository) as scratch:
            base = scratch.tree(head)
            _, _, diff = _opened(scratch, mail)
            for answer, three_way in (("yes", False), ("3way", True)):
                try:
                    _result(scratch, base, diff, three_way=three_way)
                except AppliedAlready:
                    return "applied"
                except UsageError:
                    continue
                return answer
    except UsageError:
        pass
    return "no"


def is_there(work: WorkTree, mail: bytes) -> bool:
    """Say whether the files of the work tree have what a patch that fits HEAD would change."""
    with Scratch.borrow(work.repository) as scratch:
        base = scratch.tree(work.repository.commit("HEAD"))
        tree = _result(scratch, base, _opened(scratch, mail)[2], three_way=False)
        paths = _changed(base, tree)
        kept = [path for path in paths if path in tree.entries]
        with temporary_tree("after") as new:
            _write_out(work, tree, kept, new)
            return all(_bytes(work.root / path) == _bytes(new / path) for path in paths)


class AppliedAlready(UsageError):
    """The files have what the patch would change."""


def _opened(scratch: Scratch, mail: bytes) -> tuple[dict[str, str], str, bytes]:
    """Return what the mail's head says, its message, and its diff, as ``git am`` takes them."""
    with temporary_tree("mail") as folder:
        message, patch = folder / "msg", folder / "patch"
        head = scratch.must("mailinfo", str(message), str(patch), stdin=mail)
        rows = (row.partition(": ") for row in head.decode("utf-8", "replace").splitlines())
        text = message.read_bytes().decode("utf-8", "replace")
        return {name: value for name, _, value in rows}, text, patch.read_bytes()


def _result(scratch: Scratch, base: Tree, diff: bytes, *, three_way: bool) -> Tree:
    if not diff.strip():
        raise UsageError("the file holds no patch", "name a patch: regreen patch list")
    require_modest(diff)
    asked = ("apply", "--cached", "--whitespace=nowarn")
    with scratch.index(base) as env:
        how = (*asked, "--3way") if three_way else asked
        done = git(*how, "-", cwd=scratch.folder, stdin=diff, env=env, memory=_MEMORY)
        if done.ok:
            tree = scratch.written(env)
            if tree != base:
                return tree
            raise _already()
    with scratch.index(base) as env:
        back = git(
            *asked, "--reverse", "-", cwd=scratch.folder, stdin=diff, env=env, memory=_MEMORY
        )
        if back.ok:
            raise _already()
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    words = next((line for line in said if line.startswith("error: ")), said[0] if said else "")
    if three_way:
        raise UsageError(
            f"the patch conflicts with HEAD: {words[:200]}",
            "settle it by hand: git am --3way FILE",
        )
    raise UsageError(f"the patch does not apply to HEAD: {words[:200]}", "try it with --3way")


def _already() -> AppliedAlready:
    return AppliedAlready("HEAD has the patch's change already", "nothing is left to do")


def _changed(base: Tree, tree: Tree) -> tuple[str, ...]:
    """Return the paths that differ, sorted. Raises UsageError for a submodule."""
    old, new = base.entries, tree.entries
    paths = tuple(sorted(p for p in old.keys() | new.keys() if old.get(p) != new.get(p)))
    for path in paths:
        entries = [one for one in (old.get(path), new.get(path)) if one is not None]
        if any(one.mode == _MODULE for one in entries):
            raise UsageError(f"the patch changes the submodule {path}", "apply it with git am")
    return paths


def _prepared(
    work: WorkTree, base: Tree, tree: Tree, paths: Sequence[str]
) -> tuple[tuple[Step, ...], dict[str, Content]]:
    """Return what is to be done file by file, after seeing that each is as it has to be."""
    before, after = base.entries, tree.entries
    with temporary_tree("before") as old, temporary_tree("after") as new:
        _write_out(work, base, [p for p in paths if p in before], old)
        _write_out(work, tree, [p for p in paths if p in after], new)
        steps: list[Step] = []
        contents: dict[str, Content] = {}
        for path in paths:
            seen = stamp(work.root / path)
            _require_expected(work, path, before.get(path), old)
            if path in after:
                contents[path] = _content(work, path, after[path], new)
            row = _row(path, after.get(path), len(tree.sha))
            steps.append(Step(path, path in before, path in after, row, seen))
    return tuple(steps), contents


def _row(path: str, entry: TreeEntry | None, width: int) -> str:
    return f"{entry.mode} {entry.sha} 0\t{path}" if entry else f"0 {'0' * width} 0\t{path}"


def _write_out(work: WorkTree, tree: Tree, paths: Sequence[str], folder: Path) -> None:
    """Write files of ``tree`` below ``folder`` as git would in the work tree, without filters."""
    names = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    with tree.scratch.index(tree) as env:
        where = {
            **work.settings,
            **env,
            "GIT_DIR": str(tree.scratch.folder),
            "GIT_WORK_TREE": str(folder),
        }
        tree.scratch.must("checkout-index", "-q", "-f", "-z", "--stdin", stdin=names, env=where)


def _require_expected(work: WorkTree, path: str, entry: TreeEntry | None, old: Path) -> None:
    """Refuse a file in the work tree that is not the commit's, or stands where one is to come."""
    target = work.root / path
    for parent in reversed(target.parents):
        below = work.root in parent.parents and os.path.lexists(parent)
        if entry is None and below and not stat.S_ISDIR(parent.lstat().st_mode):
            raise _in_the_way(work, parent)
    if entry is None:
        if os.path.lexists(target):
            raise _in_the_way(work, target)
        return
    if _bytes(target) != _bytes(old / path):
        raise UsageError(
            f"{path} in the work tree is not what git itself writes there (Git LFS, a filter, "
            "a sparse checkout)",
            "apply it with git itself: git am FILE",
        )


def _in_the_way(work: WorkTree, path: Path) -> UsageError:
    name = path.relative_to(work.root)
    return UsageError(
        f"the patch makes {name}, and something that git does not know is there already",
        f"move it away: mv {name} {name}.mine",
    )


def _bytes(path: Path) -> tuple[bool, bytes] | None:
    """Return whether ``path`` is a link, and its bytes; ``None`` for what is neither."""
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return True, os.fsencode(path.readlink())
        return (False, path.read_bytes()) if stat.S_ISREG(found.st_mode) else None
    except OSError:
        return None


def _content(work: WorkTree, path: str, entry: TreeEntry, new: Path) -> Content:
    made = _bytes(new / path)
    if made is None:
        raise UsageError(f"{path} cannot be written here", "apply it with git itself: git am FILE")
    if made[0]:
        return Content(made[1], None)
    executable = entry.mode == "100755"
    target = work.root / path
    if not target.is_file() or target.is_symlink():
        return Content(made[1], 0o777 if executable else 0o666)
    mode = stat.S_IMODE(target.stat().st_mode)
    readers = (mode & 0o444) >> 2
    return Content(made[1], mode | readers if executable else mode & ~0o111, exact=True)


def _commit(
    work: WorkTree, scratch: Scratch, head: str, tree: Tree, told: Mapping[str, str], message: str
) -> str:
    """Return a commit as ``git am`` makes it: the mail's author and date, the user's own name."""
    if not told.get("Author") or not told.get("Email") or not told.get("Subject"):
        raise UsageError("the file is no mail, so it makes no commit", "leave out --commit")
    env = {
        "GIT_AUTHOR_NAME": told["Author"],
        "GIT_AUTHOR_EMAIL": told["Email"],
        "GIT_COMMITTER_NAME": _identity(work, "user.name", "GIT_COMMITTER_NAME"),
        "GIT_COMMITTER_EMAIL": _identity(work, "user.email", "GIT_COMMITTER_EMAIL"),
    }
    if date := told.get("Date"):
        env["GIT_AUTHOR_DATE"] = date
    body = message.strip("\n")
    text = f"{told['Subject']}\n\n{body}\n" if body else f"{told['Subject']}\n"
    made = scratch.must(
        "commit-tree", tree.sha, "-p", head, "-F", "-",
        stdin=text.encode("utf-8", "replace"), env=env,
    )  # fmt: skip
    return made.decode().strip()


def _identity(work: WorkTree, name: str, variable: str) -> str:
    found = os.environ.get(variable) or work.setting(name)
    if not found:
        raise UsageError(
            f"a commit needs your name, and git's {name} is not set",
            f"git config --global {name} …, or leave out --commit",
        )
    return found
