"""The patches that lie here: in ``.regreen/fixes``, and in the folders that ``--out`` named."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from regreen.deliver.evidence_reading import Proven, file_sha256, read_bounded, read_evidence
from regreen.deliver.files import EVIDENCE, PATCH, REPORT, state_folder, write_whole
from regreen.errors import UsageError

_PATCH_BYTES = 256 << 20
_LIST = "folders.json"
_LIST_BYTES = 1 << 20
_REMEMBERED = 200
_LISTED = 1000
_NEXT = "name one of those that are there: regreen patch list"


@dataclass(frozen=True, slots=True)
class Kept:
    """A patch file, and what its evidence says.

    ``proven`` is ``None`` where the evidence is missing, cannot be read, or is of another patch;
    ``problem`` then says which.
    """

    name: str
    patch: Path
    mail: bytes
    written: datetime
    proven: Proven | None
    problem: str = ""

    @property
    def report(self) -> Path | None:
        """The report beside it."""
        path = self.patch.with_name(REPORT)
        return path if path.is_file() else None

    @property
    def made(self) -> datetime:
        """When it was proven, or else written."""
        return (self.proven.made if self.proven else None) or self.written


def remember(cwd: Path, folder: Path) -> None:
    """Note that patches of this place lie in ``folder`` too; where nothing can be kept, do not."""
    with suppress(UsageError, OSError):
        fixes = state_folder(cwd) / "fixes"
        fixes.mkdir(exist_ok=True)
        known = [one for one in _remembered(cwd) if one != folder.resolve()]
        rows = [str(one) for one in (*known, folder.resolve())][-_REMEMBERED:]
        write_whole(fixes / _LIST, json.dumps(rows, indent=1).encode() + b"\n")


def patches(places: Sequence[Path]) -> list[Kept]:
    """Return the patches below the ``.regreen`` of each place, the newest first."""
    folders = dict.fromkeys(folder.resolve() for place in places for folder in _folders(place))
    found: list[Kept] = []
    for folder in list(folders)[:_LISTED]:
        with suppress(UsageError):
            found.append(read_patch(folder))
    return sorted(found, key=lambda one: (one.made, one.name), reverse=True)


def find_patch(places: Sequence[Path], named: str | None) -> Kept:
    """Return the patch that ``named`` means: a name of the list, a folder, or a patch file.

    Without a name it is the newest. Raises UsageError when there is none.
    """
    if named is not None and ("/" in named or named == "." or os.path.lexists(named)):
        return read_patch(Path(named))
    there = patches(places)
    if named is None:
        if not there:
            raise UsageError("there is no patch here", "make one: regreen fix, or name a file")
        return there[0]
    fitting = [one for one in there if one.name == named]
    fitting = fitting or [one for one in there if one.name.startswith(named)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise UsageError(f"there is no patch {named!r}", _NEXT)
    raise UsageError(
        f"{named!r} may be {' or '.join(str(one.patch) for one in fitting)}", "name the file"
    )


def read_patch(path: Path, evidence: Path | None = None) -> Kept:
    """Return the patch in the file or folder ``path``. Raises UsageError when there is none.

    ``evidence`` is what it is held against, by default the file beside it.
    """
    file = path / PATCH if os.path.isdir(path) else path  # noqa: PTH112 - no name may fail here
    mail = read_bounded(file, _PATCH_BYTES)
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    name = file.resolve().parent.name if file.name == PATCH else file.name
    beside = evidence or file.with_name(EVIDENCE)
    try:
        proven = read_evidence(beside)
    except UsageError as error:
        problem = error.message if beside.exists() else f"there is no evidence {beside}"
        return Kept(name, file, mail, written, None, problem)
    if proven.sha256 != file_sha256(mail):
        words = f"{beside} is of another patch: the digests differ"
        return Kept(name, file, mail, written, None, words)
    return Kept(name, file, mail, written, proven)


def _folders(place: Path) -> Iterator[Path]:
    fixes = place / ".regreen" / "fixes"
    if fixes.is_symlink() or fixes.parent.is_symlink() or not fixes.is_dir():
        return
    yield from (one for one in fixes.iterdir() if one.is_dir() and not one.is_symlink())
    yield from _remembered(place)


def _remembered(place: Path) -> list[Path]:
    try:
        found = json.loads(read_bounded(place / ".regreen" / "fixes" / _LIST, _LIST_BYTES))
    except (UsageError, ValueError, RecursionError):
        return []
    rows = found if isinstance(found, list) else []
    return [Path(one) for one in rows if isinstance(one, str) and "\0" not in one]
