"""By which names tools know the public package indexes when nobody tells them another one.

Nothing is named here. The tools' own constants are read: pip's from a pip on this machine or else
from its wheel, npm's and yarn's from their packages. What was found is kept in a file for the next
run; what could not be found is left out, and looked for again next time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from regreen_sandbox.errors import SandboxError

_FILE = "names.json"
_PIP_MODULE = "pip/_internal/models/index.py"
_FILE_HOST = re.compile(r'PyPI\b.*?file_storage_domain="([a-z0-9.-]+)"', re.DOTALL)
_REGISTRY = re.compile(
    r"""registry["']?,?\s*\{?\s*default:\s*["'](https://[a-z0-9.-]+)/""", re.DOTALL
)
_YARN_REGISTRY = re.compile(r"""YARN_REGISTRY = ["'](https://[a-z0-9.-]+)["']""")
_NPM = ("npm", "8.19.4")
_YARN = ("yarn", "1.22.22")
_MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Names:
    """Host names: of the package index, of its files, and of npm's registry and its aliases."""

    index: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.index, *self.files, *self.npm)))


NO_NAMES = Names()


def public_names(cache: Path) -> Names:
    """Return the names of the public indexes; ``cache`` is the index proxies' folder."""
    known = _read(cache / _FILE)
    looked: Mapping[str, Callable[[Path], str | None]] = {
        "index": _index_host, "files": _file_host, "npm": _npm_host, "yarn": _yarn_host
    }  # fmt: skip
    found = {name: known.get(name) or look(cache) for name, look in looked.items()}
    if found != known:
        with contextlib.suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = cache / f"{_FILE}.{os.getpid()}"
            part.write_text(json.dumps(found), encoding="utf-8")
            part.replace(cache / _FILE)
    index = (found["index"],) if found["index"] else ()
    files = (found["files"],) if found["files"] else ()
    return Names(index, files, tuple(h for h in (found["npm"], found["yarn"]) if h))


def _read(path: Path) -> dict[str, str | None]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {str(k): str(v) for k, v in data.items() if v}
    except (OSError, ValueError, AttributeError):
        return {}


def _index_host(_cache: Path) -> str | None:
    from pypi_simple import PYPI_SIMPLE_ENDPOINT  # late: it takes a quarter of a second

    return urlsplit(PYPI_SIMPLE_ENDPOINT).hostname


def _file_host(cache: Path) -> str | None:
    for source in _pip_sources(cache):
        if match := _FILE_HOST.search(source):
            return match[1]
    return None


def _pip_sources(cache: Path) -> Iterator[str]:
    if pip := _folder("pip"):
        with contextlib.suppress(OSError):
            yield (pip.parent / _PIP_MODULE).read_text(encoding="utf-8")
    if bundler := _folder("ensurepip"):
        for wheel in (bundler / "_bundled").glob("pip-*.whl"):
            yield from _zipped(wheel)
    with contextlib.suppress(SandboxError):
        from regreen_sandbox.index.download import pypi_versions, pypi_wheel

        yield from _zipped(pypi_wheel("pip", pypi_versions("pip", cache=cache)[-1], cache=cache))


def _folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _zipped(wheel: Path) -> Iterator[str]:
    with contextlib.suppress(OSError, zipfile.BadZipFile, KeyError), zipfile.ZipFile(wheel) as z:
        yield z.read(_PIP_MODULE).decode("utf-8", "replace")


def _npm_host(cache: Path) -> str | None:
    return _in_package(cache, _NPM, "definitions.js", _REGISTRY)


def _yarn_host(cache: Path) -> str | None:
    return _in_package(cache, _YARN, "/cli.js", _YARN_REGISTRY)


def _in_package(
    cache: Path, release: tuple[str, str], ending: str, wanted: re.Pattern[str]
) -> str | None:
    """Return the host of the address that ``wanted`` finds in the files of an npm package."""
    from regreen_sandbox.index.download import npm_tarball

    with contextlib.suppress(SandboxError, OSError, tarfile.TarError):
        path = npm_tarball(*release, cache=cache)
        with tarfile.open(path, "r:gz") as package:
            for member in package:
                if member.isfile() and member.name.endswith(ending):
                    file = package.extractfile(member)
                    text = file.read(_MOST_BYTES).decode("utf-8", "replace") if file else ""
                    if match := wanted.search(text):
                        return urlsplit(match[1]).hostname
    return None
