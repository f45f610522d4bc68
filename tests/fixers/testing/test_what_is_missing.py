"""Plug-ins, files and words that tests lack."""

from __future__ import annotations

import pytest

from regreen.fixers.testing import (
    circumstances,
    missing_files,
    missing_plugin,
    told_renames,
    took_back,
)
from regreen.model import Advice, Edit, Probe, Severity
from tests.fixers.support import context
from tests.fixers.testing.ideas import first, ideas


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("E       fixture 'mocker' not found", "pytest-mock"),
        ("pytest: error: unrecognized arguments: --cov-report=xml", "pytest-cov"),
        ("'django_db' not found in `markers` configuration option", "pytest-django"),
        ("PytestConfigWarning: Unknown config option: asyncio_mode", "pytest-asyncio"),
        ("ERROR: Missing required plugins: pytest-timeout>=2", "pytest-timeout>=2"),
        ("async def functions are not natively supported.", "pytest-asyncio"),
    ],
)
def test_a_missing_plugin_is_declared(said: str, name: str) -> None:
    files = {"requirements.txt": "pytest\n"}
    installs = ("pip install -r requirements.txt",)
    made = first(missing_plugin, context("pytest", files, output=said, installs=installs))
    assert made == {"requirements.txt": f"pytest\n{name}\n"}


def test_a_fixture_of_the_projects_own_asks_for_no_plugin() -> None:
    scene = context("pytest", {"requirements.txt": ""}, output="fixture 'my_cart' not found")
    assert not ideas(missing_plugin, scene)


def test_a_message_that_says_what_to_write_is_followed_where_it_points() -> None:
    said = "shop.py:2: DeprecationWarning: `old_total` is deprecated, use `total` instead"
    files = {"shop.py": "import lib\nx = lib.old_total(3)\ny = lib.old_total\n"}
    made = first(told_renames, context("pytest", files, output=said))
    assert made["shop.py"] == "import lib\nx = lib.total(3)\ny = lib.old_total\n"


def test_a_file_that_the_commit_deleted_comes_back() -> None:
    said = "FileNotFoundError: [Errno 2] No such file or directory: 'tests/data/rows.csv'"
    files = {"tests/test_a.py": "open('tests/data/rows.csv')\n"}
    parent = {**files, "tests/data/rows.csv": "1,2\n"}
    idea = ideas(missing_files, context("pytest", files, output=said, parent=parent))[0]
    assert isinstance(idea, Edit)
    assert idea.files == {"tests/data/rows.csv": "1,2\n"}
    assert idea.review


def test_a_file_that_was_never_committed_is_named_with_what_keeps_it_out() -> None:
    files = {
        "tests/test_a.py": "A = join(D, 'one.json')\nB = join(D, 'two.json')\n",
        "tests/assets/one.json": "{}",
        ".gitignore": "*.log\ntwo.json\n",
    }
    scene = context("pytest", files, output="ValueError: File path or file object required")
    idea = ideas(missing_files, scene)[0]
    assert isinstance(idea, Advice)
    assert "tests/assets/two.json" in idea.text
    assert "'two.json' in .gitignore" in idea.text


def test_tests_that_pass_alone_depend_on_their_order() -> None:
    scene = context("pytest", {"tests/test_a.py": ""}, output="")
    probe = ideas(circumstances, scene)[0]
    assert isinstance(probe, Probe)
    (advice,) = probe.read("REGREEN-WAY alone 0\nREGREEN-WAY seed 0\n")
    assert isinstance(advice, Advice)
    assert "order of tests" in advice.text
    assert not list(probe.read("REGREEN-WAY alone 1\n"))


def test_to_take_a_hunk_back_asks_for_the_most_review() -> None:
    body = "".join(f"x{n} = {n}\n" for n in range(9))
    files = {"shop.py": body.replace("x1 = 1", "x1 = 2").replace("x7 = 7", "x7 = 8")}
    files["tests/test_a.py"] = "assert x1 == 1\n"
    parent = {**files, "shop.py": body}
    found = ideas(took_back, context("pytest", files, parent=parent))
    assert [i.severity for i in found if isinstance(i, Edit)] == [Severity.HIGH, Severity.HIGH]
    changed = {**parent, "tests/test_a.py": "assert x1 == 3\n"}
    assert not ideas(took_back, context("pytest", files, parent=changed))
