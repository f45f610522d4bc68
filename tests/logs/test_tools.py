"""What is read from the tools' outputs, in the shapes that their versions print."""

from __future__ import annotations

import pytest

from regreen.logs import classify
from regreen.model import AutoFixable, Category, Failure

RUFF_SHAPES = {
    "old": (
        "pkg/a.py:1:8: F401 `os` imported but unused\nFound 1 error(s).\n"
        "1 potentially fixable with the --fix option."
    ),
    "concise": (
        "pkg/a.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.\n"
        "[*] 1 fixable with the `--fix` option."
    ),
    "grouped": (
        "pkg/a.py:\n  1:8 F401 [*] `os` imported but unused\n\nFound 1 error.\n"
        "[*] 1 fixable with the `--fix` option."
    ),
    "full": (
        "F401 [*] `os` imported but unused\n --> pkg/a.py:1:8\n  |\n1 | import os\n"
        "  |        ^^\n  |\nhelp: Remove unused import: `os`\n\nFound 1 error.\n"
        "[*] 1 fixable with the `--fix` option."
    ),
    "framed below": (
        "pkg/a.py:1:8: F401 [*] `os` imported but unused\n  |\n1 | import os\n"
        "  |        ^^ F401\n  |\n  = help: Remove unused import: `os`\n\nFound 1 error."
    ),
    "github": (
        "::error title=Ruff (F401),file=/home/runner/work/demo/demo/pkg/a.py,line=1,col=8,"
        "endLine=1,endColumn=10::pkg/a.py:1:8: F401 `os` imported but unused"
    ),
    "json": (
        '[\n  {\n    "cell": null,\n    "code": "F401",\n    "end_location": {"column": 10,'
        ' "row": 1},\n    "filename": "/home/runner/work/demo/demo/pkg/a.py",\n    "fix": {'
        '"applicability": "safe"},\n    "location": {"column": 8, "row": 1},\n'
        '    "message": "`os` imported but unused",\n    "noqa_row": 1\n  }\n]'
    ),
    "gitlab": (
        '[\n  {\n    "check_name": "F401",\n    "description": "F401: `os` imported but'
        ' unused",\n    "fingerprint": "ab12",\n    "location": {"path": "pkg/a.py"}\n  }\n]'
    ),
}


@pytest.mark.parametrize("shape", RUFF_SHAPES)
def test_ruff_says_the_same_in_every_format(shape: str) -> None:
    (failure,) = classify("ruff check .", None, RUFF_SHAPES[shape], 1)
    assert failure.tool == "ruff"
    assert failure.signature.items == {("pkg/a.py", "F401", "`os` imported but unused")}


def test_ruff_syntax_error_comes_before_style() -> None:
    output = (
        "pkg/a.py:1:7: invalid-syntax: Expected a parameter\n"
        "pkg/b.py:1:8: F401 [*] `os` imported but unused\nFound 2 errors."
    )
    first, second = classify("ruff check .", None, output, 1)
    assert first.category is Category.SYNTAX_ERROR
    assert first.files == ("pkg/a.py",)
    assert second.category is Category.LINTING_ERROR


@pytest.mark.parametrize(
    ("script", "output", "tool"),
    [
        (None, "a.py:1:1: F401 'os' imported but unused", "flake8"),
        (None, "a.py:1:1: F401 `os` imported but unused", "ruff"),
        ("tox -e lint", "a.py:1:80: E501 line too long (94 > 79 characters)", "flake8"),
        ("flake8", "a.py:1:1: D100 Missing docstring in public module", "flake8"),
        ("pycodestyle .", "a.py:1:80: E501 line too long (94 > 79 characters)", "pycodestyle"),
    ],
)
def test_who_printed_a_lint_line(script: str | None, output: str, tool: str) -> None:
    assert classify(script, None, output, 1)[0].tool == tool


def test_pylint_is_not_taken_for_flake8() -> None:
    output = (
        "a/b.py:2:0: C0301: Line too long (117/100) (line-too-long)\n\n"
        "Your code has been rated at 1/10"
    )
    (failure,) = classify("pylint a", None, output, 16)
    assert failure.tool == "pylint"
    assert failure.signature.items == {("a/b.py", "C0301", "Line too long (117/100)")}


def test_mypy_messages_wrapped_by_pretty_are_joined() -> None:
    output = (
        'a.py:10:12: error: Non-overlapping equality check (left operand type: "int",\n'
        'right operand type: "str")  [comparison-overlap]\n    assert 1 == ""\n'
        "           ^~~~~~~\nFound 1 error in 1 file (checked 1 source file)"
    )
    (failure,) = classify("mypy --pretty a.py", None, output, 1)
    ((file, code, message),) = failure.signature.items
    assert (file, code) == ("a.py", "comparison-overlap")
    assert message.endswith('right operand type: "str")')


