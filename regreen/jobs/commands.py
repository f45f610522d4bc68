"""The files and ``::`` lines by which a step talks to the runner.

Formats: GitHub's documentation "Workflow commands for GitHub Actions" (environment files
``GITHUB_ENV``, ``GITHUB_PATH``, ``GITHUB_OUTPUT``, ``GITHUB_STATE``, ``GITHUB_STEP_SUMMARY``).
"""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from regreen.jobs import workflow_commands
from regreen.jobs.matchers import Finder, MatcherError, number, read_matchers
from regreen.model import Annotation

FILES = ("env", "path", "output", "state", "step_summary")

_BLOCKED = re.compile(r"^(?:GITHUB_|RUNNER_)", re.IGNORECASE)
_MOST_MASKS = 50_000
"""How many values one step may hide: each is looked for in all that is shown from then on."""
_MOST_ANNOTATIONS = 1_000
_LONGEST_SUMMARY = 1 << 20
"""Characters of a step's summary: GitHub's own limit is 1 MiB."""


class CommandFileError(ValueError):
    """A step wrote something into an environment file that the runner refuses."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What a step asked the runner to keep.

    Variables, search path, outputs, masks, ``state`` for its own post step, its ``summary``,
    ``annotations``, and all problem matchers that hold from now on (``None``: as before).
    """

    env: dict[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    outputs: dict[str, str] = field(default_factory=dict)
    masks: tuple[str, ...] = ()
    state: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()
    matchers: dict[str, str] | None = None


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


def effects(
    files: Mapping[str, str],
    output: str,
    *,
    matchers: Mapping[str, str] | None = None,
    workspace: str = "",
    read_file: Callable[[str], str | None] = lambda _path: None,
) -> Effects:
    """Return what a step asked for through its files (name to text) and its printed commands.

    ``matchers`` are the problem matchers that hold (owner to JSON), ``read_file`` gives the file
    that a step names for more. Variables that the runner protects (``GITHUB_*``, ``RUNNER_*``,
    ``NODE_OPTIONS``) are not set. Raises CommandFileError.
    """
    printed = Printed(dict(matchers or {}), workspace, read_file)
    if matchers or "::" in output or "##[" in output:
        printed.read(output)
    env = {
        name: value
        for name, value in pairs(files.get("env", "")).items()
        if not _BLOCKED.match(name) and name.upper() != "NODE_OPTIONS"
    }
    return Effects(
        env,
        tuple(line for line in files.get("path", "").splitlines() if line),
        printed.outputs | pairs(files.get("output", "")),
        tuple(printed.masks),
        printed.state | pairs(files.get("state", "")),
        files.get("step_summary", "")[:_LONGEST_SUMMARY],
        tuple(printed.annotations),
        None if printed.matchers == (matchers or {}) else printed.matchers,
    )


class Printed:
    """What a step asked for through the lines that it printed."""

    def __init__(
        self,
        matchers: dict[str, str],
        workspace: str,
        read_file: Callable[[str], str | None],
    ) -> None:
        """Begin with the problem matchers that hold, by their owners."""
        self.outputs: dict[str, str] = {}
        self.state: dict[str, str] = {}
        self.masks: list[str] = []
        self.annotations: list[Annotation] = []
        self.matchers = matchers
        self._workspace = workspace
        self._read_file = read_file
        self._finder = self._find()

    def read(self, output: str) -> None:
        """Take all that a step printed. Raises CommandFileError."""
        for item in workflow_commands.read(output.splitlines()):
            if isinstance(item, workflow_commands.Command):
                self._take(item)
            elif self.matchers and (found := self._finder.feed(item.text)) is not None:
                self._annotate(found)

    def _take(self, command: workflow_commands.Command) -> None:
        value, named = command.value, command.properties.get("name", "")
        match command.name:
            case "add-mask" if value.strip():
                self.masks.append(value)
                if len(self.masks) > _MOST_MASKS:
                    raise CommandFileError(f"the step hides more than {_MOST_MASKS} values")
            case "set-output" if named:
                self.outputs[named] = value
            case "save-state" if named:
                self.state[named] = value
            case "set-env" | "add-path":
                raise CommandFileError(f"the `{command.name}` command is disabled")
            case "add-matcher":
                self._add_matchers(value)
            case "remove-matcher":
                self.matchers.pop(command.properties.get("owner", value), None)
                self._finder = self._find()
            case "error" | "warning" | "notice":
                self._annotate(_annotation(command))
            case _:
                return

    def _add_matchers(self, path: str) -> None:
        content = self._read_file(path)
        if content is None:
            return
        try:
            added = read_matchers(content)
        except MatcherError:
            return
        for one in added:
            self.matchers[one.owner] = content
        self._finder = self._find()

    def _find(self) -> Finder:
        found = [
            one
            for owner, content in self.matchers.items()
            for one in read_matchers(content)
            if one.owner == owner
        ]
        return Finder(found, self._workspace)

    def _annotate(self, annotation: Annotation) -> None:
        if len(self.annotations) < _MOST_ANNOTATIONS:
            self.annotations.append(annotation)


def _annotation(command: workflow_commands.Command) -> Annotation:
    told = command.properties
    return Annotation(
        command.name,
        command.value,
        told.get("file", ""),
        number(told.get("line", "")),
        number(told.get("col", "")),
        told.get("title", ""),
    )
