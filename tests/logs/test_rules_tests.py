"""Test runners, plain Python and the shell: categories, names of failed tests, equal signatures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regreen.logs import analyze, classify
from regreen.model import Category, Failure, Relation
from tests.logs.hosted import Ran, log

SUITE = {
    "pkg/__init__.py": "def add(a, b):\n    return a + b\n",
    "tests/__init__.py": "",
    "tests/test_many.py": """\
import time

import pytest

from pkg import add


class Thing:
    pass


def test_good():
    assert add(1, 1) == 2


def test_with_a_name_and_a_message_that_no_terminal_of_eighty_columns_can_hold():
    assert Thing() == Thing(), "a message that is cut at the width of the terminal, wherever it is"


def test_place(tmp_path):
    assert (tmp_path / "a.txt").read_text() == "x"


def test_clock():
    raise KeyError(f"/srv/{time.time()}/{id(object()):#x}")


@pytest.mark.parametrize("given", ["a b", "a - b", "[z]", "a.b", "x::y"])
def test_each(given):
    assert given == 0


class TestGroup:
    def test_inside(self):
        raise ValueError("two\\nlines")


@pytest.fixture
def broken():
    raise RuntimeError("no")


def test_setup(broken):
    pass


def test_prints():
    print("FAILED tests/test_none.py::test_none - no")
    print("=== short test summary info ===")
    assert add(1, 1) == 3
""",
}
FAILED = {
    ("tests/test_many.py", None, name)
    for name in (
        "test_with_a_name_and_a_message_that_no_terminal_of_eighty_columns_can_hold",
        "test_place",
        "test_clock",
        "test_each[a b]",
        "test_each[a - b]",
        "test_each[[z]]",
        "test_each[a.b]",
        "test_each[x::y]",
        "TestGroup::test_inside",
        "test_prints",
    )
} | {("tests/test_many.py", "ERROR", "test_setup")}


def suite(folder: Path) -> Path:
    for name, text in SUITE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def run(folder: Path, *arguments: str, columns: int = 80, ci: bool = False) -> tuple[str, int]:
    kept = {"PATH": os.environ["PATH"], "COLUMNS": str(columns), "HOME": str(folder)}
    kept |= {"PYTHONDONTWRITEBYTECODE": "1"} | ({"CI": "true"} if ci else {})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr, done.returncode


def cause(script: str | None, output: str, code: int | None = 1) -> Failure:
    return classify(script, None, output, code)[0]


def test_one_failure_is_one_failure_wherever_and_however_pytest_ran(tmp_path: Path) -> None:
    runs = [
        run(suite(tmp_path / "first")),
        run(suite(tmp_path / "second/deeper"), "--color=yes", columns=200),
        run(suite(tmp_path / "third"), "-v", "--tb=short", columns=40),
        run(suite(tmp_path / "fourth"), "-q", "--tb=line", "-rA", columns=132, ci=True),
        run(suite(tmp_path / "fifth"), "--tb=native", "-rN"),
        run(suite(tmp_path / "sixth"), "-v", "--tb=no", "-rN"),
    ]
    for output, code in runs:
        failure = cause("pytest", output, code)
        assert (failure.category, failure.tool) == (Category.TEST_FAILURE, "pytest")
        assert failure.signature.items == FAILED


def test_a_hosted_log_and_a_sandbox_say_the_same(tmp_path: Path) -> None:
    here, code = run(suite(tmp_path / "here"), "--color=yes", columns=120)
    there, _ = run(suite(tmp_path / "there"), "-v")
    hosted = there.replace(str(tmp_path / "there"), "/home/runner/work/demo/demo")
    found = analyze(log(Ran("pytest", output=hosted, exit_code=code))).failure
    assert found is not None
    assert found.signature.compare(cause("pytest", here, code).signature) is Relation.EQUAL


def test_another_failure_is_another_signature(tmp_path: Path) -> None:
    folder = suite(tmp_path)
    before = cause("pytest", *run(folder))
    many = folder / "tests/test_many.py"
    many.write_text(many.read_text().replace("add(1, 1) == 3", "add(1, 1) == 2"))
    after = cause("pytest", *run(folder))
    assert after.signature.compare(before.signature) is Relation.SUBSET


def test_the_place_of_a_failed_test_is_kept(tmp_path: Path) -> None:
    output, code = run(suite(tmp_path))
    lines = {d.message: d.line for d in cause("pytest", output, code).diagnostics}
    text = SUITE["tests/test_many.py"].split("\n")
    assert (
        lines["TestGroup::test_inside"] == text.index('        raise ValueError("two\\nlines")') + 1
    )


XDIST = """\
============================= test session starts ==============================
created: 2/2 workers
2 workers [4 items]

