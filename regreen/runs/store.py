"""Where pulled runs lie, and what keeps that folder whole.

::

    .regreen/runs/github-123/run.json         the newest attempt that was pulled
                            /jobs/456.log     one masked log a job
                            /attempt-1/…      an older attempt, the same inside
                            /.lock            held while a pull is at work

A file is written under a temporary name in its own folder and only then gets its own: whoever ends
the process at any moment leaves no half file. Names that begin with ``.part-`` are what such an end
left behind. The folder may have come with a stranger's repository, so links in it are never
followed, and no path is read from ``run.json``.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from regreen.errors import UsageError
from regreen.model import Run
from regreen.runs import seal
from regreen.runs.bounded import MOST_BYTES, from_text
from regreen.runs.record import Damaged, from_json, to_json
from regreen.runs.reference import read
from regreen.runs.servers import read_remote

TEMPORARY = ".part-"
_ATTEMPT = re.compile(r"attempt-[1-9][0-9]{0,5}")
_ID = r"[1-9][0-9]{0,18}"
_FOLDER = re.compile(rf"(?:github|gitlab)-{_ID}")


def run_folder(store: Path, provider: str, run: str) -> Path:
    """Return where the newest attempt of a run lies in ``store``."""
    return store / f"{provider}-{run}"


def attempt_folder(folder: Path, attempt: int) -> Path:
    """Return where an older attempt of the run in ``folder`` lies."""
    return folder / f"attempt-{attempt}"


def attempt_folders(store: Path, provider: str, run: str) -> Iterator[Path]:
    """Yield the folders of a run's attempts that lie here, the newest first."""
    folder = run_folder(store, provider, run)
    yield from filter(_holds_run, (folder, *attempts(folder)))


def log_path(folder: Path, job: str) -> Path:
    """Return where the log of a job of the run in ``folder`` lies."""
    return folder / "jobs" / f"{job}.log"


def load(folder: Path) -> Run:
    """Read the run that was pulled into ``folder``, with the logs that are there.

    Raises UsageError when there is none, when it is damaged, or when it was written by a newer
    regreen.
    """
    return run_of(read_record(folder), folder)


def read_record(folder: Path) -> dict[str, Any]:
    """Return the object in ``run.json`` of ``folder``. Raises UsageError as ``load`` does."""
    path = folder / "run.json"
    try:
        data = from_text(_read_bytes(path))
    except FileNotFoundError:
        raise UsageError(f"there is no pulled run in {folder}", "regreen pull RUN") from None
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror or error}", _pull_again(folder)
        ) from error
    except ValueError as error:
        raise _damaged(folder, "it is no JSON that regreen writes") from error
    if not isinstance(data, dict):
        raise _damaged(folder, "it holds no object")
    return data


def run_of(record: dict[str, Any], folder: Path) -> Run:
    """Read the ``record`` of ``folder``. Raises UsageError when it is damaged."""
    try:
        return from_json(record, folder, lambda job: _log(folder, job))
    except Damaged as error:
        raise _damaged(folder, str(error)) from error


def find(store: Path, text: str) -> Path | None:
    """Return the folder of the pulled run that ``text`` names, in any way that ``parse`` reads.

    ``None`` when it was not pulled, or when ``text`` names no run at all.
    """
    text = text.strip()
    if match := re.fullmatch(rf"(?:(github|gitlab)-)?({_ID})", text):
        providers = (match[1],) if match[1] else ("github", "gitlab")
        there = (attempt_folders(store, provider, match[2]) for provider in providers)
        return next(chain.from_iterable(there), None)
    try:
        wanted = read(text, read_remote(None), os.environ)
    except UsageError:
        return None
    folders = [store / f"{wanted.provider}-{wanted.run}"] if wanted.run else _runs(store)
    for folder in (inside for outer in folders for inside in (outer, *attempts(outer))):
        if not _holds_run(folder):
            continue
        with suppress(UsageError):
            run = load(folder)
            if (
                (run.server == wanted.server or "#" in text)
                and run.repository.lower() == wanted.repository.lower()
                and wanted.attempt in (None, run.attempt)
                and (wanted.job is None or any(job.id == wanted.job for job in run.jobs))
            ):
                return folder
    return None


