"""Actions that run one tool: the tool itself, in an environment of its own in the sandbox.

The tool comes from the package index as of the run. The step's command is a block of the shell that
holds the installation and, as a plain call, the tool's own command line: so the failure names the
tool, and whoever wants to run it otherwise can, in a sandbox that never had it.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from regreen.jobs.commands import Effects
from regreen.jobs.layout import Layout
from regreen.jobs.served.call import Call, Script

_PIP = "install --quiet --disable-pip-version-check"
_WRAPPED = """\
set -o pipefail
cd -- "$GITHUB_WORKSPACE" || exit 1
regreen_said=$RUNNER_TEMP/_regreen_said
(
{block}
) 2>&1 | tee "$regreen_said"
code=$?
{after}
exit $code
"""
_EXACT = re.compile(r"[0-9][\w.+!-]*")


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool to install: its environment's name, what pip gets, the Python that makes it.

    ``options`` are pip's own; ``error`` is said where the action says that it cannot be installed.
    """

    name: str
    requirements: tuple[str, ...]
    python: str = "python3"
    options: tuple[str, ...] = ()
    error: str = ""


def place(layout: Layout, name: str) -> str:
    """Return the folder of a tool's environment, outside the repository and the job's own."""
    return f"{layout.temp}/_regreen_tools/{name}-env"


def block(layout: Layout, tool: Tool, line: str) -> str:
    """Return the shell block that installs ``tool`` and then runs ``line``, which calls it.

    No other command in it looks like a call of the tool.
    """
    root = place(layout, tool.name)
    words = " ".join(shlex.quote(word) for word in (*tool.options, *tool.requirements))
    failed = (
        f"{{ echo {shlex.quote(f'::error::{tool.error}')}; exit 1; }}" if tool.error else "exit"
    )
    return "\n".join(
        [
            "{",
            f"[ -x {root}/bin/pip ] || {tool.python} -m venv {root} || exit",
            f"{root}/bin/pip {_PIP} {words} || {failed}",
            f'PATH={root}/bin:"$PATH"',
            line,
            "}",
        ]
    )


def running(call: Call, tool: Tool, line: str, after: str = "", lasting: bool = False) -> Script:
    """Return the script of an action that runs ``line`` with ``tool`` in the workspace.

    ``after`` is a script that is run with what was printed, in ``$regreen_said``. With ``lasting``
    later steps find the tool on their search path.
    """
    command = block(call.layout, tool, line)
    text = _WRAPPED.format(block=command, after=after)
    path = (f"{place(call.layout, tool.name)}/bin",) if lasting else ()
    return Script(text, effects=Effects(path=path), command=command)


def requirement(name: str, version: str, extras: str = "") -> str:
    """Return what pip is to install for a version, an empty one, ``latest`` or a PEP 440 range."""
    asked = version.strip().removeprefix("v") if version.strip()[:2] != "va" else version.strip()
    if asked in ("", "latest"):
        return f"{name}{extras}"
    return f"{name}{extras}=={asked}" if _EXACT.fullmatch(asked) else f"{name}{extras}{asked}"


def words(text: str) -> str:
    """Return an input's words, split as a shell does and quoted anew."""
    try:
        return shlex.join(shlex.split(text))
    except ValueError:
        return shlex.join(text.split())


def spaced(*parts: str) -> str:
    """Return a command line of parts, of which some may be empty."""
    return " ".join(part for part in parts if part)


def declared(text: str, name: str) -> str | None:
    """Return the specifier with which a pyproject.toml or a requirements file asks for ``name``."""
    try:
        data: Mapping[str, object] = tomllib.loads(text)
        texts = list(_requirements(data)) + list(_poetry(data, name))
    except tomllib.TOMLDecodeError:
        texts = [line.partition("#")[0].partition("--hash")[0] for line in text.splitlines()]
    for one in texts:
        try:
            asked = Requirement(one.strip().rstrip("\\").strip())
        except InvalidRequirement:
            continue
        if asked.name.lower() == name and asked.specifier:
            return str(asked.specifier)
    return None


def _requirements(data: Mapping[str, object]) -> Iterator[str]:
    project, groups = _dict(data.get("project")), _dict(data.get("dependency-groups"))
    optional = _dict(project.get("optional-dependencies"))
    for one in (project.get("dependencies"), *optional.values(), *groups.values()):
        yield from (
            text for text in (one if isinstance(one, list) else ()) if isinstance(text, str)
        )


def _poetry(data: Mapping[str, object], name: str) -> Iterator[str]:
    poetry = _dict(_dict(data.get("tool")).get("poetry"))
    groups = [_dict(one).get("dependencies") for one in _dict(poetry.get("group")).values()]
    for table in (poetry.get("dependencies"), poetry.get("dev-dependencies"), *groups):
        asked = _dict(table).get(name)
        version = _dict(asked).get("version", asked)
        if isinstance(version, str) and version != "*":
            yield f"{name}{_from_caret(version)}"


def _from_caret(version: str) -> str:
    """Return a caret, a tilde or a plain version of Poetry's as PEP 440 has it."""
    number = version.lstrip("^~=v ")
    if not version.startswith(("^", "~")):
        return f"=={number}" if version[:1].isdigit() else version
    parts = [int(text) for text in re.findall(r"\d+", number)[:3]] or [0]
    if version.startswith("~"):
        at = min(1, len(parts) - 1)
    else:
        at = next((i for i, part in enumerate(parts) if part), len(parts) - 1)
    above = ".".join(map(str, [*parts[:at], parts[at] + 1]))
    return f">={number},<{above}"


def _dict(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
