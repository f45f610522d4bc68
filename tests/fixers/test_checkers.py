"""The job's own call of a tool, turned from checking to mending."""

from __future__ import annotations

import shlex

import pytest

from regreen.fixers.fixer import Fixer
from regreen.fixers.lint import black, docformatter, isort, ruff_check, ruff_format, step_changes
from regreen.model import Category, Diagnostic, ToolRun
from tests.fixers.support import context, failure

LINT = Category.LINTING_ERROR


def commands(fixer: object, tool: str, script: str, output: str = "") -> list[str]:
    proposals = fixer.propose(failure(LINT, tool), context(script, {}, output=output))  # type: ignore[attr-defined]
    assert all(isinstance(p, ToolRun) for p in proposals if p)
    found = fixer.propose(failure(LINT, tool), context(script, {}, output=output))  # type: ignore[attr-defined]
    return [" ".join(p.command.strip("()\n ").split()) for p in found]


@pytest.mark.parametrize(
    ("fixer", "tool", "script", "wanted"),
    [
        (black, "black", "black --check --diff src tests", "black src tests"),
        (black, "black", "python -m black -l 99 --check .", "python -m black -l 99 ."),
        (black, "black", 'cd lib && uv run black --check "$SRC"', 'cd lib uv run black "$SRC"'),
        (black, "black", "rc=0; black --check a || rc=1; exit $rc", "rc=0 black a"),
        (
            black,
            "black",
            "FILES=$(git ls-files)\nblack --check $FILES",
            "FILES=$(git ls-files) black $FILES",
        ),
        (isort, "isort", "isort beets test --check", "isort beets test"),
        (
            isort,
            "isort",
            "git ls-files '*.py' | xargs isort -c --diff",
            "git ls-files '*.py' | xargs isort",
        ),
        (
            isort,
            "isort",
            "for d in a b; do isort --check-only $d; done",
            "for d in a b; do isort $d; done",
        ),
        (ruff_check, "ruff", "ruff check --output-format=github .", "ruff check --fix ."),
        (
            ruff_check,
            "ruff",
            "uvx ruff@0.4 check --output-format github",
            "uvx ruff@0.4 check --fix",
        ),
        (ruff_check, "ruff", "ruff check . && ruff format --check .", "ruff check --fix ."),
        (
            ruff_format,
            "ruff format",
            "ruff check . && ruff format --check --diff .",
            "ruff format .",
        ),
        (
            docformatter,
            "docformatter",
            "python -m docformatter -c -r src",
            "python -m docformatter --in-place -r src",
        ),
    ],
)
def test_the_check_becomes_a_mending_call(
    fixer: object, tool: str, script: str, wanted: str
) -> None:
    assert commands(fixer, tool, script) == [wanted]


@pytest.mark.parametrize(
    "line",
    [
        "lint: commands[0]> black --check src",
        "lint run-test: commands[1] | black --check src",
        "nox > black --check src",
        "black --check src",
        "\x1b[1mnox > black --check src\x1b[0m",
    ],
)
def test_a_wrapper_s_echo_serves_when_the_script_names_only_the_wrapper(line: str) -> None:
    output = f"{line}\nwould reformat src/a.py\nblack: something else\n"
    assert commands(black, "black", "tox -e lint", output) == ["black src"]


def test_without_any_call_the_tool_runs_on_the_named_files_only() -> None:
    named = failure(LINT, "black", Diagnostic("a b.py", None, "would reformat"))
    proposals = list(black.propose(named, context("make lint", {"a b.py": "", "c.py": ""})))
    assert [p.command for p in proposals if isinstance(p, ToolRun)] == ["black 'a b.py'"]


def test_another_tool_s_failure_is_none_of_a_fixer_s_business() -> None:
    other = failure(LINT, "flake8")
    for fixer in (black, isort, ruff_check, ruff_format, docformatter):
        assert list(fixer.propose(other, context("black --check . && flake8", {}))) == []


def test_step_changes_are_only_taken_for_linters() -> None:
    script = context("pre-commit run --all-files", {})
    taken = list(step_changes.propose(failure(LINT, "pre-commit"), script))
    assert [p.command for p in taken if isinstance(p, ToolRun)] == ["pre-commit run --all-files"]
    assert list(step_changes.propose(failure(Category.TEST_FAILURE, "pytest"), script)) == []


@pytest.mark.parametrize("fixer", [black, isort, ruff_check, ruff_format, docformatter])
def test_a_file_s_name_is_never_an_option(fixer: Fixer) -> None:
    name = "--config=evil.py"
    tool = {"ruff check --fix": "ruff"}.get(fixer.ID, fixer.ID)
    failed = failure(Category.LINTING_ERROR, tool, Diagnostic(name, "I001", "x"))
    made = list(fixer.propose(failed, context("make lint", {name: ""})))
    assert made
    for one in made:
        assert isinstance(one, ToolRun)
        words = shlex.split(one.command)
        assert name not in words or words.index("--") < words.index(name)