def save(run: Run, masked: Callable[[str], str], key: bytes | None = None) -> None:
    """Write ``run.json`` of ``run`` into its folder, every text ``masked``, sealed with ``key``."""
    record = to_json(run, masked)
    sealed = seal.sealed(record, key) if key is not None else record
    text = json.dumps(sealed, indent=1, ensure_ascii=True)
    write(run.folder / "run.json", [text.encode(), b"\n"])


def write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write ``chunks`` to ``path``: whole, or not at all.

    Raises UsageError when it cannot be written, and OSError when the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        require_true(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
        _settle(path.parent)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if isinstance(error, OSError) and not full:
            raise unwritable(path, error) from error
        raise


def put_apart(run: Run, masked: Callable[[str], str], key: bytes | None) -> None:
    """Move an older attempt out of the way of a newer one; called again it goes on.

    Its record comes first, so that no log ever lies beside none. Until the newer attempt's
    ``run.json`` stands in the old one's place, the next pull finds the old one and comes here.
    """
    older = attempt_folder(run.folder, run.attempt)
    try:
        for part in (older, older / "jobs"):
            part.mkdir(exist_ok=True)
            require_true(part)
        save(replace(run, folder=older), masked, key)
        for job in run.jobs:
            with suppress(FileNotFoundError):
                log_path(run.folder, job.id).replace(log_path(older, job.id))
        _settle(older / "jobs")
    except OSError as error:
        raise unwritable(older, error) from error


def require_true(folder: Path) -> None:
    """Raise UsageError unless ``folder`` is a folder itself."""
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise UsageError(
            f"cannot write to {folder}: it is a symbolic link or no folder",
            "remove it, and run the command again",
        )


def unwritable(path: Path, error: OSError) -> UsageError:
    """Return the error for a place that cannot be written."""
    return UsageError(
        f"cannot write to {path}: {error.strerror or error}",
        "free or remove it, and run the command again",
    )


def _read_bytes(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is no file")
        return file.read(MOST_BYTES + 1)


def _log(folder: Path, job: str) -> Path | None:
    path = log_path(folder, job)
    try:
        inside = stat.S_ISDIR(path.parent.lstat().st_mode)
        return path if inside and stat.S_ISREG(path.lstat().st_mode) else None
    except OSError:
        return None


def _holds_run(folder: Path) -> bool:
    try:
        return stat.S_ISDIR(folder.lstat().st_mode) and stat.S_ISREG(
            (folder / "run.json").lstat().st_mode
        )
    except OSError:
        return False


def _runs(store: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in store.iterdir() if _FOLDER.fullmatch(path.name))
    return []


def attempts(folder: Path) -> list[Path]:
    """The older attempts that lie here, the newest of them first."""
    with suppress(OSError):
        there = [path for path in folder.iterdir() if is_attempt(path)]
        return sorted(there, key=lambda path: -int(path.name.partition("-")[2]))
    return []


def is_attempt(path: Path) -> bool:
    """Whether it has the name of an older attempt's folder."""
    return bool(_ATTEMPT.fullmatch(path.name))


def is_temporary(path: Path) -> bool:
    """Whether it has the name of what a killed pull leaves."""
    return path.name.startswith(TEMPORARY)


def _pull_again(folder: Path) -> str:
    return f"remove the folder {folder} and pull the run again: regreen pull RUN"


def _damaged(folder: Path, why: str) -> UsageError:
    return UsageError(f"{folder / 'run.json'} is damaged: {why}", _pull_again(folder))


def _settle(folder: Path) -> None:
    """Make a new name last over a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
