"""Python's formatters, linters, type checkers, documentation and security tools, as they print."""

from __future__ import annotations

import json

import pytest

from regreen.logs import classify
from regreen.logs.commands import forgiven
from regreen.model import AutoFixable, Category, Failure

WORK = "/home/runner/work/demo/demo"


def first(script: str | None, output: str, code: int = 1) -> Failure:
    return classify(script, None, output, code)[0]


@pytest.mark.parametrize(
    ("script", "output", "tool"),
    [
        (
            "black --check .",
            "Oh no! The required version `1.2` does not match the running version `24.4.2`!",
            "black",
        ),
        (
            "black --config a.toml .",
            "Error: Could not open file 'a.toml': Error reading configuration file: Expected ']'",
            "black",
        ),
        (
            "black src",
            (
                "Usage: black [OPTIONS] SRC ...\nTry 'black -h' for help.\n\n"
                "Error: Invalid value for 'SRC ...': Path 'src' does not exist."
            ),
            "black",
        ),
        (
            "black --check .",
            "error: cannot format a.py: INTERNAL ERROR: Black produced different code\n\nOh no! ",
            "black",
        ),
        ("isort -c src", "Broken 1 paths", "isort"),
        (
            "isort -c .",
            (
                'Traceback (most recent call last):\n  File "/venv/bin/isort", line 8, in <module>'
                "\n"
                "    sys.exit(main())\nisort.exceptions.ProfileDoesNotExist: Specified profile of x"
            ),
            "isort",
        ),
        (
            "ruff check .",
            (
                "ruff failed\n  Cause: Failed to parse pyproject.toml\n"
                "  Cause: TOML parse error at line 3, column 1\n  |\n3 | selec = []\n  | ^^^^^\n"
                "unknown field `selec`"
            ),
            "ruff",
        ),
        (
            "ruff src",
            (
                "error: unrecognized subcommand 'src'\n\nUsage: ruff [OPTIONS] <COMMAND>\n\n"
                "For more information, try '--help'."
            ),
            "ruff",
        ),
        ("ruff check no.py", "E902 No such file or directory (os error 2)\n--> no.py:1:1", "ruff"),
        (
            "flake8",
            "There was a critical error during execution of Flake8:\nplugins were not installed!",
            "flake8",
        ),
        (
            "flake8",
            (
                'Traceback (most recent call last):\n  File "/venv/bin/flake8", line 8, in <module>'
                "\n"
                "    sys.exit(main())\nValueError: Error code '#' supplied to 'ignore' option"
            ),
            "flake8",
        ),
        ("pylint x", "************* Module x\nx:1:0: F0001: No module named x (fatal)", "pylint"),
        (
            "pylint x",
            "usage: pylint [options]\npylint: error: Unrecognized option found: x",
            "pylint",
        ),
        ("mypy", "usage: mypy [-h]\nmypy: error: Missing target module, or command.", "mypy"),
        ("mypy no.py", "mypy: can't read file 'no.py': No such file or directory", "mypy"),
        (
            "mypy .",
            (
                'b/m.py: error: Duplicate module named "m" (also at "./a/m.py")\n'
                "Found 1 error in 1 file (errors prevented further checking)"
            ),
            "mypy",
        ),
        (
            "mypy .",
            (
                "b.py:2: error: INTERNAL ERROR -- Please try using mypy master on GitHub:\n"
                "https://example.org\nversion: 1.8.0\nb.py:2: : note: please use --show-traceback"
            ),
            "mypy",
        ),
        ("pyright", "No source files found.", "pyright"),
        ("ty check x", "error[io]: `x`: No such file or directory\n\nFound 1 diagnostic", "ty"),
        ("bandit -c x.yaml -r .", "[main]\tERROR\tx.yaml : Could not read config file.", "bandit"),
        ("yapf -d .", 'yapf: "nothere" is not a valid style or file path', "yapf"),
        ("mkdocs build", "Error: Config file 'mkdocs.yml' does not exist.", "mkdocs"),
        (
            "sphinx-build docs out",
            "Configuration error:\nconfig directory doesn't contain a conf.py file (docs)",
            "sphinx",
        ),
    ],
)
def test_a_tool_that_could_not_work_is_a_matter_of_configuration(
    script: str, output: str, tool: str
) -> None:
    failure = first(script, output, 2)
    assert (failure.category, failure.tool) == (Category.CONFIGURATION_ERROR, tool)
    assert failure.auto_fixable is AutoFixable.NO


