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
import fcntl
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from regreen.errors import UsageError
from regreen.model import Run
from regreen.runs.record import Damaged, from_json, to_json
from regreen.runs.reference import read
from regreen.runs.servers import read_remote

_TEMPORARY = ".part-"
_LOCK_SECONDS = 600.0
_TURN_SECONDS = 0.1
_MOST_RECORD = 64 << 20
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
    yield from filter(_holds_run, (folder, *_attempts(folder)))


def log_path(folder: Path, job: str) -> Path:
    """Return where the log of a job of the run in ``folder`` lies."""
    return folder / "jobs" / f"{job}.log"


def load(folder: Path) -> Run:
    """Read the run that was pulled into ``folder``, with the logs that are there.

    Raises UsageError when there is none, when it is damaged, or when it was written by a newer
    regreen.
    """
    record = folder / "run.json"
    again = f"remove the folder {folder} and pull the run again: regreen pull RUN"
    try:
        data = _read_bytes(record)
    except FileNotFoundError:
        raise UsageError(f"there is no pulled run in {folder}", "regreen pull RUN") from None
    except OSError as error:
        raise UsageError(f"cannot read {record}: {error.strerror or error}", again) from error
    try:
        run = from_json(json.loads(data), folder, lambda job: _log(folder, job))
    except (ValueError, RecursionError, Damaged) as error:
        why = str(error) if isinstance(error, Damaged) else "it is no JSON"
        raise UsageError(f"{record} is damaged: {why}", again) from error
    return run


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
    for folder in (inside for outer in folders for inside in (outer, *_attempts(outer))):
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


@contextmanager
def locked(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Make ``folder`` and hold it for this process; left-over temporary files are removed.

    ``waiting`` is called once when another process holds it. Raises UsageError when it cannot be
    written, when a link stands in its way, or when the other takes longer than ten minutes.
    """
    try:
        for part in (folder.parent, folder, folder / "jobs"):
            part.mkdir(parents=True, exist_ok=True)
            _require_true(part)
        handle = os.open(
            folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644
        )
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        _hold(handle, folder, waiting)
        _sweep(folder)
        yield
    finally:
        os.close(handle)


def save(run: Run, masked: Callable[[str], str]) -> None:
    """Write ``run.json`` of ``run`` into its folder, every text in it ``masked``."""
    text = json.dumps(to_json(run, masked), indent=1, ensure_ascii=True)
    write(run.folder / "run.json", [text.encode(), b"\n"])


def write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write ``chunks`` to ``path``: whole, or not at all.

    Raises UsageError when it cannot be written, and OSError when the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _require_true(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_TEMPORARY)
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


def put_apart(run: Run, masked: Callable[[str], str]) -> None:
    """Move an older attempt out of the way of a newer one; called again it goes on.

    The logs move first: until the newer attempt's ``run.json`` stands in the old one's place, the
    next pull finds the old one and comes here again.
    """
    older = attempt_folder(run.folder, run.attempt)
    try:
        for part in (older, older / "jobs"):
            part.mkdir(exist_ok=True)
            _require_true(part)
        for job in run.jobs:
            with suppress(FileNotFoundError):
                log_path(run.folder, job.id).replace(log_path(older, job.id))
        _settle(older / "jobs")
    except OSError as error:
        raise unwritable(older, error) from error
    moved = from_json(to_json(run, masked), older, lambda job: _log(older, job))
    save(moved, masked)


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
        return file.read(_MOST_RECORD)


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


def _attempts(folder: Path) -> list[Path]:
    """The older attempts that lie here, the newest of them first."""
    with suppress(OSError):
        there = [path for path in folder.iterdir() if _ATTEMPT.fullmatch(path.name)]
        return sorted(there, key=lambda path: -int(path.name.partition("-")[2]))
    return []


def _require_true(folder: Path) -> None:
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise UsageError(
            f"cannot write to {folder}: it is a symbolic link or no folder",
            "remove it, and run the command again",
        )


def _hold(handle: int, folder: Path, waiting: Callable[[], None]) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                waiting()
                told = True
        else:
            return
        if time.monotonic() > deadline:
            raise UsageError(
                f"another process has been pulling into {folder} for ten minutes",
                "wait for it, or end it, and run the command again",
            )
        time.sleep(_TURN_SECONDS)


def _sweep(folder: Path) -> None:
    """Remove what a killed pull left; whoever holds the folder knows that nobody is at work."""
    for place in (folder, folder / "jobs", *_attempts(folder)):
        for inside in (place, place / "jobs"):
            if inside.is_symlink() or not inside.is_dir():
                continue
            for left in inside.glob(f"{_TEMPORARY}*"):
                with suppress(OSError):
                    left.unlink()


def _settle(folder: Path) -> None:
    """Make a new name last over a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
