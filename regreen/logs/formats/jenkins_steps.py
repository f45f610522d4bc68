"""A Jenkins log cut into the steps of its build."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from regreen.logs.expressions import expression
from regreen.logs.formats.lines import Cutter, Said, lines_between
from regreen.logs.layout import Mark, Step
from regreen.logs.raw import RawLog

_PIPELINE = "[Pipeline] "
_OPEN = expression(r"(?:\[(?P<in>[^\]]+)\] )?\{(?: \((?:Branch: )?(?P<name>.*)\))?$")
_LEAF = expression(r"(?:\[(?P<in>[^\]]+)\] )?(?P<word>\w+)(?: \(.*\))?$")
_CLOSE = expression(r"(?:\[[^\]]+\] )?\}")
_POST_STAGE = "Declarative: Post"
_SHELL = expression(r"\[[^\]]+\] \$ (?P<command>.+)")
_AFTER_BUILD = expression(
    r"Build step '|Archiving artifacts|Recording test results|Sending e-mails to"
    r"|Performing Post build|Notifying upstream|Email was triggered|Started calculate disk"
    r"|\[WS-CLEANUP\] Deleting"
)
_TRACED = expression(r"^(?:\+ (?P<unix>.+)|[A-Za-z]:\\[^>\n]*>(?P<windows>.+))$")
_LOOKED = 1 << 16
_MOST_COMMANDS = 100
_SAID = ("ERROR: ", "Build step '", "FATAL: ", "Build was aborted", "Aborted by ")
_INTERRUPTS = ("Cancelling nested steps", "Sending interrupt signal", "Build timed out")


@dataclass(slots=True)
class Build:
    """The steps of a build; ``words`` are the pipeline step of each (``sh``), by its first byte.

    ``ends`` is where the pipeline says that it was over or that it skips stages; ``branches`` are
    the names that old pipelines put before the lines of each branch.
    """

    steps: list[Step]
    said: list[Said]
    prefix: re.Pattern[str]
    words: dict[int, str] = field(default_factory=dict)
    ends: Said | None = None
    skips: Said | None = None
    branches: set[str] = field(default_factory=set)
    within: dict[int, str] = field(default_factory=dict)
    """The branch of a step, by the step's first byte."""

    @property
    def pipeline(self) -> bool:
        """Whether the build is a pipeline's."""
        return bool(self.words) or self.ends is not None


def split(log: RawLog, said: Sequence[Said], prefix: re.Pattern[str]) -> Build:
    """Return the steps of a build: the pipeline's own, or the commands of another project."""
    build = Build([], list(said), prefix)
    if any(s.rest.startswith(_PIPELINE) for s in said):
        _Pipeline(log, build).read()
    else:
        _freestyle(log, build)
    return build