scheduling tests via LoadScheduling

tests/test_a.py::test_one
{first}
=================================== FAILURES ===================================
___________________________________ test_bad ___________________________________
[{worker}] linux -- Python 3.12.1 /opt/venv/bin/python

    def test_bad():
>       assert 1 == 2
E       assert 1 == 2

tests/test_a.py:10: AssertionError
=========================== short test summary info ============================
{summary}
========================= 2 failed, 2 passed in {time} =========================
"""


def test_the_order_and_the_workers_of_xdist_make_no_difference() -> None:
    bad, worse = "FAILED tests/test_a.py::test_bad", "FAILED tests/test_b.py::test_worse"
    one = XDIST.format(
        first=f"[gw0] [ 25%] {bad} \n[gw1] [ 50%] {worse} ",
        worker="gw0",
        summary=f"{bad} - assert 1 == 2\n{worse} - worker 'gw1' crashed while...",
        time="3.02s",
    )
    other = XDIST.format(
        first=f"[gw3] [ 25%] {worse} \n[gw2] [ 50%] {bad} ",
        worker="gw2",
        summary=f"{worse} - worker 'gw3' crashed while running 'test_worse'\n{bad} - asse...",
        time="61.20s (0:01:01)",
    )
    assert cause("pytest -n2", one).signature == cause("pytest -n4", other).signature
    assert len(cause("pytest -n2", one).signature.items) == 2


NARROW = """\
============================= test session starts ==============================
rootdir: /srv/a, inifile:
tests/test_a.py .F
=================================== FAILURES ===================================
{rule} TestK.test_with_a_long_name[1.5] {rule}
/srv/a/tests/test_a.py:4: in test_with_a_long_name
    assert x == 0
