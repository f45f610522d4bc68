"""Imports put in their place: late ones moved up, missing ones added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from regreen.fixers.lint import late_imports, undefined
from regreen.fixers.lint.imports import added
from regreen.fixers.source import parse
from regreen.model import Category, Diagnostic, Edit
from tests.fixers.support import Texts, context, failure

LINT = Category.LINTING_ERROR


def moved(text: str, others: Mapping[str, str] | None = None, path: str = "pkg/a.py") -> str | None:
    failed = failure(LINT, "flake8", Diagnostic(path, "E402", "module level import not at top"))
    found = list(late_imports.propose(failed, context("flake8", {path: text, **(others or {})})))
    assert all(isinstance(idea, Edit) for idea in found)
    return found[0].files[path] if found and isinstance(found[0], Edit) else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import a\n\nX = f()\nimport b\n\n\ny = 1\n",
            "import a\nimport b\n\nX = f()\n\n\ny = 1\n",
        ),
        ('"""Doc."""\n\n__all__ = []\n\nimport b\n', '"""Doc."""\nimport b\n\n__all__ = []\n'),
        (
            "import a\nX = 1\n# why\nfrom b import (\n    c,\n)\n",
            "import a\n# why\nfrom b import (\n    c,\n)\nX = 1\n",
        ),
        (
            "import a\nX: int = 1\nimport b\nimport c\n",
            "import a\nimport b\nimport c\nX: int = 1\n",
        ),
        ("import a\ndef f(): pass\nimport b", "import a\nimport b\ndef f(): pass\n"),
    ],
)
def test_late_imports_move_up(before: str, after: str) -> None:
    assert moved(before) == after


@pytest.mark.parametrize(
    "between",
    [
        "sys.path.insert(0, '.')",
        "os.environ['A'] = 'b'",
        "sys.dont_write_bytecode = True",
        "if a: x = 1",
        "try: x = 1\nfinally: pass",
        "@register\ndef f(): pass",
        "x += [1]",
        "del x",
    ],
)
def test_nothing_moves_over_what_it_may_depend_on(between: str) -> None:
    assert moved(f"import sys\n{between}\nimport b\n") is None


def test_a_module_that_imports_back_stays_where_it_is() -> None:
    text = "import flask\napp = flask.Flask(__name__)\nfrom pkg import views\n"
    assert moved(text, {"pkg/views.py": "from pkg.a import app\n"}) is None
    assert moved(text, {"pkg/views.py": "from .a import app\n"}) is None
    assert moved(text, {"pkg/views.py": "import os\n"}) is not None


def test_a_silenced_import_stays() -> None:
    assert moved("import a\nX = 1\nimport b  # noqa: E402\n") is None


def test_an_import_joins_the_one_of_its_module_or_its_group() -> None:
    source = parse("import os\nfrom typing import Any\n\nimport requests\n")
    assert source is not None
    assert added(source, "typing", "cast") == (
        "import os\nfrom typing import Any, cast\n\nimport requests\n"
    )
    assert added(source, "re", None) == (
        "import os\nimport re\nfrom typing import Any\n\nimport requests\n"
    )
    assert added(source, "rich", None, "r") == (
        "import os\nfrom typing import Any\n\nimport requests\nimport rich as r\n"
    )
    alone = parse("import os\n\nX = os.sep\n")
    assert alone is not None
    assert added(alone, "pkg.c", "Y") == "import os\n\nfrom pkg.c import Y\n\nX = os.sep\n"
    bare = parse('"""Doc."""\nx = os.sep\n')
    assert bare is not None
    assert added(bare, "os", None) == '"""Doc."""\n\nimport os\n\nx = os.sep\n'


def given_import(
    name: str,
    files: Mapping[str, str],
    before: str | None = None,
    path: str = "pkg/a.py",
    use: str = "",
) -> str | None:
    """Return what is added to a file that uses ``name``, ``None`` when nothing is."""
    use = use or f"print({name})"
    scene = context("flake8", {path: f"{use}\n", **files})
    if before is not None:
        scene = replace(scene, parent=Texts({path: before}))
    failed = failure(LINT, "flake8", Diagnostic(path, "F821", f"undefined name '{name}'", 1))
    found = list(undefined.propose(failed, scene))
    if not found:
        return None
    assert isinstance(found[0], Edit)
    return found[0].files[path].removesuffix(f"{use}\n").strip()


def test_an_import_that_was_lost_comes_back() -> None:
    assert given_import("np", {}, "import numpy as np\n") == "import numpy as np"


def test_the_project_s_other_files_tell_the_import() -> None:
    others = {"pkg/b.py": "from .c import Thing\n", "pkg/d.py": "from pkg.c import Thing\n"}
    assert given_import("Thing", others) == "from pkg.c import Thing"
    assert given_import("Thing", {**others, "pkg/e.py": "from other import Thing\n"}) is None


def test_the_one_module_that_defines_a_name_gives_it() -> None:
    files = {"src/pkg/__init__.py": "", "src/pkg/c.py": "class Thing: pass\n"}
    assert given_import("Thing", files, path="src/pkg/a.py") == "from pkg.c import Thing"
    twice = {**files, "src/pkg/d.py": "def Thing(): pass\n"}
    assert given_import("Thing", twice, path="src/pkg/a.py") is None
    tests = {**files, "tests/test_c.py": "class Thing: pass\n"}
    assert given_import("Thing", tests, path="src/pkg/a.py") == "from pkg.c import Thing"


@pytest.mark.parametrize(
    ("use", "wanted"),
    [
        ("json.loads(x)", "import json"),
        ("Optional[int]", "from typing import Optional"),
        ("Path(x)", "from pathlib import Path"),
        ("copy.deepcopy(x)", "import copy"),
        ("@wraps\ndef f(): pass", "from functools import wraps"),
        ("token.strip()", None),
        ("copy.items()", None),
        ("json + 1", None),
        ("frobnicate(x)", None),
        ("self.x", None),
    ],
)
def test_the_standard_library_comes_last(use: str, wanted: str | None) -> None:
    name = use.lstrip("@").split("(")[0].split(".")[0].split("[")[0].split()[0]
    assert given_import(name, {}, use=use) == wanted


@pytest.mark.parametrize(
    ("use", "wanted"),
    [
        ("load(1)", "from pkg.c import load"),
        ("load + 1", None),
        ("value.x", None),
        ("tools.x", "from pkg import tools"),
        ("tools(1)", None),
        ("LIMIT + 1", "from pkg.c import LIMIT"),
    ],
)
def test_what_may_be_a_lost_variable_is_left_alone(use: str, wanted: str | None) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/c.py": "value = 1\nLIMIT = 2\n\n\ndef load(x): pass\n",
        "pkg/b.py": "from pkg import tools\n",
        "pkg/tools.py": "",
    }
    name = use.split("(")[0].split(".")[0].split()[0]
    assert given_import(name, files, use=use) == wanted


def test_pylint_and_mypy_word_it_in_their_own_ways() -> None:
    for tool, code, said, kind in (
        ("pylint", "E0602", "Undefined variable 'json'", LINT),
        ("mypy", "name-defined", 'Name "json" is not defined', Category.TYPE_ERROR),
    ):
        failed = failure(kind, tool, Diagnostic("a.py", code, said, 1))
        (idea,) = undefined.propose(failed, context(tool, {"a.py": "json.x\n"}))
        assert isinstance(idea, Edit)
        assert idea.files["a.py"].startswith("import json\n")
