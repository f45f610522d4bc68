"""Puts a prepared change into a work tree: all of it, or none.

No file system changes several files at once. So everything is made ready in a folder of its own
inside the repository's git folder, the journal: the new files, and the old ones as further names of
the same files. Landing then only renames, in a process of its own that goes on when the command is
killed. What that process leaves half done, when it is killed itself, the journal undoes: the old
files come back as they were, with their times.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from regreen.errors import RegreenError, UsageError
from regreen.git.command import git, must
from regreen.git.journal import INDEX, NEW, OLD, PACK, PLAN, Content, Plan, Step, fill, read, stamp
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.locks import exclusive
from regreen_sandbox.process import run

_NAME = "regreen-apply"
_SECONDS = 600.0
_PATIENCE = 50
_CALL = "from regreen.git.landing import main; main()"
_BUSY = "wait for the other `regreen patch` command to end, and run this one again"


class Healed(StrEnum):
    """What was left of an earlier landing: nothing, half of it, or all but the journal's end."""

    NOTHING = "nothing"
    UNDONE = "undone"
    FINISHED = "finished"


def land(git_dir: Path, plan: Plan, contents: Mapping[str, Content], pack: bytes) -> None:
    """Carry out ``plan``; ``contents`` are the new files by path, ``pack`` the commit's objects.

    Raises UsageError when it cannot be done; then all is as it was before.
    """
    _write(git_dir, plan, contents, pack)
    try:
        ended = run([sys.executable, "-P", "-c", _CALL, str(git_dir)], timeout=_SECONDS)
    except BaseException:
        heal(git_dir, Path(plan.root))
        raise
    if ended.ok or heal(git_dir, Path(plan.root)) is Healed.FINISHED:
        return
    words = ended.stderr.decode("utf-8", "replace").strip() or "it was ended from outside"
    raise UsageError(
        f"the patch was not applied, and all is as before: {words.splitlines()[-1][:300]}",
        "run the command again",
    )


def heal(git_dir: Path, root: Path) -> Healed:
    """Undo what an earlier, killed `land` left half done in ``root``; say what there was.

    One that is still at work is waited for. Raises UsageError for a journal that is none, or that
    is of another folder: a git folder may be a stranger's, and so may be what lies in it.
    """
    with _alone(git_dir):
        journal = git_dir / _NAME
        if not (journal / PLAN).exists():
            return Healed.NOTHING
        plan = read(journal)
        if Path(plan.root) != root:
            raise UsageError(
                f"{journal} is of another folder, {plan.root}", f"look at it, then remove {journal}"
            )
        return _undo(git_dir, journal, plan)


def main() -> None:
    """Land the journal of the git folder that the command line names: the process of `land`."""
    git_dir = Path(sys.argv[1])
    try:
        with _alone(git_dir):
            journal = git_dir / _NAME
            if not (journal / PLAN).exists():
                sys.exit("somebody has undone it meanwhile")
            plan = read(journal)
            try:
                _land(git_dir, journal, plan)
            except BaseException:
                _undo(git_dir, journal, plan)
                raise
    except (RegreenError, SandboxError) as error:
        sys.exit(error.message)
    except OSError as error:
        sys.exit(str(error))


def _land(git_dir: Path, journal: Path, plan: Plan) -> None:
    root = Path(plan.root)
    for number, step in enumerate(plan.steps):
        target = root / step.path
        _require_untouched(target, step)
        if step.new:
            target.parent.mkdir(parents=True, exist_ok=True)
            (journal / NEW / str(number)).replace(target)
        else:
            target.unlink()
    if plan.commit:
        _commit(journal, plan)
    for step in plan.steps:
        if not step.new:
            _remove_empty(root, (root / step.path).parent)
    _drop(git_dir, journal)


def _commit(journal: Path, plan: Plan) -> None:
    """Bring the commit's objects in, set the index, and move the branch, which is the last word."""
    root = Path(plan.root)
    must("unpack-objects", "-q", cwd=root, stdin=(journal / PACK).read_bytes())
    rows = "".join(f"{step.row}\0" for step in plan.steps).encode("utf-8", "surrogateescape")
    must("update-index", "-z", "--index-info", cwd=root, stdin=rows, env=plan.settings)
    git("update-index", "-q", "--refresh", cwd=root, env=plan.settings)
    why = ("-m", "regreen patch apply")
    must("update-ref", *why, "--end-of-options", "HEAD", plan.commit, plan.head, cwd=root)


