"""Runs in the sandbox: which lines of the repository do failing and passing tests run?

Given to pytest as a plug-in (``-p regreen_trace``), or begun by a ``sitecustomize`` beside it for
unittest. At the end it writes one line into the file that ``REGREEN_TRACE`` names: JSON of how many
tests failed and passed, and for each line that a failing test ran how many of either did. Standard
library only.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

_ROOT = str(Path.cwd()) + os.sep
_SKIPPED = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", ".tox", ".nox", ".venv"))
_MOST_TESTS = 400


def _is_skipped(path: str) -> bool:
    return any(part in path for part in _SKIPPED)


class Tracer:
    """Collects the lines of one test at a time."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.lines: dict[tuple[str, int], list[int]] = {}
        self.counts = [0, 0]
        self.tests = 0
        self.now: set[tuple[str, int]] | None = None
        self.known: dict[str, str | None] = {}

    def own(self, name: str) -> str | None:
        """Return a code's file relative to the repository; ``None`` when it is none of its own."""
        if name not in self.known:
            whole = str(Path.cwd() / name)
            own = whole.startswith(_ROOT) and name[:1] != "<" and not _is_skipped(whole)
            self.known[name] = whole[len(_ROOT) :] if own else None
        return self.known[name]

    def on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Trace the lines of the repository's own code only."""
        path, now = self.own(frame.f_code.co_filename), self.now
        if path is None or now is None:
            return None

        def on_line(inner: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                now.add((path, inner.f_lineno))
            return on_line

        return on_line

    def begin(self) -> None:
        """Begin a test."""
        self.tests += 1
        if self.tests <= _MOST_TESTS:
            self.now = set()
            sys.settrace(self.on_call)
            threading.settrace(self.on_call)

    def end(self, *, failed: bool) -> None:
        """End a test and note what it ran."""
        sys.settrace(None)
        threading.settrace(None)
        now, self.now = self.now, None
        if now is None:
            return
        kind = 0 if failed else 1
        self.counts[kind] += 1
        for place in now:
            self.lines.setdefault(place, [0, 0])[kind] += 1

    def report(self) -> None:
        """Write what was seen."""
        found: dict[str, dict[int, list[int]]] = {}
        for (path, line), row in sorted(self.lines.items()):
            if row[0]:
                found.setdefault(path, {})[line] = row
        data = {"failed": self.counts[0], "passed": self.counts[1], "lines": found}
        text = f"REGREEN-TRACE {json.dumps(data)}\n"
        Path(os.environ["REGREEN_TRACE"]).write_text(text, encoding="utf-8")


TRACER = Tracer()
_BAD: set[str] = set()


def pytest_runtest_logstart(nodeid: str) -> None:
    """Begin with the test's set-up."""
    TRACER.begin()


def pytest_runtest_logreport(report: Any) -> None:
    """Note whether a part of the test failed."""
    if report.failed:
        _BAD.add(report.nodeid)


def pytest_runtest_logfinish(nodeid: str) -> None:
    """End the test."""
    TRACER.end(failed=nodeid in _BAD)


def pytest_unconfigure() -> None:
    """Say what was seen."""
    TRACER.report()


def watch_unittest() -> None:
    """Trace the tests that unittest runs itself."""
    import unittest

    run: Any = unittest.TestCase.run

    def traced(self: Any, result: Any = None) -> Any:
        if result is None:
            return run(self, result)
        before = len(result.failures) + len(result.errors)
        TRACER.begin()
        try:
            return run(self, result)
        finally:
            TRACER.end(failed=len(result.failures) + len(result.errors) > before)

    unittest.TestCase.run = traced  # type: ignore[method-assign]
    atexit.register(lambda: TRACER.report() if TRACER.tests else None)
