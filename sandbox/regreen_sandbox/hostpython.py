"""The Pythons this machine has: pyenv's, uv's and a hosted runner's own tool cache.

Nothing is started to find out; folder names and ``patchlevel.h`` say the version. Layouts:
``$PYENV_ROOT/versions/3.12.1``, ``$UV_PYTHON_INSTALL_DIR/cpython-3.12.1-linux-x86_64-gnu``,
``$RUNNER_TOOL_CACHE/Python/3.12.1/x64``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from packaging.version import Version

from regreen_sandbox.recipe import architecture

_RELEASE = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
_PATCHLEVEL = re.compile(r'#define\s+PY_VERSION\s+"([^"+]+)')
_SOURCES = ("uv", "toolcache", "pyenv")


@dataclass(frozen=True, slots=True)
class HostPython:
    """One CPython installation: its exact version, where it lies, and who put it there."""

    version: str
    prefix: Path
    source: Literal["pyenv", "uv", "toolcache"]

    @property
    def minor(self) -> str:
        """The first two numbers of the version, as in ``lib/python3.12``."""
        version = Version(self.version)
        return f"{version.major}.{version.minor}"

    @property
    def binary(self) -> Path:
        """The interpreter itself."""
        return self.prefix / "bin" / f"python{self.minor}"


def find_pythons() -> list[HostPython]:
    """Return the machine's CPythons, newest first; of equal versions, uv's before pyenv's.

    uv's run on every glibc, pyenv's are tied to the libraries of the machine that built them.
    Virtual environments and unfinished installations are left out.
    """
    found = [python for python in (*_uv(), *_toolcache(), *_pyenv()) if _usable(python)]
    found.sort(key=lambda python: _SOURCES.index(python.source))
    found.sort(key=lambda python: Version(python.version), reverse=True)
    return found


def _pyenv() -> Iterator[HostPython]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for prefix in _folders(root / "versions"):
        version = prefix.name if _RELEASE.fullmatch(prefix.name) else _development(prefix)
        if version is not None:
            yield HostPython(version, prefix, "pyenv")


def _uv() -> Iterator[HostPython]:
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folder = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    name = re.compile(rf"cpython-({_RELEASE.pattern})-linux-{os.uname().machine}-gnu")
    for prefix in _folders(folder):
        match = name.fullmatch(prefix.name)
        if match:
            yield HostPython(match[1], prefix, "uv")


def _toolcache() -> Iterator[HostPython]:
    root = os.environ.get("RUNNER_TOOL_CACHE") or os.environ.get("AGENT_TOOLSDIRECTORY")
    if root:
        for folder in _folders(Path(root) / "Python"):
            if _RELEASE.fullmatch(folder.name):
                yield HostPython(folder.name, folder / architecture(), "toolcache")


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _development(prefix: Path) -> str | None:
    """Return the version of pyenv's ``3.14-dev``; ``None`` for what is no plain CPython."""
    match = re.fullmatch(r"(\d+\.\d+)-dev", prefix.name)
    header = prefix / "include" / f"python{match[1]}" / "patchlevel.h" if match else None
    if header is None or not header.is_file():
        return None
    said = _PATCHLEVEL.search(header.read_text(encoding="utf-8", errors="replace"))
    return said[1] if said and _RELEASE.fullmatch(said[1]) else None


def _usable(python: HostPython) -> bool:
    library = python.prefix / "lib" / f"python{python.minor}"
    return (
        os.access(python.binary, os.X_OK)
        and not (python.prefix / "pyvenv.cfg").exists()
        and (library / "os.py").is_file()
        and (library / "ensurepip" / "_bundled").is_dir()
    )
