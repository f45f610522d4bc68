"""The log file of a command: everything that was told of, masked, written as it comes.

Its lines are those of a hosted runner's log (a UTC time stamp, ``##[group]Run …``,
``##[error]Process completed with exit code N.``), so that ``regreen analyze`` reads it too.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from regreen.deliver.files import state_folder
from regreen.deliver.ringfile import RingFile
from regreen.deliver.stream import kept
from regreen.deliver.tries import told_try
from regreen.errors import UsageError
from regreen.model import Budget, StepOutcome, Try

KEPT = 20
"""Log files that stay in a folder: the newest."""
_OURS = re.compile(r"\d{8}T\d{6}Z(?:-[\w.-]+)?\.log", re.ASCII)
_ACTION = re.compile(r"[\w.-]+/[\w./-]+@\S+", re.ASCII)
_LONGEST_NAME = 60
_WHOLE = 512 << 20
"""Bytes of a log beyond which a step is kept in short."""
_SHORT = 256 << 10


class Transcript:
    """A reporter that writes `path`. A file that cannot be written any more ends, and no work.

    It may be told from several threads.
    """

    def __init__(self, folder: Path) -> None:
        """Begin a log in ``folder``, which is made when missing, and remove the oldest ones.

        Raises UsageError when ``folder`` is a link or cannot be written.
        """
        self._lock = threading.RLock()
        self._began = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        self._named = False
        self._whole = True
        self.fault = ""
        try:
            folder.mkdir(exist_ok=True)
            if folder.is_symlink():
                raise UsageError(f"cannot write to {folder}: it is a symbolic link", "remove it")
            self._folder = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                name = self._free("")
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
                handle = os.open(name, flags, 0o600, dir_fd=self._folder)
            except BaseException:
                os.close(self._folder)
                raise
        except OSError as error:
            raise UsageError(
                f"cannot write to {folder}: {error.strerror or error}",
                "run regreen in a folder that can be written",
            ) from error
        self._file: RingFile | None = RingFile(handle)
        self.path = folder / name
        self._prune()
        self._line(f"regreen {version('regreen')}")

    @classmethod
    def begin(cls, cwd: Path) -> Transcript:
        """Begin a log in the state folder of ``cwd``. Raises UsageError."""
        return cls(state_folder(cwd) / "logs")

    @property
    def told(self) -> bool:
        """Whether a job was run: before that the file says nothing that is not printed."""
        return self._named

    def stage(self, text: str) -> None:
        """Write a heading."""
        self._line(f"== {text}")

    def note(self, text: str) -> None:
        """Write a line."""
        self._line(f"   {text}")

    def received(self, name: str, got: int, total: int | None) -> None:
        """Write a line once a log is whole."""
        if got == total:
            self._line(f"   log of {name}: {got} bytes")

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Choose nothing."""
        return None

    def job_started(self, name: str) -> None:
        """Name the file after the first job; note the job."""
        with self._lock:
            if not self._named and self._file is not None:
                self._named = True
                self._rename(name)
            self._line(f"Complete job name: {name}")

    def step_started(self, name: str, command: str = "") -> None:
        """Write the step's heading and script as the runner does."""
        script = [line for line in kept(command).splitlines() if line.strip()] or [name]
        shown = [f"\x1b[36;1m{line}\x1b[0m" for line in script]
        is_action = len(script) == 1 and _ACTION.fullmatch(script[0]) is not None
        body = () if is_action else (*shown, "shell: in the sandbox")
        with self._lock:
            self._line(f"== step {name}")
            self._line(f"##[group]Run {script[0].strip()}", *body, "##[endgroup]")
            if self._file is not None:
                short = self._file.size > _WHOLE
                self._file.bound(_SHORT if short else None)

    def output(self, piece: str) -> None:
        """Write what the step says; of too much its middle is dropped."""
        self._put(kept(piece))

    def step_ended(self, outcome: StepOutcome) -> None:
        """Write how the step ended."""
        with self._lock:
            if not self._whole:
                self._put("\n")
            if self._file is not None:
                self._attempt(self._file.unbound)
            if outcome.conclusion == "failure" and outcome.exit_code is not None:
                self._line(f"##[error]Process completed with exit code {outcome.exit_code}.")
            code = "" if outcome.exit_code is None else f", exit {outcome.exit_code}"
            reason = f" ({outcome.reason})" if outcome.reason else ""
            ended = f"{outcome.conclusion}{code}, {outcome.seconds:.1f} s{reason}"
            self._line(f"== step {outcome.name}: {ended}")

    def searching(self, budget: Budget) -> None:
        """Write what the search may spend."""
        self._line(f"== search: at most {budget.tries} tries, {budget.seconds:.0f} s")

    def tried(self, attempt: Try) -> None:
        """Write a node of the search tree as one line."""
        self._line(f"== {told_try(attempt)}")

    def close(self, words: str = "") -> None:
        """Write the last ``words`` and end the file."""
        with self._lock:
            if words:
                self._line("== end", *words.splitlines())
            self._end()

    def _line(self, *lines: str) -> None:
        with self._lock:
            begin = "" if self._whole else "\n"
            text = "\n".join(line.replace("\n", "\n   ") for line in map(kept, lines))
            self._put(f"{begin}{text}\n")

    def _put(self, text: str) -> None:
        """Write ``text``, the time before each line that begins in it."""
        if not text:
            return
        with self._lock:
            if self._file is None:
                return
            stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z ".encode()
            data = text.encode("utf-8", "backslashreplace")
            begin = stamp if self._whole else b""
            self._whole = data.endswith(b"\n")
            body = data[:-1] if self._whole else data
            end = b"\n" if self._whole else b""
            self._attempt(self._file.write, begin + body.replace(b"\n", b"\n" + stamp) + end)

    def _attempt(self, write: Callable[..., None], *data: bytes) -> None:
        try:
            write(*data)
        except OSError as error:
            self.fault = f"the log file ends early: {error.strerror or error}"
            self._end()

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()
            os.close(self._folder)

    def _free(self, job: str) -> str:
        """Return a name that no file in the folder has."""
        plain = re.sub(r"[^\w.-]+", "-", job, flags=re.ASCII).strip("-.")[:_LONGEST_NAME]
        stem = f"{self._began}-{plain}" if plain else self._began
        taken = set(self._names())
        names = (stem + (f"-{n}" if n > 1 else "") + ".log" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    def _names(self) -> list[str]:
        with os.scandir(self._folder) as entries:
            return [entry.name for entry in entries]

    def _rename(self, job: str) -> None:
        """Give the file its job's name; without, when the folder does not allow it."""
        with suppress(OSError):
            name = self._free(job)
            os.rename(self.path.name, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            self.path = self.path.with_name(name)

    def _prune(self) -> None:
        with suppress(OSError):
            ours = sorted(name for name in self._names() if _OURS.fullmatch(name))
            for name in ours[:-KEPT]:
                os.unlink(name, dir_fd=self._folder)
