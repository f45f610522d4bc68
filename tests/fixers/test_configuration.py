"""Commands, settings and modes: from what a tool prints to the edit that mends it."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import pytest

from regreen.fixers.configuration import (
    executable_bits,
    misspelt,
    removed_options,
    retired_commands,
    tool_settings,
)
from regreen.model import Category, Edit, Idea, Probe
from tests.fixers.support import context, failure

FLOW = ".github/workflows/ci.yml"


def ideas(
    fixer: ModuleType, output: str, files: Mapping[str, str], script: str = "x"
) -> list[Idea]:
    failed = failure(Category.CONFIGURATION_ERROR, None)
    return list(fixer.propose(failed, context(script, files, output=output)))


def edit(fixer: ModuleType, output: str, files: Mapping[str, str], script: str = "x") -> Edit:
    found = ideas(fixer, output, files, script)
    assert found
    assert isinstance(found[0], Edit)
    return found[0]


@pytest.mark.parametrize(
    ("output", "before", "after", "more"),
    [
        (
            "python: can't open file 'isort': [Errno 2] No such file or directory",
            "run: python isort --check .\n",
            "run: python -m isort --check .\n",
            {},
        ),
        (
            "bash: ./script/run.sh: No such file or directory",
            "run: ./script/run.sh\n",
            "run: ./scripts/run.sh\n",
            {"scripts/run.sh": "#!/bin/sh\n"},
        ),
        (
            "Could not open requirements file: [Errno 2] No such file or directory: 'dev.txt'",
            "run: pip install -r dev.txt\n",
            "run: pip install -r requirements/dev.txt\n",
            {"requirements/dev.txt": ""},
        ),
    ],
)
def test_a_command_names_what_is_there(
    output: str, before: str, after: str, more: dict[str, str]
) -> None:
    assert edit(misspelt, output, {FLOW: before, **more}).files == {FLOW: after}


def test_a_misspelt_tool_is_looked_for_among_those_installed() -> None:
    files = {FLOW: "run: pyest -q\n"}
    (probe,) = ideas(misspelt, "/bin/bash: line 1: pyest: command not found", files)
    assert isinstance(probe, Probe)
    (found, *_) = probe.read("cat\npytest\npython\n")
    assert isinstance(found, Edit)
    assert found.files == {FLOW: "run: pytest -q\n"}
    assert not list(probe.read("cat\nls\n"))


@pytest.mark.parametrize(
    ("output", "before", "after"),
    [
        (
            "Setting experimental.new-installer does not exist",
            "  poetry config experimental.new-installer false\n  poetry install\n",
            "  poetry install\n",
        ),
        (
            "error: unexpected argument '--format' found",
            "run: ruff check --format=github .\n",
            "run: ruff check --output-format=github .\n",
        ),
        ("no such option: --no-use-pep517", "pip install --no-use-pep517 .\n", "pip install .\n"),
    ],
)
def test_options_that_are_gone_are_dropped_or_renamed(output: str, before: str, after: str) -> None:
    assert edit(removed_options, output, {FLOW: before}).files == {FLOW: after}


def test_an_unknown_option_is_never_just_dropped() -> None:
    files = {FLOW: "run: pytest --covv=x\n"}
    found = ideas(
        removed_options, "error: unrecognized arguments: --covv=x", files, "pytest --covv=x"
    )
    (probe,) = found
    assert isinstance(probe, Probe)
    (made,) = probe.read("  --cov=PATH  measure\n  --color=WHEN\n")
    assert isinstance(made, Edit)
    assert made.files == {FLOW: "run: pytest --cov=x\n"}
    assert not list(probe.read("nothing like it"))


def test_every_listed_option_names_its_source() -> None:
    rows = removed_options.catalogue()
    assert rows
    assert all(one.source.startswith("https://") for one in rows)


@pytest.mark.parametrize(
    ("output", "path", "before", "after"),
    [
        (
            "pass_env values cannot contain whitespace, use comma",
            "tox.ini",
            "[testenv]\npassenv = CI GITHUB_*\ndeps = x  # y\n",
            "[testenv]\npassenv =\n    CI\n    GITHUB_*\ndeps = x  # y\n",
        ),
        (
            "py311: failed with make (resolves to /usr/bin/make) is not allowed",
            "tox.ini",
            "[testenv]\nwhitelist_externals = make\n",
            "[testenv]\nallowlist_externals = make\n",
        ),
        (
            "py311: failed with make (resolves to /usr/bin/make) is not allowed",
            "tox.ini",
            "[testenv]\ndeps = x\n",
            "[testenv]\nallowlist_externals =\n    make\ndeps = x\n",
        ),
        (
            "ValueError: Error code '#' supplied to 'ignore' option does not match",
            ".flake8",
            "[flake8]\nignore =\n    E203, # black\n    W503\n",
            "[flake8]\nignore =\n    # black\n    E203,\n    W503\n",
        ),
        (
            "  - 'select' -> 'lint.select'\n",
            "pyproject.toml",
            "[tool.ruff]\nline-length = 100\nselect = [\n  'E',\n]\n",
            "[tool.ruff]\nline-length = 100\n\n[tool.ruff.lint]\nselect = [\n  'E',\n]\n",
        ),
        (
            "Invalid dash-separated key 'description-file' in 'metadata'",
            "setup.cfg",
            "[metadata]\ndescription-file = README\n",
            "[metadata]\ndescription_file = README\n",
        ),
    ],
)
def test_settings_become_what_the_new_version_reads(
    output: str, path: str, before: str, after: str
) -> None:
    assert edit(tool_settings, output, {path: before}).files == {path: after}


def test_a_script_that_is_run_gets_its_bit() -> None:
    files = {"scripts/a.sh": "#!/bin/sh\n", "b.txt": "x"}
    found = edit(executable_bits, "line 1: ./scripts/a.sh: Permission denied", files)
    assert (found.files, found.executable) == ({}, {"scripts/a.sh": True})
    assert not ideas(executable_bits, "./b.txt: Permission denied", files)


def test_a_module_loses_its_shebang_and_a_script_gets_its_bit() -> None:
    files = {
        "a/__init__.py": "",
        "a/b.py": '#!/usr/bin/env python\n\n"""x."""\n',
        "scripts/c.py": "#!/usr/bin/env python\nx\n",
    }
    words = "{}: has a shebang but is not marked executable!\n"
    output = words.format("a/b.py") + words.format("scripts/c.py")
    found = edit(executable_bits, output, files)
    assert found.files == {"a/b.py": '"""x."""\n'}
    assert found.executable == {"scripts/c.py": True}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('echo "::set-output name=v::$(cat x)"\n', 'echo "v=$(cat x)" >> "$GITHUB_OUTPUT"\n'),
        ("echo ::set-env name=A::1 && ls\n", 'echo "A=1" >> "$GITHUB_ENV" && ls\n'),
        ("echo '::add-path::/x/bin'\n", "echo '/x/bin' >> \"$GITHUB_PATH\"\n"),
        ('echo "set-output"\n', None),
    ],
)
def test_commands_on_standard_output_become_lines_of_files(before: str, after: str | None) -> None:
    said = "Error: The `set-env` command is disabled."
    found = ideas(retired_commands, said, {FLOW: f"run: {before}"})
    made = [dict(one.files) for one in found if isinstance(one, Edit)]
    assert made == ([{FLOW: f"run: {after}"}] if after else [])