PYTEST = (
    "=================================== FAILURES ===================================\n"
    "___________________________________ test_bad ___________________________________\n"
    "\n    def test_bad():\n>       assert 1 == 2\nE       assert 1 == 2\n\n"
    "tests/test_a.py:10: AssertionError\n"
)


@pytest.mark.parametrize(
    "output",
    [
        PYTEST + "=== short test summary info ===\n"
        "FAILED tests/test_a.py::test_bad - assert 1 == 2\n=== 1 failed, 3 passed in 0.02s ===",
        (
            "tests/test_a.py::test_ok PASSED   [ 50%]\n"
            "tests/test_a.py::test_bad FAILED  [100%]\n1 failed, 1 passed in 0.02s"
        ),
        "[gw1] [ 50%] FAILED tests/test_a.py::test_bad \n=== 1 failed, 1 passed in 3.02s ===",
        PYTEST + "=========================== 1 failed, 3 passed in 0.02 seconds ==========",
    ],
    ids=["summary", "verbose", "xdist", "headings"],
)
def test_pytest_names_the_failed_test(output: str) -> None:
    (failure,) = classify("pytest", None, output, 1)
    assert failure.category is Category.TEST_FAILURE
    assert failure.signature.items == {("tests/test_a.py", None, "test_bad")}


COLLECTION = (
    "==================================== ERRORS ====================================\n"
    "____________________ ERROR collecting tests/test_m.py ____________________\n"
    "ImportError while importing test module '/home/runner/work/demo/demo/tests/test_m.py'.\n"
    "tests/test_m.py:1: in <module>\n    import {module}\n"
    "E   ModuleNotFoundError: No module named '{module}'\n"
    "=========================== short test summary info ============================\n"
    "ERROR tests/test_m.py\n!!!! Interrupted: 1 error during collection !!!!\n1 error in 0.05s"
)


def test_a_module_missing_while_collecting_is_a_dependency() -> None:
    (failure,) = classify("pytest", None, COLLECTION.format(module="yaml"), 2)
    assert failure.category is Category.DEPENDENCY_ISSUE
    assert failure.auto_fixable is AutoFixable.PARTIAL
    assert [d.code for d in failure.diagnostics] == ["yaml"]


def test_a_module_of_the_project_itself_is_not_a_dependency() -> None:
    output = COLLECTION.format(module="demo.gone").replace(
        "E   Mod", "demo/__init__.py:3: in <module>\n    import demo.gone\nE   Mod"
    )
    assert classify("pytest", None, output, 2)[0].category is Category.TEST_FAILURE


def test_missing_modules_do_not_hide_failed_tests() -> None:
    output = (
        "E   ModuleNotFoundError: No module named 'yaml'\nFAILED tests/test_a.py::test_b - x\n"
        "ERROR tests/test_c.py::test_d - y\n=== 4 failed, 2 passed, 1 error in 0.02s ==="
    )
    assert classify("pytest", None, output, 1)[0].category is Category.TEST_FAILURE


@pytest.mark.parametrize(
    "error",
    [
        "ImportError: cannot import name 'ParamSpec' from 'typing' (/usr/lib/python3.8/typing.py)",
        "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'",
        "TypeError: 'type' object is not subscriptable",
        "SyntaxError: invalid syntax",
    ],
)
def test_code_for_a_newer_python_is_a_syntax_error(error: str) -> None:
    output = COLLECTION.format(module="x").replace(
        "ModuleNotFoundError: No module named 'x'", error
    )
    assert classify("pytest", None, output, 2)[0].category is Category.SYNTAX_ERROR


def test_checkers_that_run_as_tests_keep_their_category() -> None:
    output = (
        'a.py:3: error: Name "x" is not defined  [name-defined]\n'
        "FAILED a.py::mypy\nFAILED a.py::mypy-status\n=== 2 failed in 0.02s ==="
    )
    assert classify("pytest --mypy", None, output, 1)[0].category is Category.TYPE_ERROR


def test_fixers_of_pre_commit_run_as_programs() -> None:
    output = "Fixing src/a.py\nFixing docs/b.md"
    (failure,) = classify("git ls-files | xargs end-of-file-fixer", None, output, 1)
    assert failure.files == ("src/a.py", "docs/b.md")
    assert failure.auto_fixable is AutoFixable.YES


def test_uv_says_what_cannot_be_resolved() -> None:
    def wanted(package: str) -> Failure:
        output = (
            "  \u00d7 No solution found when resolving dependencies:\n"
            f"  \u2570\u2500\u25b6 Because {package} was not found in the package registry and\n"
            f"      you require {package}, the requirements are unsatisfiable.\n"
        )
        return classify("uv sync", None, output, 1)[0]

    assert wanted("a").category is Category.DEPENDENCY_ISSUE
    assert wanted("a").signature != wanted("b").signature


