"""What a build lacks, and what documentation builders warn about."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tomlkit

from regreen.fixers.building import contents, flat_layout, prose, system_packages
from regreen.model import Category, Diagnostic, Edit
from regreen.scene import Place, Scene
from tests.fixers.support import context, failure

BUILD = failure(Category.BUILD_ERROR, "pip")
WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4

      # what the project needs
      - name: Install
        run: pip install .
      - run: pytest
"""
CI = ".github/workflows/ci.yml"


def at_step(text: str, output: str, step: int = 1) -> Scene:
    scene = context("pip install .", {CI: text}, output=output)
    return replace(scene, place=Place(CI, "test", step, 9))


def edited(ideas: object) -> list[Edit]:
    return [one for one in ideas if isinstance(one, Edit)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("said", "package"),
    [
        ("src/a.c:1:10: fatal error: libpq-fe.h: No such file or directory", "libpq-dev"),
        ("fatal error: 'openssl/ssl.h' file not found", "libssl-dev"),
        ("Error: pg_config executable not found.", "libpq-dev"),
        ("/bin/sh: 1: mysql_config: not found", "default-libmysqlclient-dev"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'cmake'", "cmake"),
        ("/usr/bin/ld: cannot find -lxml2: No such file", "libxml2-dev"),
        ("ImportError: libGL.so.1: cannot open shared object file", "libgl1"),
        ("No package 'cairo' found", "libcairo2-dev"),
        ("Package libffi was not found in the pkg-config search path", "libffi-dev"),
        ("error: Unknown compiler(s): [['gfortran'], ['flang']]", "gfortran"),
    ],
)
def test_what_the_system_lacks_is_installed_before_the_step(said: str, package: str) -> None:
    (idea,) = edited(system_packages.propose(BUILD, at_step(WORKFLOW, said)))
    assert idea.files[CI] == WORKFLOW.replace(
        "      # what the project needs\n",
        "      - name: Install system packages\n        run: |\n"
        f"          sudo apt-get update\n          sudo apt-get install -y {package}\n\n"
        "      # what the project needs\n",
    )
    assert idea.from_start


def test_a_package_joins_those_that_the_job_installs_already() -> None:
    text = WORKFLOW.replace(
        "      # what", "      - run: sudo apt-get install -y git \\\n          jq\n\n      # what"
    )
    scene = at_step(text, "fatal error: zlib.h: No such file or directory", 2)
    joined, added = edited(system_packages.propose(BUILD, scene))
    assert "apt-get install -y git zlib1g-dev \\\n          jq\n" in joined.files[CI]
    assert "Install system packages" in added.files[CI]


def test_nothing_is_installed_that_is_not_known() -> None:
    assert edited(system_packages.propose(BUILD, at_step(WORKFLOW, "foo.h: No such file"))) == []


FLAT = "error: Multiple top-level packages discovered in a flat-layout: ['tool', 'pictures']."


def test_of_several_packages_the_one_called_like_the_project_is_meant() -> None:
    files = {"pyproject.toml": '[project]\nname = "Tool"\n', "tool/sub/__init__.py": ""}
    find, plain = edited(flat_layout.propose(BUILD, context("pip install .", files, output=FLAT)))
    assert tomlkit.parse(find.files["pyproject.toml"])["tool"] == {
        "setuptools": {"packages": {"find": {"include": ["tool*"]}}}
    }
    assert tomlkit.parse(plain.files["pyproject.toml"])["tool"] == {
        "setuptools": {"packages": ["tool"]}
    }
    del files["tool/sub/__init__.py"]
    first, _ = edited(flat_layout.propose(BUILD, context("pip install .", files, output=FLAT)))
    assert first == plain


def test_data_of_the_package_is_declared() -> None:
    said = (
        "FileNotFoundError: [Errno 2] No such file or directory: "
        "'/x/lib/python3.11/site-packages/tool/data/words.json'"
    )
    files = {"pyproject.toml": '[project]\nname = "tool"\n', "src/tool/data/words.json": "{}"}
    (idea,) = edited(contents.propose(BUILD, context("pytest", files, output=said)))
    assert idea.files["pyproject.toml"] == (
        '[project]\nname = "tool"\n\n[tool.setuptools.package-data]\ntool = ["data/*.json"]\n'
    )


def test_the_readme_is_the_one_that_there_is() -> None:
    files = {"pyproject.toml": '[project]\nreadme = "README.rst"\n', "README.md": ""}
    scene = context(
        "pip install .", files, output="OSError: Readme file does not exist: README.rst"
    )
    (idea,) = edited(contents.propose(BUILD, scene))
    assert idea.files["pyproject.toml"] == '[project]\nreadme = "README.md"\n'


def test_hatchling_is_told_where_the_package_is() -> None:
    said = "ValueError: Unable to determine which files to ship inside the wheel"
    files = {"pyproject.toml": '[project]\nname = "x"\n', "src/other/__init__.py": ""}
    (idea,) = edited(contents.propose(BUILD, context("pip install .", files, output=said)))
    assert 'packages = ["src/other"]' in idea.files["pyproject.toml"]


@pytest.mark.parametrize(
    ("said", "before", "after"),
    [
        (":2: WARNING: Title underline too short.", "A title\n---\n", "A title\n-------\n"),
        (
            ":3: WARNING: Bullet list ends without a blank line; unexpected unindent.",
            "\n- a\nb\n",
            "\n- a\n\nb\n",
        ),
        (
            ':2: WARNING: Could not lex literal_block as "JSON". Highlighting skipped.',
            ".. code-block:: JSON\n\n    f('a',\n      b=1)\n",
            ".. code-block:: python\n\n    f('a',\n      b=1)\n",
        ),
        (
            ':4: WARNING: Lexing literal_block as "python" resulted in an error at token: "$".',
            "x\n\n.. code-block:: python\n   :linenos:\n\n   $ ls\n",
            "x\n\n.. code-block:: console\n   :linenos:\n\n   $ ls\n",
        ),
        (": WARNING: document isn't included in any toctree", "A\n=\n", ":orphan:\n\nA\n=\n"),
    ],
)
def test_documentation_gets_the_form_that_is_asked_for(said: str, before: str, after: str) -> None:
    output = f"/home/runner/work/x/x/docs/a.rst{said}"
    scene = context("sphinx-build -W", {"docs/a.rst": before}, output=output)
    (idea,) = edited(prose.propose(failure(Category.BUILD_ERROR, "sphinx"), scene))
    assert idea.files == {"docs/a.rst": after}


def test_several_warnings_of_one_file_do_not_move_each_other() -> None:
    output = "\n".join(f"docs/a.rst:{n}: WARNING: Title underline too short." for n in (2, 6))
    text = "Title\n-\n\n- a\nLonger\n==\n"
    scene = context("make html", {"docs/a.rst": text}, output=output)
    said = failure(
        Category.BUILD_ERROR, "sphinx",
        Diagnostic("docs/a.rst", None, "Bullet list ends without a blank line", 5),
    )  # fmt: skip
    (idea,) = edited(prose.propose(said, scene))
    assert idea.files["docs/a.rst"] == "Title\n-----\n\n- a\n\nLonger\n======\n"
