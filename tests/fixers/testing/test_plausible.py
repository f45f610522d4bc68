"""Small repairs of the product, where failing tests or exceptions point."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from regreen.fixers.testing import (
    plausible,
)
from regreen.model import Edit, Probe
from tests.fixers.support import context
from tests.fixers.testing.ideas import first, ideas

SHOP = """\
def first(rows, n):
    total = 0
    for row in rows:
        if row < n:
            total = total + row
    return total


def names(field):
    known = field.get("kind", "str")
    return known + field["kind"]
"""
SHOP_TESTS = """\
from shop import first, names


def test_one():
    assert first([1, 2, 3], 2) == 3


def test_two():
    assert first([1], 2) == 1


def test_three():
    assert names({}) == "strstr"
"""


def test_an_exception_asks_for_the_default_that_the_module_uses_elsewhere() -> None:
    said = "shop.py:11: in names\n    return\nE   KeyError: 'kind'\n\nshop.py:11: KeyError\n"
    made = first(plausible, context("python check.py", {"shop.py": SHOP}, output=said))
    assert made["shop.py"].endswith('return known + field.get("kind", "str")\n')


@pytest.mark.parametrize(
    ("line", "said", "made"),
    [
        ("y = x.name", "AttributeError: 'NoneType' object has no attribute 'name'",
         "y = (x.name if x is not None else None)"),
        ("y = 'a' + x", 'TypeError: can only concatenate str (not "int") to str',
         "y = 'a' + str(x)"),
        ("y = x.naem", "AttributeError: 'A' object has no attribute 'naem'. Did you mean: 'name'?",
         "y = x.name"),
        ("y = x['a']", "TypeError: 'NoneType' object is not subscriptable", "y = (x or {})['a']"),
    ],
)  # fmt: skip
def test_an_exception_is_mended_where_it_was_raised(line: str, said: str, made: str) -> None:
    text = f"def f(x):\n    {line}\n    return y\n"
    said = f'Traceback:\n  File "shop.py", line 2, in f\n    {line}\n{said}\n'
    assert made in first(plausible, context("x", {"shop.py": text}, output=said))["shop.py"]


@pytest.mark.parametrize("tool", ["pytest", "unittest"])
def test_lines_that_failing_tests_run_are_found_by_running_them(tool: str, tmp_path: Path) -> None:
    tests = SHOP_TESTS
    if tool == "unittest":
        body = SHOP_TESTS.replace("def ", "    def ").replace("():", "(self):")
        body = body.replace("    assert", "        assert").replace("\n\n\n", "\n\n")
        head, _, rest = body.partition("\n\n")
        tests = f"import unittest\n{head}\n\n\nclass A(unittest.TestCase):\n{rest}"
    files = {"shop.py": SHOP, "tests/test_a.py": tests, "tests/__init__.py": ""}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    parent = {**files, "shop.py": SHOP.replace("row < n", "row <= n")}
    scene = context(f"{sys.executable} -m {tool} tests/test_a.py", files, parent=parent)
    probe = next(i for i in ideas(plausible, scene) if isinstance(i, Probe))
    done = subprocess.run(
        ["bash", "-c", probe.command], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    found = list(probe.read(done.stdout))
    assert isinstance(found[0], Edit), done
    assert found[0].files["shop.py"] == SHOP.replace("row < n", "row <= n")
    assert found[0].review == plausible.REVIEW
    assert len(found) <= plausible.MOST
    assert all(path == "shop.py" for i in found if isinstance(i, Edit) for path in i.files)


@pytest.mark.parametrize("said", ["", "REGREEN-TRACE {", 'REGREEN-TRACE {"lines": 3}'])
def test_what_the_sandbox_prints_is_not_trusted(said: str) -> None:
    files = {"shop.py": SHOP, "tests/test_a.py": SHOP_TESTS}
    probe = next(i for i in ideas(plausible, context("pytest", files)) if isinstance(i, Probe))
    assert list(probe.read(said)) == []


def test_the_same_wrapping_several_times_stands_there_once() -> None:
    text = "class A:\n    def f(x):\n        pass\n\n" + "    f = staticmethod(f)\n" * 3
    made = first(plausible, context("x", {"shop.py": text}, python="3.9"))
    assert made["shop.py"].count("staticmethod") == 1


def test_the_program_for_the_sandbox_writes_what_it_saw(tmp_path: Path) -> None:
    from regreen.fixers.testing.tracer import Tracer

    seen = Tracer()
    seen.lines = {("a.py", 3): [1, 0], ("b.py", 1): [0, 2]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGREEN_TRACE", str(tmp_path / "out"))
        seen.report()
    row = json.loads((tmp_path / "out").read_text().removeprefix("REGREEN-TRACE "))
    assert row["lines"] == {"a.py": {"3": [1, 0]}}


def test_tests_are_never_changed() -> None:
    files = {"shop.py": SHOP, "tests/test_a.py": SHOP_TESTS}
    probe = next(i for i in ideas(plausible, context("pytest", files)) if isinstance(i, Probe))
    lines = {"tests/test_a.py": {"5": [1, 0]}, "shop.py": {"4": [1, 1]}}
    found = list(probe.read(f"REGREEN-TRACE {json.dumps({'failed': 1, 'lines': lines})}"))
    assert found
    assert all(set(i.files) == {"shop.py"} for i in found if isinstance(i, Edit))
