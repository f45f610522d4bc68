"""A raw log to an ``Analysis``: find the failing step and its exit first, then classify only it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from regreen.errors import UsageError
from regreen.logs import formats, window
from regreen.logs.classification import failures
from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.layout import Choice, Ending, Layout, Step
from regreen.logs.masking import mask, masked_values
from regreen.logs.raw import CHUNK, RawLog
from regreen.logs.rules import RuleSet
from regreen.logs.text import LONGEST_LINE, clean, strip_terminal
from regreen.model import Analysis, Category, Evidence, Failure

_TROUBLE = expression(
    r"\b(?:error|failed|failure|fatal|traceback|exception|panic|abort(?:ed)?)\b", re.IGNORECASE
)
_TIME = expression(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_STAMP = 512
"""Bytes from a line's beginning in which its time stamp stands, columns before it included."""
_MOST_LINES = 50_000
"""Lines from each end of a part that are read: a megabyte of empty ones is a million."""
_TOLD = 0.6
"""How sure a step is to be the one that failed, when only the provider says that one did."""
_LIKELY = 0.5
"""Confidence that a failure needs in a log that does not say that there was one."""
_BLUR = timedelta(seconds=1)
"""GitHub tells a step's times in whole seconds."""
_PLAIN_EXIT = expression(
    rb"(?:Process completed with|exited with) exit code (?!0\b)(-?\d+)|exit status (?!0\b)(\d+)"
)


def read(log: RawLog, choice: Choice, rules: RuleSet, secrets: tuple[str, ...]) -> Analysis:
    """Return what an open log says of its run and of its failure.

    A step is chosen by its heading, its name or the first line of its script. A log with headings
    only (no names) cannot know a step's ``name:``; there an unknown one leaves the choice to the
    log. A job is chosen among those of a log that holds several and names them.

    Raises ``UsageError`` when a log that names its steps or jobs has none called so.
    """
    layout = formats.read(log, choice.provider)
    parts, target, ending = failing_step(log, layout, choice)
    results: tuple[Failure, ...] = ()
    if target is not None:
        results = _classify(log, layout, target, ending, rules, secrets)
    segments = tuple(part.segment() for part in _shown(parts, target))
    where = next((s for s in segments if target and s.first == target.first), None)
    return Analysis(
        layout.facts(parts, target),
        segments,
        where if results else None,
        results[0] if results else None,
        results[1:],
        log.sha256,
        log.lines,
        layout.open_end is None or ending is not None,
        _notes(layout, parts, choice),
    )


def _notes(layout: Layout, parts: Sequence[Step], choice: Choice) -> tuple[str, ...]:
    """What was asked for by a name that the log does not hold."""
    said = []
    if choice.step is not None and _selected(parts, choice.step) is None:
        said.append(f"the log has no heading {choice.step!r}: the step that failed is shown")
    named = layout.facts(parts, None).job
    if choice.job is not None and named and named.casefold() != choice.job.strip().casefold():
        said.append(f"the log is of job {named!r}, not {choice.job!r}")
    return tuple(said)


def failing_step(
    log: RawLog, layout: Layout, choice: Choice
) -> tuple[list[Step], Step | None, Ending | None]:
    """Return the job's steps, the one to classify (``None``: the job is green), and its end.

    Raises UsageError when a log that names its steps or jobs has none called so.
    """
    parts = _of_job(layout.steps, choice.job)
    if choice.within is not None:
        parts = _whole(log, parts, choice.within)
    ending = _timely(log, layout, parts, choice) or layout.ending(parts)
    chosen = _selected(parts, choice.step)
    if chosen is not None and (ending is None or ending.step is not chosen):
        ending = layout.of_step(chosen)
    target = chosen or (ending.step if ending else None) or layout.open_end
    if ending is None and choice.failed:
        target = target or _last_words(log, parts, choice)
        ending = Ending(target, None, _TOLD, target.end)
    if ending is None and layout.open_end is None:
        return parts, None, None
    return parts, target, ending


