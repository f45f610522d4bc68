"""What holds for all rules: time that grows with the output, and one rule for one thing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from regreen.logs import analyze, classify
from regreen.logs.rules import RULES, Rule
from regreen.logs.rules.base import Example
from regreen.model import Failure
from tests.logs.hosted import Ran, log

SPEAKING = [rule for rule in RULES if not rule.example.cancelled]
PLACED = [rule for rule in SPEAKING if rule.id != "powershell"]
"""PowerShell's script is the user's command line, and no file of the repository's."""

_LINES = 1000
_NOISE = 0.002
"""Seconds that a busy machine may add to any measurement."""
_TRIES = 6


def _outputs(rule: Rule) -> Iterator[tuple[Example, list[str]]]:
    """Outputs that repeat what the rule looks for, and what only looks like it."""
    matches, ignores = rule.matches.split("\n"), rule.ignores.split("\n")
    trigger = next((t.strip("\n") for t in rule.triggers if t.strip()), "x")
    yield rule.example, matches
    yield rule.example, [matches[0]]
    yield rule.example, [matches[-1], ""]
    yield Example(), ignores
    yield Example(), [trigger]
    yield Example(), [trigger, *[""] * 9]
    yield Example(), [matches[0], *["  "] * 9]
    yield Example(), [f"  {trigger * 8} a/b.c:1:2: "]


def _seconds(rule: Rule, step: Example, lines: list[str], count: int) -> float:
    """What the rule takes for ``count`` lines; the excerpt is new, for it remembers."""
    output = "\n".join((lines * count)[:count])
    excerpt = step.excerpt(output)
    began = time.process_time()
    list(rule.find(excerpt))
    return time.process_time() - began


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_twice_the_lines_take_no_more_than_about_twice_the_time(rule: Rule) -> None:
    for step, lines in _outputs(rule):
        once = twice = float("inf")
        for _ in range(_TRIES):
            once = min(once, _seconds(rule, step, lines, _LINES))
            twice = min(twice, _seconds(rule, step, lines, 2 * _LINES))
            if twice <= 3 * once + _NOISE:
                break
        assert twice <= 3 * once + _NOISE, (lines, once, twice)


def test_no_two_rules_find_the_same_example_for_one_tool() -> None:
    """Two rules of one tool and category that find each other's examples are one rule."""
    found = {
        (rule.id, other.id): (finding.tool, finding.category)
        for rule in RULES
        for other in RULES
        for finding in other(rule.example.excerpt(rule.matches))
    }
    doubles = {
        tuple(sorted(pair))
        for pair, what in found.items()
        if pair[0] != pair[1] and found.get(pair[::-1]) == what == found.get((pair[0], pair[0]))
    }
    assert doubles == set()


def _signature(failure: Failure | None) -> tuple[object, ...] | None:
    if failure is None:
        return None
    return failure.category, failure.tool, failure.signature.items


def _both(rule: Rule, hosted: str, plain: str) -> tuple[object, object]:
    """What a hosted runner's log and the plain output of the sandbox come to."""
    script, code = rule.example.script or "make check", rule.example.exit_code or 1
    logged = analyze(log(Ran(script=script, output=hosted, exit_code=code))).failure
    return _signature(logged), _signature(classify(script, "check", plain, code)[0])


@pytest.mark.parametrize("rule", SPEAKING, ids=lambda rule: rule.id)
def test_a_failure_is_the_same_in_a_log_and_in_the_sandbox(rule: Rule) -> None:
    plain = rule.matches
    coloured = "\r\n".join(
        f"\x1b[1m\x1b[31m{line[:3]}\x1b[0m{line[3:]}" if line[:2] not in ("##", "::") else line
        for line in plain.split("\n")
    )
    for hosted in (plain, coloured):
        logged, ran = _both(rule, hosted, plain)
        assert logged == ran
    if "\n" not in plain and plain[:2] not in ("##", "::"):
        logged, ran = _both(rule, f"##[error]{plain}", f"::error file=a.c,line=3::{plain}")
        assert logged == ran


