"""Fixers of types for what needs no judgement, and how drafts are made; on mypy's own messages."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping

import pytest

from regreen.fixers.fixer import Fixer
from regreen.fixers.source import parse
from regreen.fixers.types import FIXERS, discarded, items, optional, overrides, undetermined
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.nodes import functions
from regreen.fixers.types.spelling import Spelled
from regreen.model import Category, Edit, Severity
from tests.fixers.support import context, failure

FAILURE = failure(Category.TYPE_ERROR, "mypy")
TOML = '[project]\nrequires-python = ">=3.11"\n'
NOTHING = '"work" does not return a value (it only ever returns None)  [func-returns-value]'
LIST = 'List item 0 has incompatible type "str"; expected "int"  [list-item]'
DICT = 'Dict entry 0 has incompatible type "str": "str"; expected "str": "int"  [dict-item]'
UNKNOWN = 'Cannot determine type of "size"  [has-type]'


def edited(fixer: Fixer, text: str, *said: tuple[int, str]) -> list[Edit]:
    output = "".join(f"a.py:{line}: error: {message}\n" for line, message in said)
    scene = context("mypy a.py", {"a.py": text, "pyproject.toml": TOML}, output=output)
    return [idea for idea in fixer.propose(FAILURE, scene) if isinstance(idea, Edit)]


@pytest.mark.parametrize(
    ("fixer", "text", "line", "message", "made"),
    [
        (
            discarded,
            "def f() -> int:\n    x = work()\n    return 1\n",
            2,
            NOTHING,
            "def f() -> int:\n    work()\n    return 1\n",
        ),
        (discarded, "def f():\n    return work()\n", 2, NOTHING, "def f():\n    work()\n"),
        (
            discarded,
            "def f(a):\n    if a:\n        return m.work()  # now\n    print(a)\n",
            3,
            NOTHING,
            "def f(a):\n    if a:\n        m.work()\n        return  # now\n    print(a)\n",
        ),
        (
            discarded,
            "async def f(a):\n    if a:\n        return 1\n    return await work()\n",
            4,
            NOTHING,
            "async def f(a):\n    if a:\n        return 1\n    await work()\n    return None\n",
        ),
        (items, "x = [1]\nx = ['a']\n", 2, LIST, "x: list[int | str] = [1]\nx = ['a']\n"),
        (
            items,
            "x = {'a': 1}\nx = {'b': 'c'}\n",
            2,
            DICT,
            "x: dict[str, int | str] = {'a': 1}\nx = {'b': 'c'}\n",
        ),
        (
            undetermined,
            (
                "class A:\n    def __init__(self, n: int) -> None:\n        self.size = n\n\n"
                "    def g(self): return self.size\n"
            ),
            5,
            UNKNOWN,
            "        self.size: int = n\n",
        ),
    ],
)
def test_mended(fixer: Fixer, text: str, line: int, message: str, made: str) -> None:
    found = edited(fixer, text, (line, message))
    assert len(found) == 1
    assert made in found[0].files["a.py"]
    assert found[0].severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("fixer", "text", "line", "message"),
    [
        (discarded, "def f():\n    x = work()\n    return x\n", 2, NOTHING),
        (discarded, "x = work()\n", 1, NOTHING),
        (discarded, "def f():\n    global x\n    x = work()\n", 3, NOTHING),
        (discarded, "def f():\n    print(work())\n", 2, NOTHING),
        (items, "x: list[int] = [1]\nx = ['a']\n", 2, LIST),
        (items, "x: list[int] = ['a']\n", 1, LIST),
        (items, "def f(x):\n    x = ['a']\n", 2, LIST),
        (items, "x = [1]\nx = ['a']\n", 2, LIST.replace('"str"', '"Any"')),
        (undetermined, "size = None\nprint(size)\n", 2, UNKNOWN),
        (undetermined, "size = g()\nsize = 1\n", 2, UNKNOWN),
    ],
)
def test_left_alone(fixer: Fixer, text: str, line: int, message: str) -> None:
    assert edited(fixer, text, (line, message)) == []


@pytest.mark.parametrize(
    ("fixer", "text", "line", "message"),
    [
        (
            optional,
            "def f(a: bool) -> None:\n    if a:\n        x = 1\n    else:\n        x = None\n",
            5,
            (
                'Incompatible types in assignment (expression has type "None", variable has type'
                ' "int")  [assignment]'
            ),
        ),
        (
            overrides,
            "class B(A):\n    def f(self) -> str:\n        return g()\n",
            2,
            (
                'Return type "str" of "f" incompatible with return type "int" in supertype "A"'
                "  [override]"
            ),
        ),
    ],
)
def test_what_is_plausible_asks_for_review(
    fixer: Fixer, text: str, line: int, message: str
) -> None:
    last = edited(fixer, text, (line, message))[-1]
    assert last.review
    assert last.severity is Severity.MEDIUM


MODULE = (
    '"""Doc."""\n\nimport os\n\n# one\nclass A:\n    """Doc."""\n\n    x = 1; y = 2\n\n'
    '    # above\n    @property\n    def a(self):  # same\n        return """\nb"""\n\n'
    "    def b(self): return 1\n\n\n# two\ndef c():\n    return 2\n    # below\n\n\nd = 3; e = c()"
)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("tail", ["", "\n", "\n\f\n# end\n"])
def test_a_draft_keeps_all_else(ending: str, tail: str) -> None:
    text = (MODULE + tail).replace("\n", ending)
    source = parse(text)
    assert source is not None
    draft = Draft("a.py", source)
    for function in functions(source.tree):
        draft.give(function, Spelled("int"))
    made = draft.text()
    assert made is not None
    assert made.replace(" -> int", "") == text
    assert made.count(" -> int") == 3


def test_a_file_of_lines_that_end_in_a_lone_return_is_left_alone() -> None:
    source = parse(MODULE.replace("\n", "\r"))
    assert source is not None
    draft = Draft("a.py", source)
    draft.give(functions(source.tree)[0], Spelled("int"))
    assert draft.text() is None


def test_a_piece_of_a_draft_is_all_that_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    import libcst

    seen: list[str] = []
    real = libcst.parse_module

    def parsed(text: str, *rest: libcst.PartialParserConfig) -> libcst.Module:
        seen.append(text)
        return real(text, *rest)

    monkeypatch.setattr(libcst, "parse_module", parsed)
    source = parse("".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(500)))
    assert source is not None
    draft = Draft("a.py", source)
    draft.give(functions(source.tree)[250], Spelled("int"))
    assert "def f250() -> int:\n    return 250\n" in (draft.text() or "")
    assert len(seen) == 1
    assert len(seen[0]) < 100


def test_a_draft_adds_and_takes_away_within_a_class() -> None:
    source = parse("class A:\n    # c\n    def f(self):\n        x = g()\n\n    y = 1\n")
    assert source is not None
    draft = Draft("a.py", source)
    function = functions(source.tree)[0]
    draft.replace(function.body[0], ["g()"])
    draft.after(function.body[0], "never")
    draft.append(source.tree.body[0], "z = 2")  # type: ignore[arg-type] # a class, seen above
    assert draft.text() == (
        "class A:\n    # c\n    def f(self):\n        g()\n\n    y = 1\n    z = 2\n"
    )


ODD: Mapping[str, str] = {
    "empty": "",
    "no python": "def (:\n",
    "nul": "x = 1\0\n",
    "mark": "\ufeffx = work()\n",
    "page": "def f():\n    \f\n    x = work()\n",
    "tabs": "def f():\n\tx = work()\n\treturn 1\n",
    "long": f"def f():\n    x = work('{'é' * 20000}')\n",
    "no end": "def f():\n    x = work()",
    "deep": f"x = {'(' * 3000}{')' * 3000}\n",
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_no_fixer_of_types_fails_at_odd_files(name: str) -> None:
    messages = [
        NOTHING, LIST, DICT, UNKNOWN,
        "Function is missing a return type annotation  [no-untyped-def]",
        'Item "None" of "A | None" has no attribute "x"  [union-attr]',
        'unused "type: ignore" comment  [unused-ignore]',
        'Missing type arguments for generic type "list"  [type-arg]',
        'Need type annotation for "x"  [var-annotated]',
        'Incompatible return value type (got "def (x", expected "A[[[")  [return-value]',
    ]  # fmt: skip
    lines = (0, 1, 2, 3, 99)
    output = "".join(f"a.py:{n}: error: {m}\n" for n in lines for m in messages)
    scene = context("mypy a.py", {"a.py": ODD[name]}, output=output)
    scene = dataclasses.replace(scene, parent=scene.files)
    for fixer in FIXERS:
        for idea in fixer.propose(FAILURE, scene):
            if isinstance(idea, Edit):
                for text in idea.files.values():
                    ast.parse(text)
                    assert "type: ignore" not in text


def test_a_page_break_does_not_move_the_lines() -> None:
    text = "x = 1\n\f\ny = 2\nz = 3  # type: ignore\n"
    found = edited(FIXERS[0], text, (4, 'Unused "type: ignore" comment  [unused-ignore]'))
    assert found[0].files["a.py"] == "x = 1\n\f\ny = 2\nz = 3\n"


@pytest.mark.parametrize("base", ["dict[str, Any]", "dict[str, int]"])
def test_an_override_keeps_a_type_that_says_more_than_its_base(base: str) -> None:
    text = "class B(A):\n    def f(self) -> dict[str, str]:\n        return g()\n"
    said = (
        f'Return type "dict[str, str]" of "f" incompatible with return type "{base}" in supertype'
        ' "A"  [override]'
    )
    assert bool(edited(overrides, text, (2, said))) is ("Any" not in base)
