"""What came out of a sandbox, checked before anything is done with it.

It is a stranger's: a tar whose every header may be a lie. Nothing is unpacked to a disk. Files are
taken by names that the host knows already, as bytes, with bounds on their number and size.
"""

from __future__ import annotations

import tarfile
from collections.abc import Collection

from regreen.git import WorkFile
from regreen.git.worktree import EXECUTABLE, LINK, REGULAR
from regreen_sandbox.archives import checked
from regreen_sandbox.checking import Content
from regreen_sandbox.errors import UnsafeArchive

TAR_BYTES = 64 << 20
NAMES_BYTES = 16 << 20
FILES = 20_000


class Unfit(Exception):
    """It is not taken; the words say why."""


def names_in(listing: bytes) -> set[str]:
    """Return the names of a list in which each ends with a NUL byte."""
    names = listing.decode("utf-8", "surrogateescape").split("\0")
    if len(names) > FILES:
        raise Unfit(f"it changed more than {FILES} files")
    return {name for name in names if name}


def work_files(
    tar: bytes, wanted: Collection[str], *, outward: bool = False
) -> dict[str, WorkFile]:
    """Return the files of ``tar`` that are ``wanted``, by name; the others count for nothing.

    A folder in a file's place counts as no file. Raises Unfit for a tar that does not pass
    `regreen_sandbox.archives.checked`, and for a wanted file that is sparse, a hard link, or comes
    twice. With ``outward`` a link may lead out of the folder: it is kept as what it says.
    """
    found: dict[str, WorkFile] = {}
    try:
        for entry, content in checked(tar, files=FILES, bytes=TAR_BYTES, outward=outward):
            if entry.name not in wanted or entry.isdir():
                continue
            if entry.name in found:
                raise Unfit(f"{entry.name} comes twice")
            found[entry.name] = _work_file(entry, content)
    except UnsafeArchive as error:
        raise Unfit(error.message) from error
    return found


def _work_file(entry: tarfile.TarInfo, content: Content | None) -> WorkFile:
    if entry.issym():
        return WorkFile(LINK, entry.linkname.encode("utf-8", "surrogateescape"))
    if content is None or entry.issparse():
        raise Unfit(f"{entry.name} is no plain file")
    data = content.read()
    if len(data) != entry.size:
        raise Unfit(f"{entry.name} is cut off")
    return WorkFile(EXECUTABLE if entry.mode & 0o100 else REGULAR, data)
