"""A host Python as a stream: a tar of its installation as a fresh one would be.

What users put into the host's copy stays there: ``site-packages`` and the scripts it brought are
left out, and so are byte code, the interpreter's own tests and static archives.
"""

from __future__ import annotations

import fnmatch
import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from regreen_sandbox.hostpython import HostPython

UID = 1001
_LEFT_OUT = frozenset({"__pycache__", "EXTERNALLY-MANAGED"})
_PKGCONFIG = "lib/pkgconfig"
_CHUNK = 1 << 20
_SCRIPT = r"(?:python|2to3|idle|pydoc|pyvenv)(?:-?\d(?:\.\d+)?m?)?(?:-config)?"
_LIBRARY = ("libpython*.so*", "libt[ck]l*.so*", "libtk*.so*", "tcl*", "tk*", "itcl*", "thread*")
_SHEBANG = re.compile(rb"^#!.*?/python[\d.]*m?(?=\s)")


def stream(python: HostPython, root: str) -> Iterator[bytes]:
    """Yield a tar of ``python`` whose members lie below ``root`` (an absolute path).

    Member names are relative to ``/``; everything belongs to uid 1001 and is readable by all.
    """
    buffer = _Buffer()
    with tarfile.open(fileobj=buffer, mode="w|", bufsize=_CHUNK, format=tarfile.PAX_FORMAT) as tar:
        for folder in _folders(root):
            tar.addfile(folder)
        for path in _wanted(python):
            relative = path.relative_to(python.prefix)
            member = tar.gettarinfo(path, f"{root.lstrip('/')}/{relative}")
            if member is not None:
                _add(tar, member, path, python, root)
            yield from buffer.take()
    yield from buffer.take()


def folder(root: str) -> bytes:
    """Return a tar of the folders that lead to ``root`` from the tool cache."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member in _folders(root):
            if root.strip("/").startswith(member.name):
                tar.addfile(member)
    return buffer.getvalue()


def _folders(root: str) -> Iterator[tarfile.TarInfo]:
    """Yield the installation's own folders, and those that lead to it from the tool cache."""
    top = root.strip("/")
    above = top.split("/")
    leading = ["/".join(above[: depth + 1]) for depth in range(2, len(above))]
    for name in [*leading, *(f"{top}/{part}" for part in ("bin", "include", "lib", _PKGCONFIG))]:
        member = tarfile.TarInfo(name)
        member.type = tarfile.DIRTYPE
        member.mode = 0o755
        member.uid = member.gid = UID
        yield member


def _wanted(python: HostPython) -> Iterator[Path]:
    for path in sorted((python.prefix / "bin").iterdir()):
        if re.fullmatch(_SCRIPT, path.name):
            yield path
    include = python.prefix / "include"
    if include.is_dir():
        for path in sorted(include.glob(f"python{python.minor}*")):
            yield from _walk(path, python)
    library = python.prefix / "lib"
    for path in sorted(library.iterdir()):
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in _LIBRARY):
            yield from _walk(path, python)
    yield from sorted((python.prefix / _PKGCONFIG).glob(f"python-{python.minor}*.pc"))
    yield from _walk(library / f"python{python.minor}", python)


def _walk(top: Path, python: HostPython) -> Iterator[Path]:
    """Yield ``top`` and what is below it; links are yielded, not followed."""
    yield top
    if top.is_symlink() or not top.is_dir():
        return
    standard = python.prefix / "lib" / f"python{python.minor}"
    for path in sorted(top.iterdir()):
        if path.name in _LEFT_OUT or path.suffix in {".a", ".pyc"}:
            continue
        if top == standard and path.name in {"test", "site-packages"}:
            continue
        yield from _walk(path, python)


def _add(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path, python: HostPython, root: str
) -> None:
    member.uid = member.gid = UID
    member.uname = member.gname = ""
    member.pax_headers = {}
    member.mtime = int(member.mtime)
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    if member.issym():
        _keep_inside(member, python, root)
    if not member.isreg():
        tar.addfile(member)
    elif path.parent == python.prefix / "bin" and not _is_program(path):
        content = _SHEBANG.sub(f"#!{root}/bin/python{python.minor}".encode(), path.read_bytes())
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    else:
        with path.open("rb") as source:
            tar.addfile(member, source)


def _keep_inside(member: tarfile.TarInfo, python: HostPython, root: str) -> None:
    """Turn an absolute link into the host's prefix into one into the new place."""
    prefix = f"{python.prefix}/"
    if member.linkname.startswith(prefix):
        member.linkname = f"{root}/{member.linkname.removeprefix(prefix)}"


def _is_program(path: Path) -> bool:
    with path.open("rb") as source:
        return source.read(2) != b"#!"


class _Buffer(io.RawIOBase):
    """What tarfile writes, until somebody takes it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> list[bytes]:
        """Return what was written since the last time."""
        parts, self._parts = self._parts, []
        return parts
