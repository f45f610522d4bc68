"""Formatters may change the form, sorters the imports; whoever goes beyond that is found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from regreen.git import Repository, Scratch
from regreen.model import Scope
from regreen.verify.equivalence import oversteps
from tests.repositories import commit

OLD = '''\
import b
import a
class C:
    """Say  it."""
    def f(self): return u"x" , [1,2 ]
def g(x):
    del (x)
    if x : pass
'''
FORM = '''\
import b
import a


class C:
    """Say it."""

    def f(self):
        return "x", [1, 2]


def g(x):
    del x
    if x:
        pass
'''


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    commit(tmp_path / "r", {"a.py": OLD, "data.txt": "x\n"})
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        yield scratch


@pytest.mark.parametrize(
    ("new", "allowed"),
    [
        (FORM, Scope.FORM),
        (FORM.replace("import b\nimport a\n", "import a\nimport b\n"), Scope.IMPORTS),
        (FORM.replace("import b\n", ""), Scope.IMPORTS),
        (FORM.replace("[1, 2]", "[1, 3]"), Scope.CODE),
        (FORM.replace("if x:", "if not x:"), Scope.CODE),
        (FORM.replace("        return", "        print(1)\n        return"), Scope.CODE),
        (FORM.replace("Say it", "Say something else"), Scope.CODE),
        (FORM + "(", Scope.CODE),
    ],
)
def test_what_a_change_needs(scratch: Scratch, tmp_path: Path, new: str, allowed: Scope) -> None:
    base = scratch.tree(Repository.open(tmp_path / "r").commit("HEAD"))
    after = scratch.replace(base, {"a.py": new, "data.txt": "y\n"})
    scopes = list(Scope)
    for scope in scopes:
        enough = scopes.index(scope) >= scopes.index(allowed)
        assert (oversteps(base, after, scope) == ()) is enough, scope