@pytest.mark.parametrize(
    ("script", "output", "tool", "place"),
    [
        (
            "black --check .",
            f"error: cannot parse: {WORK}/a.py:1:6\n    def f(:\n         ^\nParseError: bad\n",
            "black",
            ("a.py", 1, 6),
        ),
        (
            "ruff format --check .",
            (
                "error: Failed to parse a.py:1:7: Expected a parameter\nWould reformat: b.py\n"
                "1 file would be reformatted, 2 files already formatted"
            ),
            "ruff-format",
            ("a.py", 1, 7),
        ),
        (
            "ruff check .",
            "invalid-syntax: Expected a parameter\n --> a.py:1:7\n  |\n\nFound 1 error.",
            "ruff",
            ("a.py", 1, 7),
        ),
        ("python -m pyflakes .", "a.py:1:7: invalid syntax\ndef f(:\n", "pyflakes", ("a.py", 1, 7)),
        ("pycodestyle .", "a.py:3:1: E901 TokenError: EOF", "pycodestyle", ("a.py", 3, 1)),
        ("yapf -d .", "yapf: a.py:1:7: invalid syntax", "yapf", ("a.py", 1, 7)),
        (
            "mypy .",
            (
                "a.py:1: error: Expected `)`, found newline  [syntax]\n"
                "Found 1 error in 1 file (errors prevented further checking)"
            ),
            "mypy",
            ("a.py", 1, None),
        ),
        (
            "pyright",
            (
                f'{WORK}/a.py\n  {WORK}/a.py:1:6 - error: "(" was not closed\n'
                "1 error, 0 warnings, 0 informations"
            ),
            "pyright",
            ("a.py", 1, 6),
        ),
        (
            "ty check",
            "error[invalid-syntax]: Expected `)`\n --> a.py:1:8\n\nFound 1 diagnostic",
            "ty",
            ("a.py", 1, 8),
        ),
    ],
)
def test_a_file_that_does_not_parse_is_a_syntax_error(
    script: str, output: str, tool: str, place: tuple[str, int, int | None]
) -> None:
    failure = first(script, output)
    assert (failure.category, failure.tool) == (Category.SYNTAX_ERROR, tool)
    one = failure.diagnostics[0]
    assert (one.file, one.line, one.column) == place


RUFF_ROW = {
    "cell": None,
    "code": "F401",
    "end_location": {"column": 10, "row": 1},
    "filename": f"{WORK}/pkg/a.py",
    "fix": None,
    "location": {"column": 8, "row": 1},
    "message": "`os` imported but unused",
    "noqa_row": 1,
}
MACHINE = {
    "ruff list": ("ruff check", json.dumps([RUFF_ROW], indent=2), "ruff"),
    "ruff lines": ("ruff check", json.dumps(RUFF_ROW), "ruff"),
    "ruff junit": (
        "ruff check",
        (
            f'    <testcase name="org.ruff.F401" classname="{WORK}/pkg/a" line="1" column="8">\n'
            '      <failure message="`os` imported but unused">line 1'
        ),
        "ruff",
    ),
    "ruff azure": (
        "ruff check",
        (
            f"##vso[task.logissue type=error;sourcepath={WORK}/pkg/a.py;linenumber=1;"
            "columnnumber=8;code=F401;]`os` imported but unused"
        ),
        "ruff",
    ),
    "ruff sarif": (
        "ruff check",
        json.dumps(
            {
                "version": "2.1.0",
                "runs": [
                    {
                        "tool": {"driver": {"name": "ruff"}},
                        "results": [
                            {
                                "ruleId": "F401",
                                "level": "error",
                                "message": {"text": "`os` imported but unused"},
                                "locations": [
                                    {
                                        "physicalLocation": {
                                            "artifactLocation": {"uri": f"file://{WORK}/pkg/a.py"},
                                            "region": {"startLine": 1, "startColumn": 8},
                                        }
                                    }
                                ],
                            }
                        ],
                    }
                ],
            },
            indent=1,
        ),
        "ruff",
    ),
    "pylint": (
        "pylint pkg",
        json.dumps(
            [
                {
                    "type": "warning",
                    "line": 1,
                    "column": 8,
                    "path": "pkg/a.py",
                    "message": "`os` imported but unused",
                    "message-id": "F401",
                }
            ]
        ),
        "pylint",
    ),
}


@pytest.mark.parametrize("shape", MACHINE)
def test_machine_shapes_say_the_same_as_the_text(shape: str) -> None:
    script, output, tool = MACHINE[shape]
    failure = first(script, output)
    assert (failure.category, failure.tool) == (Category.LINTING_ERROR, tool)
    (one,) = failure.diagnostics
    assert (one.file, one.line, one.column) == ("pkg/a.py", 1, 8)
    assert (one.code, one.message) == ("F401", "`os` imported but unused")


