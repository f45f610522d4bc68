"""Runs in the sandbox: which lines of the repository do failing and passing tests run?

Given to pytest as a plug-in (``-p regreen_trace``), or begun by a ``sitecustomize`` beside it for
unittest. At the end it prints one line: ``REGREEN-TRACE`` and JSON of how many tests failed and
passed, and for each line that a failing test ran how many of either did. Standard library only.
"""

import json
import os
import sys
import threading

_ROOT = os.getcwd() + os.sep
_SKIPPED = (os.sep + "site-packages" + os.sep, os.sep + ".tox" + os.sep, os.sep + ".venv" + os.sep)
_MOST_TESTS = 400


class Tracer(object):
    """Collects the lines of one test at a time."""

    def __init__(self):
        """Begin with nothing seen."""
        self.lines = {}
        self.failed = 0
        self.passed = 0
        self.tests = 0
        self.now = None
        self.known = {}

    def is_own(self, name):
        """Whether a code's file is one of the repository's."""
        if name not in self.known:
            whole = os.path.abspath(name)
            own = whole.startswith(_ROOT) and not any(part in whole for part in _SKIPPED)
            self.known[name] = whole[len(_ROOT) :] if own else None
        return self.known[name]

    def on_call(self, frame, event, arg):
        """Trace the lines of the repository's own code only."""
        path = self.is_own(frame.f_code.co_filename)
        if path is None or self.now is None:
            return None
        now = self.now

        def on_line(frame, event, arg):
            if event == "line":
                now.add((path, frame.f_lineno))
            return on_line

        return on_line

    def begin(self):
        """Begin a test."""
        self.tests += 1
        if self.tests <= _MOST_TESTS:
            self.now = set()
            sys.settrace(self.on_call)
            threading.settrace(self.on_call)

    def end(self, failed):
        """End a test and note what it ran."""
        sys.settrace(None)
        threading.settrace(None)
        now, self.now = self.now, None
        if now is None:
            return
        self.failed += bool(failed)
        self.passed += not failed
        for place in now:
            row = self.lines.setdefault(place, [0, 0])
            row[0 if failed else 1] += 1

    def report(self):
        """Print what was seen."""
        found = {}
        for (path, line), row in sorted(self.lines.items()):
            if row[0]:
                found.setdefault(path, {})[line] = row
        data = {"failed": self.failed, "passed": self.passed, "lines": found}
        print("\nREGREEN-TRACE " + json.dumps(data))


TRACER = Tracer()
_BAD = set()


def pytest_runtest_logstart(nodeid, location):
    """Begin with the test's set-up."""
    TRACER.begin()


def pytest_runtest_logreport(report):
    """Note whether a part of the test failed."""
    if report.failed:
        _BAD.add(report.nodeid)


def pytest_runtest_logfinish(nodeid, location):
    """End the test."""
    TRACER.end(nodeid in _BAD)


def pytest_unconfigure(config):
    """Say what was seen."""
    TRACER.report()


def watch_unittest():
    """Trace the tests that unittest runs itself."""
    import atexit
    import unittest

    run = unittest.TestCase.run

    def traced(self, result=None):
        if "_pytest" in sys.modules or result is None:
            return run(self, result)
        before = len(result.failures) + len(result.errors)
        TRACER.begin()
        try:
            return run(self, result)
        finally:
            TRACER.end(len(result.failures) + len(result.errors) > before)

    unittest.TestCase.run = traced
    atexit.register(lambda: TRACER.tests and "_pytest" not in sys.modules and TRACER.report())
