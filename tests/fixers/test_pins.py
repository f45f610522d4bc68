"""Pins that a Python cannot have move; the others stay, and newer Pythons keep theirs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from regreen.fixers.dependencies import pins
from regreen.fixers.dependencies.repin import repinned
from regreen.model import Category, Diagnostic, ToolRun
from tests.fixers.support import context, failure

INDEX = {
    ("numpy", "3.8"): ("1.24.4", "1.24.3"),
    ("numpy", "3.9"): ("1.25.2", "1.25.0", "1.24.4"),
    ("gone", "3.8"): ("1.10", "1.9", "1.8"),
    ("gone", "3.9"): ("1.10", "1.9", "1.8"),
}


def ask(name: str, python: str) -> Sequence[str]:
    return INDEX.get((name.lower(), python if python == "3.8" else "3.9"), ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "a==1\nnumpy==1.25.2  # fast\n",
            ('a==1\nnumpy==1.24.4; python_version < "3.9"  # fast\n'
            'numpy==1.25.2; python_version >= "3.9"  # fast\n'),
        ),
        (
            "numpy==1.25.2",
            'numpy==1.24.4; python_version < "3.9"\nnumpy==1.25.2; python_version >= "3.9"',
        ),
        (
            "x = [\n    \"numpy==1.25.2 ; python_version>='3.8'\",  # c\n]\n",
            ("x = [\n    \"numpy==1.24.4; python_version>='3.8' and python_version < '3.9'\",\n"
            "    \"numpy==1.25.2; python_version>='3.8' and python_version >= '3.9'\",  # c\n]\n"),
        ),
        (
            "x = ['a', 'numpy>=1.25']\r\n",
            ("x = ['a', 'numpy>=1.24.4; python_version < \"3.9\"',"
            " 'numpy>=1.25; python_version >= \"3.9\"']\r\n"),
        ),
        ("numpy==1.24.4\n", None),
        ("numpy>=1.20\n", None),
        ("numpy==1.25.2; python_version >= '3.9'\n", None),
        ("numpy==1.25.2 \\\n    --hash=sha256:0\n", None),
        ("other==1.25.2\n", None),
        ("numpy\nnumpy<2\n# numpy==1.25.2\n", None),
        ("gone==1.9.5\n", "gone==1.9\n"),
        ("gone==1.10.0\n", None),
    ],
)  # fmt: skip
def test_a_pin_moves_only_where_this_python_cannot_have_it(before: str, after: str | None) -> None:
    assert repinned(before, "3.8", None, ask) == (before if after is None else after)


def test_only_the_named_distributions_move() -> None:
    text = "numpy==1.25.2\ngone==1.9.5\n"
    assert repinned(text, "3.8", {"gone"}, ask) == "numpy==1.25.2\ngone==1.9\n"


UV = (
    "  x No solution found when resolving dependencies:\n"
    "  --> Because the current Python version (3.8.18) does not satisfy Python>=3.9 and"
    " numpy==1.25.2\n      depends on Python>=3.9, numpy==1.25.2 cannot be used.\n"
)


def commands(output: str, files: dict[str, str], *installs: str) -> list[str]:
    failed = failure(
        Category.DEPENDENCY_ISSUE, "uv", Diagnostic(None, None, "No solution found when resolving")
    )
    found = pins.propose(failed, context("", files, output=output, installs=installs))
    return [p.command for p in found if isinstance(p, ToolRun)]


def test_the_files_that_the_job_installs_from_are_searched_with_what_they_include() -> None:
    files = {
        "requirements/dev.txt": "-r base.txt\npytest==7\n",
        "requirements/base.txt": "numpy==1.25.2\n",
        "other.txt": "numpy==1.25.2\n",
    }
    first, second = commands(UV, files, "uv pip install -r requirements/dev.txt")
    wanted = "3.8 numpy requirements/dev.txt requirements/base.txt <<"
    assert wanted in first
    assert "3.8 '*' requirements/dev.txt requirements/base.txt <<" in second


def test_without_pins_there_is_nothing_to_move() -> None:
    assert commands(UV, {"requirements.txt": "numpy\n"}, "pip install -r requirements.txt") == []


def test_the_command_is_a_script_that_a_shell_runs(tmp_path: Path) -> None:
    """With a pip that knows no release nothing may change, and nothing may fail."""
    (tmp_path / "requirements.txt").write_text("numpy==1.25.2\n")
    [first, _] = commands(
        UV, {"requirements.txt": "numpy==1.25.2\n"}, "pip install -r requirements.txt"
    )
    done = subprocess.run(
        ["bash", "-ec", first.replace("/usr/bin/python3", sys.executable)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "requirements.txt").read_text() == "numpy==1.25.2\n"
