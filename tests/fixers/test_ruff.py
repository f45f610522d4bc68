"""Ruff for other linters, and ruff's unsafe fixes: which codes, which files, by which ruff."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from regreen.fixers.lint import own_ruff, ruff_unsafe
from regreen.model import Category, Diagnostic, ToolRun
from tests.fixers.support import context, failure

LINT = Category.LINTING_ERROR


def own(tool: str, files: dict[str, str], *codes: str) -> list[str]:
    diagnostics = [Diagnostic(path, code, "x") for path in files for code in codes]
    found = own_ruff.propose(failure(LINT, tool, *diagnostics), context(tool, files))
    return [p.command.splitlines()[-1] for p in found if isinstance(p, ToolRun)]


def test_only_the_failed_codes_and_files_are_touched() -> None:
    safe, unsafe = own("flake8", {"a b.py": "", "c.py": ""}, "F401", "W503", "E302")
    words = shlex.split(safe)
    assert words[words.index("--select") + 1] == "E302,F401"
    assert words[words.index("--") + 1 :] == ["a b.py", "c.py"]
    assert "--isolated" in words
    assert "--unsafe-fixes" not in words
    words = shlex.split(unsafe)
    assert words[words.index("--select") + 1] == "F401"
    assert "--unsafe-fixes" in words


@pytest.mark.parametrize(
    ("tool", "code", "wanted"),
    [("pylint", "W0108", "PLW0108"), ("pylint", "C0303", "W291,W293"), ("flake8", "I100", "I001")],
)
def test_other_names_become_ruff_s(tool: str, code: str, wanted: str) -> None:
    words = shlex.split(own(tool, {"a.py": ""}, code)[0])
    assert words[words.index("--select") + 1] == wanted


@pytest.mark.parametrize(("tool", "code"), [("pylint", "R0913"), ("ruff", "F401"), ("mypy", "F1")])
def test_what_ruff_does_not_stand_in_for_is_left_alone(tool: str, code: str) -> None:
    assert own(tool, {"a.py": ""}, code) == []


def test_files_outside_the_repository_are_left_alone() -> None:
    failed = failure(LINT, "flake8", Diagnostic("../a.py", "F401", "x"))
    assert list(own_ruff.propose(failed, context("flake8", {"a.py": ""}))) == []


@pytest.mark.parametrize(("text", "count"), [("import os\n", 2), ("from sqlalchemy import a\n", 1)])
def test_a_comparison_to_none_is_not_touched_where_it_may_be_a_query(text: str, count: int) -> None:
    assert len(own("flake8", {"a.py": text}, "E711")) == count


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("ruff check --fix src", "ruff check --fix --unsafe-fixes --fixable EM102,F841 src"),
        (
            "uvx ruff check --output-format github --unfixable F841 .",
            "uvx ruff check --fix --unsafe-fixes --fixable EM102,F841 .",
        ),
    ],
)
def test_the_job_s_own_ruff_takes_the_curated_unsafe_fixes(script: str, wanted: str) -> None:
    codes = [Diagnostic("a.py", code, "x") for code in ("F841", "EM102", "S101", "E722")]
    found = list(ruff_unsafe.propose(failure(LINT, "ruff", *codes), context(script, {})))
    commands = [" ".join(p.command.strip("()\n ").split()) for p in found if isinstance(p, ToolRun)]
    assert commands == [wanted]
    assert all("F841" in p.why and "effects" in p.why for p in found)


def test_without_an_acceptable_code_there_is_no_idea() -> None:
    failed = failure(LINT, "ruff", Diagnostic("a.py", "S101", "x"))
    assert list(ruff_unsafe.propose(failed, context("ruff check .", {}))) == []


def test_ruff_knows_every_code_of_the_table(tmp_path: Path) -> None:
    """A misspelt code would make ruff refuse the whole call."""
    from regreen.fixers.lint.rufftable import _table

    table = _table()
    codes = {c for group in ("pylint", "flake8") for cs in table[group].values() for c in cs}
    codes |= set(table["unsafe"])
    (tmp_path / "a.py").write_text("x = 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--preview", "--no-cache",
         "--select", ",".join(sorted(codes)), "a.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "invalid value" not in done.stderr.lower()
    assert done.returncode in (0, 1), done.stderr