def _undo(git_dir: Path, journal: Path, plan: Plan) -> Healed:
    """Put everything back, whatever was done already. Doing it twice changes nothing more."""
    root = Path(plan.root)
    if plan.commit and _head(root) == plan.commit:  # all was done; only the journal is left
        _drop(git_dir, journal)
        return Healed.FINISHED
    done = [(n, step) for n, step in enumerate(plan.steps) if _landed(journal, plan, n)]
    for _, step in done:
        if stamp(root / step.path) != step.after:
            raise UsageError(
                f"a patch was half applied, and {step.path} was changed since",
                f"the files as they were are in {journal / OLD}: put back what you want of them, "
                f"then remove {journal}",
            )
    for number, step in reversed(done):
        target = root / step.path
        if step.old:
            target.parent.mkdir(parents=True, exist_ok=True)
            (journal / OLD / str(number)).replace(target)
        else:
            target.unlink()
            _remove_empty(root, target.parent)
    if plan.commit:
        _wait_for(git_dir / "index.lock")
        (journal / INDEX).replace(git_dir / "index")
    _drop(git_dir, journal)
    return Healed.UNDONE


def _landed(journal: Path, plan: Plan, number: int) -> bool:
    step = plan.steps[number]
    left = journal / NEW / str(number) if step.new else Path(plan.root) / step.path
    return not os.path.lexists(left)


def _wait_for(lock: Path) -> None:
    """Let a git that was started before the kill come to its end."""
    for _ in range(_PATIENCE):
        if not lock.exists():
            return
        time.sleep(0.1)


def _head(root: Path) -> str:
    found = git("rev-parse", "--verify", "--quiet", "HEAD", cwd=root)
    return found.stdout.decode().strip()


def _require_untouched(target: Path, step: Step) -> None:
    if stamp(target) != step.before:
        raise UsageError(f"{step.path} was changed meanwhile")
    for parent in target.parents:
        if parent.is_symlink():
            raise UsageError(f"{parent} became a link meanwhile")
        if parent.exists():
            break


def _remove_empty(root: Path, folder: Path) -> None:
    """Remove ``folder`` and those above it that are empty now, as git does."""
    with suppress(OSError):
        while folder != root and root in folder.parents:
            folder.rmdir()
            folder = folder.parent


def _write(git_dir: Path, plan: Plan, contents: Mapping[str, Content], pack: bytes) -> None:
    """Make the journal: it is there as a whole, or not at all."""
    with _alone(git_dir):
        journal = git_dir / _NAME
        if journal.exists():
            raise UsageError(f"another command is at work in {plan.root}", _BUSY)
        draft = Path(tempfile.mkdtemp(dir=git_dir, prefix=f"{_NAME}-"))
        try:
            fill(draft, git_dir, plan, contents, pack)
            draft.rename(journal)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise UsageError(
                f"the patch cannot be made ready in {git_dir}: {error.strerror or error}",
                "apply it with git itself: git am FILE",
            ) from error


def _drop(git_dir: Path, journal: Path) -> None:
    """Remove the journal, at once."""
    gone = Path(tempfile.mkdtemp(dir=git_dir, prefix=f"{_NAME}-"))
    journal.rename(gone / _NAME)
    shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def _alone(git_dir: Path) -> Iterator[None]:
    """Hold the repository for this process; what a killed one left of a draft is removed."""
    name = hashlib.sha256(os.fsencode(git_dir.resolve())).hexdigest()[:24]
    with exclusive(f"apply-{name}", report=_quiet, timeout=_SECONDS):
        for draft in git_dir.glob(f"{_NAME}-*"):
            shutil.rmtree(draft, ignore_errors=True)
        yield


def _quiet(_words: str) -> None:
    """Say nothing: landing takes no time that anybody would ask about."""
