"""Actions that run one tool: which version of it, by which command line, found by who mends."""

from __future__ import annotations

import pytest

from regreen.fixers.invocations import find
from regreen.jobs.served.tools import declared, requirement, words
from tests.jobs.served.support import call, script

PROJECT = """\
[project]
dependencies = ["black[d]>=24,<25", "ruff"]
[project.optional-dependencies]
dev = ["ruff==0.4.4 ; python_version > '3'"]
"""


@pytest.mark.parametrize(
    ("uses", "inputs", "files", "wanted", "line"),
    [
        ("psf/black@stable", {}, {}, "'black[colorama]'", "black --check --diff ."),
        (
            "psf/black@24.1.0",
            {"src": "a b"},
            {},
            "'black[colorama]==24.1.0'",
            "black --check --diff a b",
        ),
        (
            "psf/black@main",
            {"version": "~= 23.0", "jupyter": "true"},
            {},
            "'black[colorama,jupyter]~= 23.0'",
            "black --check --diff .",
        ),
        (
            "psf/black@stable",
            {"use_pyproject": "true"},
            {"pyproject.toml": PROJECT},
            "'black[colorama]<25,>=24'",
            "black --check --diff .",
        ),
        (
            "psf/black@stable",
            {"black_args": "x.py --check"},
            {},
            "'black[colorama]'",
            "black x.py --check",
        ),
        (
            "astral-sh/ruff-action@v3",
            {},
            {"pyproject.toml": PROJECT},
            "ruff==0.4.4",
            "ruff check /home/runner/work/name/name",
        ),
        (
            "astral-sh/ruff-action@v3",
            {"version": "0.5.0", "args": "format --check", "src": "a"},
            {},
            "ruff==0.5.0",
            "ruff format --check a",
        ),
        (
            "astral-sh/ruff-action@v3",
            {"src": "sub/x"},
            {"sub/pyproject.toml": PROJECT},
            "ruff==0.4.4",
            "ruff check sub/x",
        ),
        (
            "chartboost/ruff-action@v1",
            {"args": "--select F"},
            {},
            "ruff",
            "ruff check --select F .",
        ),
        (
            "isort/isort-action@v1",
            {"sort-paths": "src tests", "isort-version": "5.12.0"},
            {},
            "'isort[requirements_deprecated_finder,pipfile_deprecated_finder]==5.12.0'",
            "isort --check-only --diff src tests",
        ),
        (
            "jamescurtin/isort-action@master",
            {"sortPaths": "x", "requirementsFiles": "r.txt"},
            {},
            "-r r.txt",
            "isort --check-only --diff x",
        ),
        (
            "pre-commit/action@v3.0.1",
            {},
            {},
            "pre-commit",
            "pre-commit run --show-diff-on-failure --color=always --all-files",
        ),
        (
            "pre-commit/action@v3.0.1",
            {"extra_args": "black -a"},
            {},
            "pre-commit",
            "pre-commit run --show-diff-on-failure --color=always black -a",
        ),
        (
            "py-actions/flake8@v2",
            {"max-line-length": "99", "plugins": "pep8-naming"},
            {},
            "flake8 pep8-naming",
            "flake8 --max-line-length=99 .",
        ),
        (
            "codespell-project/actions-codespell@v2",
            {"skip": "*.po", "check_hidden": "true"},
            {},
            "codespell",
            "codespell --check-hidden --skip '*.po' .",
        ),
        (
            "crate-ci/typos@v1.30.2",
            {"config": "t.toml"},
            {},
            "typos==1.30.2",
            "typos --config t.toml .",
        ),
    ],
)
def test_the_command_is_the_tool_s_own_and_brings_the_tool(
    uses: str, inputs: dict[str, str], files: dict[str, str], wanted: str, line: str
) -> None:
    command = script(call(uses, inputs, files=files)).command
    assert command is not None
    assert wanted in command
    calls = find(line.split()[0], command)
    assert len(calls) == 1 or line.startswith("pre-commit"), "what installs it looks like a call"
    found = calls[-1]
    assert " ".join(found.words) == line
    again = found.rewritten(["other"])
    assert "pip install" in again, "who runs it anew has no tool"
    assert line not in again


def test_what_the_actions_refuse_fails_as_they_do() -> None:
    both = call("psf/black@stable", {"version": "23", "use_pyproject": "true"})
    assert "mutually exclusive" in script(both).text
    lacking = call("psf/black@stable", {"use_pyproject": "true"}, files={"pyproject.toml": ""})
    assert "dependency missing from pyproject.toml" in script(lacking).text
    ruff = call("astral-sh/ruff-action@v3", {"version": "1", "version-file": "x"})
    assert "not allowed" in script(ruff).text


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (PROJECT, "==0.4.4"),
        ('[dependency-groups]\ndev = [{include-group = "x"}, "ruff~=0.5"]\n', "~=0.5"),
        ('[tool.poetry.group.dev.dependencies]\nruff = "^0.1.3"\n', "<0.2,>=0.1.3"),
        ('[tool.poetry.dev-dependencies]\nruff = {version = "0.1.3", extras = ["x"]}\n', "==0.1.3"),
        ("black==1\nruff==0.2.0 --hash=sha256:aa \\\n    --hash=sha256:bb\n", "==0.2.0"),
        ('[project]\ndependencies = ["ruff"]\n', None),
        ("", None),
    ],
)
def test_a_tool_s_version_is_read_where_the_project_declares_it(
    text: str, asked: str | None
) -> None:
    assert declared(text, "ruff") == asked


def test_versions_become_requirements_and_words_stay_words() -> None:
    made = [requirement("x", version) for version in ("", "latest", "1.2", "v1.2", ">=1,<2")]
    assert made == ["x", "x", "x==1.2", "x==1.2", "x>=1,<2"]
    assert words("a 'b c' $(touch x)") == "a 'b c' '$(touch' 'x)'"
    assert words("it's") == """'it'"'"'s'"""
