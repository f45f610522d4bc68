"""Which tests a job runs, seen in the sandbox behind a run: collected once more, not run again.

A step that calls pytest itself is run again with ``--collect-only`` and a plug-in that writes down
the ids (``pytest_collection_finish``, pytest's hook reference). Where the step calls pytest through
something else, such as tox, nothing is collected, and the counts of pytest's last line are held
against one another instead.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regreen.jobs.expressions import ExpressionError
from regreen.jobs.runner import JobRun
from regreen.model import JobOutcome
from regreen.verify.counts import pytest_counts
from regreen.verify.guard.observed import fewer_tests
from regreen_sandbox.errors import SandboxError

_CALLS = re.compile(
    r"^\s*(?:\w+=\S*\s+)*(?:(?:poetry|uv|pipenv|pdm|hatch) run (?:--?\S+ )*)?"
    r"(?:(?:\S*/)?python[\d.]* -m |coverage run (?:--?\S+ )*-m )?(?:\S*/)?(?:pytest|py\.test)\b",
    re.MULTILINE,
)
"""A command of its own that calls pytest, so that its options reach it through the environment."""
_FOLDER = "regreen-collected"
_PLUGIN = "regreen_collected"
_PROGRAM = """\
import os


def pytest_collection_finish(session):
    with open(os.environ["REGREEN_COLLECTED"], "a", encoding="utf-8") as file:
        file.writelines(f"{item.nodeid}\\n" for item in session.items)
"""
_SECONDS = 300.0
_BYTES = 16 << 20
_STOPPED = re.compile(
    r"^!+ (?:\S+\.)?(?:Interrupted|stopping|KeyboardInterrupt|Exit)", re.MULTILINE
)
_RAN = ("passed", "failed", "xfailed", "xpassed")


@dataclass(frozen=True, slots=True)
class Observed:
    """What one run showed of its tests.

    ``ids`` are those that were collected behind it, by the step's name; ``counts`` what pytest
    counted in each step, one for each time that it ran; only whole runs of pytest are there.
    """

    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counts: Mapping[str, tuple[Mapping[str, int], ...]] = field(default_factory=dict)


def observe(run: JobRun, outcome: JobOutcome, seconds: float) -> Observed:
    """Return what ``outcome`` of ``run`` shows, and collect the ids of its tests behind it."""
    ids: dict[str, tuple[str, ...]] = {}
    counts: dict[str, tuple[Mapping[str, int], ...]] = {}
    for step in outcome.steps:
        if step.conclusion not in {"success", "failure"} or step.command is None:
            continue
        if (found := pytest_counts(step.log)) and not _STOPPED.search(step.log):
            counts[step.name] = found
        if _CALLS.search(step.command) and (said := _collected(run, step.index, seconds)):
            ids[step.name] = said
    return Observed(ids, counts)


def fewer(before: Observed, after: Observed) -> tuple[str, ...]:
    """Return why fewer tests run ``after`` than ``before``, or more are skipped; empty if not."""
    found: list[str] = []
    for step, ids in before.ids.items():
        if step in after.ids:
            found += fewer_tests(ids, after.ids[step])
    for step, counts in before.counts.items():
        if len(now := after.counts.get(step, ())) == len(counts):
            known = step in before.ids and step in after.ids
            found += _fewer_counted(counts, now, known=known)
    return tuple(found)


def _fewer_counted(
    before: Sequence[Mapping[str, int]], after: Sequence[Mapping[str, int]], *, known: bool
) -> list[str]:
    """``known``: the ids of the tests were held against one another already."""
    found: list[str] = []
    for old, new in zip(before, after, strict=True):
        if old.get("errors"):  # what could not be collected may well be skipped when it can
            continue
        ran, runs = (sum(counts.get(word, 0) for word in _RAN) for counts in (old, new))
        if runs < ran and not known:
            found.append(f"{runs} tests run instead of {ran}")
        for word in ("skipped", "deselected", "xfailed"):
            if new.get(word, 0) > old.get(word, 0):
                found.append(f"{new[word]} tests are {word} instead of {old.get(word, 0)}")
    return found


def _collected(run: JobRun, index: int, seconds: float) -> tuple[str, ...]:
    """Return the ids that pytest collects in the step at ``index``; empty where it does not."""
    step = run.job.steps[index]
    here = posixpath.join(run.job.layout.temp, _FOLDER)
    quoted = shlex.quote(here)
    try:
        script = "\n".join(
            (
                f"rm -rf {quoted}; mkdir -p {quoted}",
                f"printf %s {shlex.quote(_PROGRAM)} > {quoted}/{_PLUGIN}.py",
                f"export REGREEN_COLLECTED={quoted}/ids",
                f"export PYTHONPATH={quoted}${{PYTHONPATH:+:$PYTHONPATH}}",
                f'export PYTEST_ADDOPTS="${{PYTEST_ADDOPTS:-}} --collect-only -p {_PLUGIN}"',
                f"( {run.view.script(step)}\n) > /dev/null 2>&1",
            )
        )
        folder = run.view.directory(step)
        run.script(script, step, folder=folder, seconds=min(seconds, _SECONDS))
        read = run.sandbox.read(f"{here}/ids", limit=_BYTES)
    except (ExpressionError, SandboxError):
        return ()
    return tuple((read or b"").decode("utf-8", "replace").split("\n")[:-1])