def _whole(log: RawLog, parts: Sequence[Step], within: tuple[datetime, datetime]) -> list[Step]:
    """The steps, with those joined to the failing one that began while it was running.

    One step runs at a time, so what looks like a heading then was printed by the step itself.
    """
    begin, end = within[0] + _BLUR, within[1] - _BLUR
    joined: list[Step] = []
    for part in parts:
        at = _moment(log, part.start)
        if joined and not part.post and at is not None and begin < at < end:
            errors = [*joined[-1].errors, *part.errors]
            code = part.exit_code if part.exit_code is not None else joined[-1].exit_code
            joined[-1] = replace(
                joined[-1], end=part.end, last=part.last, errors=errors, exit_code=code
            )
        else:
            joined.append(part)
    return joined


def _timely(log: RawLog, layout: Layout, parts: Sequence[Step], choice: Choice) -> Ending | None:
    """How the step ended that ran when the provider says that the failing one did."""
    if choice.within is None:
        return None
    return layout.ending(_at_that_time(log, parts, choice.within))


def _at_that_time(
    log: RawLog, parts: Sequence[Step], within: tuple[datetime, datetime]
) -> list[Step]:
    begin, end = within[0] - _BLUR, within[1] + _BLUR
    times = ((part, _moment(log, part.start)) for part in parts)
    return [part for part, at in times if at is not None and begin <= at <= end]


def _last_words(log: RawLog, parts: Sequence[Step], choice: Choice) -> Step:
    """The step to read in a log that looks green, though its job failed."""
    timely = _at_that_time(log, parts, choice.within) if choice.within else []
    own = [part for part in timely or parts if not part.post]
    return next((part for part in reversed(own) if part.errors), (own or [*parts])[-1])


def _moment(log: RawLog, offset: int) -> datetime | None:
    """The time stamp of the line that begins at ``offset``."""
    match = _TIME.search(log.read(offset, offset + _STAMP))
    try:
        return datetime.fromisoformat(f"{match[0].decode()}+00:00") if match else None
    except ValueError:
        return None


def _of_job(parts: list[Step], job: str | None) -> list[Step]:
    """The steps of the job that the user named, when the log holds more than one."""
    jobs = {part.job for part in parts if part.job is not None}
    if job is None or len(jobs) < 2:
        return parts
    wanted = job.strip().casefold()
    chosen = [part for part in parts if part.job and part.job.strip().casefold() == wanted]
    if not chosen:
        names = ", ".join(mask(name) for name in sorted(jobs))
        raise UsageError(f"the log has no job {job!r}", f"choose one of: {names}")
    return chosen


def _selected(parts: Sequence[Step], step: str | None) -> Step | None:
    """The step that the user named: the failing one of several with that name."""
    if step is None:
        return None
    wanted = step.removeprefix("Run ").strip().casefold()
    named = [part for part in parts if wanted in _names(part)]
    if named:
        return next((part for part in named if part.errors), named[0])
    if any(part.title for part in parts):
        names = ", ".join(dict.fromkeys(p.title or p.name for p in parts if not p.post))
        raise UsageError(f"the log has no step {step!r}", f"choose one of: {mask(names)}")
    return None


def _names(part: Step) -> set[str]:
    script = part.block.script or ""
    names = (part.name, part.title or "", script.split("\n")[0])
    return {name.removeprefix("Run ").strip().casefold() for name in names} - {""}


def _shown(parts: Sequence[Step], target: Step | None) -> list[Step]:
    """The job's own steps; set-up and post parts only when the failure lies there."""
    return [
        part for part in parts if part is target or not (part.post or part.name == "Set up job")
    ]


