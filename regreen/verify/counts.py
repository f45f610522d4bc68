"""How many tests passed, as the tools count them in a step's output.

Formats: pytest's last line (``_pytest/terminal.py``), unittest's and trial's ``Ran N tests`` with
``OK`` or ``FAILED (…)`` (``unittest/runner.py``), stestr's and behave's totals, CTest's last line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PYTEST = re.compile(
    r"^(?:=+ )?(?P<counts>\d+ [a-z][a-z ]*?(?:, \d+ [a-z][a-z ]*?)*) in \d[\d.:]* ?s", re.MULTILINE
)
_COUNT = re.compile(r"(\d+) ([a-z]+)")
_UNITTEST = re.compile(
    r"^Ran (?P<all>\d+) tests? in .*\n+(?:OK|FAILED|PASSED)?(?: ?\((?P<more>[^)\n]*)\))?",
    re.MULTILINE,
)
_MORE = re.compile(r"(failures|errors|skipped|skips|unexpected successes|expected failures)=(\d+)")
_TOTALS = re.compile(
    r"^ - Passed: +(?P<stestr>\d+)|^(?P<behave>\d+) scenarios? passed\b"
    r"|^\d+% tests passed, (?P<bad>\d+) tests failed out of (?P<ctest>\d+)",
    re.MULTILINE,
)
_WORDS = {"error": "errors", "warning": "warnings", "subtest": "subtests"}


def pytest_counts(log: str) -> tuple[Mapping[str, int], ...]:
    """Return what each run of pytest counted in its last line, such as ``{"passed": 3}``."""
    return tuple(
        {_WORDS.get(name, name): int(number) for number, name in _COUNT.findall(match["counts"])}
        for match in _PYTEST.finditer(log)
    )


def passed(log: str) -> int:
    """Return how many tests passed, of all tools together; 0 where none says."""
    found = sum(counts.get("passed", 0) for counts in pytest_counts(log))
    for match in _UNITTEST.finditer(log):
        lost = sum(int(number) for _, number in _MORE.findall(match["more"] or ""))
        found += max(int(match["all"]) - lost, 0)
    for match in _TOTALS.finditer(log):
        found += int(match["stestr"] or match["behave"] or 0)
        if match["ctest"]:
            found += int(match["ctest"]) - int(match["bad"])
    return found
