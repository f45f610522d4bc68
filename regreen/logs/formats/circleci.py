"""The logs of CircleCI: a step's output as shown and downloaded, or several one below another.

The shell that runs a command stands above it (``#!/bin/bash -eo pipefail``), then the command's
lines, then at once its output: where the command ends is not said, so only its first line is taken.
A failed step ends with ``Exited with code exit status N`` and ``CircleCI received exit code N``, or
with why it was stopped. The JSON array that the API gives for a step is unpacked before
(``regreen.logs.encodings``). A command can print these words as well: a shell's line in the middle
is taken for a step only behind an end that was said.

https://circleci.com/docs/configuration-reference/#run
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from regreen.logs.expressions import expression
from regreen.logs.formats.lines import Cutter, Said, first_group, head_of, lines_between, scan
from regreen.logs.layout import Ending, Layout, Mark, Step
from regreen.logs.raw import RawLog
from regreen.model import LogFacts

_PREFIX = expression(r"^(?:\x1b\[[\d;]*[mK])*", re.MULTILINE)
HEAD = expression(rb"(?m)^Build-agent version \d|^CircleCI received exit code \d")
TAIL = expression(
    rb"(?m)^(?:CircleCI received exit code \d|Exited with code (?:exit status )?\d+\s*$"
    rb"|Too long with no output \(exceeded )"
)
"""What only CircleCI writes."""
_WORDS = expression(
    rb"#!/bin/(?:ba)?sh -eo? ?|Exited with code |CircleCI received exit code |Too long with no outp"
    rb"|Build-agent version |context deadline exceeded|Step was cancell?ed|Received \"killed\" sig"
)
_EXIT = expression(r"(?:Exited with code (?:exit status )?|CircleCI received exit code )(\d+)")
_STOPPED = expression(r"Too long with no output|context deadline|Step was cancell?ed")
_REPOSITORY = (
    expression(rb"CIRCLE_REPOSITORY_URL=\S*?[/:]([\w.-]+/[\w.-]+?)(?:\.git)?\s"),
    expression(rb"Cloning git repository[^\n]*\n[^\n]*?[/:]([\w.-]+/[\w.-]+?)\.git"),
)
_TESTED = (
    expression(rb"CIRCLE_SHA1=([0-9a-f]{40})"),
    expression(rb"HEAD is now at ([0-9a-f]{7,40})\b"),
)
_JOB = (expression(rb"CIRCLE_JOB=([^\r\n]+)"),)
_IMAGE = (
    expression(rb"Starting container (\S+)"),
    expression(rb"image:? ['\"]?([\w./-]+:[\w.-]+)"),
)


def read(log: RawLog) -> Layout:
    """Return the steps of a job."""
    said = scan(log, _WORDS, _PREFIX)
    steps = _split(log, said)
    failed = [step for step in steps if step.errors]
    ending = _closed(failed[0]) if failed else None
    return Layout(
        "circleci",
        steps,
        lambda _: ending,
        lambda step: _closed(step) if step.errors else None,
        lambda _parts, _failing: _facts(log),
        _PREFIX,
        None if ending else steps[-1],
    )


def _split(log: RawLog, said: Sequence[Said]) -> list[Step]:
    cut = Cutter(log)
    current = cut.open("step", None)
    ended = True
    for mark in said:
        if mark.rest.startswith("#!/bin/"):
            if not ended:
                continue
            ended = False
            script = _first_line(log, mark)
            current = cut.open(script or "step", mark, script=script)
            current.block = replace(current.block, output=_behind_line(log, mark, script))
        elif mark.rest.startswith("Build-agent"):
            current.name = current.title = "Spin up environment"
        else:
            ended = True
            _says(current, mark)
    return cut.finish()


def _first_line(log: RawLog, mark: Mark) -> str | None:
    begin = min(mark.end + 1, log.size)
    for _, line in lines_between(log, begin, min(begin + 4096, log.size)):
        return line.strip() or None
    return None


def _behind_line(log: RawLog, mark: Mark, script: str | None) -> int:
    begin = min(mark.end + 1, log.size)
    bounds = log.line_at(begin, 4096) if script else None
    return min(bounds[1] + 1, log.size) if bounds else begin


def _says(step: Step, mark: Said) -> None:
    match = _EXIT.match(mark.rest)
    if match and match[1] == "0":
        return
    step.errors.append(mark)
    if match:
        step.exit_code = int(match[1])


def _closed(step: Step) -> Ending:
    mark = next((e for e in step.errors if _EXIT.match(e.rest)), step.errors[-1])
    stopped = any(_STOPPED.search(e.rest) for e in step.errors)
    first = min(error.start for error in step.errors)
    closing = (first, mark.end) if stopped else None
    return Ending(step, mark, 1.0, first, stopped, closing)


def _facts(log: RawLog) -> LogFacts:
    head = head_of(log)
    return LogFacts(
        provider="circleci",
        repository=first_group(_REPOSITORY, head),
        tested=first_group(_TESTED, head),
        job=first_group(_JOB, head),
        image=first_group(_IMAGE, head),
    )
