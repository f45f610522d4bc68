"""Metadata that a build back end refuses is written as the standard has it."""

from __future__ import annotations

import pytest

from regreen.fixers.configuration import project_metadata
from regreen.fixers.configuration.metadata_values import licence, requirement, specifier
from regreen.model import Category, Edit
from tests.fixers.support import context, failure

HEAD = '[project]\nname = "a"\nversion = "1"  # kept\n'
SETUPTOOLS = "configuration error: `{}` must be {}"


def mended(rest: str, said: str, number: int = 0) -> str:
    scene = context("pip install .", {"pyproject.toml": f"{HEAD}{rest}"}, output=said)
    failed = failure(Category.BUILD_ERROR, "setuptools")
    found = [one for one in project_metadata.propose(failed, scene) if isinstance(one, Edit)]
    assert len(found) > number
    text = found[number].files["pyproject.toml"]
    assert text.startswith(HEAD)
    return text.removeprefix(HEAD)


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("authors[0]", 'authors = ["A <a@b.org>"]', 'authors = [{name = "A", email = "a@b.org"}]'),
        ("authors", 'authors = {name="x"}', 'authors = [{name = "x"}]'),
        ("keywords", 'keywords = "a, b"', 'keywords = ["a", "b"]'),
        ("license-files", 'license-files = "LICENSE"', 'license-files = ["LICENSE"]'),
        ("requires-python", 'requires-python = "^3.8"', 'requires-python = ">=3.8,<4"'),
        ("requires-python", "requires-python = 3.10", 'requires-python = ">=3.10"'),
        (
            "dependencies[0]",
            'dependencies = ["x^2", "y = 1"]',
            'dependencies = ["x>=2,<3", "y==1"]',
        ),
        (
            "optional-dependencies.dev",
            'optional-dependencies = {dev = "x"}',
            'optional-dependencies = {dev = ["x"]}',
        ),
        (
            "readme",
            'readme = {file = "R.md"}',
            'readme = {file = "R.md", content-type = "text/markdown"}',
        ),
        ("license", 'license = "Apache 2.0"', 'license = "Apache-2.0"'),
        ("license", 'license = "BSD"', 'license = {text = "BSD"}'),
    ],
)
def test_a_value_gets_the_kind_that_its_key_has(key: str, before: str, after: str) -> None:
    said = SETUPTOOLS.format(f"project.{key}", "of another kind")
    assert mended(f"{before}\n", said) == f"{after}\n"


def test_a_licence_of_which_the_words_do_not_tell_stays_in_words() -> None:
    assert licence("The MIT License") == "MIT"
    assert licence("BSD") is None
    assert licence("GPLv3") is None
    said = SETUPTOOLS.format("project.license", "valid exactly by one definition")
    assert mended('license = "Apache 2"\n', said, 1) == 'license = {text = "Apache 2"}\n'


@pytest.mark.parametrize(
    ("table", "keys", "before", "after"),
    [
        (
            "project",
            "requires_python",
            'requires_python = ">=3.8" # x',
            'requires-python = ">=3.8"',
        ),
        ("project", "license-file", 'license-file = "L"', 'license-files = ["L"]'),
        ("project", "classifier", 'classifier = ["x"] # y', 'classifiers = ["x"] # y'),
        ("project", "homepage", 'homepage = "https://x.y"', 'urls = {Homepage = "https://x.y"}'),
        ("project.authors[0]", "mail", 'authors = [{mail = "a@b"}]', 'authors = [{email = "a@b"}]'),
    ],
)
def test_a_key_gets_the_name_that_is_meant(table: str, keys: str, before: str, after: str) -> None:
    said = f"configuration error: `{table}` must not contain {{'{keys}'}} properties"
    assert mended(f"{before}\n", said).strip() == after


def test_a_key_that_is_like_none_is_left_alone() -> None:
    said = "configuration error: `project` must not contain {'foo'} properties"
    scene = context("x", {"pyproject.toml": f"{HEAD}foo = 1\n"}, output=said)
    assert not list(project_metadata.propose(failure(Category.BUILD_ERROR, None), scene))


def test_licence_classifiers_go_where_they_are_superseded() -> None:
    said = (
        "InvalidConfigError: License classifiers have been superseded by license expressions "
        "(see https://peps.python.org/pep-0639/). Please remove:\n\n"
        "License :: OSI Approved :: MIT License\n"
    )
    rest = 'license = "MIT"\nclassifiers = [\n  "Topic :: Internet",\n  "{}",\n]\n'
    made = mended(rest.format("License :: OSI Approved :: MIT License"), said)
    assert "License ::" not in made
    assert '"Topic :: Internet",' in made


def test_a_value_is_given_or_dynamic() -> None:
    said = (
        "configuration error: You cannot provide a value for `project.version` and list it under "
        "`project.dynamic` at the same time"
    )
    assert mended('dynamic = ["version", "readme"]\n', said) == 'dynamic = ["readme"]\n'


@pytest.mark.parametrize(
    ("written", "meant"),
    [("^1.2", ">=1.2,<2"), ("~1.2", ">=1.2,<1.3"), (">=1 <2", ">=1,<2"), ("3.8+", ">=3.8"),
     ("=>3", ">=3"), (">3.8.x", ">3.8"), ("^0.3", ">=0.3,<0.4"), ("words", None)],
)  # fmt: skip
def test_versions_are_read_as_people_write_them(written: str, meant: str | None) -> None:
    assert specifier(written) == meant
    assert requirement(f"x {written}") == (f"x{meant}" if meant else None)
