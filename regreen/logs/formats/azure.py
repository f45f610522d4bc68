"""The logs of Azure Pipelines: a whole job's, or the file of one task.

Each task stands between ``##[section]Starting: NAME`` and ``##[section]Finishing: NAME``, with a
banner (``Task         : …``) above its output; its errors are ``##[error]`` lines. Tasks that a
failure skipped are not in the log, and ``continueOnError`` leaves no word: a failed task behind
which ordinary tasks ran was tolerated. A script may print ``##[section]`` itself, and nothing in
the text tells that from the agent's; only a start that repeats the open task's name is passed over.

Lines: ``StepsRunner.cs`` and ``Strings/en-US/strings.json`` of azure-pipelines-agent; script tasks:
``BashV3`` and ``CmdLineV2`` of azure-pipelines-tasks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from regreen.logs.expressions import expression
from regreen.logs.formats.lines import (
    Cutter,
    Said,
    first_group,
    head_of,
    lines_between,
    moment,
    scan,
)
from regreen.logs.layout import Block, Ending, Layout, Mark, Step
from regreen.logs.raw import RawLog
from regreen.logs.text import PREFIX
from regreen.model import LogFacts

_AT_LINE = rb"(?m)^(?:\xef\xbb\xbf)?(?:\d{4}-\d\d-\d\dT[\d:.]{8,20}Z )?"
HEAD = expression(
    _AT_LINE + rb"(?:##\[section\](?:Starting|Finishing): "
    rb"(?!Request a runner|Prepare (?:job|all required)|Wait for )"
    rb"|Task {9}: |={20,} Starting Command Output ={20,})"
)
TAIL = expression(
    _AT_LINE + rb"(?:##\[section\]Finishing: |##\[error\](?:Bash|PowerShell|Cmd\.exe) exited with"
    rb" code '-?\d+')"
)
"""What only this agent writes. Logs of GitHub's first runners have sections for its own doings."""

_WORDS = expression(rb"##\[(?:section\](?:Start|Finish)ing: |error\])")
_START, _ERROR = "##[section]Starting: ", "##[error]"
_BANNER = 1 << 15
_COMMAND = expression(r"^(?:=+ Starting Command Output =+|Generating script\.)$")
_EXIT = expression(
    r"(?:exited with code|failed with exit code|completed with exit code|failed with exit code:"
    r"|exit code:|failed with return code:) '?(-?\d+)'?"
)
_BROKEN_OFF = expression(
    r"^(?:The operation was cancell?ed|The task has timed out|The [Jj]ob .*ran longer than the max"
    r"|We stopped hearing from agent|The agent did not connect|The job was cancell?ed)"
)
_POST = expression(
    r"^(?:Post-job: |Finalize Job$|Job [Cc]ompletion|Complete job|Report build status"
    r"|Stop Containers$|Async Command)"
)
_AFTERMATH = expression(
    r"publish|upload|report|summary|notif|slack|teams|clean ?up|logs?\b|artifact|coverage|results"
    r"|copy files|cache|stop |tear ?down",
    re.IGNORECASE,
)
_CHECKOUT = expression(r"^Checkout\b|^Get [Ss]ources$")
_REPOSITORY = (
    expression(rb"Syncing repository: ([\w.-]+/[\w.-]+)"),
    expression(rb"git remote add origin \S+?[/:]([\w.-]+/[\w.-]+?)(?:\.git)?\s"),
)
_TESTED = (
    expression(rb"git checkout --progress --force ([0-9a-f]{40})"),
    expression(rb"HEAD is now at ([0-9a-f]{7,40})\b"),
)
_IMAGE = (
    expression(rb"Environment: ([\w.-]+)\r?\n"),
    expression(rb"Image: ([\w.-]+)\r?\n"),
    expression(rb"Agent name: '([^'\n]+)'"),
)
_JOB = (expression(rb"##\[section\]Starting: (?!Initialize job|Checkout)([^\r\n]+)\r?\n(?=.*?"
                   rb"##\[section\]Starting: Initialize job)"),)  # fmt: skip
_TIME = (expression(rb"(\d{4}-\d\d-\d\dT[\d:.]{8,20}Z) "),)


def read(log: RawLog) -> Layout:
    """Return the tasks of a job."""
    steps = _split(log, scan(log, _WORDS, PREFIX))
    return Layout(
        "azure",
        steps,
        _ending,
        _of_step,
        lambda _parts, _failing: _facts(log),
    )


def _split(log: RawLog, said: Sequence[Said]) -> list[Step]:
    cut = Cutter(log)
    current = cut.open("Initialize job", None)
    closed = False
    checkouts: set[str] = set()
    for mark in said:
        name = mark.rest.partition(": ")[2].strip()
        if mark.rest.startswith(_START):
            if not closed and name == current.name:
                continue
            post = name in checkouts or _POST.search(name) is not None
            if _CHECKOUT.search(name):
                checkouts.add(name)
            current = cut.open(name, mark, title=name, post=post)
            current.block = _block(log, mark)
            closed = False
        elif mark.rest.startswith(_ERROR):
            error = replace(mark, rest=mark.rest[len(_ERROR) :])
            current.errors.append(error)
            if match := _EXIT.search(error.rest):
                current.exit_code = int(match[1])
        else:
            if len(cut.steps) == 1 and not closed and name:
                current.name, current.title = name, name
            closed = True
    return cut.finish()


def _block(log: RawLog, mark: Mark) -> Block:
    """Read the banner of a task: its script where it has one line, and where its output begins."""
    output = min(mark.end + 1, log.size)
    script: str | None = None
    contents = False
    for at, line in lines_between(log, output, min(output + _BANNER, log.size)):
        text = PREFIX.sub("", line)
        if text.startswith("##["):
            break
        if contents:
            script, contents = text, False
        elif text == "Script contents:":
            contents = True
        elif text.startswith("=========="):
            output = min(at + len(line.encode()) + 1, log.size)
            if _COMMAND.match(text):
                break
    return Block(script, {}, output)


def _ending(parts: Sequence[Step]) -> Ending | None:
    """The last failed task behind which no ordinary task ran; the first failed one else."""
    failed = [step for step in parts if step.errors and not step.post]
    if not failed:
        return None
    ordinary = [s for s in parts if not s.post and not _AFTERMATH.search(s.name)]
    last = ordinary[-1].start if ordinary else -1
    final = [step for step in failed if step.start >= last]
    named = [step for step in final if _strong(step)]
    if final:
        return _closed((named or final)[0], 1.0)
    strong = [step for step in failed if _strong(step)]
    return _closed(strong[-1], 0.5) if strong else None


def _strong(step: Step) -> bool:
    return step.exit_code is not None or any(_BROKEN_OFF.search(e.rest) for e in step.errors)


def _of_step(step: Step) -> Ending | None:
    return _closed(step, 1.0) if step.errors else None


def _closed(step: Step, certainty: float) -> Ending:
    mark = next((e for e in reversed(step.errors) if _EXIT.search(e.rest)), step.errors[-1])
    exits = _EXIT.search(mark.rest) is not None
    broken = any(_BROKEN_OFF.search(e.rest) for e in step.errors)
    return Ending(step, mark, certainty, mark.start if exits else step.end, broken)


def _facts(log: RawLog) -> LogFacts:
    head = head_of(log)
    return LogFacts(
        provider="azure",
        repository=first_group(_REPOSITORY, head),
        tested=first_group(_TESTED, head),
        job=first_group(_JOB, head[:4096]),
        image=first_group(_IMAGE, head),
        started_at=moment(first_group(_TIME, head)),
    )
