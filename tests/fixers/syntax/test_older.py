"""Code that is newer than the Python of the job."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from regreen.fixers.source import Source, parse
from regreen.fixers.syntax import calls, evaluated, names, older
from regreen.model import Category, Edit, Idea, Probe
from tests.fixers.support import context, failure

OLD = (3, 8)


def source(text: str) -> Source:
    made = parse(text)
    assert made is not None
    return made


def ideas(
    files: Mapping[str, str], output: str, python: str, installs: tuple[str, ...] = ()
) -> list[Idea]:
    scene = context("pytest", files, output=output, python=python, installs=installs)
    return list(older.propose(failure(Category.TEST_FAILURE, "pytest"), scene))


def test_annotations_are_put_off_where_that_is_enough() -> None:
    text = (
        '"""Doc."""\n\nimport os\n\n\ndef f(x: int | None, y: list[str]) -> dict[str, int]: ...\n'
    )
    made = evaluated.put_off(source(text), OLD)
    assert made == text.replace("import os", "from __future__ import annotations\n\nimport os")
    assert evaluated.put_off(source(text), (3, 12)) is None


@pytest.mark.parametrize(
    "text",
    [
        "from pydantic import BaseModel\nclass A(BaseModel):\n    x: int | None\n",
        "Path = str | bytes\ndef f(x: int | None): ...\n",
        "class A(dict[str, int]): ...\n",
    ],
)
def test_annotations_that_are_evaluated_all_the_same_are_not_put_off(text: str) -> None:
    assert evaluated.put_off(source(text), OLD) is None
    assert evaluated.spelled_out(source(text), OLD) is not None


def test_types_are_written_with_typing() -> None:
    text = (
        "from typing import Any\nfrom collections.abc import Callable\n\n"
        "Names = list[str]\n\n\ndef f(\n    a: int | None,\n"
        "    b: dict[str, list[int] | str] = {},\n"
        "    c: 'int | str' = 1,\n    d: Callable[[int], str] | None = None,\n"
        ") -> tuple[int, ...]:\n    x: int | None = None\n    return cast(list[int], x) | 1\n"
    )
    made = evaluated.spelled_out(source(text), OLD)
    assert made is not None
    compile(made, "made", "exec")
    assert "int | None = None\n    return" in made
    assert "Optional[Callable[[int], str]]" in made


def test_generics_stay_where_the_python_has_them() -> None:
    made = evaluated.spelled_out(source("def f(a: list[int] | None): ...\n"), (3, 9))
    assert made == "from typing import Optional\n\ndef f(a: Optional[list[int]]): ...\n"


def test_calls_that_came_later() -> None:
    assert calls.strict_zips(source("x = zip(a, b, strict=True)\n")) == "x = zip(a, b)\n"
    assert calls.affixes(source("x = a.b.removeprefix('v')\n")) == (
        "x = (a.b[len('v'):] if a.b.startswith('v') else a.b)\n"
    )
    assert calls.affixes(source("x = f().removeprefix('v')\n")) is None
    assert calls.dict_unions(source("x = a | f(b) | {}\ny = 1 | 2\n"), [1]) == (
        "x = {**a, **f(b), **{}}\ny = 1 | 2\n"
    )
    assert calls.dict_unions(source("a |= b\n"), [1]) == "a.update(b)\n"


def test_names_that_came_later_are_backported_for_older_pythons_only() -> None:
    text = "import os\nfrom typing import Any, ParamSpec, Self as S\nimport tomllib\n"
    made = names.backported(source(text), (3, 9))
    assert made is not None
    assert made.requirements == (
        'typing_extensions; python_version < "3.11"',
        'tomli; python_version < "3.11"',
    )
    assert made.text == (
        "import os\nimport sys\nfrom typing import Any\nif sys.version_info >= (3, 11):\n"
        "    from typing import ParamSpec, Self as S\nelse:\n"
        "    from typing_extensions import ParamSpec, Self as S\n"
        "if sys.version_info >= (3, 11):\n    import tomllib\nelse:\n    import tomli as tomllib\n"
    )
    assert names.backported(source(text), (3, 12)) is None


UNION = (
    "E   TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'\npkg/a.py:1: TypeError"
)


def test_all_files_of_the_package_are_rewritten_at_once() -> None:
    newer = "def f(x: int | None): ...\n"
    files = {"pkg/a.py": newer, "pkg/b.py": newer, "pkg/c.py": "x = 1 | 2\n", "other/d.py": newer}
    found = [one for one in ideas(files, UNION, "3.8") if isinstance(one, Edit)]
    assert set(found[0].files) == {"pkg/a.py", "pkg/b.py"}
    assert "from __future__ import annotations" in found[0].files["pkg/a.py"]
    assert "Optional[int]" in found[1].files["pkg/a.py"]


def test_a_python_that_is_not_named_is_asked_for() -> None:
    (probe,) = ideas({"pkg/a.py": "def f(x: int | None): ...\n"}, UNION, "")
    assert isinstance(probe, Probe)
    assert any(isinstance(one, Edit) for one in probe.read("3.9\n"))
    assert list(probe.read("")) == []


def test_what_a_backport_needs_is_declared_where_the_job_installs_from() -> None:
    said = "E   ImportError: cannot import name 'ParamSpec' from 'typing'\npkg/a.py:1: ImportError"
    files = {"pkg/a.py": "from typing import ParamSpec\n", "requirements.txt": "requests\n"}
    found = ideas(files, said, "3.9", installs=("pip install -r requirements.txt",))
    edits = [one for one in found if isinstance(one, Edit)]
    assert 'typing_extensions; python_version < "3.10"' in edits[0].files["requirements.txt"]
    assert edits[0].from_start
    assert "requirements.txt" not in edits[1].files


def test_other_failures_are_not_ours() -> None:
    assert (
        ideas({"pkg/a.py": "x: int | None\n"}, "assert 1 == 2\npkg/a.py:1: AssertionError", "3.8")
        == []
    )