def test_type_checkers_machine_shapes() -> None:
    row = {
        "file": "pkg/a.py",
        "line": 4,
        "column": 7,
        "message": "no",
        "hint": None,
        "code": "misc",
        "severity": "error",
    }
    mypy = first("mypy --output json .", json.dumps(row))
    document = {
        "generalDiagnostics": [
            {
                "file": f"{WORK}/pkg/a.py",
                "severity": "error",
                "message": "no\n  because",
                "range": {"start": {"line": 3, "character": 7}},
                "rule": "misc",
            }
        ]
    }
    pyright = first("pyright --outputjson", json.dumps(document, indent=4))
    assert (mypy.tool, pyright.tool) == ("mypy", "pyright")
    assert mypy.category is pyright.category is Category.TYPE_ERROR
    assert mypy.diagnostics == pyright.diagnostics
    assert (mypy.diagnostics[0].line, mypy.diagnostics[0].column) == (4, 8)


@pytest.mark.parametrize(
    ("script", "output", "tool", "found"),
    [
        ("flake8 -q .", "a.py\nb.py", "flake8", ("a.py", None, None)),
        (
            "pydocstyle .",
            "a.py:1 at module level:\n        D100: Missing docstring in public module",
            "pydocstyle",
            ("a.py", 1, "D100"),
        ),
        ("pyflakes .", "a.py:2:1: 'os' imported but unused", "pyflakes", ("a.py", 2, None)),
        (
            "pylint --output-format=msvs .",
            "a.py(3): [C0301(line-too-long)] Line too long",
            "pylint",
            ("a.py", 3, "C0301"),
        ),
        ("vulture .", "a.py:2: unused import 'os' (90% confidence)", "vulture", ("a.py", 2, None)),
        ("interrogate .", "RESULT: FAILED (minimum: 80.0%, actual: 9.0%)", "interrogate", None),
        ("typos", "error: `teh` should be `the`\n  --> a.md:3:9", "typos", ("a.md", 3, None)),
        ("autopep8 -d --exit-code .", "--- original/a.py\n+++ fixed/a.py\n@@\n+x = 1", "autopep8",
         ("a.py", None, None)),
        ("black --check --diff -q .", ("--- a.py\t2024-05-01 10:00:00.123456+00:00\n"
         "+++ a.py\t2024-05-01 10:00:01.123456+00:00"), "black", ("a.py", None, None)),
    ],
)  # fmt: skip
def test_what_a_linter_found(
    script: str, output: str, tool: str, found: tuple[str, int | None, str | None] | None
) -> None:
    failure = first(script, output)
    assert (failure.category, failure.tool) == (Category.LINTING_ERROR, tool)
    if found is not None:
        assert found in [(d.file, d.line, d.code) for d in failure.diagnostics]


@pytest.mark.parametrize(
    ("script", "output", "tool", "code"),
    [
        (
            "pyright",
            (
                f"  {WORK}/a.py:5:12 - error: Type is not assignable\n"
                '    "int" is not assignable to "str" (reportReturnType)\n'
                "1 error, 0 warnings, 0 notes"
            ),
            "basedpyright",
            "reportReturnType",
        ),
        (
            "basedpyright",
            (
                f"  {WORK}/a.py:5:12 - warning: Unused (reportUnusedImport)\n"
                "0 errors, 1 warning, 0 notes"
            ),
            "basedpyright",
            "reportUnusedImport",
        ),
        (
            "ty check --output-format concise",
            "a.py:5:12: error[invalid-return-type] no\nFound 1 diagnostic",
            "ty",
            "invalid-return-type",
        ),
        (
            "ty check --output-format github",
            f"::error title=ty (x),file={WORK}/a.py::a.py:5:12: invalid-return-type: no",
            "ty",
            "invalid-return-type",
        ),
        (
            "pyrefly check",
            "ERROR Cannot find module `x` [missing-import]\n --> a.py:5:12\n  |\n INFO 1 error",
            "pyrefly",
            "missing-import",
        ),
        ("pyre check", "a.py:5:12 Incompatible return type [7]: Expected `int`.", "pyre", "7"),
    ],
)
def test_type_checkers(script: str, output: str, tool: str, code: str) -> None:
    failure = first(script, output)
    assert (failure.category, failure.tool) == (Category.TYPE_ERROR, tool)
    (one,) = failure.diagnostics
    assert (one.file, one.line, one.column, one.code) == ("a.py", 5, 12, code)


