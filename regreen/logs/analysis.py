"""A raw log to an ``Analysis``: find the failing step and its exit first, then classify only it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from regreen.errors import UsageError
from regreen.logs import facts, failing, marks, steps, window
from regreen.logs.classification import failures
from regreen.logs.excerpt import Excerpt
from regreen.logs.marks import EXIT
from regreen.logs.masking import mask, masked_values
from regreen.logs.raw import RawLog
from regreen.logs.rules import BUILTIN, RuleSet
from regreen.logs.text import clean, has_columns
from regreen.model import Analysis, Category, Evidence, Failure, Segment

_SNIFF = 1 << 16
_TROUBLE = re.compile(
    r"\b(?:error|failed|failure|fatal|traceback|exception|panic|abort(?:ed)?)\b", re.IGNORECASE
)
_PLAIN_EXIT = re.compile(
    rb"(?:Process completed with|exited with) exit code (?!0\b)(-?\d+)|exit status (?!0\b)(\d+)"
)


def analyze(data: bytes, *, step: str | None = None, rules: RuleSet = BUILTIN) -> Analysis:
    """Return what ``data``, one raw log, says of its run and of its failure.

    Understood are the hosted runner's logs as GitHub's API and ``gh run view --log`` give them,
    and the plain output of a command. ``step`` chooses a step by its heading, its name or the
    first line of its script. A log with headings only (no names) cannot know a step's ``name:``;
    there an unknown ``step`` leaves the choice to the log.

    Raises ``LogUnreadable`` when ``data`` is empty, blank or binary, and ``UsageError`` when a log
    that names its steps has none called ``step``.
    """
    with RawLog(data) as log:
        return read(log, step=step, rules=rules)


def read(log: RawLog, *, step: str | None = None, rules: RuleSet = BUILTIN) -> Analysis:
    """Return what an open log says; as ``analyze``, with memory bounded whatever its size."""
    columns = has_columns(log.read(0, _SNIFF).decode("utf-8", "replace"))
    found = marks.scan(log, columns=columns)
    parts = steps.split(log, found, columns=columns)
    ending = failing.find(parts, found)
    chosen = _selected(parts, step)
    if chosen is not None and (ending is None or ending.step is not chosen):
        ending = failing.of_step(chosen)
    target = chosen or (ending.step if ending else None)
    if target is None and not found:
        target = parts[0]
    results: tuple[Failure, ...] = ()
    if target is not None and (ending is not None or not found):
        results = _classify(log, target, ending, rules, columns=columns)
    segments = _segments(parts, target, plain=not found)
    where = next((s for s in segments if target and s.first == target.first), None)
    return Analysis(
        facts.read(log, parts, found, target),
        segments,
        where if results else None,
        results[0] if results else None,
        results[1:],
        log.sha256,
        log.lines,
    )


def _selected(parts: Sequence[steps.Step], step: str | None) -> steps.Step | None:
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


def _names(part: steps.Step) -> set[str]:
    script = part.block.script or ""
    names = (part.name, part.title or "", script.split("\n")[0])
    return {name.removeprefix("Run ").strip().casefold() for name in names} - {""}


def _segments(
    parts: Sequence[steps.Step], target: steps.Step | None, *, plain: bool
) -> tuple[Segment, ...]:
    """The job's own steps; set-up and post parts only when the failure lies there."""
    if plain:
        return tuple(replace(part.segment(), name="log") for part in parts)
    return tuple(
        part.segment()
        for part in parts
        if part is target or not (part.post or part.name == "Set up job")
    )


def _classify(
    log: RawLog,
    target: steps.Step,
    ending: failing.Ending | None,
    rules: RuleSet,
    *,
    columns: bool,
) -> tuple[Failure, ...]:
    """Classify what ``target`` printed up to the mark that ended it."""
    mark = ending.mark if ending else None
    stop = target.end
    if mark is not None and EXIT.search(mark.rest):
        stop = mark.start
    begin = min(target.block.output, stop)
    texts = _texts(log, window.ranges(log, begin, stop, rules.telling))
    excerpt = _excerpt(texts, target, log, columns=columns, ending=ending)
    failed = ending is not None or _says_trouble(excerpt)
    step = target.title or target.name
    secrets = tuple(value for _, text in texts for value in masked_values(text))
    found = failures(excerpt, step, failed=failed, secrets=secrets, rules=rules)
    if ending is None and found and found[0].confidence < 0.5 and not failed:
        return ()
    return tuple(_finish(failure, mark, ending) for failure in found)


def _texts(log: RawLog, parts: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
    """The parts of the output as text, each with the number of its first line."""
    return [
        (log.number(start), log.read(start, stop).decode("utf-8", "replace"))
        for start, stop in parts
    ]


def _excerpt(
    texts: Sequence[tuple[int, str]],
    target: steps.Step,
    log: RawLog,
    *,
    columns: bool,
    ending: failing.Ending | None,
) -> Excerpt:
    lines: list[str] = []
    numbers: list[int] = []
    for first, text in texts:
        for offset, plain in clean(text, columns=columns):
            lines.append(plain)
            numbers.append(first + offset)
    return Excerpt(
        lines,
        numbers,
        script=target.block.script,
        exit_code=target.exit_code if ending else _plain_exit(log),
        cancelled=ending.cancelled if ending else False,
    )


def _plain_exit(log: RawLog) -> int | None:
    match = _PLAIN_EXIT.search(log.read(log.size - 4096, log.size))
    return int(match[1] or match[2]) if match else None


def _says_trouble(excerpt: Excerpt) -> bool:
    return excerpt.exit_code not in (None, 0) or _TROUBLE.search(excerpt.text) is not None


def _finish(failure: Failure, mark: marks.Mark | None, ending: failing.Ending | None) -> Failure:
    """Add the line that ended the step to the proof, and say how sure the step itself is."""
    evidence = failure.evidence
    if mark is not None and all(e.line != mark.line for e in evidence):
        evidence = (*evidence, Evidence(mark.line, mask(mark.rest.strip())))
    certainty = ending.certainty if ending else 0.9
    if failure.category is Category.UNKNOWN:
        certainty = 1.0
    return replace(failure, evidence=evidence, confidence=round(failure.confidence * certainty, 3))
