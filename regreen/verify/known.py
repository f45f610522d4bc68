"""Failures that are not the commit's: its parent shows them here too, and CI's log does not.

Tests that need what a sandbox has not are red here with any commit. They are told by name, and the
job is then run with pytest told to leave out these and no others: all else must be green.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from regreen.errors import RegreenError
from regreen.git import Scratch
from regreen.jobs.runner import UnsupportedStep
from regreen.jobs.workshop import Workshop
from regreen.model import Category, Diagnostic, Failure
from regreen.verify.counts import pytest_counts

_MOST = 200
"""More failing tests than that are no exception: then the job does not run here."""
_OPTIONS = "PYTEST_ADDOPTS"
_NO_TEST = frozenset({"collection", "failed tests"})
"""What the log's rules call a failed item that is no single test."""
_LOST = ("failed", "errors")
_IDLE = ("failed", "errors", "deselected", "warnings")


def excused(
    failures: Sequence[Failure], parents: Sequence[Failure], expected: Sequence[Failure]
) -> tuple[str, ...]:
    """Return the tests (pytest's node ids) that ``failures`` are; empty unless all are excused.

    ``failures`` are left in a step with a patch, ``parents`` what the same step shows at the
    commit's parent, ``expected`` what CI's log shows. Excused is a test of pytest's that fails with
    the parent and did not fail in CI; anything else beside them, and no log, excuse nothing.
    """
    if not expected:
        return ()
    known = {d.key for failure in parents if _of_tests(failure) for d in failure.diagnostics}
    known -= {d.key for failure in expected for d in failure.diagnostics}
    others = {f.signature for f in parents} - {f.signature for f in expected}
    names: dict[str, None] = {}
    for failure in failures:
        if not _of_tests(failure):
            if failure.signature not in others:
                return ()
            continue
        for one in failure.diagnostics:
            if one.key not in known or one.file is None or one.message in _NO_TEST:
                return ()
            names[_node(one)] = None
    return tuple(names) if len(names) <= _MOST else ()


def left_out(before: str, after: str, names: Sequence[str]) -> bool:
    """Whether the run that printed ``after`` is that of ``before`` without these tests, no more.

    Told by pytest's counts: what passed, was skipped and so on are as many as before.
    """
    whole, spared = pytest_counts(before), pytest_counts(after)
    if not whole or len(whole) != len(spared):
        return False
    if sum(counts.get(word, 0) for counts in whole for word in _LOST) != len(names):
        return False
    kept = [{k: v for k, v in counts.items() if k not in _IDLE} for counts in whole]
    now = [{k: v for k, v in counts.items() if k not in _IDLE} for counts in spared]
    return kept == now


def without(workshop: Workshop, names: Sequence[str]) -> Workshop:
    """Return a workshop for the same job in which pytest leaves out these tests."""
    job = workshop.job
    asked = " ".join(f"--deselect={shlex.quote(name)}" for name in names)
    env = {**job.env, _OPTIONS: f"{job.env.get(_OPTIONS, '')} {asked}".strip()}
    setting = replace(workshop.setting, job=replace(job, env=env))
    return replace(workshop, setting=setting, reached={})


@dataclass(slots=True)
class KnownFailures:
    """What the first parent of ``commit`` shows in ``workshop``; it is run when first asked for.

    ``expected`` are the failures of CI's log; ``seconds`` bound the parent's run. May be asked from
    several threads.
    """

    workshop: Workshop
    scratch: Scratch
    commit: str
    expected: tuple[Failure, ...]
    seconds: float = 1800.0
    _seen: tuple[Failure, ...] | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def excuses(self, failures: Sequence[Failure]) -> bool:
        """Whether ``failures``, which a step shows with a patch, are all the parent's too."""
        return bool(self.names(failures))

    def names(self, failures: Sequence[Failure]) -> tuple[str, ...]:
        """Return the tests that are excused; empty unless all ``failures`` are."""
        if not self.expected or not any(_of_tests(one) and one.diagnostics for one in failures):
            return ()
        shown = {d.key for failure in self.expected for d in failure.diagnostics}
        if any(d.key in shown for failure in failures for d in failure.diagnostics):
            return ()  # not worth a run of the parent
        with self._lock:
            if self._seen is None:
                self._seen = self._of_parent()
        return excused(failures, self._seen, self.expected)

    def _of_parent(self) -> tuple[Failure, ...]:
        parent = self.scratch.parent(self.commit)
        if parent is None:
            return ()
        self.workshop.setting.reporter.stage(f"Run the parent, {parent[:12]}")
        try:
            with self.workshop.fresh(parent) as run:
                outcome = run.proceed(stop_at_failure=True, seconds=self.seconds)
        except (RegreenError, UnsupportedStep):
            return ()
        return () if outcome.failed is None else self.workshop.failures(outcome.failed)


def _of_tests(failure: Failure) -> bool:
    return failure.tool == "pytest" and failure.category == Category.TEST_FAILURE


def _node(one: Diagnostic) -> str:
    return f"{one.file}::{one.message}"