def test_a_plugin_of_mypy_that_is_not_installed_is_a_dependency() -> None:
    output = (
        "pyproject.toml:2: error: Error importing plugin \"x\": No module named 'x'  [misc]\n"
        "Found 1 error in 1 file (errors prevented further checking)"
    )
    assert first("mypy .", output, 2).category is Category.DEPENDENCY_ISSUE


def test_an_unused_ignore_can_be_taken_away() -> None:
    output = (
        'a.py:3: error: Unused "type: ignore" comment  [unused-ignore]\n'
        "Found 1 error in 1 file (checked 2 source files)"
    )
    assert first("mypy .", output).auto_fixable is AutoFixable.PARTIAL


@pytest.mark.parametrize(
    ("output", "category", "tool"),
    [
        (
            "Extension error:\nCould not import extension x (exception: No module named 'x')",
            Category.DEPENDENCY_ISSUE,
            "sphinx",
        ),
        (
            (
                "Extension error!\n\nVersions\n========\n\n* Python version:   3.11.7\n\n"
                'Traceback\n=========\n\n      File "/venv/sphinx/registry.py", line 5, in load\n'
                "    sphinx.errors.ExtensionError: Could not import extension x (exception: No "
                "module named 'x')\n\n\nThe full traceback has been saved in:\n/tmp/err-1.log"
            ),
            Category.DEPENDENCY_ISSUE,
            "sphinx",
        ),
        ("Theme error:\nno theme named 'x' found", Category.DEPENDENCY_ISSUE, "sphinx"),
        (
            "Configuration error:\nThere is a syntax error in your configuration file: invalid",
            Category.SYNTAX_ERROR,
            "sphinx",
        ),
        (
            "Warning, treated as error:\n/work/docs/index.rst:4:Unknown directive type",
            Category.BUILD_ERROR,
            "sphinx",
        ),
        (
            "docs/a.rst:4: WARNING: no [ref.ref]\nbuild finished with problems, 1 warning.",
            Category.BUILD_ERROR,
            "sphinx",
        ),
        (
            (
                'File "index.rst", line 9, in default\nFailed example:\n    1 + 1\n'
                "    1 failure in tests\nbuild finished with problems, 1 warning."
            ),
            Category.TEST_FAILURE,
            "sphinx-doctest",
        ),
        (
            (
                "(           a: line   11) broken    http://example.org/x - 404 Client Error\n"
                "build finished with problems."
            ),
            Category.BUILD_ERROR,
            "sphinx-linkcheck",
        ),
        (
            "(           a: line   11) broken    http://example.org/x - Max retries exceeded",
            Category.NETWORK_ERROR,
            "sphinx-linkcheck",
        ),
        (
            (
                "ERROR   -  Config value 'plugins': The \"x\" plugin is not installed\n\n"
                "Aborted with a configuration error!"
            ),
            Category.DEPENDENCY_ISSUE,
            "mkdocs",
        ),
    ],
)
def test_documentation(output: str, category: Category, tool: str) -> None:
    failure = first("make docs", output, 2)
    assert (failure.category, failure.tool) == (category, tool)


def test_warnings_of_a_build_that_succeeded_are_no_failure() -> None:
    output = "docs/a.rst:4: WARNING: no\nbuild succeeded, 1 warning.\nthe moon is wrong"
    assert first("make docs", output).category is Category.UNKNOWN


@pytest.mark.parametrize(
    ("output", "tool"),
    [
        ("Found 2 known vulnerabilities in 1 package", "pip-audit"),
        ("-> Vulnerability found in flask version 0.5\n   Vulnerability ID: 1", "safety"),
        ("pkg/a.py:15: B307[bandit]: MEDIUM: Use of eval", "bandit"),
        ("ERROR: Potential secrets about to be committed to git repo!", "detect-secrets"),
        ("Ran 210 rules on 14 files: 3 findings.", "semgrep"),
        ("8:01AM WRN leaks found: 2", "gitleaks"),
        (
            json.dumps(
                {
                    "metrics": {},
                    "results": [{"test_id": "B307", "filename": "a.py", "line_number": 3}],
                }
            ),
            "bandit",
        ),
    ],
)
def test_scanners(output: str, tool: str) -> None:
    failure = first("make scan", output)
    assert (failure.category, failure.tool) == (Category.SECURITY_SCAN, tool)


def pre_commit(hook: str, said: str, *details: str) -> str:
    lines = [f"{hook}{'.' * 20}Failed", f"- hook id: {hook}", *details, "", said, ""]
    return "\n".join(lines)


