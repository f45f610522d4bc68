"""Long lines: words are wrapped, code is left to black, and no meaning changes."""

from __future__ import annotations

import ast
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.fixers import source
from regreen.fixers.lint import long_lines
from regreen.fixers.lint.rewrap import rewrapped, same
from regreen.model import Category, Diagnostic, Edit, ToolRun
from tests.fixers.support import context, failure

LIMIT = 30


def wrapped(text: str) -> str | None:
    made = source.parse(text)
    assert made is not None
    return rewrapped(made, LIMIT)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# one two three four five six seven\n", "# one two three four five six\n# seven\n"),
        ("x = 1  # one two three four five\n", "# one two three four five\nx = 1\n"),
        (
            "def f():\n    # - one two three four five six\n    pass\n",
            "def f():\n    # - one two three four\n    #   five six\n    pass\n",
        ),
        (
            'def f():\n    """One.\n\n    :param x: one two three four\n    """\n',
            'def f():\n    """One.\n\n    :param x: one two three\n        four\n    """\n',
        ),
        (
            'def f():\n    """One two three four five six."""\n',
            'def f():\n    """One two three four five\n    six.\n    """\n',
        ),
        ("# see https://example.org/a/long/address\n", None),
        ("x = 1  # noqa: E501 one two three four\n", None),
        ("x = 1  # type: ignore[one-two-three]\n", None),
        ("x = '''\n# one two three four five six seven\n'''\n", None),
        ("x = '''\n'''  # one two three four five six\n", None),
        ('def f():\n    """A.\n\n    >>> one two three four five\n    """\n', None),
        ("x = one + two + three + four + five\n", None),
    ],
)
def test_words_are_wrapped_and_nothing_else(before: str, after: str | None) -> None:
    assert wrapped(before) == after


@given(
    st.lists(st.text(alphabet="ab.:-é", min_size=1, max_size=9), min_size=1, max_size=20),
    st.sampled_from(
        ["# {}\n", "x = 1  # {}\n", 'def f():\n    """{}"""\n', "if x:\n    # {}\n    y\n"]
    ),
)
def test_the_syntax_tree_and_the_words_stay(words: list[str], shape: str) -> None:
    text = shape.format(" ".join(words))
    after = wrapped(text)
    if after is not None:
        assert same(ast.parse(text), ast.parse(after))
        assert all(len(line) <= LIMIT for line in after.splitlines())
        assert sorted(after.replace("#", " ").replace('"""', " ").split()) == sorted(
            text.replace("#", " ").replace('"""', " ").split()
        )


def proposals(text: str, message: str = "line too long (40 > 30 characters)") -> list[object]:
    failed = failure(Category.LINTING_ERROR, "flake8", Diagnostic("a.py", "E501", message))
    return list(long_lines.propose(failed, context("flake8", {"a.py": text})))


def test_code_is_left_to_black_on_the_statement_alone() -> None:
    text = "y = {  'a':1}\nif one:\n    x = [two(three, four) for five in six]\nz=1\n"
    [run] = proposals(text)
    assert isinstance(run, ToolRun)
    words = shlex.split(run.command.splitlines()[-1])
    assert [w for w in words if w.startswith("--line-ranges")] == ["--line-ranges=3-3"]
    assert words[words.index("-l") + 1] == "30"


def test_a_head_is_reformatted_without_its_body() -> None:
    text = "def function(one, two, three, four):\n    x=1\n    return x\n"
    [run] = proposals(text)
    assert isinstance(run, ToolRun)
    assert "--line-ranges=1-1" in run.command


@pytest.mark.parametrize("message", ["Line too long (40 > 30)", "Line too long (40/30)"])
def test_comments_alone_need_no_tool(message: str) -> None:
    [edit] = proposals("# one two three four five six seven\n", message)
    assert isinstance(edit, Edit)


def test_without_a_limit_there_is_no_idea() -> None:
    assert proposals("# one two three four five six seven\n", "line too long") == []


@pytest.mark.parametrize(
    ("below", "wanted"),
    [
        ("# and it goes on.\n", "# six and it goes on.\n"),
        ("# And it is new.\n", "# six\n# And it is new.\n"),
        ("x = 1\n", "# six\nx = 1\n"),
        ("#: and another.\n", "# six\n#: and another.\n"),
        ("# noqa is a word\n", "# six\n# noqa is a word\n"),
        ("# seven eight nine ten\n# eleven\n", "# six seven eight nine\n# ten eleven\n"),
    ],
)
def test_what_does_not_fit_goes_before_the_line_below(below: str, wanted: str) -> None:
    made = source.parse(f"# one two three four five six\n{below}")
    assert made is not None
    assert rewrapped(made, 25) == f"# one two three four five\n{wanted}"