def test_unittest_names_are_the_same_on_every_python() -> None:
    def failed(where: str) -> Failure:
        output = f"FAIL: test_u ({where})\n----\nRan 2 tests in 0.001s\n\nFAILED (failures=1)"
        return classify("python -m unittest", None, output, 1)[0]

    assert failed("tests.t.K").signature == failed("tests.t.K.test_u").signature


PRE_COMMIT = """\
black....................................................................Failed
- hook id: black
- files were modified by this hook

reformatted pkg/a.py

All done!
1 file reformatted.

mypy.....................................................................Failed
- hook id: mypy
- exit code: 1

pkg/b.py:3: error: Name "x" is not defined  [name-defined]
Found 1 error in 1 file (checked 2 source files)

trim trailing whitespace.................................................Failed
- hook id: trailing-whitespace
- exit code: 1
- files were modified by this hook

Fixing docs/a.md

check docs...............................................................Passed
own check................................................................Failed
- hook id: own
- duration: 0.1s
- exit code: 1

something is wrong
pre-commit hook(s) made changes.
If you are seeing this message in CI, reproduce locally with: `pre-commit run --all-files`.
All changes made by hooks:
diff --git a/pkg/a.py b/pkg/a.py
--- a/pkg/a.py
+++ b/pkg/a.py
@@ -1 +1 @@
-raise SyntaxError: no
+ModuleNotFoundError: No module named 'yaml'
"""


def test_pre_commit_hooks_are_told_apart_and_the_diff_is_no_output() -> None:
    failures = classify("pre-commit run --all-files", None, PRE_COMMIT, 1)
    by_tool = {failure.tool: failure for failure in failures}
    assert set(by_tool) == {"black", "mypy", "trailing-whitespace", "own"}
    assert failures[0].tool == "mypy"
    assert by_tool["black"].files == ("pkg/a.py",)
    assert by_tool["black"].auto_fixable is AutoFixable.YES
    assert by_tool["trailing-whitespace"].files == ("docs/a.md",)
    assert by_tool["own"].diagnostics[0].message == "something is wrong"


def test_a_wrapper_leaves_the_verdict_to_the_tool_inside() -> None:
    output = (
        "nox > Running session lint\nnox > black --check .\nwould reformat a.py\n\nOh no! \n"
        "1 file would be reformatted.\nnox > Command black --check . failed with exit code 1\n"
        "nox > Session lint failed."
    )
    assert [f.tool for f in classify("nox", None, output, 1)] == ["black"]


def test_a_retry_warning_does_not_outrank_the_formatter() -> None:
    output = (
        "WARNING: Retrying (Retry(total=3)) after connection broken by 'ReadTimeoutError': "
        "Connection timed out\nwould reformat a.py\n\nOh no! \n1 file would be reformatted."
    )
    assert classify("pip install black\nblack --check .", None, output, 1)[0].tool == "black"


def test_an_index_out_of_reach_is_a_network_error() -> None:
    output = (
        "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by\n"
        "ERROR: Could not find a version that satisfies the requirement a (from versions: none)\n"
        "ERROR: No matching distribution found for a"
    )
    assert classify("pip install a", None, output, 1)[0].category is Category.NETWORK_ERROR


@pytest.mark.parametrize(
    ("output", "code", "category"),
    [
        ("x.sh: line 1: black: command not found", 127, Category.DEPENDENCY_ISSUE),
        ("working", 137, Category.RESOURCE_EXHAUSTION),
        ("working", 124, Category.TIMEOUT),
        ("fatal: detected dubious ownership in repository", 128, Category.CONFIGURATION_ERROR),
        ("curl: (6) Could not resolve host: example.org", 6, Category.NETWORK_ERROR),
        ("cp: cannot create a: Permission denied", 1, Category.PERMISSION_ERROR),
        ("OSError: [Errno 28] No space left on device", 1, Category.RESOURCE_EXHAUSTION),
        ("FAIL Required test coverage of 99% not reached. Total: 60%", 1, Category.TEST_FAILURE),
        ("error: unexpected argument '--format' found", 2, Category.CONFIGURATION_ERROR),
    ],
)
def test_circumstances(output: str, code: int, category: Category) -> None:
    assert classify("run", None, output, code)[0].category is category


def test_what_no_rule_knows_is_unknown_with_the_last_words() -> None:
    (failure,) = classify("./own-tool", None, "reading\nthe moon is wrong\n", 3)
    assert failure.category is Category.UNKNOWN
    assert failure.confidence < 0.5
    assert failure.evidence[-1].text == "the moon is wrong"


@pytest.mark.parametrize("output", ["", "\n\n", " "])
def test_a_failed_step_without_output_is_still_a_failure(output: str) -> None:
    (failure,) = classify("exit 3", None, output, 3)
    assert failure.category is Category.UNKNOWN
    assert failure.signature.items


def test_a_green_step_has_no_failure() -> None:
    assert classify("black --check .", None, "would reformat a.py", 0) == ()
