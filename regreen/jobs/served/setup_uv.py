"""astral-sh/setup-uv: uv from the package index, as of the run's date.

Inputs and outputs: the action's README. Its cache is a no-op: uv's own is kept by regreen where no
proof is made.
"""

from __future__ import annotations

import posixpath
import re
import shlex
import tomllib

from regreen.jobs.commands import Effects
from regreen.jobs.layout import python_prefix
from regreen.jobs.served.call import Call, Script, failing
from regreen.jobs.served.tools import declared
from regreen.model import Unsupported

_TODAY = "http://127.0.0.1:3141/today/simple/"
_UNSERVED = {"manifest-file": "", "resolution-strategy": "highest"}
"""Inputs that change what comes, with the value that does not."""


def serve(call: Call) -> Script | Unsupported:
    """Return the script that installs uv, and what the action sets."""
    for name, plain in _UNSERVED.items():
        if call.given(name, plain) != plain:
            return Unsupported(f"setup-uv with {name}: {call.given(name)}")
    version = _version(call)
    if isinstance(version, Script):
        return version
    wanted = _requirement(version)
    if wanted is None:
        return Unsupported(f"setup-uv version {version!r}")
    place = f"{call.layout.tool_cache}/uv/regreen/x64"
    lines = ["set -e", *_install(call, wanted, place)]
    env, path = _environment(call), [f"{place}/bin"]
    outputs = {
        "uv-path": f"{place}/bin/uv",
        "uvx-path": f"{place}/bin/uvx",
        "cache-hit": "false",
        "python-cache-hit": "false",
    }
    if "UV_PYTHON" in env:
        outputs["python-version"] = env["UV_PYTHON"]
    folder = posixpath.join(call.layout.workspace, call.given("working-directory", "."))
    activates = call.flag("activate-environment")
    if activates or (call.given("python-version") and call.major in {4, 5}):
        venv = posixpath.normpath(posixpath.join(folder, call.given("venv-path", ".venv")))
        python = f"--python {shlex.quote(env['UV_PYTHON'])}" if "UV_PYTHON" in env else ""
        lines.append(f"cd {shlex.quote(folder)}")
        lines.append(f"{place}/bin/uv venv {shlex.quote(venv)} {python}".rstrip())
        env["VIRTUAL_ENV"] = outputs["venv"] = venv
        path.append(f"{venv}/bin")
    lines.append(
        f'echo "uv-version=$({place}/bin/uv --version | cut -d" " -f2)" >> "$GITHUB_OUTPUT"'
    )
    return Script("\n".join(lines), effects=Effects(env, tuple(path), outputs))


def _install(call: Call, wanted: str, place: str) -> list[str]:
    """Return what installs uv, today's where there was none then, and shows it the Pythons."""
    install = f"python3 -m pip install --quiet --target {place} {shlex.quote(wanted)}"
    known = f"{call.layout.home}/.local/share/uv/python"
    links = [
        f"ln -sfn {python_prefix(exact)} {known}/cpython-{exact}-linux-x86_64-gnu"
        for exact in sorted(set(call.pythons.values()))
    ]
    first = f"{install} || {install} --index-url {_TODAY}"
    return [first, f"mkdir -p {known}", *links, f"{place}/bin/uv --version"]


def _environment(call: Call) -> dict[str, str]:
    env = {}
    if asked := call.given("python-version"):
        env["UV_PYTHON"] = call.pythons.get(asked, asked)
    for name, variable in (("tool-dir", "UV_TOOL_DIR"), ("tool-bin-dir", "UV_TOOL_BIN_DIR")):
        if value := call.given(name):
            env[variable] = f"{call.layout.home}{value[1:]}" if value.startswith("~") else value
    if value := call.given("cache-local-path"):
        env["UV_CACHE_DIR"] = f"{call.layout.home}{value[1:]}" if value.startswith("~") else value
    if call.flag("no-project"):
        env["UV_NO_PROJECT"] = "1"
    return env


def _version(call: Call) -> str | Script:
    """Return the version that is asked for: by the input, a file, or uv's own settings."""
    asked, file = call.given("version"), call.given("version-file")
    if asked and file:
        return failing("Cannot specify both version and version-file")
    folder = call.given("working-directory", ".")
    if file:
        text = call.read(file.removeprefix("./"))
        if text is None:
            return failing(f"Could not find file: {file}")
        found = _of_settings(text) or declared(text, "uv") or _of_tool_versions(text)
        return found or failing(f"Could not determine uv version from file: {file}")
    if asked:
        return asked
    for name in ("uv.toml", "pyproject.toml"):
        text = call.read(posixpath.normpath(posixpath.join(folder, name)))
        found = _of_settings(text) if text is not None else None
        if found:
            return found
    return "latest"


def _of_settings(text: str) -> str | None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    tool = data.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    asked = (uv if isinstance(uv, dict) else data).get("required-version")
    return asked if isinstance(asked, str) else None


def _of_tool_versions(text: str) -> str | None:
    found = re.search(r"^uv\s+(\S+)\s*$", text, re.MULTILINE)
    return found[1] if found else None


def _requirement(version: str) -> str | None:
    if version in ("", "latest"):
        return "uv"
    plain = version.lstrip("v")
    if plain[:1].isdigit():
        parts = plain.split(".")
        exact = len(parts) == 3 and all(p.isdigit() for p in parts)
        return f"uv=={plain}" if exact else f"uv=={'.'.join(p for p in parts if p.isdigit())}.*"
    return f"uv{plain}" if plain[:1] in "<>=~!" else None
