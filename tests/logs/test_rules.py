"""Every rule finds its own example and nothing in its counter-example."""

from __future__ import annotations

import re

import pytest

from regreen.logs import classify
from regreen.logs.excerpt import Excerpt
from regreen.logs.rules import RULES, Rule, Weight
from regreen.model import AutoFixable, Category, Severity


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))


def test_tools_name_their_rules() -> None:
    shape = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
    assert [rule.id for rule in RULES if not shape.fullmatch(rule.id)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_finds_its_example(rule: Rule) -> None:
    found = list(rule(rule.example.excerpt(rule.matches)))
    assert rule.matches
    assert found
    assert all(0 <= line < rule.matches.count("\n") + 1 for f in found for line in f.lines)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_leaves_its_counter_example_alone(rule: Rule) -> None:
    assert rule.ignores
    assert not list(rule(Excerpt(rule.ignores.split("\n"))))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_rule_fires_on_a_quiet_green_output(rule: Rule) -> None:
    quiet = (
        "Collecting black\n  Downloading black-24.4.2-py3-none-any.whl (1.2 MB)\n"
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError'\n"
        "Successfully installed black-24.4.2\nAll done!\n3 files would be left unchanged.\n"
        "Success: no issues found in 3 source files\n=== 12 passed, 1 warning in 0.03s ===\n"
        "test_timeout_error_is_raised PASSED\n0 errors, 0 warnings, 0 informations\nOK"
    )
    found = list(rule(Excerpt(quiet.split("\n"))))
    assert all(finding.weight is Weight.HINT for finding in found)


@pytest.mark.parametrize(
    ("script", "output", "code", "category", "tool", "fixable", "severity"),
    [
        (
            "black --check .",
            "would reformat src/a.py\n\nOh no! \n1 file would be reformatted.",
            1,
            Category.LINTING_ERROR,
            "black",
            AutoFixable.YES,
            Severity.LOW,
        ),
        (
            "black --check .",
            "error: cannot format src/a.py: Cannot parse: 1:6: def f(:\n\nOh no! ",
            123,
            Category.SYNTAX_ERROR,
            "black",
            AutoFixable.NO,
            Severity.HIGH,
        ),
        (
            "isort --check .",
            "ERROR: src/a.py Imports are incorrectly sorted.",
            1,
            Category.LINTING_ERROR,
            "isort",
            AutoFixable.YES,
            Severity.LOW,
        ),
        (
            "ruff check .",
            (
                "src/a.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.\n"
                "[*] 1 fixable with the `--fix` option."
            ),
            1,
            Category.LINTING_ERROR,
            "ruff",
            AutoFixable.YES,
            Severity.LOW,
        ),
        (
            "ruff check .",
            "src/a.py:1:89: E501 Line too long (94 > 88)\nFound 1 error.",
            1,
            Category.LINTING_ERROR,
            "ruff",
            AutoFixable.NO,
            Severity.MEDIUM,
        ),
        (
            "mypy .",
            (
                'src/a.py:3: error: Name "x" is not defined  [name-defined]\n'
                "Found 1 error in 1 file (checked 2 source files)"
            ),
            1,
            Category.TYPE_ERROR,
            "mypy",
            AutoFixable.NO,
            Severity.HIGH,
        ),
        (
            "pip install -r requirements.txt",
            "ERROR: No matching distribution found for nothere==9",
            1,
            Category.DEPENDENCY_ISSUE,
            "pip",
            AutoFixable.PARTIAL,
            Severity.MEDIUM,
        ),
        (
            "python -c 'import yaml'",
            (
                'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n'
                "ModuleNotFoundError: No module named 'yaml'"
            ),
            1,
            Category.DEPENDENCY_ISSUE,
            "python",
            AutoFixable.PARTIAL,
            Severity.MEDIUM,
        ),
    ],
)
def test_verdict(
    script: str,
    output: str,
    code: int,
    category: Category,
    tool: str,
    fixable: AutoFixable,
    severity: Severity,
) -> None:
    first = classify(script, "check", output, code)[0]
    assert (first.category, first.tool) == (category, tool)
    assert (first.auto_fixable, first.severity) == (fixable, severity)
    assert (first.step, first.command, first.exit_code) == ("check", script, code)
