"""A run's logs as GitHub packs them: a zip that a stranger may have written.

Layouts (seen in archives of github.com, 2020 to 2025): one file a job at the top
(``0_build.txt``), in older ones a folder a job with one file a step (``build/2_Run tests.txt``),
often both in one archive; then the file of the whole job is taken. Nothing is ever unpacked to a
name of the archive's choosing: entries are only read.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TypeVar

from regreen.plain import visible
from regreen.runs.provider import LogMissing

MOST_ENTRIES = 20_000
MOST_DIRECTORY = 16 << 20
MOST_RATIO = 400
FREE_BYTES = 64 << 20
"""A log may grow beyond ``MOST_RATIO`` times its packed size up to this; beyond, it is a bomb."""

_CHUNK = 1 << 16
_LONGEST_NAME = 90
"""UTF-16 units to which the server cuts a job's name (as the ``gh`` command knows it)."""

_TOP = re.compile(r"-?(?P<number>\d{1,9})_(?P<name>[^/\\]*)\.txt")
_STEP = re.compile(r"(?P<job>[^/\\]+)/(?P<number>\d{1,9})_(?P<name>[^/\\]*)\.txt")
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    UnicodeError,
    ValueError,
)
Found = TypeVar("Found")

_BAD = "the archive with its log is damaged"


@dataclass(frozen=True, slots=True)
class Archive:
    """An opened archive's logs: whole jobs by name, and steps by their job's folder."""

    _zip: zipfile.ZipFile
    _most_bytes: int
    _jobs: Mapping[str, list[zipfile.ZipInfo]]
    _steps: Mapping[str, Mapping[int, zipfile.ZipInfo]]

    def log(self, name: str, steps: Mapping[int, str]) -> Iterator[bytes]:
        """Yield the log of the job called ``name``; ``steps`` are its steps' names by number.

        A log put together from steps has a line ``##[section]Starting: NAME`` before each; the
        steps' own lines stay as they are. Raises LogMissing when there is none, when several could
        be meant, and while reading when it is damaged, encrypted or a bomb.
        """
        if whole := _pick(name, self._jobs):
            if len(whole) > 1:
                raise LogMissing("the archive holds several logs that may be this job's")
            return self._bounded(whole)
        if parts := _pick(name, self._steps):
            return self._joined(parts, steps)
        raise LogMissing("the archive of the run's logs holds none of this job")

    def _joined(
        self, parts: Mapping[int, zipfile.ZipInfo], steps: Mapping[int, str]
    ) -> Iterator[bytes]:
        left = self._most_bytes
        for number in sorted(parts):
            entry = parts[number]
            match = _STEP.fullmatch(entry.filename)
            title = steps.get(number) or (match["name"] if match else "")
            yield f"##[section]Starting: {visible(title)}\n".encode("utf-8", "backslashreplace")
            last = b"\n"
            for chunk in self._bounded([entry], left):
                left -= len(chunk)
                last = chunk[-1:]
                yield chunk
            if last != b"\n":
                yield b"\n"

    def _bounded(
        self, entries: Sequence[zipfile.ZipInfo], most: int | None = None
    ) -> Iterator[bytes]:
        """Yield an entry's bytes, counting what really comes and not what its header says."""
        (entry,) = entries
        most = self._most_bytes if most is None else most
        got = 0
        try:
            with self._zip.open(entry) as file:
                while chunk := file.read(_CHUNK):
                    got += len(chunk)
                    if got > most:
                        raise LogMissing(f"its log has more than {self._most_bytes >> 20} MiB")
                    if got > max(FREE_BYTES, MOST_RATIO * entry.compress_size):
                        raise LogMissing("its log in the archive is packed too tightly to be one")
                    yield chunk
        except (*_DAMAGE, OSError) as error:  # an offset that lies ends in a seek that fails
            raise LogMissing(_BAD) from error


@contextmanager
def opened(file: IO[bytes], most_bytes: int) -> Iterator[Archive]:
    """Open the archive in ``file``. Raises LogMissing when it is none, damaged, or too large."""
    try:
        if _directory_bytes(file) > MOST_DIRECTORY:
            raise LogMissing("the archive of the run's logs has too many entries")
        archive = zipfile.ZipFile(file)
    except (*_DAMAGE, OSError) as error:
        raise LogMissing("the archive of the run's logs is damaged or none") from error
    with archive:
        entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise LogMissing("the archive of the run's logs has too many entries")
        yield _listed(archive, entries, most_bytes)


def _listed(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], most_bytes: int
) -> Archive:
    jobs: dict[str, list[zipfile.ZipInfo]] = {}
    steps: dict[str, dict[int, zipfile.ZipInfo]] = {}
    for entry in entries:
        if not _is_log(entry):
            continue
        if match := _TOP.fullmatch(entry.filename):
            jobs.setdefault(match["name"], []).append(entry)
        elif (match := _STEP.fullmatch(entry.filename)) and match["job"] not in (".", ".."):
            steps.setdefault(match["job"], {}).setdefault(int(match["number"]), entry)
    return Archive(archive, most_bytes, jobs, steps)


def _is_log(entry: zipfile.ZipInfo) -> bool:
    """Whether it is a regular, unencrypted file in a packing whose reading is bounded."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return (
        kind in (0, stat.S_IFREG)
        and not entry.flag_bits & 0x1
        and entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )


def _pick(name: str, there: Mapping[str, Found]) -> Found | None:
    """Find a job among the names that the server made of them.

    It drops ``/`` and ``:`` and what else a file's name may not hold, and cuts long names; which
    characters exactly changed over time. So: the name by the known rules, else the one that has
    the same letters and digits.
    """
    for strip in ("/:", '/:\\"<>|*?\r\n'):
        plain = _cut("".join(c for c in name if c not in strip))
        if plain in there:
            return there[plain]
    letters = _letters(_cut(name))
    alike = [found for other, found in there.items() if letters and _letters(other) == letters]
    if len(alike) > 1:
        raise LogMissing("the archive holds several logs that may be this job's")
    return alike[0] if alike else None


def _letters(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _cut(name: str) -> str:
    units = name.encode("utf-16-le", "surrogatepass")[: 2 * _LONGEST_NAME]
    return units.decode("utf-16-le", "ignore")


def _directory_bytes(file: IO[bytes]) -> int:
    """How large the archive says its directory is: Python's reader takes it up whole.

    Source: section 4.3.16 and 4.3.14 of PKWARE's APPNOTE.TXT (end of central directory records).
    """
    size = file.seek(0, 2)
    file.seek(max(size - (1 << 16) - 22 - 20, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise zipfile.BadZipFile("no end of the directory")
    told: int = struct.unpack_from("<L", tail, at + 12)[0]
    if tail[max(at - 20, 0) : at].startswith(b"PK\x06\x07"):
        file.seek(struct.unpack_from("<Q", tail, at - 12)[0])
        record = file.read(56)
        if record.startswith(b"PK\x06\x06"):
            told = max(told % 0xFFFFFFFF, struct.unpack_from("<Q", record, 40)[0])
    return told
