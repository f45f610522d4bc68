"""The logs of Buildkite's agent.

The agent groups its doings under ``~~~ HEADING`` and begins each line with the time
(``ESC _bk;t=MILLISECONDS BEL``). The command stands under ``~~~ Running commands`` (or ``batch
commands``, a plugin's or a repository's command hook) as ``$ COMMAND``; it opens groups of its own
with ``--- NAME`` and ``+++ NAME``, which are shown as steps. When the job fails the agent opens the
last group (``^^^ +++``) and says ``🚨 Error: The command exited with status N``; hooks that run
afterwards stand below. A command can print all of these: what it prints behind a ``~~~`` of its own
moves the step. Diffs and Go's test results, which begin alike, open no groups.

https://buildkite.com/docs/pipelines/configure/managing-log-output and ``job/executor.go`` of the
agent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from regreen.logs.expressions import expression
from regreen.logs.formats.lines import Cutter, Said, at_line, first_group, head_of, moment, scan
from regreen.logs.layout import Block, Ending, Layout, Step
from regreen.logs.raw import RawLog
from regreen.model import LogFacts

_STAMP = r"\x1b_bk;t=\d+(?:\x07|\\a)|\x1b\[[\d;]*[mK]|\x1b_bk;[^\x07\n]*\x07|\r(?!\n|$)"
_PREFIX = expression(rf"^(?:{_STAMP})*", re.MULTILINE)
_AT_LINE = rb"^(?:\x1b_bk;t=\d+\x07|\x1b\[[\d;]*[mK]){0,4}"
HEAD = expression(
    rb"(?m)\x1b_bk;t=\d{10,14}\x07|"
    + _AT_LINE
    + rb"~~~ (?:Running (?:batch )?(?:commands|script|(?:global|local|agent|plugin|repository) \S+"
    rb"[^\n]{0,60} hook)|Preparing (?:working directory|plugins)|Setting up plugins"
    rb"|:buildkite: |Running job setup)"
)
TAIL = expression(rb"(?m)" + _AT_LINE + rb"(?:\xf0\x9f\x9a\xa8 Error: |user command error: )")
"""What only this agent writes."""
_WORDS = at_line(
    rb"(?:\x1b_bk;t=\d{1,14}\x07|\x1b\[[\d;]{0,8}[mK]|\r){0,4}",
    rb"~~~ |--- |\+\+\+ |\^\^\^ \+\+\+|\xf0\x9f\x9a\xa8 Error: |user command error: |\$ "
    rb"|# Received cancellation|Received cancellation|# Process was cancell?ed",
)
_ERROR = expression(r"(?:🚨 Error: |user command error: )")
_EXIT = expression(r"(?:exited with status|exit status) (-?\d+)")
_AFTER = expression(
    r"~~~ (?:Running .*(?:pre-exit|post-command|post-artifact|pre-artifact).* hook|Uploading art"
    r"|Cleaning up|Tearing down)"
)
_BROKEN_OFF = expression(r"(?:# )?(?:Received cancellation|Process was cancell?ed)|was cancell?ed")
_NO_GROUP = expression(
    r"--- (?:FAIL|PASS|SKIP|BENCH): |(?:---|\+\+\+) (?:[ab]/|/dev/null|\S+\t|.*[-+=]{3,}\s*$)"
)
_REPOSITORY = (
    expression(rb"(?:git clone|git remote set-url origin|set-url origin)[^\n]*?[/:]"
               rb"([\w.-]+/[\w.-]+?)\.git\b"),
)  # fmt: skip
_TESTED = (
    expression(rb"git checkout -f ([0-9a-f]{40})"),
    expression(rb"HEAD is now at ([0-9a-f]{7,40})\b"),
)
_JOB = (expression(rb"BUILDKITE_LABEL=\"?([^\"\r\n]+)"),)
_IMAGE = (expression(rb"docker run [^\n]* ([\w./-]+:[\w.-]+) /bin/(?:ba)?sh\b"),)
_TIME = (expression(rb"\x1b_bk;t=(\d{10})\d{3}\x07"),)


def read(log: RawLog) -> Layout:
    """Return the agent's phases, the command's with the groups that it opened."""
    steps = _split(log)
    failed = [s for s in steps if s.errors]
    ending = _ending(failed)
    return Layout(
        "buildkite",
        steps,
        lambda _: ending,
        lambda step: _closed(step) if step.errors else None,
        lambda _parts, _failing: _facts(log),
        _PREFIX,
        None if ending or _finished(steps) else _main(steps),
    )


def _split(log: RawLog) -> list[Step]:
    said = scan(log, _WORDS, _PREFIX)
    cut = Cutter(log)
    current = cut.open("start", None)
    for index, mark in enumerate(said):
        if mark.rest.startswith("~~~ "):
            name = mark.rest[4:].strip()
            current = cut.open(name, mark, title=name, post=_AFTER.match(mark.rest) is not None)
        elif _ERROR.match(mark.rest) or _BROKEN_OFF.match(mark.rest):
            current.errors.append(mark)
            if match := _EXIT.search(mark.rest):
                current.exit_code = current.exit_code or int(match[1])
        elif mark.rest.startswith("^^^ "):
            if index + 1 < len(said) and _ERROR.match(said[index + 1].rest):
                current.errors.append(mark)
        elif mark.rest.startswith("$ "):
            if current.block.script is None and not current.errors:
                command = mark.rest[2:].strip()
                current.block = Block(command, {}, min(mark.end + 1, log.size))
        elif _group(said, index) and not current.errors:
            name = mark.rest[4:].strip()
            script = current.block.script
            current = cut.open(name, mark, title=name, script=script, post=current.post)
    return cut.finish()


def _group(said: Sequence[Said], index: int) -> bool:
    """Whether a line opens a group: no file of a diff, which names two, one below the other."""
    mark = said[index]
    if _NO_GROUP.match(mark.rest):
        return False
    sign = mark.rest[:4]
    if sign == "--- ":
        pair = said[index + 1] if index + 1 < len(said) else None
        return not (pair and pair.line == mark.line + 1 and pair.rest.startswith("+++ "))
    pair = said[index - 1] if index else None
    return not (pair and pair.line == mark.line - 1 and pair.rest.startswith("--- "))


def _ending(failed: Sequence[Step]) -> Ending | None:
    """The first phase that failed; what fails afterwards is clean-up."""
    own = [step for step in failed if not step.post] or failed
    return _closed(own[0]) if own else None


def _closed(step: Step) -> Ending:
    mark = next((e for e in step.errors if _EXIT.search(e.rest)), step.errors[-1])
    broken = any(_BROKEN_OFF.search(e.rest) for e in step.errors)
    first = min(e.start for e in step.errors)
    closing = None if _EXIT.search(mark.rest) else (first, mark.end)
    return Ending(step, mark, 1.0, first, broken, closing)


def _finished(steps: Sequence[Step]) -> bool:
    return any(step.post for step in steps)


def _main(steps: Sequence[Step]) -> Step | None:
    return next((step for step in reversed(steps) if not step.post), None)


def _facts(log: RawLog) -> LogFacts:
    head = head_of(log)
    return LogFacts(
        provider="buildkite",
        repository=first_group(_REPOSITORY, head),
        tested=first_group(_TESTED, head),
        job=first_group(_JOB, head),
        image=first_group(_IMAGE, head),
        started_at=moment(first_group(_TIME, head)),
    )