@pytest.mark.parametrize("rule", PLACED, ids=lambda rule: rule.id)
def test_where_the_checkout_lies_does_not_matter(rule: Rule) -> None:
    plain, workspace = rule.matches, "/home/runner/work/demo/demo/"
    named = classify(None, None, plain, 1)[0].diagnostics
    files = {d.file for d in named if d.file and d.file in plain}
    if workspace[:6] in plain or not files:
        return
    hosted = plain
    for file in files:
        hosted = re.sub(rf"(?<![\w/.]){re.escape(file)}(?![\w/])", workspace + file, hosted)
    logged, ran = _both(rule, hosted, plain)
    assert logged == ran


@pytest.mark.parametrize(
    ("output", "category", "tool", "place"),
    [
        (
            (
                "Error: \nCompiler run failed:\nError (7576): Undeclared identifier.\n"
                "   --> contracts/libs/Lib.sol:145:33:\n    |\n145 |   meta.hash = hash(0);"
            ),
            "build_error",
            "solc",
            ("contracts/libs/Lib.sol", 145, 33),
        ),
        (
            (
                ">>> Lint for pkg/a.py:\n\n  Advice (FLAKE8) E251\n    unexpected spaces\n\n"
                "  Error (RUFF) TC003\n    move it\n"
            ),
            "linting_error",
            "lintrunner",
            ("pkg/a.py", None, None),
        ),
        (
            (
                "== [models/a.sql] FAIL\nL:   3 | P:   8 |  TMP | Undefined variable\n"
                "L:   4 | P:   5 | LT01 | Expected a space\n"
            ),
            "linting_error",
            "sqlfluff",
            ("models/a.sql", 3, 8),
        ),
        (
            (
                'File "tests/a.t", line 1, characters 0-0:\n'
                "/usr/bin/git --no-pager diff --no-index\n"
                "diff --git a/_build/.sandbox/1/default/tests/a.t b/_build/.sandbox/1/default/a.t"
            ),
            "test_failure",
            "dune",
            ("tests/a.t", 1, None),
        ),
        (
            (
                "install\n+- install a\nsrc/main.zig:6:26: error: use of undeclared"
                " identifier 'x'\n"
                "Build Summary: 0/3 steps succeeded; 1 failed"
            ),
            "build_error",
            "zig",
            ("src/main.zig", 6, 26),
        ),
        (
            (
                "\u2577\n\u2502 Error: Failed to query available provider packages\n\u2502 \n"
                "\u2502 Could not retrieve the list of available versions: the request failed\n"
                "\u2502 after 2 attempts, please try again later: context"
                " deadline\n\u2502 exceeded\n"
            ),
            "network_error",
            "terraform",
            (None, None, None),
        ),
        (
            (
                "2026-05-10T15:15:37Z ERROR cargo_tarpaulin: Coverage is below the"
                " failure threshold"
                " 83.33% < 100.00%"
            ),
            "test_failure",
            "coverage",
            (None, None, None),
        ),
        (
            "go: example.org/a@v1.2.3: invalid version: unknown revision v1.2.3",
            "dependency_issue",
            "go",
            (None, None, None),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)
def test_rarer_tools(
    output: str, category: str, tool: str, place: tuple[str | None, int | None, int | None]
) -> None:
    failure = classify(None, None, output, 1)[0]
    first = failure.diagnostics[0]
    assert (failure.category, failure.tool) == (category, tool)
    assert (first.file, first.line, first.column) == place


def test_a_revision_that_git_does_not_know_is_no_module_of_go() -> None:
    said = "fatal: ambiguous argument 'origin/main': unknown revision or path not in the tree."
    assert classify(None, None, said, 128)[0].tool != "go"


def test_a_project_s_own_checker_is_a_guess() -> None:
    failure = classify(None, None, "tidy error: src/a.rs:3: trailing whitespace", 1)[0]
    assert (failure.category, failure.tool) == ("linting_error", None)
    assert failure.confidence < 0.5
