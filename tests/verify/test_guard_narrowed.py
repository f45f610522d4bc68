"""What is the same on both sides is not looked at, unless what it means has changed."""

from __future__ import annotations

import ast

import pytest

from regreen.verify.guard import judge
from regreen.verify.guard.change import Change, FileChange, Side
from regreen.verify.guard.narrowed import equal, narrowed
from tests.verify.honesty.cases import Known

TEST = "def test_a():\n    assert total(1) == 2\n"
SAME = "import os\nimport abc\n\n\ndef f():\n    return os.sep\n\n\ndef g():\n    return 1\n"


def _judged(path: str, old: str, new: str) -> tuple[str, ...]:
    sides = Side("100644", old.encode()), Side("100644", new.encode())
    return judge(Change((FileChange(path, *sides),), Known({path: new})))


def test_layout_and_the_order_of_imports_leave_nothing_to_look_at() -> None:
    old, new = ast.parse(SAME), ast.parse(SAME.replace("os\nimport abc", "abc\nimport os"))
    found = narrowed(old, new)
    assert (found.old, found.new) == ((), ())
    assert found.sources[0] == found.sources[1]


def test_a_statement_stays_in_when_a_name_in_it_is_imported_from_elsewhere() -> None:
    new = ast.parse(SAME.replace("import os", "import posix as os"))
    assert [ast.unparse(new.body[at])[:5] for at in narrowed(ast.parse(SAME), new).new] == [
        "impor",
        "def f",
    ]


def test_everything_stays_in_when_a_star_comes_from_elsewhere() -> None:
    old, new = (ast.parse(f"from {name} import *\n{SAME}") for name in ("shop", "pytest"))
    assert len(narrowed(old, new).new) == len(new.body)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TEST, f"{TEST}\n\ndef test_a():\n    pass\n"),
        (f"from shop import skip\n\nskip()\n{TEST}", f"from pytest import skip\n\nskip()\n{TEST}"),
    ],
    ids=["hidden by a later one", "imported from elsewhere"],
)
def test_what_stands_unchanged_is_judged_where_it_means_something_else(old: str, new: str) -> None:
    assert _judged("tests/test_a.py", old, new)


@pytest.mark.parametrize(("old", "new"), [("1", "True"), ("1", "1.0"), ("'a'", "b'a'"), ("x", "y")])
def test_constants_of_another_type_are_not_equal(old: str, new: str) -> None:
    assert not equal(ast.parse(old), ast.parse(new))
    assert equal(ast.parse(old), ast.parse(f"({old})"))
