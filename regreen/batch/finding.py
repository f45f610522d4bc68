"""What there is to read below a folder, in the order of the names.

Nothing is opened here. Symbolic links are not followed: they would lead to the same log twice, in
circles, or out of the folder, which may have come from a stranger's archive. Pipes, sockets and
devices are not touched.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from regreen.batch.pulled import Task, is_of, tasks_of
from regreen.deliver.analyses import Skipped
from regreen.errors import UsageError
from regreen.runs import load

_KINDS = (
    (stat.S_ISLNK, "it is a symbolic link, and those are not followed"),
    (stat.S_ISFIFO, "it is a named pipe"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device"),
    (stat.S_ISBLK, "it is a device"),
)
_ATTEMPT = "attempt-"
_NO_LOGS = (".json", ".jsonl", ".sarif", ".md", ".html", ".xml")
"""Endings of what lies beside logs and is text too."""


def find(folder: Path, workflow: str | None, leave: Path | None) -> Iterator[Task | Skipped]:
    """Yield every log below ``folder``, and what is none with the reason.

    Whether a file is text shows when it is read. The folder of a pulled run stands for its failed
    jobs; with ``workflow`` the runs of other workflows are left out. ``leave`` is a file that is
    not looked at: the report.
    """
    waiting = [(folder, "")]
    while waiting:
        place, prefix = waiting.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            yield Skipped(prefix or str(place), _words(error), broken=True)
            continue
        if any(entry.name == "run.json" for entry in entries):
            found = _of_run(place, prefix, workflow)
            if found is not None:
                yield from found
                entries = [entry for entry in entries if entry.name.startswith(_ATTEMPT)]
        below = []
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                below.append((Path(entry.path), f"{name}/"))
            elif leave is None or entry.name != leave.name or not _same(entry, leave):
                yield from _file(entry, name)
        waiting += reversed(below)


def _of_run(place: Path, prefix: str, workflow: str | None) -> list[Task | Skipped] | None:
    """The failed jobs of the pulled run in ``place``; ``None`` when it is none that can be read.

    Then its files are logs like any others.
    """
    try:
        run = load(place)
    except UsageError:
        return None
    if workflow is not None and not is_of(run, workflow):
        return [Skipped(prefix or str(place), f"it is a run of the workflow {run.workflow}")]
    tasks, skipped = tasks_of(run, None, prefix)
    return [*tasks, *skipped]


def _file(entry: os.DirEntry[str], name: str) -> Iterator[Task | Skipped]:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        yield Skipped(name, _words(error), broken=True)
        return
    if stat.S_ISREG(mode) and entry.name.lower().endswith(_NO_LOGS):
        yield Skipped(name, "its name says that it is no log")
    elif stat.S_ISREG(mode):
        yield Task(name, Path(entry.path))
    else:
        reasons = (reason for is_kind, reason in _KINDS if is_kind(mode))
        yield Skipped(name, next(reasons, "it is no file"))


def _same(entry: os.DirEntry[str], leave: Path) -> bool:
    return os.path.realpath(entry.path) == os.path.realpath(leave)


def _words(error: OSError) -> str:
    return f"it cannot be read: {error.strerror or error}"
