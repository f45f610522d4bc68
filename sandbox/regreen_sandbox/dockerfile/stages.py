"""A Dockerfile's stages, and which of them the wanted one needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from regreen_sandbox.dockerfile.errors import DockerfileError, UnsupportedInstruction
from regreen_sandbox.dockerfile.parsing import Dockerfile, Instruction
from regreen_sandbox.dockerfile.words import WordError, word, words

PREDEFINED: Mapping[str, str] = {
    "TARGETPLATFORM": "linux/amd64",
    "TARGETOS": "linux",
    "TARGETARCH": "amd64",
    "TARGETVARIANT": "",
    "BUILDPLATFORM": "linux/amd64",
    "BUILDOS": "linux",
    "BUILDARCH": "amd64",
    "BUILDVARIANT": "",
}
"""Docker's "Dockerfile reference", "Automatic platform ARGs in the global scope"."""
SCRATCH = "scratch"
_PLATFORMS = frozenset({"", "linux/amd64", "linux/x86_64", "amd64", "x86_64", "linux"})


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: ``base`` is an image (`SCRATCH`: nothing), or the number of an earlier stage."""

    number: int
    name: str
    base: str | int
    opening: Instruction
    steps: tuple[Instruction, ...]

    @property
    def runs(self) -> bool:
        """Whether anything is run in it."""
        return any(step.name == "RUN" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Plan:
    """The stages, the last being the wanted one; ``values`` are the ARGs before the first FROM."""

    stages: tuple[Stage, ...]
    values: Mapping[str, str]
    escape: str

    @property
    def needed(self) -> tuple[Stage, ...]:
        """The wanted stage and what it needs, in the order of the file."""
        numbers: set[int] = set()
        asked = [len(self.stages) - 1]
        while asked:
            number = asked.pop()
            if number not in numbers:
                numbers.add(number)
                asked += self._uses(self.stages[number])
        return tuple(self.stages[number] for number in sorted(numbers))

    def source(self, name: str, before: int) -> int | None:
        """Return the stage that ``--from=name`` means, ``None`` when it means an image."""
        for stage in reversed(self.stages[:before]):
            if stage.name == name.lower() or str(stage.number) == name:
                return stage.number
        return None

    def _uses(self, stage: Stage) -> Iterator[int]:
        if isinstance(stage.base, int):
            yield stage.base
        for step in stage.steps:
            for flag, value in step.flags:
                name = value if flag == "from" else ""
                if flag == "mount":
                    named = re.search(r"(?:^|,)from=([^,]*)", value)
                    name = named[1] if named else ""
                found = self.source(name, stage.number) if name else None
                if found is not None:
                    yield found


def plan(file: Dockerfile, args: Mapping[str, str], target: str = "") -> Plan:
    """Return the stages up to ``target`` (a name or number; empty: all).

    ``args`` are what a caller sets ARGs to. Raises `DockerfileError`, `UnsupportedInstruction`.
    """
    values = dict(PREDEFINED)
    stages: list[Stage] = []
    opening: Instruction | None = None
    steps: list[Instruction] = []
    for step in file.instructions:
        if step.name == "FROM":
            if opening is not None:
                stages.append(_stage(opening, steps, stages, values, file.escape))
            opening, steps = step, []
        elif opening is None:
            for name, value in arguments(step, values, file.escape):
                values[name] = args.get(name, value if value is not None else "")
        else:
            steps.append(step)
    assert opening is not None
    stages.append(_stage(opening, steps, stages, values, file.escape))
    if target:
        names = [n for n, s in enumerate(stages) if target.lower() in (s.name, str(s.number))]
        if not names:
            raise DockerfileError(opening.line, f"target stage {target!r} could not be found")
        stages = stages[: names[-1] + 1]
    return Plan(tuple(stages), values, file.escape)


def arguments(
    step: Instruction, values: Mapping[str, str], escape: str
) -> Iterator[tuple[str, str | None]]:
    """Yield the names of an ARG with their defaults, ``None`` where there is none."""
    try:
        for one in words(step.text, values, escape):
            name, equals, value = one.partition("=")
            yield name, value if equals else None
    except WordError as error:
        raise DockerfileError(step.line, str(error)) from error


def _stage(
    opening: Instruction,
    steps: list[Instruction],
    earlier: list[Stage],
    values: Mapping[str, str],
    escape: str,
) -> Stage:
    line = opening.line
    parts = opening.text.split()
    if len(parts) not in (1, 3) or (len(parts) == 3 and parts[1].upper() != "AS"):
        raise DockerfileError(line, "FROM requires either one or three arguments")
    try:
        base: str | int = word(parts[0], values, escape)
        for flag, value in opening.flags:
            platform = word(value, values, escape) if flag == "platform" else None
            if platform not in _PLATFORMS:
                raise UnsupportedInstruction(line, f"FROM --{flag}={value}")
    except WordError as error:
        raise DockerfileError(line, str(error)) from error
    if not base:
        raise DockerfileError(line, f"base name ({parts[0]}) should not be blank")
    for stage in earlier:
        if stage.name and stage.name == str(base).lower():
            base = stage.number
    name = parts[2].lower() if len(parts) == 3 else ""
    return Stage(len(earlier), name, base, opening, tuple(steps))
