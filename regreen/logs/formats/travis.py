"""The logs of Travis CI.

Each command stands behind ``travis_time:start:ID`` and ``$ ``, in a fold that names its phase, and
ends with ``travis_time:end:ID:…``; then ``The command "…" exited with N.`` says how, for the
commands of ``script``, which all run, and ``failed and exited with N during PHASE`` for those
before them, which end the job. What ``after_success``, ``after_failure`` and ``after_script`` print
counts for nothing. The result stands at the end: ``Done. Your build exited with N.``, or a word of
the worker that stopped the job. The build script that writes all this runs in the job's own shell,
so a command could write it too.

Lines: ``lib/travis/build/bash`` of travis-build and ``log_writer.go`` of travis-worker.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from regreen.logs.expressions import expression
from regreen.logs.formats.lines import Cutter, Said, first_group, head_of, scan
from regreen.logs.layout import Block, Ending, Layout, Step
from regreen.logs.raw import RawLog
from regreen.model import LogFacts

_GLUE = r"(?:\r*(?:\x1b\[0?K)?)"
_PREFIX = expression(
    rf"^(?:{_GLUE}travis_(?:fold:(?:start|end):[\w.-]+|time:start:[0-9a-f]+"
    rf"|time:end:[0-9a-f]+:start=\d+,finish=\d+,duration=-?\d+"
    rf"(?:,event=\w+?(?=The command|[^\w]|$))?){_GLUE})*",
    re.MULTILINE,
)
_LEAD = expression(r"^(?:\x1b\[[\d;]*[Km]|\r)*")
_AT_LINE = rb"(?m)^(?:\x1b\[[\d;]*[Km]){0,3}"
HEAD = expression(_AT_LINE + rb"(?:travis_(?:fold|time):start:|Using worker: \S*worker\S*travis)")
TAIL = expression(
    _AT_LINE + rb"(?:Done\. Your build exited with \d|travis_time:end:|The job has been terminated"
    rb"|The build has been terminated|Your build has been stopped|Done: Job Cancelled)"
)
"""What only Travis writes."""

_WORDS = expression(
    rb"travis_fold:|travis_time:|The command \"|Done\. Your build|Your build has been stopped"
    rb"|No output has been received|The job exceeded the max|The log length has exceeded"
    rb"|The (?:build|job) has been terminated|Done: Job Cancelled|(?<=\n)(?:\x1b\[0K)?\$ "
)
_INSIDE = expression(
    rb"travis_time:(?:end:[0-9a-f]{6,8}:start=\d|start:[0-9a-f]{6,8})|travis_fold:(?:start|end):"
)
"""What stands behind output that did not end its line."""
_PHASE = expression(r"travis_fold:start:(after_\w+|deploy|dpl|before_deploy)")
_COMMAND = expression(r"(?:^|[\r\n]|travis_time:start:[0-9a-f]{8})\$ (?P<script>[^\r]+)")
_OPENS = expression(r"travis_(?:time:start:|fold:start:)")
_EVENT = expression(r"event=(after_\w+|deploy)")
_EXIT = expression(
    r"The command \"(?P<script>.+)\" (?:failed and )?exited with (?P<code>\d+)"
    r"(?P<ends> during)?", re.DOTALL
)  # fmt: skip
_DONE = expression(r"Done\. Your build exited with (\d+)")
_STOPPED = expression(
    r"No output has been received|The job exceeded the max|The log length has exceeded"
    r"|The (?:build|job) has been terminated|Done: Job Cancelled|Your build has been stopped"
)
_BROKEN_OFF = expression(
    r"No output has been received|The job exceeded the max|Done: Job Cancelled"
)
_REPOSITORY = (expression(rb"git clone [^\r\n]*?[/:]([\w.-]+/[\w.-]+?)\.git [\w.-]+/[\w.-]+"),)
_TESTED = (expression(rb"git checkout -qf ([0-9a-f]{7,40})"),)
_IMAGE = (expression(rb"Build dist: (\w+)"), expression(rb"Codename:\s*(\w+)"))
_JOB = (expression(rb"Job id: (\d+)"),)
_TIME = (expression(rb"travis_time:end:[0-9a-f]+:start=(\d{10})\d{9},"),)


def read(log: RawLog) -> Layout:
    """Return the commands of a job."""
    said = scan(log, _WORDS, _LEAD, _INSIDE)
    steps = _split(log, said)
    ending, known = _ending(steps, said)
    return Layout(
        "travis",
        steps,
        lambda _: ending,
        lambda step: _closed(step, 1.0) if step.errors else None,
        lambda _parts, _failing: _facts(log),
        _PREFIX,
        None if known else next((s for s in reversed(steps) if not s.post), None),
    )


def _split(log: RawLog, said: Sequence[Said]) -> list[Step]:
    cut = Cutter(log)
    current = cut.open("worker", None)
    post = False
    for mark in said:
        if "travis_time:end:" in mark.rest and (event := _EVENT.search(mark.rest)):
            current.post = current.post or not event[1].startswith("before")
        if exited := _EXIT.search(mark.rest):
            _exited(cut.steps, mark, exited)
        if phase := _PHASE.search(mark.rest):
            post = True
            current = cut.open(phase[1], mark, title=phase[1], post=True)
        if command := _COMMAND.search(mark.rest):
            script = command["script"].strip()
            if current.name.startswith("travis_time:") and current.first == mark.line - 1:
                current.name = script
                current.block = Block(script, {}, min(mark.end + 1, log.size))
            else:
                current = cut.open(script, mark, script=script, post=post)
        elif _OPENS.search(mark.rest) and not _EXIT.search(mark.rest) and not phase:
            current = cut.open(mark.rest.split("\r")[0], mark, post=post)
    return _named(cut.finish())


def _named(steps: list[Step]) -> list[Step]:
    """The steps without those in which only the worker spoke: marks that no command follows."""
    return [s for s in steps if not s.name.startswith("travis_") or s.last > s.first or s.errors]


def _exited(steps: Sequence[Step], mark: Said, match: re.Match[str]) -> None:
    """Note how a command ended, with the step that it was started in."""
    script = match["script"].strip()
    step = next((s for s in reversed(steps[-64:]) if s.block.script == script), steps[-1])
    if step.block.script is None:
        step.name, step.block = script, replace(step.block, script=script)
    step.exit_code = int(match["code"])
    if step.exit_code:
        step.errors.append(replace(mark, rest=match[0]))


def _ending(steps: Sequence[Step], said: Sequence[Said]) -> tuple[Ending | None, bool]:
    """How the job ended, and whether the log says so.

    Of several commands that failed the first one counts: the others ran in what it left behind.
    """
    done = next((m for m in reversed(said) if _DONE.match(m.rest)), None)
    stopped = next((m for m in said if _STOPPED.match(m.rest)), None)
    failed = [step for step in steps if step.errors and not step.post]
    final = [step for step in failed if " during " in step.errors[-1].rest]
    if done is not None and (code := _DONE.match(done.rest)) and code[1] == "0":
        return None, True
    if final or failed:
        return _closed((final or failed)[0], 1.0), True
    if stopped is not None:
        return _stopped(steps, stopped), True
    return None, False


def _stopped(steps: Sequence[Step], mark: Said) -> Ending | None:
    """The worker stopped the job: in the command that ran then."""
    step = next((s for s in reversed(steps) if s.start <= mark.start), None)
    if step is None:
        return None
    step.errors.append(mark)
    return Ending(
        step,
        mark,
        1.0,
        mark.start,
        _BROKEN_OFF.match(mark.rest) is not None,
        (mark.start, step.end),
    )


def _closed(step: Step, certainty: float) -> Ending:
    mark = step.errors[-1]
    return Ending(step, mark, certainty, min(mark.start, step.end))


def _facts(log: RawLog) -> LogFacts:
    head = head_of(log)
    seconds = first_group(_TIME, head)
    return LogFacts(
        provider="travis",
        repository=first_group(_REPOSITORY, head),
        tested=first_group(_TESTED, head),
        job=first_group(_JOB, head),
        image=first_group(_IMAGE, head),
        started_at=datetime.fromtimestamp(int(seconds), UTC) if seconds else None,
    )
