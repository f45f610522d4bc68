"""Putting Pythons into a base image, as actions/setup-python would have installed them.

Each one lies at ``/opt/hostedtoolcache/Python/<version>/x64`` (the layout of GitHub's tool cache,
with its ``x64.complete`` marker), belongs to uid 1001, and holds the standard library, pip and,
before 3.12, setuptools. Every step is an image of its own, kept under a content key.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from docker.models.containers import Container
from docker.models.images import Image
from packaging.version import Version

from regreen_sandbox import uses
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import ImageUnavailable, SandboxError
from regreen_sandbox.hostpython import HostPython, find_pythons
from regreen_sandbox.images import LOCK, PYTHONS, BaseImage
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.locks import exclusive
from regreen_sandbox.pythonspec import Request, RequestUnreadable, choose
from regreen_sandbox.pytree import folder, stream
from regreen_sandbox.recipe import architecture
from regreen_sandbox.workbench import ROOT, Done, execute, scratch

__all__ = ["HostPython", "PythonMissing", "ToolImage", "find_pythons", "toolcache", "with_pythons"]

REPOSITORY = "regreen/python"
_LAYOUT = "2"
"""Part of every key, to be raised when `regreen_sandbox.pytree` takes something else."""
_TOOLCACHE = "/opt/hostedtoolcache"
_VERSION = "regreen.toolchain"
_LACKS = "regreen.lacks"


class PythonMissing(SandboxError):
    """No Python here can serve a version request, or the one that could does not run."""


@dataclass(frozen=True, slots=True)
class ToolImage:
    """A base image with Pythons in it.

    ``pythons`` gives the exact version for each request; `toolcache` says where it lies.
    ``substitutions`` says in words what stands in for what, and which modules cannot be imported.
    """

    reference: str
    id: str
    base: BaseImage
    pythons: Mapping[str, str]
    substitutions: tuple[str, ...]


def toolcache(version: str) -> str:
    """Return the prefix of a Python of exactly this version in a tool image."""
    return f"{_TOOLCACHE}/Python/{version}/{architecture()}"


def with_pythons(
    engine: Engine, base: BaseImage, versions: Sequence[str], report: Callable[[str], None]
) -> ToolImage:
    """Return ``base`` with a Python for each request in ``versions``.

    Raises `PythonMissing` when nothing here serves a request; its next step is the command that
    gets one.
    """
    host = find_pythons()
    choices = {asked: _choose(asked, host, base) for asked in versions}
    words = [_stand_in(asked, choice) for asked, choice in choices.items()]
    reference, image_id = base.reference, base.id
    if base.origin == "named" and any(choice.host for choice in choices.values()):
        _require_glibc(engine, base)
    for choice in _distinct(choices.values()):
        image = _ensure(engine, image_id, choice, report)
        reference, image_id = image.tags[0], str(image.id)
        lacks = image.labels.get(_LACKS, "")
        words.append(f"Python {choice.version} cannot import {lacks} here" if lacks else "")
    uses.note(image_id)
    exact = {asked: choice.version for asked, choice in choices.items()}
    substitutions = tuple(word for word in words if word)
    return ToolImage(reference, image_id, base, MappingProxyType(exact), substitutions)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The Python that serves a request: one of the host's, or (``None``) the image's own."""

    version: str
    host: HostPython | None
    exact: bool

    @property
    def root(self) -> str:
        return toolcache(self.version)

    def key(self, image_id: str) -> str:
        parts = [_LAYOUT, _LINK, _COPY, image_id, self.version]
        if self.host is not None:
            status = self.host.binary.stat()
            parts += [str(self.host.prefix), str(status.st_mtime_ns), str(status.st_size)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _choose(asked: str, host: Sequence[HostPython], base: BaseImage) -> _Choice:
    try:
        request = Request.parse(asked)
    except RequestUnreadable as error:
        raise PythonMissing(
            f"no Python for the job: {error}", next_step="choose a job with a CPython version"
        ) from None
    by_version: dict[Version, HostPython] = {}
    for python in host:
        by_version.setdefault(Version(python.version), python)
    version = choose(request, by_version)
    if version is not None:
        return _Choice(by_version[version].version, by_version[version], request.admits(version))
    own = choose(request, [Version(base.python)] if base.python else [])
    if own is not None:
        return _Choice(base.python, None, request.admits(own))
    here = ", ".join(python.version for python in host) or "none"
    image = base.python or "none"
    name = asked if asked.replace(".", "").isdecimal() else "VERSION"
    raise PythonMissing(
        f"the job asks for Python {asked}; this machine has {here}, and the image {image}",
        next_step=f"regreen image add-python {name}",
    )


def _stand_in(asked: str, choice: _Choice) -> str:
    words = "" if choice.exact else f"Python {asked} is stood in by Python {choice.version}"
    if choice.host is not None:
        return words
    own = f"the image's own Python {choice.version} serves as Python {asked}, in an environment"
    return f"{words}; {own}" if words else own


def _distinct(choices: Iterable[_Choice]) -> list[_Choice]:
    found = {choice.version: choice for choice in choices}
    return [found[version] for version in sorted(found, key=Version)]


def _require_glibc(engine: Engine, base: BaseImage) -> None:
    """Raise `PythonMissing` for a user's image that no Python of this machine can run in."""
    script = (
        'for f in /lib*/ld-linux-*.so.* /lib/*/ld-linux-*.so.*; do [ ! -e "$f" ] || exit 0; done'
    )
    script += "; exit 1"
    why = "it has no glibc"
    try:
        with scratch(engine, base.id) as container:
            if execute(engine, container, ["sh", "-c", script]).ok:
                return
    except SandboxError as error:
        why = error.message
    raise PythonMissing(
        f"no Python can be put into {base.reference}: {why}",
        next_step="name an image that has the Python, or one of Debian or Ubuntu",
    )


def _ensure(engine: Engine, parent: str, choice: _Choice, report: Callable[[str], None]) -> Image:
    reference = f"{REPOSITORY}:{choice.key(parent)}"
    found = _get(engine, reference)
    if found is not None:
        return found
    with exclusive(LOCK, report=report):
        return _get(engine, reference) or _make(engine, parent, choice, reference, report)


def _get(engine: Engine, reference: str) -> Image | None:
    try:
        with engine.guard("looking for an image"):
            return engine.client.images.get(reference)
    except ImageUnavailable:
        return None


def _make(
    engine: Engine,
    parent: str,
    choice: _Choice,
    reference: str,
    report: Callable[[str], None],
) -> Image:
    started = time.monotonic()
    where = "the image's own" if choice.host is None else f"from {choice.host.source}"
    report(f"adding Python {choice.version} ({where}) to the image")
    with scratch(engine, parent) as container:
        if choice.host is None:
            _environment(engine, container, choice)
        else:
            _copy(engine, container, choice, choice.host)
        lacks = _prove(engine, container, choice)
        labels = Owner.current().labels(Kind.TOOL)
        inside = [choice.version, *container.labels.get(PYTHONS, "").split()]
        labels |= {_VERSION: choice.version, _LACKS: lacks, PYTHONS: " ".join(inside)}
        changes = "\n".join(f'LABEL "{name}"="{value}"' for name, value in labels.items())
        repository, _, tag = reference.rpartition(":")
        restored = f"{changes}\n{_as_before(engine, parent)}"
        with engine.guard("committing an image"):
            container.commit(repository=repository, tag=tag, changes=restored, pause=False)
            image = engine.client.images.get(reference)
            size = int(image.history()[0]["Size"])
    report(
        f"added Python {choice.version}: {size / 1e6:.0f} MB, {time.monotonic() - started:.1f} s"
    )
    return image


def _as_before(engine: Engine, parent: str) -> str:
    """Return the changes that give an image the user and commands of the one it was made from."""
    with engine.guard("looking at an image"):
        config = engine.client.images.get(parent).attrs["Config"]
    lines = [f"USER {config.get('User') or '0:0'}"]
    lines += [
        f"{name.upper()} {json.dumps(config.get(name) or [])}" for name in ("Entrypoint", "Cmd")
    ]
    return "\n".join(lines)


_COPY = """
set -eu
root=$1 minor=$2
ln -sfn "python$minor" "$root/bin/python${minor%%.*}"
ln -sfn "python$minor" "$root/bin/python"
mkdir -p "$root/lib/python$minor/site-packages"
touch "$root.complete"
"$root/bin/python$minor" -m ensurepip --default-pip
"$root/bin/python$minor" -m compileall -q -j 0 "$root/lib/python$minor" || true
"""

# Shared builds find their library, and sysconfig its paths, at the prefix they were built for.
_LINK = """
set -eu
root=$1
shift
for prefix in "$@"; do
    [ ! -e "$prefix" ] || continue
    parent=$(dirname "$prefix")
    mkdir -p -m 0711 "$parent"
    ln -s "$root" "$prefix"
    while [ "$parent" != / ]; do chmod a+x "$parent"; parent=$(dirname "$parent"); done
done
"""


def _copy(engine: Engine, container: Container, choice: _Choice, python: HostPython) -> None:
    with engine.guard(f"copying Python {python.version}"):
        container.put_archive("/", stream(python, choice.root))
    prefixes = sorted({str(python.prefix), str(python.prefix.resolve())})
    link = ["sh", "-c", _LINK, "sh", choice.root, *prefixes]
    _must(execute(engine, container, link, user=ROOT), choice)
    finish = ["sh", "-c", _COPY, "sh", choice.root, python.minor]
    _must(execute(engine, container, finish), choice)


def _environment(engine: Engine, container: Container, choice: _Choice) -> None:
    with engine.guard(f"making room for Python {choice.version}"):
        container.put_archive("/", folder(choice.root))
    script = 'set -eu; python3 -m venv "$1"; touch "$1.complete"'
    _must(execute(engine, container, ["sh", "-c", script, "sh", choice.root]), choice)


_PROOF = """
import glob, os, sys
sys.stdout.write("%d.%d.%d\\n" % sys.version_info[:3])
for path in sorted(glob.glob(os.path.join(sys.argv[1], "lib", "python*", "lib-dynload", "*.so"))):
    name = os.path.basename(path).split(".")[0]
    if not name.startswith(("_test", "xx", "_xx", "_ctypes_test")):
        try:
            __import__(name)
        except ImportError:
            sys.stdout.write(name + "\\n")
"""
_NEEDED = frozenset({"_ssl", "zlib", "_hashlib", "_socket", "_ctypes"})


def _prove(engine: Engine, container: Container, choice: _Choice) -> str:
    """Return the modules that cannot be imported; raise when the Python is of no use."""
    python = f"{choice.root}/bin/python"
    done = execute(engine, container, [python, "-W", "ignore", "-c", _PROOF, choice.root])
    _must(done, choice)
    version, *lacks = done.output.split()
    release = ".".join(str(number) for number in Version(choice.version).release)
    pip = execute(engine, container, [f"{choice.root}/bin/pip", "--version"])
    if version != release or not pip.ok or _NEEDED & set(lacks):
        _must(Done(1, f"{done.output} {pip.output}"), choice)
    return ", ".join(lacks)


def _must(done: Done, choice: _Choice) -> None:
    if not done.ok:
        raise PythonMissing(
            f"Python {choice.version} does not run in the image: {done.output.strip()[-400:]}",
            next_step=f"uv python install {choice.version} (uv's Pythons run in every image)",
        )
