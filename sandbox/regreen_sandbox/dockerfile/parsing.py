"""A Dockerfile as instructions, each with the line that it begins in.

Format: Docker's "Dockerfile reference": parser directives, comments, the escape character, flags,
here-documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from regreen_sandbox.dockerfile.errors import DockerfileError, UnsupportedInstruction

INSTRUCTIONS = frozenset(
    {
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    }
)
_FLAGGED = frozenset({"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"})
_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*?)\s*")
_FLAG = re.compile(r"--([a-zA-Z][a-zA-Z0-9-]*)(?:=(\S*))?(?:\s+|$)")
_HEREDOC = re.compile(r"""(?<!<)<<(-?)(['"]?)([a-zA-Z_][a-zA-Z0-9_]*)\2(?=\s|$)""")
_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here-document: its word, its text, and whether variables in it are replaced."""

    word: str
    text: str
    expands: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; ``text`` is what follows its flags, continued lines joined."""

    line: int
    name: str
    flags: tuple[tuple[str, str], ...]
    text: str
    heredocs: tuple[Heredoc, ...] = ()

    def __str__(self) -> str:
        flags = "".join(f"--{name}={value} " for name, value in self.flags)
        return f"{self.name} {flags}{self.text}"


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The instructions of a Dockerfile, and its escape character."""

    instructions: tuple[Instruction, ...]
    escape: str = "\\"


def parse(text: str) -> Dockerfile:
    """Return the instructions. Raises `DockerfileError`, `UnsupportedInstruction`."""
    lines = text.removeprefix("\ufeff").split("\n")
    lines = [line.removesuffix("\r") for line in lines]
    if len(lines) > _MOST_LINES:
        raise DockerfileError(_MOST_LINES, "it has too many lines")
    escape = _escape(lines)
    found = tuple(_Reader(lines, escape).instructions())
    if not any(one.name == "FROM" for one in found):
        raise DockerfileError(len(lines), "there is no FROM")
    for one in found:
        if one.name == "FROM":
            break
        if one.name != "ARG":
            raise DockerfileError(one.line, "no build stage in current context")
    return Dockerfile(found, escape)


def _escape(lines: list[str]) -> str:
    """Read the directives, which stand before everything else."""
    for number, line in enumerate(lines, 1):
        found = _DIRECTIVE.fullmatch(line.strip())
        if not found:
            break
        if found[1].lower() == "escape":
            if found[2] not in ("\\", "`"):
                raise DockerfileError(number, f"invalid ESCAPE {found[2]!r}: it is \\ or `")
            return found[2]
    return "\\"


class _Reader:
    """Goes through the lines."""

    def __init__(self, lines: list[str], escape: str) -> None:
        self._lines = lines
        self._at = 0
        self._continued = re.compile(re.escape(escape) + r"[ \t]*$")

    def instructions(self) -> Iterator[Instruction]:
        """Yield them in turn."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line.strip() or line.lstrip().startswith("#"):
                self._at += 1
                continue
            yield self._instruction()

    def _instruction(self) -> Instruction:
        number = self._at + 1
        text = self._logical()
        name, *others = re.split(r"\s+", text, maxsplit=1)
        name, rest = name.upper(), "".join(others)
        if name not in INSTRUCTIONS:
            raise DockerfileError(number, f"unknown instruction: {name[:80]}")
        if name == "ONBUILD":
            raise UnsupportedInstruction(number, "ONBUILD")
        flags: list[tuple[str, str]] = []
        while name in _FLAGGED and (flag := _FLAG.match(rest)):
            flags.append((flag[1].lower(), flag[2] or ""))
            rest = rest[flag.end() :]
        heredocs = tuple(self._heredocs(rest, number)) if name in _WITH_HEREDOCS else ()
        if not rest.strip() and name not in ("CMD", "ENTRYPOINT"):
            raise DockerfileError(number, f"{name} requires at least one argument")
        return Instruction(number, name, tuple(flags), rest, heredocs)

    def _logical(self) -> str:
        """Return a line with those that continue it; comments and empty lines between go."""
        text = ""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if text and (not line.strip() or line.lstrip().startswith("#")):
                continue
            part = self._continued.sub("", line)
            text += part if text else part.lstrip()
            if part == line:
                break
        return text.rstrip()

    def _heredocs(self, text: str, number: int) -> Iterator[Heredoc]:
        for found in _HEREDOC.finditer(text):
            if text.lstrip().startswith("["):
                return
            body: list[str] = []
            while True:
                if self._at >= len(self._lines):
                    raise DockerfileError(number, f"unterminated heredoc {found[3]}")
                line = self._lines[self._at]
                self._at += 1
                if found[1]:
                    line = line.lstrip("\t")
                if line == found[3]:
                    break
                body.append(f"{line}\n")
            yield Heredoc(found[3], "".join(body), not found[2])
