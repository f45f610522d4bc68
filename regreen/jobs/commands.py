"""The files and ``::`` lines by which a step talks to the runner.

Formats: GitHub's documentation "Workflow commands for GitHub Actions" (environment files
``GITHUB_ENV``, ``GITHUB_PATH``, ``GITHUB_OUTPUT``; ``::add-mask::``, ``::set-output``).
"""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
from dataclasses import dataclass, field

FILES = ("env", "path", "output", "state", "step_summary")

_COMMAND = re.compile(r"^::(?P<name>add-mask|set-output)(?: name=(?P<key>[^:,]+))?::(?P<value>.*)$")
_BLOCKED = re.compile(r"^(?:GITHUB_|RUNNER_)", re.IGNORECASE)
_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))


_MOST_MASKS = 50_000
"""How many values one step may hide: each is looked for in all that is shown from then on."""


class CommandFileError(ValueError):
    """A step wrote something into an environment file that the runner refuses."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What a step asked the runner to keep.

    Variables, search path, outputs, masks, ``state`` for its own post step, and its ``summary``.
    """

    env: dict[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)
    masks: tuple[str, ...] = ()
    state: dict[str, str] = field(default_factory=dict)
    summary: str = ""


def pairs(text: str) -> dict[str, str]:
    """Return the ``NAME=value`` and ``NAME<<DELIMITER`` entries of an environment file.

    Raises CommandFileError for what the runner refuses: a line without ``=``, an empty name, a
    delimiter that never comes.
    """
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line[:equals], line[equals + 1 :]
        elif heredoc >= 0:
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            body: list[str] = []
            for inner in lines:
                if inner == delimiter:
                    break
                body.append(inner)
            else:
                raise CommandFileError(f"Invalid value. Matching delimiter not found '{delimiter}'")
            value = "\n".join(body)
        else:
            raise CommandFileError(f"Invalid format '{line}'")
        if not name:
            raise CommandFileError(f"Invalid format '{line}'. Name must not be empty")
        found[name] = value
    return found


def unpacked(tree: bytes) -> dict[str, str]:
    """Return the files of a tar of the runner's folder, by their names. Raises CommandFileError."""
    found: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(tree)) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is not None:
                    name = posixpath.basename(member.name)
                    found[name] = content.read().decode("utf-8", "replace")
    except tarfile.TarError as error:
        raise CommandFileError("the step left nothing readable of them") from error
    return found


def effects(files: dict[str, str], output: str) -> Effects:
    """Return what a step asked for through its files (name to text) and its printed commands.

    Variables that the runner protects (``GITHUB_*``, ``RUNNER_*``, ``NODE_OPTIONS``) are not set.
    Raises CommandFileError.
    """
    outputs: dict[str, str] = {}
    masks: list[str] = []
    for line in output.splitlines():
        match = _COMMAND.match(line)
        if match is None:
            continue
        value = _unescaped(match["value"])
        if match["name"] == "add-mask" and value.strip():
            masks.append(value)
            if len(masks) > _MOST_MASKS:
                raise CommandFileError(f"the step hides more than {_MOST_MASKS} values")
        elif match["name"] == "set-output" and match["key"]:
            outputs[match["key"]] = value
    env = {
        name: value
        for name, value in pairs(files.get("env", "")).items()
        if not _BLOCKED.match(name) and name.upper() != "NODE_OPTIONS"
    }
    outputs |= pairs(files.get("output", ""))
    path = tuple(line for line in files.get("path", "").splitlines() if line)
    state = pairs(files.get("state", ""))
    return Effects(env, path, outputs, tuple(masks), state, files.get("step_summary", ""))


def _unescaped(value: str) -> str:
    for escaped, plain in _ESCAPES:
        value = value.replace(escaped, plain)
    return value
