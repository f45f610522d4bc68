"""Slips that a parser pinpoints."""

from __future__ import annotations

import ast
import time
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regreen.fixers.syntax import conflict, repair
from regreen.fixers.syntax.faults import fault_of
from regreen.model import Category, Diagnostic, Edit, Severity
from tests.fixers.support import context, failure

WHOLE = '''\
"""A module."""

import os


def greet(names, *, loud=False):
    for name in names:
        if loud == True:
            print(f"HELLO {name}", file=None)
        else:
            print("hello", name, end="")
    return {"names": [n.upper() for n in names], "path": os.path.join("a", "b")}
'''


def first(broken: str) -> str:
    fault = fault_of(broken)
    assert fault is not None
    return next(repair.repairs(broken, fault)).text


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("def greet(names, *, loud=False):", "def greet(names, *, loud=False)"),
        ("for name in names:", "for name in names"),
        ("if loud == True:", "if loud = True:"),
        ("        else:\n", "        else\n"),
        ('os.path.join("a", "b")}', 'os.path.join("a", "b"}'),
        ('os.path.join("a", "b")}', 'os.path.join("a", "b"))}'),
        ("[n.upper() for n in names]", "[n.upper() for n in names"),
        ('print("hello", name, end="")', 'print("hello" name, end="")'),
        ('print("hello", name, end="")', 'print("hello", name, end=""'),
        ("    return {", "  return {"),
        ("    for name in names:\n", "     for name in names:\n"),
        ("import os", "improt os"),
        ("        else:", "        else :;"),
        ('"names": [', '"names: ['),
    ],
)
def test_a_slip_is_taken_back(right: str, wrong: str) -> None:
    broken = WHOLE.replace(right, wrong)
    assert broken != WHOLE
    assert ast.dump(ast.parse(first(broken))) == ast.dump(ast.parse(WHOLE))


def test_positional_arguments_go_before_keywords() -> None:
    assert first("x = Mock(a=[b(1)],\n    c(d),\n)\n") == "x = Mock(\n    c(d),a=[b(1)],\n)\n"


def test_a_file_in_python_2_is_rewritten() -> None:
    old = (
        'print "a", 1\nprint\nprint >>f, "b"\ntry:\n    raise ValueError, "x"\n'
        "except (A, B), e:\n    print e\nif 1 <> 2:\n    exec code in d\nn = 0755\n"
    )
    assert first(old) == (
        'print("a", 1)\nprint()\nprint("b", file=f)\ntry:\n    raise ValueError("x")\n'
        "except (A, B) as e:\n    print(e)\nif 1 != 2:\n    exec(code, d)\nn = 0o755\n"
    )


def test_tabs_among_spaces_become_spaces() -> None:
    assert (
        first("def f():\n        x = 1\n\treturn x\n")
        == "def f():\n        x = 1\n        return x\n"
    )


def test_all_broken_files_that_the_step_names_are_repaired_at_once() -> None:
    output = (
        'File "/home/runner/work/x/x/src/a.py", line 1\nerror: cannot format b.py: Cannot parse'
    )
    files = {"src/a.py": "f(1\n", "b.py": "if x\n    pass\n", "c.py": "f(\n"}
    said = failure(Category.SYNTAX_ERROR, "black", Diagnostic("b.py", None, "cannot parse"))
    ideas = list(repair.propose(said, context("black .", files, output=output)))
    assert isinstance(ideas[0], Edit)
    assert ideas[0].files == {"src/a.py": "f(1)\n", "b.py": "if x:\n    pass\n"}
    assert ideas[0].severity is Severity.MEDIUM
    assert ideas[0].review


def test_whole_files_are_left_alone() -> None:
    said = failure(Category.SYNTAX_ERROR, "ruff", Diagnostic("a.py", "E999", "x"))
    assert list(repair.propose(said, context("ruff check", {"a.py": "x = 1\n"}))) == []


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab()[]{}:,='\"\n #\\fi1", max_size=80))
def test_no_text_takes_long_or_gives_what_does_not_parse(text: str) -> None:
    fault = fault_of(text)
    began = time.monotonic()
    if fault is not None:
        for state in islice(repair.repairs(text, fault), 3):
            assert fault_of(state.text) is None
    assert time.monotonic() - began < 20


CONFLICT = "a\n<<<<<<< HEAD\nold = 1\n=======\nnew = 2\n>>>>>>> branch\nz\n"


def test_of_a_conflict_the_side_that_was_there_before_goes() -> None:
    said = failure(Category.SYNTAX_ERROR, "python", Diagnostic("a.py", None, "invalid syntax"))
    scene = context("python a.py", {"a.py": CONFLICT}, parent={"a.py": "a\nold = 1\nz\n"})
    assert [e.files for e in conflict.propose(said, scene) if isinstance(e, Edit)] == [
        {"a.py": "a\nnew = 2\nz\n"}
    ]


def test_without_history_either_side_is_an_idea() -> None:
    said = failure(Category.SYNTAX_ERROR, "python", Diagnostic("a.py", None, "invalid syntax"))
    ideas = list(conflict.propose(said, context("python a.py", {"a.py": CONFLICT})))
    assert [e.files["a.py"] for e in ideas if isinstance(e, Edit)] == [
        "a\nnew = 2\nz\n",
        "a\nold = 1\nz\n",
    ]
