"""astral-sh/setup-uv: uv from the package index, as of the run's date."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping

from regreen.jobs.commands import Effects
from regreen.jobs.layout import HOME, TOOL_CACHE, python_prefix
from regreen.jobs.served.call import Call, Script
from regreen.model import Unsupported

_TODAY = "http://127.0.0.1:3141/today/simple/"


def serve(call: Call) -> Script | Unsupported:
    """Return the script that installs uv, and what the action sets."""
    major = call.version.split(".")[0]
    return setup_uv(call.inputs, call.pythons, call.layout.workspace, major)


def setup_uv(
    inputs: Mapping[str, str], pythons: Mapping[str, str], workspace: str, major: str
) -> Script | Unsupported:
    """Return the script that installs uv from the package index and what the action sets.

    uv comes as of the run's date; where there was none then, today's. ``pythons`` maps requests to
    the exact versions that the image holds; uv finds them as its own.
    """
    version = inputs.get("version", "latest").strip()
    requirement = "uv" if version in {"", "latest"} else _requirement(version)
    if requirement is None:
        return Unsupported(f"setup-uv version {version!r}")
    place = f"{TOOL_CACHE}/uv/regreen/x64"
    install = f"python3 -m pip install --quiet --target {place} {shlex.quote(requirement)}"
    lines = [
        f"{install} || {install} --index-url {_TODAY}",
        f"mkdir -p {HOME}/.local/share/uv/python",
    ]
    for exact in sorted(set(pythons.values())):
        name = f"cpython-{exact}-linux-x86_64-gnu"
        lines.append(f"ln -sfn {python_prefix(exact)} {HOME}/.local/share/uv/python/{name}")
    lines.append(f"{place}/bin/uv --version")
    env = {}
    asked = inputs.get("python-version", "").strip()
    path = [f"{place}/bin"]
    if asked:
        env["UV_PYTHON"] = pythons.get(asked, asked)
    activates = inputs.get("activate-environment", "").strip().lower() == "true"
    if activates or (asked and major in {"v4", "v5"}):
        venv = posixpath.join(workspace, ".venv")
        lines.append(f"{place}/bin/uv venv {shlex.quote(venv)} {_python_flag(env)}")
        env["VIRTUAL_ENV"] = venv
        path.append(f"{venv}/bin")
    return Script("set -e\n" + "\n".join(lines), effects=Effects(env, tuple(path)))


def _requirement(version: str) -> str | None:
    plain = version.lstrip("v")
    if plain[:1].isdigit():
        parts = plain.split(".")
        exact = len(parts) == 3 and all(p.isdigit() for p in parts)
        return f"uv=={plain}" if exact else f"uv=={'.'.join(p for p in parts if p.isdigit())}.*"
    return f"uv{plain}" if plain[:1] in "<>=~!" else None


def _python_flag(env: Mapping[str, str]) -> str:
    return f"--python {shlex.quote(env['UV_PYTHON'])}" if "UV_PYTHON" in env else ""
