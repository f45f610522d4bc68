"""Write the patch, its evidence and the report: each whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regreen.deliver.evidence import Story, evidence_json, search_json, written
from regreen.deliver.report import patch_report, search_report
from regreen.deliver.summary import Summary
from regreen.errors import UsageError
from regreen.model import Consulted, Failure, Rejected, Try, VerifiedPatch

PATCH = "regreen.patch"
EVIDENCE = "evidence.json"
REPORT = "report.md"
SEARCH = "search.json"
_ELSEWHERE = "remove it, or name another folder with --out DIR"


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where the patch, its evidence and the report lie."""

    patch: Path
    evidence: Path
    report: Path


def state_folder(cwd: Path) -> Path:
    """Return ``.regreen`` in ``cwd``, made when missing, with a ``.gitignore`` that hides it.

    A repository can hold anything under these names, so a link is not followed: it would let the
    repository choose where on this machine is written. Raises UsageError for a link, for anything
    else that is no folder (no file, for ``.gitignore``), and when it cannot be written.
    """
    state = cwd / ".regreen"
    ignore = state / ".gitignore"
    _refuse_unless(stat.S_ISDIR, state, "folder")
    try:
        state.mkdir(exist_ok=True)
        _refuse_unless(stat.S_ISREG, ignore, "file")
        with suppress(FileExistsError), ignore.open("x", encoding="utf-8") as file:
            file.write("*\n")
    except OSError as error:
        raise _unwritable(state, error) from error
    return state


def _refuse_links(folder: Path) -> None:
    """Refuse ``folder`` when it, or a part of it inside the current folder, is no true folder.

    Links above or beside the current folder are the machine's own; those inside may be the
    repository's.
    """
    here = Path.cwd()
    for part in reversed((folder, *folder.parents)):
        above = Path(os.path.realpath(part.parent))  # Path.resolve fails on loops
        if part == folder or above == here or here in above.parents:
            _refuse_unless(stat.S_ISDIR, part, "folder")


def _refuse_unless(wanted: Callable[[int], bool], path: Path, kind: str) -> None:
    """Refuse what stands at ``path``, if anything does, when it is not ``wanted``."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(path, error) from error
    if not wanted(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else f"no {kind}"
        raise UsageError(f"cannot write to {path}: it is {what}", _ELSEWHERE)


@contextmanager
def prepare(folder: Path) -> Iterator[None]:
    """Make ``folder`` and see that it can be written, before the work; gone again if unused.

    Raises UsageError when it cannot be written, is no folder, or lies behind a symbolic link.
    """
    _refuse_links(folder)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield
    finally:
        with suppress(OSError):
            for path in missing:
                path.rmdir()


def deliver(
    verified: VerifiedPatch,
    folder: Path,
    *,
    about: Mapping[str, Any],
    rejected: tuple[Rejected, ...],
    failures: tuple[Failure, ...] = (),
    tries: tuple[Try, ...] = (),
    asked: tuple[Consulted, ...] = (),
) -> Delivered:
    """Write ``regreen.patch``, ``evidence.json`` and ``report.md`` into ``folder``.

    It is made when missing. ``about`` says which run, job, image and index the proof is of,
    ``failures`` are those that the patch mends, ``tries`` the search that found it, ``asked`` the
    user's own fixers. Raises UsageError as ``prepare`` does.
    """
    _refuse_links(folder)
    story = Story(about, rejected, failures, tries, asked)
    found = Delivered(folder / PATCH, folder / EVIDENCE, folder / REPORT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The patch comes last: whoever finds it finds its own evidence beside it.
        write_whole(found.evidence, written(evidence_json(verified, story)))
        write_whole(found.report, patch_report(verified, story).encode("utf-8", "backslashreplace"))
        write_whole(found.patch, verified.mail)
        (folder / SEARCH).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return found


def deliver_search(summary: Summary, folder: Path, commit: str, story: Story) -> Path:
    """Write ``search.json`` and ``report.md`` of a search without a patch; return the report.

    Where an earlier run left a proven patch its report stays, and ``search.json`` is returned.
    Raises UsageError as ``prepare`` does.
    """
    _refuse_links(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / SEARCH, written(search_json(summary, commit, story)))
        if (folder / PATCH).exists():
            return folder / SEARCH
        text = search_report(summary, story)
        write_whole(folder / REPORT, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder / REPORT


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot write to {folder}: {error.strerror or error}",
        "name a folder that can be written with --out DIR",
    )


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
