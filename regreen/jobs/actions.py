"""Actions that regreen serves itself: checkout, setup-python, setup-uv.

Each becomes a shell script for the sandbox plus what the action tells the runner. What they set is
taken from the actions' own documentation.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regreen.git import Inside, Wanted
from regreen.jobs.commands import Effects
from regreen.jobs.layout import HOME, TOOL_CACHE, python_prefix
from regreen.model import Unsupported

CHECKOUT = "actions/checkout"
SETUP_PYTHON = "actions/setup-python"
SETUP_UV = "astral-sh/setup-uv"
NATIVE = (CHECKOUT, SETUP_PYTHON, SETUP_UV)

_DEPTH_DIGITS = 9
_TODAY = "http://127.0.0.1:3141/today/simple/"
_CHECKOUT = """\
set -e
cd "$1"
git read-tree HEAD
git update-index -z --skip-worktree --stdin < "$2"
git checkout-index --all --force --index
if [ "$3" ]; then
  tar -xf "$3"
  tar --quoting-style=literal -tf "$3" | git update-index --assume-unchanged --stdin
fi
git log -1 --format=%H
"""
_SUBMODULE = """\
cd "$1/$2"
git read-tree HEAD
git checkout-index --all --force --index
git -C "$1/$3" config "submodule.$4.url" "$5"
git -C "$1/$3" config "submodule.$4.active" true
"""


@dataclass(frozen=True, slots=True)
class Script:
    """A native action as the shell script that does its work, and what follows from success."""

    text: str
    arguments: tuple[str, ...] = ()
    effects: Effects = field(default_factory=Effects)


def name_of(uses: str) -> str:
    """Return an action's name in lower case without its version and path (``actions/checkout``)."""
    return "/".join(uses.split("@", 1)[0].split("/")[:2]).lower()


def depth_of(inputs: Mapping[str, str]) -> int:
    """Return how much history checkout's ``fetch-depth`` asks for (0: all of it).

    What is no number counts as 1, the action's default; one that no history reaches as all of it.
    """
    text = inputs.get("fetch-depth", "").strip()
    if not (text.isascii() and text.isdigit()):
        return 1
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DEPTH_DIGITS else 0


def wanted_of(inputs: Mapping[str, str]) -> Wanted:
    """Return what checkout fetches: ``fetch-depth``, ``fetch-tags``, ``submodules``, ``lfs``."""
    asked = {
        name: inputs.get(name, "").strip().lower() for name in ("fetch-tags", "submodules", "lfs")
    }
    submodules = asked["submodules"] if asked["submodules"] in ("true", "recursive") else ""
    return Wanted(
        depth_of(inputs), asked["fetch-tags"] == "true", submodules, asked["lfs"] == "true"
    )


def is_inside(folder: str, workspace: str) -> bool:
    """Whether checkout may put the repository into ``folder``: GitHub keeps it in the workspace."""
    return folder == workspace or folder.startswith(f"{workspace}/")


def checkout_folder(inputs: Mapping[str, str], workspace: str) -> str:
    """Return where checkout puts the repository."""
    return posixpath.normpath(posixpath.join(workspace, inputs.get("path", "").strip() or "."))


def checkout(
    folder: str, missing_list: str, large: str = "", inside: Sequence[Inside] = ()
) -> Script:
    """Return the script that fills ``folder`` from its ``.git``, save what the latter lacks.

    ``large`` is the path of a tar with the files of Git LFS; ``inside`` are the submodules, whose
    ``.git`` folders are there already.
    """
    text, arguments = _CHECKOUT, [folder, missing_list, large]
    for module in inside:
        first = len(arguments) + 1
        arguments += [folder, module.path, module.parent or ".", module.name, module.url]
        given = " ".join(f'"${{{number}}}"' for number in range(first, first + 5))
        text += f'set -- {given} "$@"\n{_SUBMODULE}shift 5\n'
    return Script(text, tuple(arguments))


def setup_python(versions: tuple[str, ...]) -> Script:
    """Return what setup-python does for exact ``versions`` that the image holds."""
    lines = [f"test -x {python_prefix(v)}/bin/python" for v in versions]
    lines += [f"echo 'Successfully set up CPython ({v})'" for v in versions]
    if not versions:
        return Script("python3 --version")
    place = python_prefix(versions[-1])
    path = tuple(p for v in versions for p in (python_prefix(v), f"{python_prefix(v)}/bin"))
    env = {
        "pythonLocation": place,
        "PKG_CONFIG_PATH": f"{place}/lib/pkgconfig",
        "Python_ROOT_DIR": place,
        "Python2_ROOT_DIR": place,
        "Python3_ROOT_DIR": place,
        "LD_LIBRARY_PATH": f"{place}/lib",
    }
    outputs = {"python-version": versions[-1], "python-path": f"{place}/bin/python"}
    return Script("set -e\n" + "\n".join(lines), effects=Effects(env, path, outputs))


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