def _classify(
    log: RawLog,
    layout: Layout,
    target: Step,
    ending: Ending | None,
    rules: RuleSet,
    secrets: tuple[str, ...],
) -> tuple[Failure, ...]:
    """Classify what ``target`` printed up to the mark that ended it."""
    excerpt, declared = output_of(log, layout, target, ending, rules)
    secrets = (*secrets, *declared)
    failed = ending is not None or _says_trouble(excerpt)
    step = target.title or target.name
    found = failures(excerpt, step, failed=failed, secrets=secrets, rules=rules)
    open_ended = layout.provider is not None or not failed
    if ending is None and found and found[0].confidence < _LIKELY and open_ended:
        return ()
    return tuple(_finish(log, failure, ending, secrets) for failure in found)


def output_of(
    log: RawLog, layout: Layout, target: Step, ending: Ending | None, rules: RuleSet
) -> tuple[Excerpt, tuple[str, ...]]:
    """Return what ``target`` printed up to its end, and the values that it asks to be masked."""
    stop = ending.stop if ending else target.end
    begin = min(target.block.output, stop)
    parts = window.ranges(log, begin, stop, rules.telling)
    if ending is not None and ending.closing is not None:
        parts.append(ending.closing)
    texts = _texts(log, parts)
    secrets = tuple(value for _, text in texts for value in masked_values(text))
    return _excerpt(texts, target, log, layout, ending), secrets


def _texts(log: RawLog, parts: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
    """The parts of the output as text, each with the number of its first line."""
    texts: list[tuple[int, str]] = []
    for start, stop in parts:
        first, text = log.number(start), log.read(start, stop).decode("utf-8", "replace")
        if (surplus := text.count("\n") - 2 * _MOST_LINES) <= 0:
            texts.append((first, text))
            continue
        lines = text.split("\n")
        texts.append((first, "\n".join(lines[:_MOST_LINES])))
        left = _MOST_LINES + surplus
        texts.append((first + left, "\n".join(lines[left:])))
    return texts


def _excerpt(
    texts: Sequence[tuple[int, str]],
    target: Step,
    log: RawLog,
    layout: Layout,
    ending: Ending | None,
) -> Excerpt:
    lines: list[str] = []
    numbers: list[int] = []
    for first, text in texts:
        own = target.foreign.sub("", text) if target.foreign else text
        for offset, plain in clean(own, layout.prefix):
            lines.append(plain)
            numbers.append(first + offset)
    return Excerpt(
        lines,
        numbers,
        script=target.block.script,
        exit_code=target.exit_code if ending else _plain_exit(log),
        cancelled=ending.cancelled if ending else False,
        step=target.title or target.name,
    )


def _plain_exit(log: RawLog) -> int | None:
    match = _PLAIN_EXIT.search(log.read(log.size - 4096, log.size))
    return int(match[1] or match[2]) if match else None


def _says_trouble(excerpt: Excerpt) -> bool:
    return excerpt.exit_code not in (None, 0) or _TROUBLE.search(excerpt.text) is not None


def _finish(
    log: RawLog, failure: Failure, ending: Ending | None, secrets: tuple[str, ...]
) -> Failure:
    """Add the line that ended the step to the proof, and say how sure the step itself is.

    Where nothing else proves it, the log's last words do: they hold the exit code.
    """
    evidence = failure.evidence
    mark = ending.mark if ending else None
    if mark is not None and all(e.line != mark.line for e in evidence):
        evidence = (*evidence, Evidence(mark.line, mask(mark.rest.strip(), secrets)))
    elif mark is None and not evidence:
        evidence = (_last_line(log, secrets),)
    certainty = ending.certainty if ending else 0.9
    if failure.category is Category.UNKNOWN:
        certainty = 1.0
    return replace(failure, evidence=evidence, confidence=round(failure.confidence * certainty, 3))


def _last_line(log: RawLog, secrets: tuple[str, ...]) -> Evidence:
    """The last line of the log that is not blank."""
    start = max(log.size - CHUNK, log.begin)
    tail = log.read(start, log.size).rstrip()
    begin = tail.rfind(b"\n") + 1
    text = strip_terminal(tail[begin:][:LONGEST_LINE].decode("utf-8", "replace"))
    return Evidence(log.number(start + begin), mask(text.strip(), secrets))
