"""Tools that mend: the job's own call, told to mend; and the names under which that is known."""

from __future__ import annotations

import pytest

from regreen.deliver.remedies import COMMANDS
from regreen.fixers.lint import (
    black,
    docformatter,
    isort,
    menders,
    own_autopep8,
    plugins,
    ruff_check,
    ruff_format,
)
from regreen.model import Category, Diagnostic, Scope, ToolRun
from tests.fixers.support import context, failure

LINT = Category.LINTING_ERROR


def runs(tool: str, script: str, *named: str) -> list[str]:
    """Return the commands that are proposed, without what holds them together."""
    failed = failure(LINT, tool, *(Diagnostic(path, None, "x") for path in named))
    found = menders.propose(failed, context(script, dict.fromkeys(named, "")))
    return [" ".join(i.command.strip("()\n ").split()) for i in found if isinstance(i, ToolRun)]


@pytest.mark.parametrize(
    ("tool", "script", "wanted"),
    [
        ("prettier", "npx prettier --check .", "npx prettier --write ."),
        ("eslint", "npx eslint -f compact src", "npx eslint --fix src"),
        ("autoflake", "autoflake -c -r src", "autoflake --in-place -r src"),
        ("yapf", "yapf -d -r src", "yapf --in-place -r src"),
        ("codespell", "codespell docs", "codespell --write-changes docs"),
        ("codespell", "codespell --write-changes docs", "codespell --write-changes docs"),
        ("sqlfluff", "sqlfluff lint models --format yaml", "sqlfluff fix --force models"),
        ("cargo fmt", "cargo fmt --all -- --check", "cargo fmt --all --"),
        ("terraform-fmt", "terraform fmt -check -recursive", "terraform fmt -recursive"),
        ("clang-format", "clang-format --dry-run -Werror a.c", "clang-format -i a.c"),
        ("gofmt", "gofmt -l .", "gofmt -w ."),
        ("biome", "npx biome ci .", "npx biome check --write ."),
        ("phpcs", "vendor/bin/phpcs src", "vendor/bin/phpcbf src"),
        ("spotless", "./gradlew spotlessCheck", "./gradlew spotlessApply"),
        ("usort", "usort check pkg", "usort format pkg"),
    ],
)  # fmt: skip
def test_the_check_becomes_a_mending_call(tool: str, script: str, wanted: str) -> None:
    assert runs(tool, script) == [wanted]


def test_another_subcommand_of_the_program_is_none_of_ours() -> None:
    assert runs("cargo fmt", "cargo test") == []
    assert runs("cargo fmt", "cargo test", "src/a.rs") == ["cargo fmt src/a.rs"]
    assert runs("spotless", "make", "A.java") == []


def test_what_only_rewrites_form_may_touch_nothing_else() -> None:
    found = list(menders.propose(failure(LINT, "yapf"), context("yapf -d a.py", {})))
    assert [i.scope for i in found if isinstance(i, ToolRun)] == [Scope.FORM]


def test_every_tool_that_is_said_to_mend_itself_has_a_fixer() -> None:
    for tool in COMMANDS:
        given = context(f"{tool} .", {"a.py": ""})
        failed = failure(LINT, tool, Diagnostic("a.py", None, "x"))
        every = (menders, black, isort, ruff_check, ruff_format, docformatter)
        found = [idea for fixer in every for idea in fixer.propose(failed, given)]
        assert found or not menders.checkers()[tool].named, tool


def test_plug_ins_of_flake8_are_mended_by_what_they_plug_in() -> None:
    failed = failure(
        LINT, "flake8", Diagnostic("a.py", "BLK100", "Black would make changes."),
        Diagnostic("b.py", "I001", "isort found an import in the wrong position"),
    )  # fmt: skip
    found = plugins.propose(failed, context("flake8", {"a.py": "", "b.py": ""}))
    got = [(i.command, i.scope) for i in found if isinstance(i, ToolRun)]
    assert got == [("black -- a.py", Scope.FORM), ("isort -- b.py", Scope.IMPORTS)]


def test_autopep8_gets_the_codes_that_it_mends_and_no_others() -> None:
    codes = ("E128", "W503", "E731", "F401")
    failed = failure(LINT, "flake8", *(Diagnostic("a.py", code, code) for code in codes))
    (run,) = own_autopep8.propose(failed, context("flake8", {"a.py": ""}))
    assert isinstance(run, ToolRun)
    assert "--select=E128,W503 " in run.command
    other = failure(LINT, "flake8", Diagnostic("a.py", "E711", "comparison to None"))
    assert list(own_autopep8.propose(other, context("flake8", {"a.py": ""}))) == []
