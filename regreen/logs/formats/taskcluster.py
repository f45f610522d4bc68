"""The logs of Taskcluster's workers (docker-worker, generic-worker).

The worker begins its own lines with ``[taskcluster TIME]`` (``[taskcluster:error]`` for errors);
the task's lines begin with what its script puts there, mostly ``[task TIME]``, ``[vcs TIME]``.
``=== Task Starting ===`` and ``=== Task Finished ===`` (docker-worker) or ``Executing command N``
and ``Exit Code: N`` (generic-worker) enclose the task. A task may print ``[taskcluster`` itself: of
results the last counts, which the worker writes when the task is over.

Lines: ``workers/docker-worker/src/lib/task.js`` and ``workers/generic-worker/main.go``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from regreen.logs.expressions import expression
from regreen.logs.formats.lines import Cutter, Said, first_group, head_of, moment, scan
from regreen.logs.layout import Ending, Layout, Step
from regreen.logs.raw import RawLog
from regreen.model import LogFacts

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z"
_PREFIX = expression(
    rf"^\r?(?:\[(?:taskcluster(?::\w+)?|task|vcs|setup|fetches|cache|chain-of-trust)(?: {_TIME})?\]"
    rf" ?)?",
    re.MULTILINE,
)
_START = expression(r"^\r?")
HEAD = expression(rb"(?m)^\r?\[taskcluster(?::\w+)?(?: \d{4}-\d\d-\d\d[T ][\d:.]+Z)?\] ")
TAIL = HEAD
"""What only these workers write."""
_WORDS = expression(
    rb"\[taskcluster(?::\w+)?(?: \d{4}-\d\d-\d\d[T ][\d:.]{8,16}Z)?\]"
    rb" (?:=== Task |Executing command |Unsuccessful task|Successful task|Exit Code: |Result: )"
    rb"|\[taskcluster:error\]"
)
_SAYS = expression(r"^\[taskcluster[^\]]*\] ?")
_EXIT = expression(r"(?:exit code: |Exit Code: |exit status )(-?\d+)")
_LIMIT = expression(
    r"max run ?time exceeded|Task timeout after|has been (?:aborted|cancell?ed)|Task was cancell?ed"
    r"|worker-shutdown|spot termination|Task aborted",
    re.IGNORECASE,
)
_STARTS = expression(r"=== Task Starting|Executing command (\d+)")
_ENDS = expression(r"=== Task Finished|Exit Code: |Unsuccessful task|Result: ")
_JOB = (expression(rb"Task ID: (\S+)"), expression(rb"\"taskId\": \"([^\"]+)\""))
_IMAGE = (expression(rb"Worker Type: (\S+)"), expression(rb"Worker Type \(([^)\s]+)\)"))
_REPOSITORY = (
    expression(rb"(?:_HEAD_REPOSITORY|--repo(?:sitory)?)[= ']+\S+?://[^/\s]+/([\w./-]+)"),
)
_TESTED = (expression(rb"_HEAD_REV[= ']+([0-9a-f]{12,40})"),)
_BEGAN = (expression(rb"\[taskcluster (\d{4}-\d\d-\d\d[T ][\d:.]+)Z\]"),)


def read(log: RawLog) -> Layout:
    """Return the set-up, the task (each command of it) and what the worker did afterwards."""
    said = scan(log, _WORDS, _START)
    steps = _split(log, said)
    ending, known = _ending(steps, said)
    return Layout(
        "taskcluster",
        steps,
        lambda _: ending,
        lambda _: None,
        lambda _parts, _failing: _facts(log),
        _PREFIX,
        None if known else next((s for s in reversed(steps) if not s.post), None),
    )


def _split(log: RawLog, said: Sequence[Said]) -> list[Step]:
    cut = Cutter(log)
    cut.open("setup", None)
    last = max((i for i, s in enumerate(said) if _ENDS.search(_words(s))), default=-1)
    for index, mark in enumerate(said):
        words = _words(mark)
        if match := _STARTS.search(words):
            name = f"command {match[1]}" if match[1] else "task"
            cut.open(name, mark, title=name)
        elif index >= last >= 0 and not cut.steps[-1].post and _ENDS.search(words):
            cut.open("teardown", mark, post=True)
        elif "Task Finished" in words or words.startswith("Exit Code: "):
            code = _EXIT.search(words)
            cut.steps[-1].exit_code = int(code[1]) if code else cut.steps[-1].exit_code
            cut.open("teardown", mark, post=True)
    return cut.finish()


def _words(mark: Said) -> str:
    return _SAYS.sub("", mark.rest)


def _ending(steps: Sequence[Step], said: Sequence[Said]) -> tuple[Ending | None, bool]:
    """How the task ended, and whether the log says so: its result, or an error of the worker."""
    limit = next((m for m in reversed(said) if _LIMIT.search(_words(m))), None)
    failed = limit or next((m for m in reversed(said) if _failing(m)), None)
    green = any("Successful task" in m.rest or _words(m) == "Result: SUCCEEDED" for m in said[-8:])
    if green or failed is None:
        return None, green
    own = [step for step in steps if not step.post and step.start <= failed.start]
    step = own[-1] if own else steps[-1]
    step.errors.append(failed)
    if limit is None:
        codes = [c for m in said if (c := _EXIT.search(_words(m))) and c[1] != "0"]
        step.exit_code = int(codes[-1][1]) if codes else step.exit_code
    closing = None if step.exit_code is not None and limit is None else (failed.start, failed.end)
    return Ending(
        step, failed, 1.0, min(step.end, failed.start), limit is not None, closing
    ), True  # fmt: skip


def _failing(mark: Said) -> bool:
    words = _words(mark)
    if words.startswith(("Exit Code: 0", "=== ", "Executing", "Successful", "Result: SUCC")):
        return False
    return "Next Attempt" not in words and words != ""


def _facts(log: RawLog) -> LogFacts:
    head = head_of(log)
    return LogFacts(
        provider="taskcluster",
        repository=first_group(_REPOSITORY, head),
        tested=first_group(_TESTED, head),
        job=first_group(_JOB, head),
        image=first_group(_IMAGE, head),
        started_at=moment(first_group(_BEGAN, head)),
    )
