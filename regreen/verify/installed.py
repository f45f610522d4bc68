"""What is installed in the sandbox where the failing step's tools look."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from regreen.jobs import StepSpec
from regreen.jobs.runner import JobRun

_LINES = 5000
_SECONDS = 120.0
_PYTHON = re.compile(r"^(?P<prefix>/[\w./+@-]+)/lib/python(?P<version>\d+\.\d+)/site-packages$")


@dataclass(frozen=True, slots=True)
class Installed:
    """One distribution in one environment.

    ``prefix`` is the environment's folder (empty: an isolated build's), ``python`` its Python
    (``3.11``); ``local`` when it was installed from a folder, as the project itself is.
    """

    name: str
    version: Version
    prefix: str
    python: str
    modules: tuple[str, ...]
    requires: tuple[str, ...]
    local: bool

    @property
    def key(self) -> str:
        """The name as names are compared."""
        return canonicalize_name(self.name)


def installed(run: JobRun, step: StepSpec) -> tuple[Installed, ...]:
    """Return what is installed in ``run`` as ``step`` would find it, by name."""
    source = resources.files("regreen.verify").joinpath("drift_listing.py").read_text("utf-8")
    repository = shlex.quote(run.view.repository)
    command = (
        "PY=/usr/bin/python3; [ -x $PY ] || PY=python3\n"
        f"env -u PYTHONPATH -u PYTHONHOME $PY - {repository} <<'REGREEN_SOURCE'\n"
        f"{source}REGREEN_SOURCE\n"
    )
    done = run.script(command, step, folder=run.view.directory(step), seconds=_SECONDS)
    lines = done.output.decode("utf-8", "replace").splitlines()[:_LINES]
    return tuple(sorted(_read(lines), key=lambda one: (one.key, one.prefix)))


def _read(lines: Iterable[str]) -> Iterator[Installed]:
    """Read what the listing printed; it is a stranger's by now, so any line may be anything."""
    for line in lines:
        try:
            data = json.loads(line)
            match = _PYTHON.match(str(data["folder"]))
            version = Version(str(data["version"]))
            modules = tuple(str(m) for m in data["modules"])
            requires = tuple(str(r) for r in data["requires"])
            name, local = str(data["name"]), bool(data["local"])
        except (ValueError, KeyError, TypeError, InvalidVersion):
            continue
        if match is not None and re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
            place = match["prefix"], match["version"]
            yield Installed(name, version, *place, modules, requires, local)
