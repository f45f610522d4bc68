"""A raw log cut into the steps of its jobs."""

from __future__ import annotations

from collections.abc import Iterator

from regreen.logs.expressions import expression
from regreen.logs.formats.github.marks import EXIT, Kind, RunnerMark
from regreen.logs.layout import Block, Step
from regreen.logs.raw import RawLog
from regreen.logs.text import COLUMNS_PREFIX, PREFIX, clean, strip_terminal

_BLOCK_LIMIT = 1 << 20
_REACH = 8192
_CYAN = expression(r"(?:\x1b|\^\[)\[36;1m")
_ECHOED = expression(_CYAN.pattern.encode())
_END = b"##[endgroup]"
_USES = expression(r"(?:docker://\S+|\.{1,2}/\S*|[\w.-]+/[\w./-]+@\S+)$")
_INPUT = expression(r"  ([A-Za-z_][\w.-]*): ?(.*)$")
_NO_NAME = "UNKNOWN STEP"


def split(log: RawLog, marks: tuple[RunnerMark, ...], *, columns: bool) -> list[Step]:
    """Return the steps of a log in order: set-up parts, normal steps, post steps.

    A job's lines before its first heading are a step named ``Set up job``; a log without headings
    is one step.
    """
    steps: list[Step] = []
    for mark, opens in _openings(log, marks, columns):
        if opens is not None:
            _close(steps, log, opens)
            steps.append(opens)
        if mark is not None and mark.kind is Kind.ERROR:
            steps[-1].errors.append(mark)
            if match := EXIT.search(mark.rest):
                steps[-1].exit_code = int(match["code"])
    _close(steps, log, None)
    return steps


def _openings(
    log: RawLog, marks: tuple[RunnerMark, ...], columns: bool
) -> Iterator[tuple[RunnerMark | None, Step | None]]:
    """Every mark with the step that it opens, if it opens one."""
    job = marks[0].job if marks else None
    limits = _limits(log, marks)
    yield None, _setup(log.begin, 1, job, marks[0].step if marks else None)
    for number, mark in enumerate(marks):
        if columns and mark.job != job:
            job = mark.job
            begin = marks[number - 1] if number else None
            yield None, _job_change(log, begin, mark)
        if number in limits:
            block = read_block(log, mark, limits[number], columns=columns)
            if block is not None:
                yield mark, _step(mark, block)
                continue
        elif mark.kind in (Kind.POST, Kind.END) and not mark.rest:
            yield mark, _post(mark)
            continue
        elif mark.kind is Kind.BEGIN and number and not columns:
            yield mark, _setup(mark.start, mark.line, None, None)
            continue
        yield mark, None


def _limits(log: RawLog, marks: tuple[RunnerMark, ...]) -> dict[int, int]:
    """Where the block of each heading ends at the latest: at the next heading.

    Were it not so, headings without an end would each be read up to the last one. A heading in a
    script that the runner shows is none: the runner colours scripts, never its own marks.
    """
    limits: dict[int, int] = {}
    limit = log.size
    for number in range(len(marks) - 1, -1, -1):
        mark = marks[number]
        if mark.kind is Kind.RUN and not _echoed(log, mark):
            limits[number] = limit
            limit = mark.start
    return limits


def _echoed(log: RawLog, mark: RunnerMark) -> bool:
    """Whether the mark's line is coloured as a line of a script up to the mark."""
    return _ECHOED.search(log.read(mark.start, mark.end).partition(mark.kind.value)[0]) is not None


def _setup(start: int, line: int, job: str | None, title: str | None) -> Step:
    named = title if title and title != _NO_NAME else None
    return Step(named or "Set up job", named, job, start, line, Block(None, {}, start))


def _step(mark: RunnerMark, block: Block) -> Step:
    name = mark.rest.strip()
    title = mark.step if mark.step != _NO_NAME else None
    uses = name if block.script is None and _USES.match(name) else None
    return Step(name, title, mark.job, mark.start, mark.line, block, uses)


def _post(mark: RunnerMark) -> Step:
    title = mark.step if mark.step != _NO_NAME else None
    name = "Post job cleanup" if mark.kind is Kind.POST else "Complete job"
    return Step(name, title, mark.job, mark.start, mark.line, Block(None, {}, mark.end), post=True)


def _job_change(log: RawLog, before: RunnerMark | None, mark: RunnerMark) -> Step:
    """The first line of the job that ``mark`` is in; it stands somewhere after ``before``."""
    low = before.end if before else log.begin
    at = log.find(f"\n{mark.job}\t".encode(), low, mark.start)
    start = at + 1 if at >= 0 else mark.start
    return _setup(start, log.number(start), mark.job, mark.step)


def _close(steps: list[Step], log: RawLog, following: Step | None) -> None:
    if not steps:
        return
    step = steps[-1]
    step.end = following.start if following else log.size
    if step.end <= step.start:
        steps.pop()
    elif following is not None:
        step.last = max(following.first - 1, step.first)
    else:
        step.last = max(log.lines, step.first)


def read_block(log: RawLog, heading: RunnerMark, limit: int, *, columns: bool) -> Block | None:
    """Read what stands between a heading and its ``##[endgroup]``, which stands before ``limit``.

    Returns ``None`` when it is no step's heading but a group that a tool opened: those hold
    output, never ``shell:``, ``with:`` or ``env:``.
    """
    start = heading.end + 1
    limit = min(limit, start + _BLOCK_LIMIT)
    stop = _end(log, start, limit)
    if stop is None:
        return _cut_short(log, start, limit, columns)
    begin, end = stop
    output = min(end + 1, log.size)
    body = log.read(start, begin).decode("utf-8", "replace")
    block = _parse_block(body, output, columns)
    if block is None and not body.strip():
        return Block(None, {}, output)
    return block


def _end(log: RawLog, start: int, limit: int) -> tuple[int, int] | None:
    """The line that ends the group. A script may hold the words too, and is shown in the group."""
    at = log.find(_END, start, limit)
    while at >= 0:
        begin, end = log.line_at(at, _REACH) or (at, at + len(_END))
        if not _ECHOED.search(log.read(begin, at)):
            return max(begin, start), end
        at = log.find(_END, end, limit)
    return None


def _cut_short(log: RawLog, start: int, limit: int, columns: bool) -> Block | None:
    """A heading whose block never ends: at the end of a log that was cut off."""
    tail = log.read(start, limit)
    if b"shell: " in tail or b"with:" in tail:
        return _parse_block(tail.decode("utf-8", "replace"), limit, columns)
    if limit == log.size and not tail.strip():
        return Block(None, {}, start)
    return None


def _parse_block(body: str, output: int, columns: bool) -> Block | None:
    plain = [line for _, line in clean(body, COLUMNS_PREFIX if columns else PREFIX)]
    cyan = [bool(_CYAN.search(line)) for line in body.split("\n")] if "36;1m" in body else []
    script: list[str] = []
    inputs: dict[str, str] = {}
    part, known = "script", False
    key = None
    for number, line in enumerate(plain):
        coloured = number < len(cyan) and cyan[number]
        if not coloured and (line.rstrip() in ("with:", "env:") or line.startswith("shell: ")):
            part, known = line.split(":")[0], True
        elif part == "script" and (coloured or not cyan):
            script.append(line)
        elif part == "with":
            if match := _INPUT.match(line):
                key = match[1]
                inputs[key] = strip_terminal(match[2])
            elif key is not None and line.strip():
                inputs[key] += "\n" + line
    if not known:
        return None
    while script and not script[-1].strip():
        script.pop()
    return Block("\n".join(script) if script else None, inputs, output)
