"""What ``regreen-syntax`` refuses, lets through and leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.model import Category
from regreen_hooks.conflicts import first_conflict
from regreen_hooks.finding import Finding, Skipped
from regreen_hooks.syntax import check, check_files, main

CONFLICT = b"""import os
<<<<<<< HEAD
x = 1
=======
x = 2
>>>>>>> feature
"""


def refuse(source: bytes, *, in_conflict: bool = False) -> Finding:
    finding = check("pkg/a.py", source, in_conflict=in_conflict)
    assert finding is not None
    return finding


def test_the_place_and_the_next_step_are_said() -> None:
    finding = refuse(b"x = 1\ny = (\n")
    assert (finding.line, finding.column, finding.category) == (2, 5, Category.SYNTAX_ERROR)
    assert str(finding).startswith("pkg/a.py:2:5: syntax_error: '(' was never closed")
    assert str(finding).splitlines()[-1] == "  next: correct line 2, then: git add pkg/a.py"


@pytest.mark.parametrize(
    "source",
    [
        b"return 1\n",
        b"def f(x):\n    global x\n",
        b"def f():\n\tif 1:\n        pass\n",
        b"x = '\xff'\n",
        b"x = 1\0\n",
        b"# coding: no-such-codec\n",
        b"(" * 5000 + b")" * 5000,
    ],
    ids=["return", "global", "tabs", "not utf-8", "null byte", "codec", "deep"],
)
def test_what_python_refuses_is_refused(source: bytes) -> None:
    finding = refuse(source)
    assert finding.line >= 1
    assert finding.column >= 1


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\xef\xbb\xbfx = 1\r\n",
        b"# coding: latin-1\nx = '\xff'\n",
        b'x = "\\d"\n',
        b"async def f():\n    return [i async for i in g()]\n",
    ],
    ids=["empty", "bom and crlf", "latin-1", "invalid escape only warns", "async"],
)
@pytest.mark.filterwarnings("error")
def test_what_python_compiles_passes(source: bytes) -> None:
    assert check("a.py", source, in_conflict=True) is None


def test_a_file_is_not_executed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"open({str(tmp_path / 'proof')!r}, 'w')\nraise SystemExit(9)\n")
    assert list(check_files(["a.py"], tmp_path)) == []
    assert not (tmp_path / "proof").exists()


def test_a_conflict_is_named_as_such_and_at_its_first_line() -> None:
    finding = refuse(CONFLICT)
    assert (finding.line, finding.column) == (2, 1)
    assert "merge conflict" in finding.message


def test_diff3_and_crlf_conflicts_are_seen() -> None:
    diff3 = CONFLICT.replace(b"=======", b"||||||| base\nx = 0\n=======")
    assert first_conflict(diff3) == 2
    assert first_conflict(CONFLICT.replace(b"\n", b"\r\n")) == 2


@pytest.mark.parametrize(
    "source",
    [
        b"Title\n=======\n",
        b"<<<<<<< a\n>>>>>>> b\n",
        b">>>>>>> b\n=======\n<<<<<<< a\n",
        b"  <<<<<<< a\n  =======\n  >>>>>>> b\n",
        b"<<<<<<<\n=======\n>>>>>>>\n",
    ],
    ids=["heading", "no divider", "upside down", "indented", "no names"],
)
def test_marker_like_lines_are_no_conflict(source: bytes) -> None:
    assert first_conflict(source) is None


def test_markers_in_a_string_count_only_during_a_merge() -> None:
    fixture = b'TEXT = """\n' + CONFLICT + b'"""\n'
    assert check("a.py", fixture, in_conflict=False) is None
    assert refuse(fixture, in_conflict=True).line == 3


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_finding_or_nothing(source: bytes) -> None:
    finding = check("a.py", source, in_conflict=True)
    assert finding is None or finding.line >= 1


def test_many_half_conflicts_take_linear_time() -> None:
    assert first_conflict(b"<<<<<<< a\n" + b"=======\n" * 200_000 + b"x >>>>>>> b\n") is None


def test_a_merge_in_a_linked_work_tree_is_seen(tmp_path: Path) -> None:
    state = tmp_path / "main" / ".git" / "worktrees" / "linked"
    state.mkdir(parents=True)
    (state / "MERGE_HEAD").touch()
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".git").write_text(f"gitdir: {state}\n")
    (linked / "a.py").write_bytes(b'"""\n' + CONFLICT + b'"""\n')
    assert [r for r in check_files(["a.py"], linked) if isinstance(r, Finding)]


def test_a_project_for_another_python_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.99"\n')
    (tmp_path / "new.py").write_text("syntax of the future\n")
    (tmp_path / "old.py").write_bytes(CONFLICT)
    skipped, refused = check_files(["new.py", "old.py"], tmp_path)
    assert isinstance(skipped, Skipped)
    assert ">=3.99" in skipped.reason
    assert isinstance(refused, Finding)


@pytest.mark.parametrize(
    "text", ["", "project = 1", "[project]\nrequires-python = 3", "][", '[project]\nname = "x"']
)
def test_a_strange_pyproject_changes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "a.py").write_text("x = (\n")
    (result,) = check_files(["a.py"], tmp_path)
    assert isinstance(result, Finding)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (result,) = check_files(["gone.py"], tmp_path)
    assert str(result) == "gone.py: not checked: No such file or directory"


def test_the_command_refuses_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fix"]) == 2
    assert "--fix" in capsys.readouterr().err


def test_the_command_as_a_process(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text("x = \n")
    command = [sys.executable, "-m", "regreen_hooks.syntax"]
    good = subprocess.run([*command, "good.py"], cwd=tmp_path, capture_output=True, timeout=60)
    bad = subprocess.run(
        [*command, "good.py", "bad.py"], cwd=tmp_path, capture_output=True, timeout=60
    )
    assert (good.returncode, good.stdout, good.stderr) == (0, b"", b"")
    assert bad.returncode == 1
    assert bad.stdout.startswith(b"bad.py:1:5: syntax_error: invalid syntax")
