"""Complaints, types and projects are read as the tools print and people write them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regreen.fixers.types import abstracts, names, newer_syntax, stubs
from regreen.fixers.types.probing import mypy_command
from regreen.fixers.types.problems import problems
from regreen.fixers.types.pythons import oldest
from regreen.fixers.types.reading import Type, read_type
from regreen.model import Category, Edit
from regreen.scene import Scene
from tests.fixers.indexes import NOW, Memory, has
from tests.fixers.support import context, failure

MYPY = failure(Category.TYPE_ERROR, "mypy")


def only(scene: Scene, fixer: object) -> dict[str, str]:
    """Return the files of a fixer's first edit."""
    ideas = fixer.propose(MYPY, scene)  # type: ignore[attr-defined]
    return dict(next((i.files for i in ideas if isinstance(i, Edit)), {}))


def test_every_place_counts_and_notes_belong_to_the_error_before_them() -> None:
    output = (
        'a.py:1: error: Name "x" is not defined  [name-defined]\n'
        'a.py:2: error: Name "x" is not defined  [name-defined]\n'
        "a.py:2: note: Did you forget to import it?\n"
        "gone.py:1: error: Nobody has this file  [misc]\n"
    )
    found = problems(MYPY, context("mypy .", {"a.py": ""}, output=output))
    assert [(p.file, p.line, p.code, len(p.notes)) for p in found] == [
        ("a.py", 1, "name-defined", 0),
        ("a.py", 2, "name-defined", 1),
    ]


def test_a_message_that_pretty_wraps_is_one_message() -> None:
    output = (
        'src/a.py:8: error: Module\n"m" has no attribute "Name" \n[attr-defined]\n'
        "    from m import (\n    ^\nFound 1 error in 1 file (checked 1 source file)\n"
    )
    [found] = problems(MYPY, context("mypy .", {"src/a.py": ""}, output=output))
    assert (found.message, found.code) == ('Module "m" has no attribute "Name"', "attr-defined")


def test_the_plug_in_of_pytest_names_the_file_in_a_heading() -> None:
    output = (
        "_______________ pkg/utils.py _______________\n"
        '90: error: Incompatible default for argument "d"  [assignment]\n'
        "_______________ mypy _______________\n"
    )
    [found] = problems(MYPY, context("pytest --mypy", {"pkg/utils.py": ""}, output=output))
    assert (found.file, found.line) == ("pkg/utils.py", 90)


def test_names_are_relative_to_where_the_script_went() -> None:
    output = "a.py:1: error: Oh  [misc]\n"
    scene = context("cd src && mypy .", {"src/a.py": "", "docs/a.py": ""}, output=output)
    assert [p.file for p in problems(MYPY, scene)] == ["src/a.py"]


def test_pyright_s_explanations_are_notes() -> None:
    output = (
        "/home/runner/work/p/p/src/a.py\n"
        '  /home/runner/work/p/p/src/a.py:3:5 - error: "group" is not a known attribute of "None"'
        " (reportOptionalMemberAccess)\n"
        "  /home/runner/work/p/p/src/a.py:9:1 - error: Wrong type\n"
        '    "int" is not assignable to "str" (reportArgumentType)\n'
    )
    scene = context("pyright", {"src/a.py": ""}, output=output)
    found = problems(failure(Category.TYPE_ERROR, "pyright"), scene)
    assert [(p.line, p.column, p.code, p.notes) for p in found] == [
        (3, 5, "reportOptionalMemberAccess", ()),
        (9, 1, "reportArgumentType", ('"int" is not assignable to "str"',)),
    ]


@pytest.mark.parametrize(
    ("said", "name", "count"),
    [
        ("builtins.list[builtins.str]", "builtins.list", 1),
        ("Union[builtins.int, None]", "|", 2),
        ("int | str | None", "|", 3),
        ("Literal['a']?", "builtins.str", 0),
        ("def (x: builtins.int, *, y: str =) -> None", "typing.Callable", 2),
        ("tuple[int, str, fallback=m.Point]", "m.Point", 0),
        ("(int) -> str", "typing.Callable", 2),
    ],
)
def test_types_are_read_as_checkers_print_them(said: str, name: str, count: int) -> None:
    read = read_type(said)
    assert isinstance(read, Type)
    assert (read.name, len(read.arguments)) == (name, count)


@pytest.mark.parametrize("said", ["dict[str, <nothing>]", "int |", "[", "overloaded function x"])
def test_what_cannot_be_written_is_no_type(said: str) -> None:
    assert read_type(said) is None


@pytest.mark.parametrize(
    ("files", "python", "wanted"),
    [
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.9,<4"\n'}, "3.12", (3, 9)),
        ({"setup.py": 'setup(python_requires="~=3.7")\n'}, "", (3, 7)),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.10"\n'}, "", (3, 10)),
        ({}, "3.11", (3, 11)),
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.9"\n'}, "3.8", (3, 8)),
    ],
)
def test_the_oldest_python_is_the_project_s_or_the_job_s(
    files: dict[str, str], python: str, wanted: tuple[int, int]
) -> None:
    scene = replace(context("mypy", files), python=python)
    assert oldest(scene, "src/pkg/a.py") == wanted


