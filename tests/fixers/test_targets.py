"""What a project mends itself with: the command without its switch, a target, what it is told."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from regreen.fixers.lint import check_switch, suggested, targets
from regreen.fixers.lint.limited import limited
from regreen.model import Category, Diagnostic, Severity, ToolRun
from tests.fixers.support import context, failure
from tests.repositories import commit

LINT, UNKNOWN = Category.LINTING_ERROR, Category.UNKNOWN
NOX = """
import nox

@nox.session
def lint(session): ...

@nox.session(name="format", python="3.12")
def _format(session): ...
"""


def commands(
    fixer: object, script: str, files: Mapping[str, str] | None = None, **more: str
) -> list[str]:
    """Return the commands that a fixer proposes for a failure that names no files."""
    found = fixer.propose(failure(LINT, None), context(script, files or {}, **more))  # type: ignore[attr-defined, arg-type]
    return [" ".join(i.command.strip("()\n ").split()) for i in found if isinstance(i, ToolRun)]


@pytest.mark.parametrize(
    ("script", "output", "wanted"),
    [
        ("own-style src --width 99 --check_only", "", ["own-style src --width 99"]),
        ("python tools/headers.py --check --diff src", "", ["python tools/headers.py src"]),
        ("make quality", "own-style src --check_only\nValueError: 1 file", ["own-style src"]),
        ("tox -e lint", "lint: commands[0]> own-style --check .", ["own-style ."]),
        ("cd docs && own-style --check . || exit 1", "", ["cd docs own-style ."]),
        ("black --check . && own-style .", "", []),
        ("own-style --checks all", "", []),
    ],
)
def test_the_command_without_its_switch(script: str, output: str, wanted: list[str]) -> None:
    assert commands(check_switch, script, output=output) == wanted


def test_words_that_no_rule_knows_ask_for_a_review() -> None:
    script = context("own-style --check .", {})
    (idea,) = check_switch.propose(failure(UNKNOWN, None), script)
    assert isinstance(idea, ToolRun)
    assert idea.severity is Severity.MEDIUM
    assert list(check_switch.propose(failure(Category.TEST_FAILURE, None), script)) == []


@pytest.mark.parametrize(
    ("script", "files", "wanted"),
    [
        (
            "make quality",
            {"Makefile": ".PHONY: style\nquality:\n\tx\nstyle: deps\n\ty\nA := b\n"},
            ["make style"],
        ),
        (
            "make -C . check-format",
            {"Makefile": "check-format:\nformat fix:\n"},
            ["make -C . format", "make -C . fix"],
        ),
        ("tox -e lint", {"tox.ini": "[testenv:lint]\n[testenv:fmt]\n"}, ["tox -e fmt"]),
        ("tox -e=lint -- src", {"tox.ini": "[testenv:lint]\n[testenv:fix]\n"}, ["tox -e=fix"]),
        ("nox -s lint", {"noxfile.py": NOX}, ["nox -s format"]),
        (
            "npm run lint",
            {"package.json": '{"scripts": {"lint": "x", "lint:fix": "y"}}'},
            ["npm run lint:fix"],
        ),
        (
            "uv run poe lint",
            {"pyproject.toml": "[tool.poe.tasks]\nlint='a'\nformat='b'\n"},
            ["uv run poe format"],
        ),
        (
            "hatch run lint:check",
            {"pyproject.toml": "[tool.hatch.envs.lint.scripts]\ncheck='a'\nfmt='b'\n"},
            [],
        ),
        ("just fmt-check", {"justfile": "fmt-check:\n  x\nfmt *args:\n  y\n"}, ["just fmt"]),
        (
            "bash scripts/lint.sh",
            {"scripts/lint.sh": "", "scripts/format.sh": ""},
            ["bash scripts/format.sh"],
        ),
        ("make test", {"Makefile": "quality:\nstyle:\n"}, []),
        ("make quality", {}, []),
        ("nox -s lint", {"noxfile.py": "def ("}, []),
    ],
)
def test_the_target_beside_the_failing_one(
    script: str, files: dict[str, str], wanted: list[str]
) -> None:
    assert commands(targets, script, files) == wanted


def test_the_files_that_failed_come_first() -> None:
    failed = failure(LINT, "black", Diagnostic("a.py", None, "would reformat"))
    files = {"a.py": "", "Makefile": "lint:\nformat:\n"}
    first, second = targets.propose(failed, context("make lint", files))
    assert isinstance(first, ToolRun)
    assert isinstance(second, ToolRun)
    assert first.command == limited("make format", ["a.py"])
    assert second.command == "make format"


def test_only_what_is_done_to_the_named_files_is_kept(tmp_path: Path) -> None:
    commit(tmp_path, dict.fromkeys(("a.py", "b c.py", "d.py"), "old\n"))
    (tmp_path / "d.py").write_text("before\n")
    script = limited('for f in *.py; do echo new > "$f"; done', ["./a.py"])
    subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)
    texts = {p.name: p.read_text() for p in tmp_path.glob("*.py")}
    assert texts == {"a.py": "new\n", "b c.py": "old\n", "d.py": "new\n"}


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("Run `make fix-copies` to fix them.", ["make fix-copies"]),
        ("Please run 'python tools/gen.py --write' and commit.", ["python tools/gen.py --write"]),
        ("error: out of date.\nPlease run make format to update it", ["make format"]),
        ("Run `pip install black` first", []),
        ("Run `git push` to publish", []),
        ("Use `poetry install` and `make`", []),
        ("Running 'make' is fun", []),
    ],
)
def test_what_the_checker_asks_for_is_run(output: str, wanted: list[str]) -> None:
    assert commands(suggested, "make check", output=output) == wanted