E   assert 1.5 == 0
====================== 1 failed, 1 passed in 0.03 seconds ======================
"""


@pytest.mark.parametrize("rule", ["_", "_" * 20])
def test_old_pytest_names_tests_above_their_tracebacks(rule: str) -> None:
    failure = cause("pytest", NARROW.format(rule=rule))
    assert failure.signature.items == {
        ("tests/test_a.py", None, "TestK::test_with_a_long_name[1.5]")
    }


def test_files_stand_for_tests_that_old_pytest_does_not_name() -> None:
    output = (
        "=== test session starts ===\ntests/test_a.py .F.E [ 50%]\ntests/test_b.py ... [100%]\n"
        "===== 1 failed, 5 passed, 1 error in {} seconds ====="
    )
    one, other = cause("pytest", output.format("0.03")), cause("pytest", output.format("1.44"))
    assert one.files == ("tests/test_a.py",)
    assert one.signature == other.signature


NESTED = """\
============================= test session starts ==============================
test_n.py F
=================================== FAILURES ===================================
____________________________________ test_n ____________________________________
test_n.py:4: AssertionError
----------------------------- Captured stdout call -----------------------------
============================= test session starts ==============================
test_inner.py F
=================================== FAILURES ===================================
___________________________________ test_in ____________________________________
test_inner.py:2: AssertionError
=========================== short test summary info ============================
FAILED test_inner.py::test_in - assert 0
============================== 1 failed in 0.01s ===============================
=========================== short test summary info ============================
FAILED test_n.py::test_n - AssertionError
============================== 1 failed in 0.18s ===============================
"""


@pytest.mark.parametrize("quiet", [False, True])
def test_a_run_inside_a_test_is_that_tests_output(quiet: bool) -> None:
    output = NESTED.split("\n", 1)[1] if quiet else NESTED
    assert cause("pytest", output).signature.items == {("test_n.py", None, "test_n")}


def test_two_runs_of_one_step_are_told_apart() -> None:
    head = "=== test session starts ===\n"
    output = (
        f"{head}FAILED a.py::test_a - no\n=== 1 failed in 0.1s ===\n"
        f"{head}=== short test summary info ===\nFAILED b.py::test_b\n=== 1 failed in 0.2s ===\n"
        f"{head}=== 7 passed in 0.3s ===\n"
    )
    assert cause("tox", output).files == ("a.py", "b.py")


def test_the_closing_list_of_pytest_sugar_belongs_to_the_run() -> None:
    output = (
        "Test session starts (platform: linux, Python 3.13.0, pytest 9.2.0, pytest-sugar 1.1.1)\n"
        "=== short test summary info ===\nFAILED a.py::test_a - assert 0\n\n"
        "Results (0.27s):\n       6 passed\n       1 failed\n         - a.py:3 test_a\n"
    )
    failure = cause("pytest", output)
    assert failure.signature.items == {("a.py", None, "test_a")}
    assert failure.evidence[-1].text == "- a.py:3 test_a"


def test_wrong_usage_far_above_does_not_outrank_the_tool_that_ended_the_step() -> None:
    output = (
        "pytest: error: unrecognized arguments: --cov\n"
        + "".join(f"checking {n}\n" for n in range(20))
        + 'a.py:3: error: Name "x" is not defined  [name-defined]\n'
        "Found 1 error in 1 file (checked 2 source files)\n"
    )
    assert [f.tool for f in classify("make check", None, output, 1)] == ["mypy"]


COLLECTED = """\
============================= test session starts ==============================
collected 0 items / 1 error
==================================== ERRORS ====================================
_____________________ ERROR collecting tests/test_a.py _____________________
{said}
=========================== short test summary info ============================
ERROR tests/test_a.py{why}
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
=============================== 1 error in 0.15s ===============================
"""


@pytest.mark.parametrize(
    ("said", "why", "category"),
    [
        ("E   ModuleNotFoundError: No module named 'yaml'", "", Category.DEPENDENCY_ISSUE),
        ("E   ImportError: libGL.so.1: cannot open shared object file", "", "dependency_issue"),
        ("", " - ModuleNotFoundError: No module n...", Category.DEPENDENCY_ISSUE),
        ("E   NameError: name 'x' is not defined", " - NameError: na...", Category.TEST_FAILURE),
        ("E     File 'a'\nE   IndentationError: unexpected indent", "", Category.SYNTAX_ERROR),
        (
            "'slow' not found in `markers` configuration option",
            " - Failed: 'slow' not found in `markers` configuration option",
            Category.CONFIGURATION_ERROR,
        ),
    ],
)
def test_what_keeps_tests_from_being_collected(said: str, why: str, category: Category) -> None:
    output = COLLECTED.format(said=said, why=why)
    assert cause("pytest", output, 2).category == category


def test_the_module_tried_last_is_the_missing_one() -> None:
    said = (
        "E   ModuleNotFoundError: No module named 'tomllib'\n\n"
        "During handling of the above exception, another exception occurred:\n"
        "tests/test_a.py:4: in <module>\nE   ModuleNotFoundError: No module named 'tomli'"
    )
    failure = cause("pytest", COLLECTED.format(said=said, why=""), 2)
    assert [d.code for d in failure.diagnostics] == ["tomli"]


STARTED = "============================= test session starts ==============================\n"


@pytest.mark.parametrize(
    ("output", "code", "category", "said"),
    [
        (
            "ERROR: file or directory not found: tests/no.py",
            4,
            "configuration_error",
            "tests/no.py",
        ),
        ("ERROR: file not found: tests/no.py", 4, "configuration_error", "tests/no.py"),
        ("__main__.py: error: unrecognized arguments: --nope", 4, "configuration_error", "--nope"),
        ("ERROR: Missing required plugins: pytest-x", 4, "configuration_error", "pytest-x"),
        (STARTED + "=== no tests ran in 0.01s ===", 5, "configuration_error", "no tests ran"),
        ("=== 4 deselected in 0.01s ===", 5, "configuration_error", "no tests ran"),
        ("ERROR: Error importing plugin \"x\": No module named 'x'", 4, "dependency_issue", "'x'"),
        (STARTED + "a.py .Fatal Python error: Segmentation fault", 139, "test_failure", "fault"),
        (STARTED + "a.py .", 139, "test_failure", "Segmentation fault"),
        (STARTED + "a.py .", 134, "test_failure", "Aborted"),
        (STARTED + "a.py .", 3, "test_failure", "broke off"),
        (STARTED + "a.py .", 137, "resource_exhaustion", "killed"),
        (STARTED + "INTERNALERROR> ZeroDivisionError: x", 3, "test_failure", "ZeroDivisionError"),
        (STARTED + "!!!! _pytest.outcomes.Exit: server is gone !!!!", 3, "test_failure", "gone"),
        (STARTED + "+++++++ Timeout +++++++\n~~~ Stack of x ~~~", 1, "timeout", "pytest-timeout"),
    ],
)
def test_pytest_without_a_summary(output: str, code: int, category: str, said: str) -> None:
    failure = cause("python -m pytest", output, code)
    assert failure.category == category
    assert said in failure.diagnostics[0].message


def test_a_crash_names_the_test_that_ran() -> None:
    output = STARTED + (
        "a.py .Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f1 (most recent"
        ' call first):\n  File "/srv/a.py", line 4 in test_seg\n  File "/srv/b.py", line 9 in run'
    )
    assert "test_seg" in {d.message for d in cause("pytest", output, 139).diagnostics}


def test_a_green_run_before_another_tools_failure_is_no_failure() -> None:
    output = (
        STARTED + "a.py .\n=== 3 passed, 1 xfailed, 1 warning in 0.10s ===\n"
        "would reformat a.py\n\nOh no! \n1 file would be reformatted."
    )
    assert [f.tool for f in classify("pytest\nblack --check .", None, output, 1)] == ["black"]


@pytest.mark.parametrize(
    "output",
    [
        "FAIL Required test coverage of 99.0% not reached. Total coverage: 60.00%",
        "ERROR: Coverage failure: total of 61 is less than fail-under=99",
        "Coverage failure: total of 62.5 is less than fail-under=99.00",
        "Failure. Coverage is below 99%.",
    ],
)
def test_a_coverage_threshold_is_the_same_whoever_checks_it(output: str) -> None:
    failure = cause("coverage report", output, 2)
    assert (failure.category, failure.tool) == (Category.TEST_FAILURE, "coverage")
    assert failure.signature.items == {(None, None, "coverage below 99%")}


UNITTEST = """\
======================================================================
ERROR: test_a (unittest.loader._FailedTest.test_a)
----------------------------------------------------------------------
ImportError: Failed to import test module: test_a
Traceback (most recent call last):
  File "/home/runner/work/a/a/tests/test_a.py", line 1
{said}