def test_the_job_s_own_call_of_mypy_is_asked() -> None:
    scene = context("cd src\npython -m mypy --pretty --strict pkg", {})
    command = mypy_command(scene, ["src/pkg/a.py"])
    assert command.startswith("cd src\npython -m mypy --strict pkg --show-column-numbers")
    assert "--pretty" not in command.split()


def test_new_unions_are_put_off_or_spelt_out_where_python_is_old() -> None:
    head = '"""Words."""\n\nimport typing\n\n\n'
    text = head + "def f(x: dict[str, int] | None) -> int | str: ...\n"
    output = "a.py:6: error: X | Y syntax for unions requires Python 3.10  [syntax]\n"
    files = {"a.py": text, "setup.py": 'setup(python_requires=">=3.8")\n'}
    scene = context("mypy .", files, output=output)
    found = [i.files["a.py"] for i in newer_syntax.propose(MYPY, scene) if isinstance(i, Edit)]
    assert found[0] == text.replace(
        "\n\nimport typing", "\n\nfrom __future__ import annotations\n\nimport typing"
    )
    wanted = "def f(x: typing.Optional[typing.Dict[str, int]]) -> typing.Union[int, str]:"
    assert wanted in found[1]


def test_stubs_go_where_the_checker_is_declared_and_only_known_ones() -> None:
    output = (
        'a.py:1: error: Library stubs not installed for "yaml"  [import-untyped]\n'
        'a.py:1: note: Hint: "python3 -m pip install types-PyYAML"\n'
        'a.py:2: error: Skipping analyzing "nobody": module is installed, but missing library stubs'
        " or py.typed marker  [import-untyped]\n"
    )
    files = {"a.py": "", "requirements.txt": "yaml\n", "dev.txt": "mypy==1.8.0\n"}
    installs = ("pip install -r requirements.txt -r dev.txt",)
    scene = context("mypy .", files, output=output, installs=installs)
    scene = replace(scene, index=Memory({"types-PyYAML": has("yaml-stubs")}), as_of=NOW)
    assert only(scene, stubs) == {"dev.txt": "mypy==1.8.0\ntypes-PyYAML\n"}


def test_the_mypy_hook_of_pre_commit_gets_its_stubs_itself() -> None:
    before = (
        "repos:\n  - repo: https://example.invalid/mirrors-mypy\n    rev: v1\n    hooks:\n"
        "      - id: mypy # strict\n        additional_dependencies: [attrs]\n"
    )
    output = (
        'a.py:1: error: Library stubs not installed for "yaml"  [import-untyped]\n'
        'a.py:1: note: Hint: "python3 -m pip install types-PyYAML"\n'
    )
    files = {"a.py": "", ".pre-commit-config.yaml": before}
    scene = context("pre-commit run --all-files", files, output=output)
    assert only(scene, stubs) == {
        ".pre-commit-config.yaml": before.replace("[attrs]", "[attrs, types-PyYAML]")
    }


def test_what_only_the_stub_calls_abstract_is_handed_to_the_base() -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/base.py": "class Base:\n    def run(self, x):\n        raise NotImplementedError\n",
        "pkg/base.pyi": (
            "import abc\nimport pkg.kinds\n\nclass Base(metaclass=abc.ABCMeta):\n"
            "    @abc.abstractmethod\n    def run(self, x: pkg.kinds.Kind) -> int: ...\n"
        ),
        "pkg/kinds.py": "class Kind: ...\n",
        "pkg/own.py": "from pkg.base import Base\n\n\nclass Own(Base):\n    name = 1\n",
        "pkg/use.py": "from pkg.own import Own\n\nprint(Own())\n",
    }
    said = 'Cannot instantiate abstract class "Own" with abstract attribute "run"'
    scene = context("mypy .", files, output=f"pkg/use.py:3: error: {said}  [abstract]\n")
    assert only(scene, abstracts)["pkg/own.py"] == (
        "from pkg.base import Base\nfrom pkg.kinds import Kind\n\n\n"
        "class Own(Base):\n    name = 1\n"
        '\n    def run(self, x: Kind) -> int:\n        """Run."""\n        return super().run(x)\n'
    )
    real = {**files, "pkg/base.py": "from abc import ABCMeta\n\n" + files["pkg/base.py"]}
    again = context("mypy .", real, output=scene.output)
    assert only(again, abstracts) == {}


def test_a_relative_import_stays_one_and_the_rest_of_it_stays() -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/inner/__init__.py": "",
        "pkg/inner/home.py": "def helper() -> None: ...\n",
        "pkg/inner/old.py": "def kept() -> None: ...\n",
        "pkg/use.py": "from .inner.old import (\n    helper,\n    kept,\n)\n\nprint(kept)\n",
    }
    said = 'Module "pkg.inner.old" has no attribute "helper"'
    scene = context("mypy .", files, output=f"pkg/use.py:1: error: {said}  [attr-defined]\n")
    made = only(scene, names)["pkg/use.py"]
    assert "from pkg.inner.home import helper\n" in made or "from .inner.home import helper" in made
    assert "from .inner.old import (\n    kept,\n)\n" in made
