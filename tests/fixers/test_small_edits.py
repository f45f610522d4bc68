"""Small edits by code: causes of exceptions, docstrings, white space."""

from __future__ import annotations

import pytest

from regreen.fixers.lint import docstring_style, raise_from, whitespace
from regreen.model import Category, Diagnostic, Edit, Severity
from tests.fixers.support import context, failure

LINT = Category.LINTING_ERROR


def edits(fixer: object, text: str, *diagnostics: Diagnostic, path: str = "a.py") -> list[Edit]:
    failed = failure(LINT, "ruff", *diagnostics)
    found = list(fixer.propose(failed, context("ruff check", {path: text})))  # type: ignore[attr-defined]
    assert all(isinstance(idea, Edit) for idea in found)
    return found


def edited(fixer: object, text: str, *diagnostics: Diagnostic, path: str = "a.py") -> str | None:
    found = edits(fixer, text, *diagnostics, path=path)
    return found[0].files[path] if found else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "try:\n    x\nexcept E as e:\n    raise F(e)\n",
            "try:\n    x\nexcept E as e:\n    raise F(e) from e\n",
        ),
        (
            "try:\n    x\nexcept (A, B):  # why\n    raise F(\n        1\n    )\n",
            "try:\n    x\nexcept (A, B) as err:  # why\n    raise F(\n        1\n    ) from err\n",
        ),
        (
            "try:\n    x\nexcept (E):\n    raise F\n",
            "try:\n    x\nexcept (E) as err:\n    raise F from err\n",
        ),
        (
            "err = 1\ntry:\n    x\nexcept E:\n    raise F\n",
            "err = 1\ntry:\n    x\nexcept E as error:\n    raise F from error\n",
        ),
        ("try:\n    x\nexcept E as e:\n    raise e\n", None),
        ("try:\n    x\nexcept E:\n    raise\n", None),
        ("try:\n    x\nexcept E:\n    raise F from None\n", None),
        ("try:\n    x\nexcept E as e:\n    e = 1\n    raise F\n", None),
        ("try:\n    x\nexcept E:\n    def f():\n        raise F\n", None),
        ("try:\n    x\nexcept E as e:\n    raise F  # noqa: B904\n", None),
    ],
)
def test_what_is_raised_names_its_cause(before: str, after: str | None) -> None:
    assert edited(raise_from, before, Diagnostic("a.py", "B904", "raise from", 4)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('def f():\n    """Returns it."""\n', 'def f():\n    """Return it."""\n'),
        (
            'def f():\n    """\n    Tries it.\n    """\n',
            'def f():\n    """\n    Try it.\n    """\n',
        ),
        ('def f():\n    r"""Matches it."""\n', 'def f():\n    r"""Match it."""\n'),
        ('def f():\n    """This returns it."""\n', None),
        ('def f():\n    """Class of it."""\n', None),
    ],
)
def test_the_first_verb_is_in_the_imperative(before: str, after: str | None) -> None:
    said = Diagnostic("a.py", "D401", "First line should be in imperative mood", 2)
    assert edited(docstring_style, before, said) == after


def test_a_missing_docstring_is_the_name_in_words_and_asks_for_a_review() -> None:
    text = (
        "class HTTPServer:\n    @property\n    def get_user(self):\n        return 1\n\n"
        "    def other(self): return 2\n"
    )
    said = [
        Diagnostic("a.py", code, "missing", line)
        for code, line in (("D101", 1), ("D102", 3), ("D102", 6))
    ]
    (edit,) = edits(docstring_style, text, *said)
    assert edit.files["a.py"] == (
        'class HTTPServer:\n    """HTTP server."""\n\n    @property\n    def get_user(self):\n'
        '        """Get user."""\n        return 1\n\n    def other(self): return 2\n'
    )
    assert edit.severity is Severity.MEDIUM
    assert edit.review


def test_only_what_is_reported_gets_a_docstring() -> None:
    text = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"
    said = Diagnostic("a.py", "D103", "missing", 5)
    assert edited(docstring_style, text, said) == (
        'def a():\n    return 1\n\n\ndef b():\n    """B."""\n    return 2\n'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n", '"""A b."""\n\nimport os\n'),
        ("#!/usr/bin/python\nimport os\n", '#!/usr/bin/python\n"""A b."""\n\nimport os\n'),
        ("# (c) X\n\nimport os\n", '# (c) X\n\n"""A b."""\n\nimport os\n'),
        ("", '"""A b."""\n'),
    ],
)
def test_a_module_gets_its_docstring_on_top(before: str, after: str) -> None:
    said = Diagnostic("a_b.py", "C0114", "Missing module docstring", 1)
    assert edited(docstring_style, before, said, path="a_b.py") == after


@pytest.mark.parametrize(
    ("path", "code", "before", "after"),
    [
        ("a.yml", "trailing-spaces", "a: 1  \nb: 2\t\r\n", "a: 1\nb: 2\r\n"),
        ("a.yml", "new-line-at-end-of-file", "a: 1", "a: 1\n"),
        ("a.yml", "document-start", "a: 1\n", "---\na: 1\n"),
        ("a.yml", "document-start", "---\na: 1\n", None),
        ("a.md", "MD009", "break  \nend \n", "break  \nend\n"),
        ("a.md", "MD047", "text\n\n\n", "text\n"),
        ("a.py", "trailing-spaces", "x = 1  \n", None),
        ("a.yml", "line-length", "a: 1  \n", None),
    ],
)
def test_white_space_at_ends(path: str, code: str, before: str, after: str | None) -> None:
    assert edited(whitespace, before, Diagnostic(path, code, code, 1), path=path) == after