class _Pipeline:
    """Follows the blocks of a pipeline from mark to mark."""

    def __init__(self, log: RawLog, build: Build) -> None:
        self._log = log
        self._build = build
        self._cut = Cutter(log)
        self._blocks: list[tuple[str | None, bool]] = []
        """The stage of each open block, and whether it is there to clean up."""
        self._post_of: int | None = None

    def read(self) -> None:
        """Fill the build."""
        self._cut.open("start", None)
        for mark in self._build.said:
            if mark.rest.startswith(_PIPELINE):
                self._mark(mark, mark.rest[len(_PIPELINE) :].strip())
            elif mark.rest.startswith("Post stage"):
                self._post_of = len(self._blocks)
            elif mark.rest.startswith('Stage "') and "skipped due to earlier fail" in mark.rest:
                self._build.skips = self._build.skips or mark
            elif mark.rest.startswith((*_SAID, *_INTERRUPTS)):
                self._cut.steps[-1].errors.append(mark)
        steps = self._cut.finish()
        self._build.steps = [s for s in steps if self._speaks(s)]
        for step in self._build.steps:
            self._show(step)

    def _mark(self, mark: Said, text: str) -> None:
        if text == "End of Pipeline":
            self._build.ends = mark
            self._cut.open("end", mark, post=True)
        elif match := _OPEN.match(text):
            name = match["name"]
            after = self._post or (name or "").startswith(_POST_STAGE)
            self._blocks.append((name or self._stage, after))
            if match["in"]:
                self._build.branches.add(match["in"])
            self._gap(mark)
        elif _CLOSE.match(text):
            if self._blocks:
                self._blocks.pop()
            if self._post_of is not None and len(self._blocks) < self._post_of:
                self._post_of = None
            self._gap(mark)
        elif match := _LEAF.match(text):
            step = self._cut.open(match["word"], mark, title=self._stage, post=self._post)
            self._build.words[step.start] = match["word"]
            if match["in"]:
                self._build.branches.add(match["in"])
                self._build.within[step.start] = match["in"]
        else:
            self._gap(mark)

    def _gap(self, mark: Mark) -> None:
        """What stands behind a block's bracket belongs to no step, though branches write there."""
        self._cut.open("", mark, title=self._stage, post=self._post)

    @property
    def _stage(self) -> str | None:
        return self._blocks[-1][0] if self._blocks else None

    @property
    def _post(self) -> bool:
        return self._post_of is not None or (bool(self._blocks) and self._blocks[-1][1])

    def _speaks(self, step: Step) -> bool:
        """Whether anything was printed in the step, or its kind tells what it did."""
        if step.name in ("sh", "bat", "powershell", "pwsh", "error"):
            return True
        return (
            self._log.read(step.block.output, min(step.end, step.block.output + 4096)).strip()
            != b""
        )

    def _show(self, step: Step) -> None:
        """Give a step its command, as the shell showed it, and a name."""
        script = traced(self._log, step, self._build.prefix) if step.name in ("sh", "bat") else None
        if script:
            step.block = replace(step.block, script=script)
            step.name = script.split("\n")[0]
        step.name = step.name or step.title or "output"


def traced(log: RawLog, step: Step, prefix: re.Pattern[str]) -> str | None:
    """Return the commands that the shell showed before it ran them, at both ends of a step."""
    begin, end = step.block.output, step.end
    if end - begin <= 2 * _LOOKED:
        windows = [(begin, end)]
    else:
        windows = [(begin, begin + _LOOKED), (end - _LOOKED, end)]
    shown: list[str] = []
    for start, stop in windows:
        for _, line in lines_between(log, start, stop):
            plain = prefix.sub("", line)
            text = plain.split("] ", 1)[-1] if plain.startswith("[") else plain
            if match := _TRACED.match(text.strip()):
                shown.append(match["unix"] or match["windows"])
    return "\n".join(shown[:_MOST_COMMANDS]) or None


def _freestyle(log: RawLog, build: Build) -> None:
    cut = Cutter(log)
    step = cut.open("Checkout", None)
    last = max((i for i, s in enumerate(build.said) if _SHELL.match(s.rest)), default=-1)
    over = False
    for index, mark in enumerate(build.said):
        if (match := _SHELL.match(mark.rest)) and not over:
            step = cut.open(match["command"], mark)
        elif not over and index > last and _AFTER_BUILD.match(mark.rest):
            over = not mark.rest.startswith("[WS-CLEANUP]") or last >= 0
            if mark.rest.startswith("Build step '"):
                step.errors.append(mark)
            if over:
                step = cut.open("Post-build actions", mark, post=True)
        elif mark.rest.startswith((*_SAID, *_INTERRUPTS)) and step.start <= mark.start:
            step.errors.append(mark)
    build.steps = cut.finish()
    for step in build.steps:
        if "/bin/" in step.name or step.name.startswith(("cmd ", "sh ")):
            script = traced(log, step, build.prefix)
            if script:
                step.block = replace(step.block, script=script)
                step.name = script.split("\n")[0]
