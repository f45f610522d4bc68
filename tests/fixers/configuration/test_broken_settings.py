"""Settings that cannot be read: the slip is mended, everything else stays as it was written."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
import yaml

from regreen.fixers.configuration import broken_settings
from regreen.fixers.configuration.settings_forms import INI, STRICT_YAML, TOML, YAML
from regreen.model import Category, Edit
from tests.fixers.support import context, failure

PYPROJECT = """\
# built by hatch
[project]
name = "a"  # the name
version = "1.0"
dependencies = [
  "click>=8",  # the command line
  "rich",
]

[project.optional-dependencies]
tests = ["pytest", "hypothesis"]

[tool.ruff]
line-length = 100
preview = true
authors = [{ name = "A", email = "a@b.org" }]
"""
SETUP = """\
[metadata]
name = a

[options]
install_requires =
    click
    rich
zip_safe = False
"""
HOOKS = """\
repos:
- repo: https://github.com/a/b
  rev: "1.0"
  hooks:
  - id: black
    args: ["-l", "100"]  # long
- repo: local
  hooks:
  - id: mypy
    name: mypy
"""


def edits(
    output: str, files: Mapping[str, str], parent: Mapping[str, str] | None = None
) -> list[Edit]:
    failed = failure(Category.CONFIGURATION_ERROR, None)
    scene = context("x", files, output=output, parent=parent)
    return [one for one in broken_settings.propose(failed, scene) if isinstance(one, Edit)]


def first(path: str, text: str, parent: str | None = None) -> str:
    before = {path: parent} if parent is not None else None
    found = edits(f"could not parse {path}", {path: text}, before)
    assert found
    return found[0].files[path]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('version = "1.0"', 'version = "1.0'),
        ('version = "1.0"', "version = 1.0.0"),
        ('name = "a"  # the name', 'name = "a  # the name'),
        ('  "click>=8",', '  "click>=8"'),
        ('  "rich",\n]\n', '  "rich",\n'),
        ('["pytest", "hypothesis"]', '["pytest" "hypothesis"]'),
        ('["pytest", "hypothesis"]', '["pytest", "hypothesis"'),
        ('["pytest", "hypothesis"]', "[pytest, hypothesis]"),
        ("[tool.ruff]", "[tool.ruff"),
        ("line-length = 100", "line-length: 100"),
        ("line-length = 100", "line-length 100"),
        ("line-length = 100", "line-length = 100\nline-length = 100"),
        ("preview = true", "preview = True"),
        ('{ name = "A", email', '{ name: "A", email'),
        ('{ name = "A", email', '{ name = "A" email'),
        ("# built", "\ufeff# built"),
        ("# built", "// built"),
    ],
)
def test_toml_is_mended_where_it_is_broken(right: str, wrong: str) -> None:
    broken = PYPROJECT.replace(right, wrong, 1)
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(broken)
    made = first("pyproject.toml", broken)
    expected = PYPROJECT if "1.0.0" not in wrong else PYPROJECT.replace('"1.0"', '"1.0.0"')
    assert tomllib.loads(made) == tomllib.loads(expected)
    assert made.count("#") == PYPROJECT.count("#")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("[options]", "[options"),
        ("[metadata]\n", ""),
        ("name = a", "name a"),
        ("    rich", "rich"),
        ("name = a", "name = a\nname = a"),
        ("zip_safe = False", "zip_safe = False\n\n[metadata]\nversion = 1"),
        ("[metadata]", "// hand-made\n[metadata]"),
    ],
)
def test_ini_is_mended_where_it_is_broken(right: str, wrong: str) -> None:
    broken = SETUP.replace(right, wrong, 1)
    assert INI.read(broken).fault is not None
    made: dict[str, dict[str, str]] = INI.read(first("setup.cfg", broken)).data
    expected = deepcopy(INI.read(SETUP).data)
    if "version" in wrong:
        expected["metadata"]["version"] = "1"
    assert made == expected


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("  rev:", "   rev:"),
        ("  rev:", "\trev:"),
        ("  hooks:\n  - id: black", "  hooks\n  - id: black"),
        ('rev: "1.0"', 'rev: "1.0'),
        ('"100"]', '"100"'),
        ('["-l", "100"]', '["-l" "100"]'),
        ("repo: local", "repo = local"),
    ],
)
def test_yaml_is_mended_where_it_is_broken(right: str, wrong: str) -> None:
    broken = HOOKS.replace(right, wrong, 1)
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load(broken)
    assert yaml.safe_load(first(".pre-commit-config.yaml", broken)) == yaml.safe_load(HOOKS)


def test_a_value_keeps_its_backslashes() -> None:
    made = first("pyproject.toml", '[tool.black]\nexclude = "a\\.py|\\d+"\n')
    assert tomllib.loads(made) == {"tool": {"black": {"exclude": "a\\.py|\\d+"}}}


def test_of_two_values_the_one_that_the_red_commit_wrote_is_kept() -> None:
    before = "[tool.ruff]\nline-length = 100\n"
    for both in (
        "line-length = 100\nline-length = 120\n",
        "line-length = 120\nline-length = 100\n",
    ):
        made = first("pyproject.toml", f"[tool.ruff]\n{both}", before)
        assert made == "[tool.ruff]\nline-length = 120\n"


def test_the_other_one_of_two_values_is_a_further_idea() -> None:
    text = "[tool.ruff]\nline-length = 100\nline-length = 120\n"
    made = edits("pyproject.toml: TOML", {"pyproject.toml": text})
    assert [one.files["pyproject.toml"].split()[-1] for one in made[:2]] == ["120", "100"]
    assert all(one.review for one in made)


@pytest.mark.parametrize("old", ["ours", "theirs"])
def test_of_a_conflict_the_side_that_is_not_the_parents_is_taken(old: str) -> None:
    sides = ('x = "old"\n', 'x = "new"\n') if old == "ours" else ('x = "new"\n', 'x = "old"\n')
    text = f"<<<<<<< HEAD\n{sides[0]}=======\n{sides[1]}>>>>>>> b\n"
    assert first("pyproject.toml", text, 'x = "old"\n') == 'x = "new"\n'


def test_what_the_commit_before_had_says_where_a_text_ended() -> None:
    before = 'x = "a"  # b, c\ny = 1\n'
    assert first("tox.toml", before.replace('a"', "a"), before) == before


def test_keys_twice_in_yaml_count_where_the_reader_is_strict() -> None:
    text = "a: 1\nb: 2\na: 1\n"
    assert YAML.read(text).fault is None
    assert STRICT_YAML.read(text).fault is not None
    (made, *_) = edits("mkdocs.yml: duplicate key a", {"mkdocs.yml": text})
    assert made.files == {"mkdocs.yml": "a: 1\nb: 2\n"}
    assert not edits("mkdocs.yml: YAML", {"mkdocs.yml": text})


def test_two_broken_files_are_mended_at_once() -> None:
    files = {"pyproject.toml": "x = True\n", ".flake8": "max-line-length = 100\n"}
    (made, *_) = edits("Invalid TOML, no section header", files)
    assert set(made.files) == set(files)
    assert made.files[".flake8"] == "[flake8]\nmax-line-length = 100\n"


def test_what_was_broken_before_is_left_alone_unless_it_is_named() -> None:
    files = {"tests/data/pyproject.toml": "x = True\n", "tox.toml": "y = \n"}
    assert not edits("TOML parse error", files, files)
    (made, *_) = edits("tests/data/pyproject.toml: TOML parse error", files, files)
    assert set(made.files) == {"tests/data/pyproject.toml"}


def test_a_tool_that_ignores_its_broken_settings_is_mended_too() -> None:
    files = {".flake8": "[flake8]\nmax-line-length 100\n"}
    before = {".flake8": "[flake8]\nmax-line-length = 79\n"}
    (made, *_) = edits("a.py:1:80: E501 line too long", files, before)
    assert made.files == {".flake8": "[flake8]\nmax-line-length = 100\n"}
    assert not edits("a.py:1:80: E501 line too long", files)


def test_a_percent_sign_is_doubled_where_it_refers_to_something() -> None:
    text = "[alembic]\nfile = %d_%%s\nother = %(here)s\n"
    parser = configparser.ConfigParser()
    parser.read_string(text)
    with pytest.raises(configparser.InterpolationSyntaxError) as refused:
        parser.get("alembic", "file")
    (made,) = edits(str(refused.value), {"alembic.ini": text})
    assert made.files == {"alembic.ini": text.replace("%d", "%%d")}


@pytest.mark.parametrize("form", [TOML, INI, YAML])
def test_no_text_makes_a_reader_fail(form: Any) -> None:
    for text in ("\x00", "[" * 3000, "{" * 3000, "a: *b\n", "? [a]\n: b\n", "!!x y\n", "\ud800"):
        found = form.read(text)
        assert found.fault is not None or found.data is not None or not text.strip("\x00")


def test_lines_without_end_are_left_alone() -> None:
    assert not edits("pyproject.toml: TOML", {"pyproject.toml": f"x = 1{' ' * 100_000}y\n"})