CRASHED = 'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\nKeyError: 1'


@pytest.mark.parametrize(
    ("output", "category", "tool"),
    [
        (pre_commit("own", "Executable `own` not found"), Category.DEPENDENCY_ISSUE, "own"),
        (pre_commit("own", CRASHED), Category.UNKNOWN, "own"),
        (pre_commit("black", "  would reformat a.py\n  Oh no! "), Category.LINTING_ERROR, "black"),
        (
            pre_commit("x", "", "- files were modified by this hook"),
            Category.LINTING_ERROR,
            "x",
        ),
        (
            (
                "An error has occurred: InvalidConfigError: \n==> File .pre-commit-config.yaml\n"
                "=====> Missing required key: name\nCheck the log at pre-commit.log"
            ),
            Category.CONFIGURATION_ERROR,
            "pre-commit",
        ),
        (
            (
                "[INFO] Installing environment for local.\nAn unexpected error has occurred: "
                "CalledProcessError: command: ('python', '-mpip', 'install', '.', 'x==9')\n"
                "return code: 1\nstderr:\n    ERROR: No matching distribution found for x==9\n"
                "Check the log at pre-commit.log"
            ),
            Category.DEPENDENCY_ISSUE,
            "pre-commit",
        ),
        (
            (
                "An unexpected error has occurred: CalledProcessError: command: ('git', 'fetch')\n"
                "return code: 128\nstderr:\n    fatal: unable to access 'https://example.org/a/': "
                "Could not resolve host: example.org\nCheck the log at pre-commit.log"
            ),
            Category.NETWORK_ERROR,
            "pre-commit",
        ),
        (
            (
                "An unexpected error has occurred: CalledProcessError: command: ('git', 'co')\n"
                "stderr:\n    error: pathspec 'v9' did not match any file(s) known to git"
            ),
            Category.CONFIGURATION_ERROR,
            "pre-commit",
        ),
        (
            "[ERROR] `x` is not present in repository https://example.org/a.  Typo?",
            Category.CONFIGURATION_ERROR,
            "pre-commit",
        ),
    ],
)
def test_pre_commit(output: str, category: Category, tool: str) -> None:
    failure = first("pre-commit run --all-files", output)
    assert (failure.category, failure.tool) == (category, tool)


def test_a_verbose_hook_that_passed_says_nothing() -> None:
    output = (
        "ok..........Passed\n- hook id: ok\n- duration: 0.1s\n\nwould reformat x.py\n"
        + pre_commit("black", "would reformat a.py")
    )
    (failure,) = classify("pre-commit run -av", None, output, 1)
    assert failure.files == ("a.py",)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("ruff check --exit-zero .\nmake x", "a.py:1:8: F401 `os` imported but unused"),
        ("pylint --fail-under=2 a.py\nmake x", ("a.py:1:0: C0114: Missing (x)\n\n"
         "Your code has been rated at 2.50/10")),
        ("ruff check --fix .\nmake x", "Found 2 errors (2 fixed, 0 remaining)."),
        ("black --diff .\nmake x", "would reformat a.py\n1 file would be reformatted."),
        ("isort --diff .\nmake x", "--- a.py:before\n+++ a.py:after"),
        ("flake8 . || true\nmake x", "a.py:1:1: F401 'os' imported but unused"),
    ],
)  # fmt: skip
def test_a_command_that_cannot_fail_is_not_the_cause(script: str, output: str) -> None:
    assert first(script, output + "\nthe moon is wrong", 3).category is Category.UNKNOWN


def test_only_a_command_without_a_way_to_fail_is_forgiven() -> None:
    assert forgiven("black --diff .", ["black"]) == {"black"}
    assert forgiven("black --diff --check .", ["black"]) == frozenset()
    assert forgiven("black . || (echo no; exit 1)", ["black"]) == frozenset()
    assert forgiven("black . || echo no && exit 1", ["black"]) == frozenset()
    assert forgiven("flake8 --select=E9 .\nflake8 --exit-zero .", ["flake8"]) == frozenset()
    assert forgiven(None, ["black"]) == frozenset()


@pytest.mark.parametrize(
    "output",
    [
        "12:00 INFO 3 errors were retried",
        " INFO 3 errors",
        "Configuration: Debug",
        "openssl 3.0.1 CVE-2024-1 was mended in this release",
        "An error has occurred: Gone: see above",
        "error: git.lfs is not there",
        "0 vulnerabilities were reported",
    ],
)
def test_words_of_other_programs_are_not_theirs(output: str) -> None:
    assert first("./own", output + "\nbye").category is Category.UNKNOWN
