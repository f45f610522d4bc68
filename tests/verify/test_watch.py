"""The watcher, in a Python of its own: which statements does a program reach?"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from regreen.verify import watch
from regreen.verify.guard.observed import changed_statements
from regreen.verify.watching import Wanted, program, seen_in

TEXT = """\
from __future__ import annotations
import sys


def mark(f):
    return f


@mark
def f(
    x,
    y=(
        1
    ),
):
    "doc"
    try:
        return int(x)
    except ValueError:
        return None
    except (KeyError, TypeError):
        z = 1
    finally:
        done = True
    if x:
        pass
    elif y:
        z = 3
    return (
        z
    )


class C:
    def m(self):
        for _ in ():
            q = 1
        while False:
            pass
"""
REACHED = [1, 2, 5, 6, 10, 17, 18, 19, 20, 21, 22, 24, 25, 27, 28, 29, 34, 35, 36, 38]
UNREACHED = [26, 37, 39]
USE = "import unittest, product as p; p.f('a'); p.f(None); p.C().m()"


def wanted(files: Mapping[str, str]) -> Wanted:
    return Wanted({path: changed_statements("", text) or () for path, text in files.items()})


def watched(
    folder: Path, use: str, *, path: str = "product.py", probe: bool = False, cwd: str = "."
) -> list[str]:
    """Return what the watcher writes of a program that uses the product."""
    asked, hook, out = wanted({path: TEXT}), folder / "hook", folder / "seen"
    hook.mkdir()
    text = program(asked, str(folder), str(out))
    if probe:
        text = text.replace('getattr(sys, "monitoring", None)', "None")
        assert "monitoring = None" in text
    (hook / "sitecustomize.py").write_text(text, encoding="utf-8")
    (folder / path).write_text(TEXT, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(hook), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", use], cwd=folder / cwd, env=env, check=True)
    return out.read_text(encoding="utf-8").splitlines() if out.exists() else []


@pytest.mark.parametrize("probe", [False, True])
def test_the_statements_that_are_reached_are_told_by_their_lines(
    tmp_path: Path, *, probe: bool
) -> None:
    said = watched(tmp_path, USE, probe=probe)
    assert len(said) == len(set(said))
    assert sorted(int(one.split()[2]) for one in said if "reached" in one) == REACHED
    assert {"loaded 0", "tests"} <= set(said)
    seen = seen_in(said, wanted({"product.py": TEXT}))
    assert (seen.reason, seen.unknown) == ("", frozenset())
    assert seen.reached["product.py"] == frozenset(REACHED)


@pytest.mark.parametrize("probe", [False, True])
def test_a_tracer_of_the_job_s_own_is_left_alone(tmp_path: Path, *, probe: bool) -> None:
    traced = (
        "import sys; lines = set(); "
        "trace = lambda f, e, a: lines.add((f.f_code.co_name, e)) or trace; "
        f"sys.settrace(trace); {USE}; sys.settrace(None); assert ('f', 'line') in lines"
    )
    said = watched(tmp_path, traced, probe=probe)
    assert sorted(int(one.split()[2]) for one in said if "reached" in one) == REACHED


def test_an_installed_copy_is_the_same_file_and_another_is_not(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "product.py").write_text(TEXT, encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "product.py").write_text(f"{TEXT}\n", encoding="utf-8")
    assert "reached 0 18" in watched(tmp_path, USE, cwd="site")
    (tmp_path / "hook" / "sitecustomize.py").unlink()
    (tmp_path / "hook").rmdir()
    (tmp_path / "seen").unlink()
    assert watched(tmp_path, USE, cwd="other") == ["tests"]


def test_a_file_that_is_loaded_in_another_way_is_told_of(tmp_path: Path) -> None:
    other = (
        "import types, sys; m = types.ModuleType('m'); m.__file__ = 'product.py'; "
        "sys.modules['m'] = m"
    )
    assert watched(tmp_path, other) == ["unseen 0"]


def test_a_script_is_watched_or_told_of(tmp_path: Path) -> None:
    run = "import runpy, sys; sys.argv[0] = 'product.py'; runpy.run_path('product.py')"
    said = watched(tmp_path, run)
    assert "reached 0 5" in said or said == ["unseen 0"]


def test_a_compiled_module_may_be_made_from_a_changed_file() -> None:
    seen = watch.Watch("/r", "/r/out", [("src/pkg/a.py", [(1, 1, 1)])])
    assert seen._in_use("/v/site-packages/pkg/a.cpython-312-x86_64-linux-gnu.so") == 0
    assert seen._in_use("/v/site-packages/other/a.cpython-312-x86_64-linux-gnu.so") is None
