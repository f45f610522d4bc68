"""``regreen image add-python``: a Python for the images, from this machine or fetched with uv.

A Python that Debian or Ubuntu packaged for another release is not taken: it is bound to that
release's C library and OpenSSL. uv's are built to run on every glibc since 2.17.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from packaging.version import Version

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.hostpython import find_pythons
from regreen_sandbox.images import BaseImage
from regreen_sandbox.process import run
from regreen_sandbox.programs import find_program
from regreen_sandbox.pythonspec import Request
from regreen_sandbox.ticking import ticking
from regreen_sandbox.toolchains import PythonMissing, ToolImage, with_pythons

FETCH_SECONDS = 900.0
_PLAIN = re.compile(r"3(?:\.\d+){1,2}(?:(?:a|b|rc)\d+)?")


def add_python(
    engine: Engine, base: BaseImage, version: str, *, report: Callable[[str], None]
) -> ToolImage:
    """Return ``base`` with a Python that is truly ``version`` (``3.13``, ``3.13.1``).

    Where the machine has none, uv fetches it. Raises `PythonMissing` with the command that helps,
    and for what is not the number of a version.
    """
    if not _PLAIN.fullmatch(version):
        raise PythonMissing(
            f"{version!r} is not the number of a Python 3 version",
            next_step="regreen image add-python 3.13",
        )
    if not _is_here(version, base):
        _fetch(version, report)
    return with_pythons(engine, base, [version], report)


def _is_here(version: str, base: BaseImage) -> bool:
    request = Request.parse(version)
    here = [python.version for python in find_pythons()]
    return any(request.admits(Version(v)) for v in [*here, base.python] if v)


def _fetch(version: str, report: Callable[[str], None]) -> None:
    """Let uv install a Python where `find_pythons` looks for it."""
    here = ", ".join(python.version for python in find_pythons()) or "none"
    missing = f"this machine has no Python {version} (it has {here})"
    if find_program("uv") is None:
        raise PythonMissing(
            f"{missing}, and no uv that could fetch it",
            next_step=f"pipx install uv, then again, or: pyenv install {version}",
        )
    report(f"{missing}; uv fetches it")
    argv = ["uv", "python", "install", "--no-bin", version]
    try:
        with ticking(lambda: f"uv fetches Python {version}", report):
            # uv reads the settings of the folder it runs in, and that may be a stranger's.
            done = run(argv, timeout=FETCH_SECONDS, cwd=Path("/"))
    except SandboxError as error:
        raise PythonMissing(f"{missing}; {error.message}", next_step=_or_pyenv(version)) from error
    if not done.ok:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        words = " ".join(line.strip() for line in lines[-4:])[-400:]
        raise PythonMissing(
            f"{missing}; uv could not fetch it: {words}", next_step=_or_pyenv(version)
        )


def _or_pyenv(version: str) -> str:
    return f"uv python install {version} on a machine with network, or: pyenv install {version}"
