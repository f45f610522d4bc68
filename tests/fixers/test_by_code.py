"""Edits by code: what was meant changes, and the rest of the syntax tree does not."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.fixers import source
from regreen.fixers.lint import bare_except, redefinition, unused_global
from regreen.fixers.lint.bare_except import spelled_out
from regreen.fixers.lint.redefinition import without_first
from regreen.fixers.lint.unused_global import without_unused
from regreen.model import Category, Diagnostic, Edit
from tests.fixers.support import context, failure


def taken(text: str) -> source.Source:
    made = source.parse(textwrap.dedent(text))
    assert made is not None
    return made


def edited(fixer: object, diagnostic: Diagnostic, text: str) -> str | None:
    failed = failure(Category.LINTING_ERROR, "flake8", diagnostic)
    found = list(fixer.propose(failed, context("flake8", {"a.py": text})))  # type: ignore[attr-defined]
    assert all(isinstance(p, Edit) for p in found)
    return found[0].files["a.py"] if found else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "try:\n    x\nexcept:  # why\n    y\n",
            "try:\n    x\nexcept BaseException:  # why\n    y\n",
        ),
        ("try: x\nexcept : y\n", "try: x\nexcept BaseException: y\n"),
        ("try: é\r\nexcept:\r\n\ty\r\n", "try: é\r\nexcept BaseException:\r\n\ty\r\n"),
        ("try: x\nexcept:  # noqa: E722\n    y\n", None),
        ("try: x\nexcept:  # noqa\n    y\n", None),
        ("BaseException = 1\ntry: x\nexcept: y\n", None),
        ("try: x\nexcept OSError: y\n", None),
        ("s = '''\ntry: x\nexcept:\n  y'''\n", None),
    ],
)
def test_a_bare_except_says_what_it_catches(before: str, after: str | None) -> None:
    found = edited(bare_except, Diagnostic("a.py", "E722", "do not use bare 'except'"), before)
    assert found == after


def test_only_handlers_without_a_type_change() -> None:
    text = """
        def f():
            try:
                try: a
                except: b
            except ValueError as e:
                c
            except:
                d
            else:
                "except:"
    """
    found = spelled_out(taken(text))
    assert found is not None
    before, after = ast.parse(textwrap.dedent(text)), ast.parse(found)
    handlers = [n for n in ast.walk(after) if isinstance(n, ast.ExceptHandler)]
    assert all(h.type is not None for h in handlers)
    for handler in handlers:
        if isinstance(handler.type, ast.Name) and handler.type.id == "BaseException":
            handler.type = None
    assert ast.dump(before) == ast.dump(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n    global a\n    return a\n", "def f():\n    return a\n"),
        ("def f():\n    global a  # c\n", "def f():\n    pass  # c\n"),
        ("def f():\n    global a, b\n    b = a\n", "def f():\n    global b\n    b = a\n"),
        ("def f():\n    global a\n    a += 1\n", None),
        ("def f():\n    global a\n    for a in x: pass\n", None),
        ("def f():\n    global a\n    import a.b\n", None),
        ("def f():\n    global a\n    def a(): pass\n", None),
        ("def f():\n    global a\n    with x as (b, a): pass\n", None),
        ("def f():\n    global a\n    [a := 1 for _ in x]\n", None),
        ("def f():\n    global a\n    del a\n", None),
        ("def f():\n    global a\n    match x:\n        case {**a}: pass\n", None),
        ("def f():\n    global a\n    def g():\n        a = 1\n    a.b = 1\n    a[0] = 1\n",
         "def f():\n    def g():\n        a = 1\n    a.b = 1\n    a[0] = 1\n"),
        ("def o():\n    a = 1\n    def f():\n        nonlocal a\n        return a\n",
         "def o():\n    a = 1\n    def f():\n        return a\n"),
        ("def o(a):\n    def f():\n        global a\n        return a\n", None),
        ("def f():\n    global a; return a\n", None),
        ("def f():\n    if x:\n        global a\n    return a\n",
         "def f():\n    if x:\n        pass\n    return a\n"),
        ("def f():\n    global a  # noqa: F824\n    return a\n", None),
    ],
)  # fmt: skip
def test_declarations_of_names_that_are_only_read_go(before: str, after: str | None) -> None:
    diagnostic = Diagnostic("a.py", "F824", "`global a` is unused: name is never assigned in scope")
    assert edited(unused_global, diagnostic, before) == after


@pytest.mark.parametrize("reads", ["a", "a + b", "lambda: a", "[a for c in a]"])
def test_what_a_function_does_stays_the_same_without_the_declaration(reads: str) -> None:
    text = f"a = [1]\nb = [2]\ndef f():\n    global a, b\n    return {reads}\n"
    found = without_unused(taken(text))
    assert found is not None
    assert "global" not in found

    def result(code: str) -> object:
        scope: dict[str, object] = {}
        exec(code, scope)  # noqa: S102
        value = scope["f"]()  # type: ignore[operator]
        return value() if callable(value) else value

    assert result(found) == result(text)


F811 = Diagnostic("a.py", "F811", "redefinition of unused 'f' from line 1")
RUFF_F811 = Diagnostic("a.py", "F811", "Redefinition of unused `f` from line 1: `f` redefined here")


@pytest.mark.parametrize("diagnostic", [F811, RUFF_F811])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# of f\ndef f():\n    1\n\n\ndef g():\n    2\n\n\ndef f():\n    3\n",
         "def g():\n    2\n\n\ndef f():\n    3\n"),
        ("class C:\n    x = 1\n\n    @staticmethod\n    def f(): 1\n\n    def f(self): 2\n",
         "class C:\n    x = 1\n\n    def f(self): 2\n"),
        ("class f:\n    'd'\n    def g(self): 1\nclass f:\n    pass\n", "class f:\n    pass\n"),
        ("def f(): 1\ng = f\ndef f(): 2\n", None),
        ("def f(): 1\ndef g(): f()\ndef f(): 2\n", None),
        ("@app.route('/')\ndef f(): 1\ndef f(): 2\n", None),
        ("@app.register\ndef f(): 1\ndef f(): 2\n", None),
        ("@property\ndef f(self): 1\n@f.setter\ndef f(self, v): 2\n", None),
        ("def f(): 1\ndef f(x=f): 2\n", None),
        ("def f(x=g()): 1\ndef f(): 2\n", None),
        ("class f(Base): pass\nclass f(Base): pass\n", None),
        ("class f:\n    g()\nclass f: pass\n", None),
        ("def g(): f()\ndef f(): 1\ng()\ndef f(): 2\n", None),
        ("if x:\n    def f(): 1\nelse:\n    def f(): 2\n", None),
        ("def f(): 1\n__all__ = ['f']\ndef f(): 2\n", None),
        ("import f\ndef f(): 1\n", None),
    ],
)  # fmt: skip
def test_the_first_of_two_definitions_goes_where_nothing_can_have_used_it(
    diagnostic: Diagnostic, before: str, after: str | None
) -> None:
    assert edited(redefinition, diagnostic, before) == after


def test_another_name_s_definitions_stay() -> None:
    text = "def g(): 1\ndef g(): 2\ndef f(): 1\ndef f(): 2\n"
    assert without_first(taken(text), {"f"}) == "def g(): 1\ndef g(): 2\ndef f(): 2\n"


@given(st.lists(st.sampled_from(["def f(): pass\n", "def g(): pass\n", "x = 1\n", "\n"])))
def test_dropping_definitions_never_changes_what_a_module_holds(parts: list[str]) -> None:
    text = "".join(parts)
    found = without_first(taken(text), {"f", "g"}) or text

    def names(code: str) -> dict[str, int | None]:
        scope: dict[str, object] = {}
        exec(code, scope)  # noqa: S102
        return {k: None for k in scope if k != "__builtins__"}

    assert names(found) == names(text)
    assert found.count("def f") <= 1
    assert found.count("def g") <= 1


@given(st.text(alphabet="a\r\n #'\"é", max_size=40))
def test_lines_put_together_again_are_the_text(text: str) -> None:
    made = source.parse(text)
    assert made is None or "".join(made.lines) == text


def test_names_are_read_relative_to_the_folder_of_the_step() -> None:
    step = replace(context("ruff check", {"lib/a.py": "try: x\nexcept: y\n"}), directory="lib")
    failed = failure(Category.LINTING_ERROR, "ruff", Diagnostic("a.py", "E722", "x"))
    [edit] = bare_except.propose(failed, step)
    assert isinstance(edit, Edit)
    assert list(edit.files) == ["lib/a.py"]
