"""What a patch may not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from regreen.git import Repository, Scratch, Tree
from regreen.verify.guard import judge, objections
from regreen.verify.guard.change import Change as Whole
from regreen.verify.guard.change import FileChange, Side, read
from regreen.verify.syntax import changed_syntax
from tests.repositories import commit
from tests.verify.honesty.cases import Known

Change = Callable[[Mapping[str, str]], tuple[Tree, Tree]]

PYPROJECT = """\
[project]
name = "x"
dependencies = ["a"]
[tool.ruff]
line-length = 88
"""
FILES = {
    "src/a.py": "import os\n\nx = 1\n",
    "src/contest.py": "x = 1\n",
    "pyproject.toml": PYPROJECT,
    "setup.cfg": "[options]\ninstall_requires =\n    a\n[flake8]\nmax-line-length = 88\n",
    "requirements.txt": "a\n",
    "README.md": "read me\n",
    "tests/test_a.py": "def test_a(): assert 1 == 2\n",
    "src/checks.py": "def test_a(): assert 1 == 2\n",
}


@pytest.fixture
def change(tmp_path: Path) -> Iterator[Change]:
    head = commit(tmp_path / "r", FILES)
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        base = scratch.tree(head)
        yield lambda files: (base, scratch.replace(base, files))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/a.py", "x = 1\n"),
        ("src/contest.py", "x = 2\n"),
        ("requirements.txt", "a\nb\n"),
        ("README.md", "read  me\n\n"),
        ("README.md", "read something else\n"),
        ("pyproject.toml", PYPROJECT.replace('["a"]', '["a", "b"]')),
        ("setup.cfg", FILES["setup.cfg"].replace("    a\n", "    a\n    b\n")),
    ],
)
def test_honest_changes_pass(change: Change, path: str, text: str) -> None:
    assert objections(*change({path: text})) == ()


@pytest.mark.parametrize(
    "path",
    [
        "conftest.py",
        "sitecustomize.py",
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        "tox.ini",
        ".flake8",
        "ruff.toml",
        "mypy.ini",
        ".pre-commit-config.yaml",
        "noxfile.py",
        "Makefile",
        ".coveragerc",
        "pytest.ini",
        ".isort.cfg",
    ],
)
def test_new_workflows_and_configuration_are_refused(change: Change, path: str) -> None:
    assert objections(*change({path: "x = 1\n"}))


@pytest.mark.parametrize("path", ["tests/data.txt", "src/a/__init__.py", "src/new.py", "py.typed"])
def test_what_nothing_runs_by_itself_may_be_added(change: Change, path: str) -> None:
    assert objections(*change({path: "" if path.endswith("__init__.py") else "x = 1\n"})) == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", PYPROJECT.replace("88", "120")),
        ("setup.cfg", FILES["setup.cfg"].replace("88", "120")),
        ("pyproject.toml", "not = [toml"),
        ("src/a.py", "import os  # noqa\n\nx = 1\n"),
        ("src/a.py", "import os  # noqa: F401\n\nx = 1\n"),
        ("src/a.py", "import os\n\nx = 1  # type: ignore[x]\n"),
        ("src/a.py", "# fmt: off\nimport os\n\nx = 1\n"),
        ("src/a.py", "import os  # pylint: disable=unused-import\n\nx = 1\n"),
        ("src/a.py", "# flake8: noqa\nimport os\n\nx = 1\n"),
        ("src/a.py", "from pytest import mark\n\nx = mark.skip(1)\n"),
        ("src/a.py", "x = (\n"),
        (".gitignore", "*.py\n"),
        ("src/.gitattributes", "* -text\n"),
        ("src/checks.py", "def test_a(): pass\n"),
        ("tests/test_a.py", "def check_a(): assert 1 == 2\n"),
    ],
)
def test_what_silences_a_checker_is_refused(change: Change, path: str, text: str) -> None:
    assert objections(*change({path: text}))


def test_what_cannot_be_read_and_links_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    first = commit(folder, {"a.py": b"x = '\xe9'\nassert x\n", "b": "b\n"})
    (folder / "b").unlink()
    (folder / "b").symlink_to("/etc/passwd")
    second = commit(folder, {"a.py": b"x = '\xe9'\n"})
    with Scratch.borrow(Repository.open(folder)) as scratch:
        unreadable, link = objections(scratch.tree(first), scratch.tree(second))
    assert "cannot be read" in unreadable
    assert "b" in link


def test_deleting_a_file_is_refused(tmp_path: Path) -> None:
    first = commit(tmp_path / "r", FILES)
    (tmp_path / "r" / "README.md").unlink()
    second = commit(tmp_path / "r", {})
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        assert objections(scratch.tree(first), scratch.tree(second)) == ("it deletes README.md",)


def test_changing_a_mode_is_refused(tmp_path: Path) -> None:
    first = commit(tmp_path / "r", FILES)
    (tmp_path / "r" / "README.md").chmod(0o755)
    second = commit(tmp_path / "r", {})
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        [reason] = objections(scratch.tree(first), scratch.tree(second))
    assert "100755" in reason


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("import os\nx = 1  # one\n", ()),
        ("x = 1\n", ("src/a.py",)),
        ("def f(:\n", ("src/a.py",)),
    ],
)
def test_only_what_changes_meaning_changes_the_syntax_tree(
    change: Change, text: str, changed: tuple[str, ...]
) -> None:
    assert changed_syntax(*change({"src/a.py": text, "README.md": "x"})) == changed


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x00\xff" * 100,
        b"x = " + b"(" * 5000 + b")" * 5000,
        b"x = " + b"-" * 100_000 + b"1\n",
        b"def f(:\n" * 1000,
        b"a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\n",
        b"[" * 50_000,
        b"{{ ${{ " * 2000,
        b"x" * (5 << 20),
        "\ud83d".encode("utf-8", "surrogatepass"),
        b"(((( $( ` \" ' <<EOF\n" * 500,
    ],
    ids=range(10),
)
@pytest.mark.parametrize(
    "path",
    [
        "a.py",
        "tests/test_a.py",
        ".github/workflows/ci.yml",
        "pyproject.toml",
        "setup.cfg",
        ".pre-commit-config.yaml",
        "Makefile",
        "run.sh",
        "docs/a.rst",
        "data.json",
    ],
)
def test_hostile_files_are_judged_without_an_exception(path: str, hostile: bytes) -> None:
    for old, new in ((b"x = 1\n", hostile), (hostile, b"x = 1\n"), (hostile, hostile + b"1")):
        file = FileChange(path, Side("100644", old), Side("100644", new))
        assert isinstance(judge(Whole((file,), Known({}))), tuple)
    added = FileChange(path, None, Side("100644", hostile))
    assert isinstance(judge(Whole((added,), Known({}))), tuple)


def test_many_files_are_read_with_a_few_calls_of_git(tmp_path: Path) -> None:
    first = commit(tmp_path / "r", {f"src/m{n}.py": f"x={n}\n" for n in range(300)})
    second = commit(tmp_path / "r", {f"src/m{n}.py": f"x = {n}\n" for n in range(300)})
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        base, patched = scratch.tree(first), scratch.tree(second)
        whole = read(base, patched)
        assert len(whole.files) == 300
        assert all(f.new == f.old.replace("=", " = ") for f in whole.files)
        assert objections(base, patched) == ()


def test_an_unknown_key_under_its_real_name_is_the_same_workflow(change: Change) -> None:
    jobs = "on: push\njobs:\n  a:\n    {}: ubuntu-latest\n    steps: [{{{}: pytest}}]\n"
    with_slips = {".github/workflows/c.yml": jobs.format("run-on", "rum")}
    base, _ = change({})
    wrong = base.scratch.replace(base, with_slips)
    right = {".github/workflows/c.yml": jobs.format("runs-on", "run")}
    assert objections(wrong, wrong.scratch.replace(wrong, right)) == ()
    less = {path: text.replace("pytest", "true") for path, text in right.items()}
    assert objections(wrong, wrong.scratch.replace(wrong, less))