----------------------------------------------------------------------
Ran 1 test in 0.000s

FAILED (errors=1)
"""


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("ModuleNotFoundError: No module named 'yaml'", Category.DEPENDENCY_ISSUE),
        ("    def f(:\n          ^\nSyntaxError: invalid syntax", Category.SYNTAX_ERROR),
        ("NameError: name 'x' is not defined", Category.TEST_FAILURE),
    ],
)
def test_modules_that_unittest_cannot_load(said: str, category: Category) -> None:
    assert cause("python -m unittest", UNITTEST.format(said=said)).category is category


def test_unittest_for_real(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import unittest\nclass K(unittest.TestCase):\n  def test_b(self):\n    '''Words.'''\n"
        "    self.assertEqual(1, 2)\n  def test_c(self):\n    raise OSError('x')\n"
    )
    for flags in ([], ["-v"], ["-f"]):
        done = subprocess.run(
            [sys.executable, "-m", "unittest", *flags],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        failure = cause("python -m unittest", done.stderr)
        assert ("test_a.K.test_b", 5) in {(d.message, d.line) for d in failure.diagnostics}


@pytest.mark.parametrize(
    ("output", "code", "category", "tool"),
    [
        ("py38: failed with could not find python interpreter x", 1, "configuration_error", "tox"),
        ("ERROR:  py38: InterpreterNotFound: python3.8", 1, "configuration_error", "tox"),
        ("ROOT: HandledError| provided environments not found in configuration file:\nx", 254,
         "configuration_error", "tox"),
        ("ERROR: unknown environment 'lintt'", 1, "configuration_error", "tox"),
        ("a: failed with ls is not allowed, use allowlist_externals to allow it", 1,
         "configuration_error", "tox"),
        ("a: Exception running subprocess [Errno 2] No such file or directory: 'x'", 2,
         "dependency_issue", "shell"),
        ("py: packaging backend failed (code=1), with ValueError: x", 1, "build_error", "tox"),
        ("nox > Sessions not found: lintt", 3, "configuration_error", "nox"),
        ("nox > Session a failed: Python interpreter 3.99 not found.", 1, "configuration_error",
         "nox"),
        ("nox > Program blac not found.\nnox > Session a failed.", 1, "dependency_issue", "shell"),
    ],
)  # fmt: skip
def test_tox_and_nox_themselves(output: str, code: int, category: str, tool: str) -> None:
    failure = cause("run", output, code)
    assert (failure.category, failure.tool) == (category, tool)


def test_the_times_of_tox_are_no_part_of_an_unknown_failure() -> None:
    def ran(seconds: str) -> Failure:
        output = (
            f"own check: it is wrong\n"
            f"a: exit 3 ({seconds} seconds) /srv/a> own pid={seconds[-2:]}\n"
            f"  a: FAIL code 3 ({seconds}=setup[0.5{seconds}]+cmd[{seconds}] seconds)\n"
            f"  evaluation failed :( ({seconds} seconds)"
        )
        return cause("tox", output, 3)

    assert ran("0.57").category is Category.UNKNOWN
    assert ran("0.57").signature == ran("1.21").signature


@pytest.mark.parametrize(
    ("output", "code", "category"),
    [
        ("x.sh: line 1: TOKEN: unbound variable", 1, Category.CONFIGURATION_ERROR),
        ("x.sh: line 2: syntax error: unexpected end of file", 2, Category.SYNTAX_ERROR),
        ("x.sh: line 1: cd: docs: No such file or directory", 1, Category.CONFIGURATION_ERROR),
        ("x.sh: line 1: exec: blackk: not found", 127, Category.DEPENDENCY_ISSUE),
        ("make: blackk: No such file or directory\nmake: *** [Makefile:2: a] Error 127", 2,
         Category.DEPENDENCY_ISSUE),
        ("Makefile:2: *** missing separator.  Stop.", 2, Category.CONFIGURATION_ERROR),
        ("git: 'lfs' is not a git command. See 'git --help'.", 1, Category.DEPENDENCY_ISSUE),
        ("No module named 'pkg_resources'", 1, Category.DEPENDENCY_ISSUE),
    ],
)  # fmt: skip
def test_the_shell(output: str, code: int, category: Category) -> None:
    assert cause("run", output, code).category is category


@pytest.mark.parametrize(
    ("program", "category", "said"),
    [
        ("def f(:\n", Category.SYNTAX_ERROR, None),
        ("import nothing_of_that_name\n", Category.DEPENDENCY_ISSUE, "nothing_of_that_name"),
        ("class Own(Exception): pass\nraise Own('no')\n", Category.UNKNOWN, "Own"),
        ("raise ExceptionGroup('two', [ValueError(1)])\n", Category.UNKNOWN, "ExceptionGroup"),
        ("import os\nos.environ['NOT_SET_AT_ALL']\n", Category.CONFIGURATION_ERROR, "KeyError"),
        ("assert 1 == 2\n", Category.TEST_FAILURE, "AssertionError"),
    ],
)
def test_a_script_that_ends_in_a_traceback(
    program: str, category: Category, said: str | None, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "a.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    failure = cause("python a.py", done.stderr, done.returncode)
    assert failure.category is category
    if said is not None:
        assert failure.diagnostics[0].code == said


def test_the_innermost_frame_of_the_project_is_the_place() -> None:
    output = (
        'Traceback (most recent call last):\n  File "/home/runner/work/a/a/run.py", line 3, in'
        ' <module>\n    go()\n  File "/home/runner/work/a/a/pkg/b.py", line 7, in go\n    x\n'
        '  File "/usr/lib/python3.12/json/decoder.py", line 355, in decode\n    y\n'
        "json.decoder.JSONDecodeError: Expecting value"
    )
    (found,) = cause("python run.py", output).diagnostics
    assert (found.file, found.line, found.code) == ("pkg/b.py", 7, "JSONDecodeError")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_for_real(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("a:\n\tno-such-program-here\n")
    done = subprocess.run(
        ["make", "a"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    failure = cause("make a", done.stdout + done.stderr, done.returncode)
    assert (failure.category, failure.tool) == (Category.DEPENDENCY_ISSUE, "shell")
