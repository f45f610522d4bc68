"""The files that a Dockerfile can copy: a folder, or a tar, as names and what they are.

Nothing in them is run or followed on this machine.
"""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
import stat
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

from regreen_sandbox.archives import checked
from regreen_sandbox.dockerfile.patterns import Ignored
from regreen_sandbox.errors import FileTooLarge
from regreen_sandbox.limits import GIB

_MOST_FILES = 500_000
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Item:
    """A file, folder (``S_IFDIR``) or link (``S_IFLNK``); ``mode`` is as in ``st_mode``."""

    mode: int
    size: int = 0
    mtime: int = 0
    uid: int = 0
    gid: int = 0
    link: str = ""
    opened: Callable[[], IO[bytes]] = io.BytesIO

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)


@dataclass(frozen=True, slots=True)
class Context:
    """Items by their names, relative and without ``.`` and ``..``; folders among them."""

    items: Mapping[str, Item]

    @classmethod
    def of_folder(cls, folder: Path) -> Context:
        """Return a folder of this machine; ``.git`` is left out, as where GitHub builds actions.

        Raises `FileTooLarge`.
        """
        return cls(_guarded(dict(_walk(folder, ""))))

    @classmethod
    def of_tar(cls, tar: bytes, *, strip: int = 0, owners: bool = False) -> Context:
        """Return a tar's content, ``strip`` folders taken off the names.

        With ``owners`` its entries keep them, else all is root's. Raises `UnsafeArchive`.
        """
        items: dict[str, Item] = {}
        for entry, content in checked(tar, files=_MOST_FILES, bytes=GIB, outward=True):
            name = "/".join(entry.name.split("/")[strip:])
            if not name or name == ".":
                continue
            if entry.islnk():
                target = "/".join(entry.linkname.split("/")[strip:])
                items[name] = items[posixpath.normpath(target)]
                continue
            data = content.read() if content is not None else b""
            ids = (entry.uid, entry.gid) if owners else (0, 0)
            items[name] = Item(
                _kind(entry) | entry.mode,
                len(data),
                int(entry.mtime),
                *ids,
                entry.linkname,
                partial(io.BytesIO, data),
            )
        return cls(items)

    def less(self, dockerfile: str) -> Context:
        """Return what is left when ``.dockerignore`` has its say; ``dockerfile`` has its own."""
        for name in (f"{dockerfile}.dockerignore", ".dockerignore"):
            found = self.items.get(name)
            if found is not None and not found.is_folder and not found.is_link:
                with found.opened() as file:
                    lines = file.read(_BLOCK).decode(errors="replace").splitlines()
                ignored = Ignored(lines)
                return Context({n: i for n, i in self.items.items() if not ignored(n)})
        return self

    def below(self, name: str) -> Iterator[tuple[str, Item]]:
        """Yield what lies in the folder ``name`` (empty: all), by names relative to it."""
        prefix = f"{name}/" if name else ""
        for path, item in self.items.items():
            if path.startswith(prefix):
                yield path[len(prefix) :], item

    def digest(self) -> str:
        """Return a key of everything in it but its times."""
        whole = hashlib.sha256()
        for name, item in sorted(self.items.items()):
            head = f"{name}\0{item.mode}\0{item.uid}:{item.gid}\0{item.link}\0{item.size}\0"
            whole.update(head.encode("utf-8", "surrogateescape"))
            if stat.S_ISREG(item.mode):
                with item.opened() as file:
                    while block := file.read(_BLOCK):
                        whole.update(block)
        return whole.hexdigest()

    def followed(self, name: str) -> str:
        """Return ``name`` with links in it followed inside the context (the name, at loops)."""
        parts, done, left = name.split("/") if name else [], "", 40
        while parts:
            part = parts.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                done = posixpath.dirname(done)
                continue
            here = posixpath.join(done, part)
            item = self.items.get(here)
            if item is not None and item.is_link and left:
                left -= 1
                parts = [*item.link.split("/"), *parts]
                done = "" if item.link.startswith("/") else done
            else:
                done = here
        return done


def _walk(folder: Path, above: str) -> Iterator[tuple[str, Item]]:
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        name = f"{above}/{entry.name}" if above else entry.name
        if name == ".git":
            continue
        status = entry.stat(follow_symlinks=False)
        item = Item(
            stat.S_IFMT(status.st_mode) | status.st_mode & 0o777, mtime=int(status.st_mtime)
        )
        path = Path(entry.path)
        if item.is_folder:
            yield name, item
            yield from _walk(path, name)
        elif item.is_link:
            yield name, replace(item, link=str(path.readlink()))
        elif stat.S_ISREG(item.mode):
            yield name, replace(item, size=status.st_size, opened=partial(_opened, path))


def _opened(path: Path) -> IO[bytes]:
    """Open a file; a link that came in its place meanwhile is not followed."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")


def _guarded(items: dict[str, Item]) -> dict[str, Item]:
    size = sum(item.size for item in items.values())
    if size > GIB or len(items) > _MOST_FILES:
        raise FileTooLarge(
            f"the build's context holds {len(items)} files of {size >> 20} MiB together",
            next_step="leave out what the build does not need (.dockerignore)",
        )
    return items


def _kind(entry: tarfile.TarInfo) -> int:
    if entry.isdir():
        return stat.S_IFDIR
    return stat.S_IFLNK if entry.issym() else stat.S_IFREG
