"""Who can mend a failure is said as it is: held against the fixers themselves."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from regreen.deliver.account import account
from regreen.deliver.remedies import (
    COMMANDS,
    FIXERS,
    FLAKE8_CODES,
    PYLINT_CODES,
    TAKEN_UP,
    may_pass_again,
    regreen_tries,
)
from regreen.deliver.remedies import menders as menders_said
from regreen.fixers import building, security, syntax, types
from regreen.fixers import lint as linting
from regreen.fixers.lint import menders, rufftable
from regreen.fixers.order import BUILT_IN as REGISTRY
from regreen.model import AutoFixable, Category, Diagnostic, Failure
from tests.deliver.test_account import failed
from tests.fixers.support import context

PARTIAL, YES = AutoFixable.PARTIAL, AutoFixable.YES
LINT, NETWORK = Category.LINTING_ERROR, Category.NETWORK_ERROR
SOURCE = "import os\n"
CODES = MappingProxyType(
    {
        "bare except": "E722",
        "unused global": "F824",
        "redefinition": "F811",
        "long lines": "E501",
        "late imports": "E402",
        "undefined names": "F821",
        "raise from": "B904",
        "autopep8 for pycodestyle": "E128",
        "docstring style": "D103",
    }
)
PYLINT = MappingProxyType(
    {
        "unused global": "W0602",
        "redefinition": "E0102",
        "long lines": "C0301",
        "late imports": "C0413",
        "undefined names": "E0602",
        "raise from": "W0707",
        "docstring style": "C0116",
    }
)
TEXTS = MappingProxyType(
    {
        "bare except": "try:\n    x = 1\nexcept:\n    pass\n",
        "unused global": "x = 1\n\n\ndef f():\n    global x\n    return x\n",
        "redefinition": "def f():\n    return 1\n\n\ndef f():\n    return 2\n",
        "late imports": "x = 1\nimport os\n",
        "undefined names": "print(Path())\n",
        "raise from": "try:\n    x = 1\nexcept OSError:\n    raise ValueError\n",
        "docstring style": "def f():\n    return 1\n",
        "long lines": "# a comment that has a good many words in it, and is too long for a line\n",
    }
)


def lint(tool: str, *codes: str, fixable: AutoFixable = PARTIAL) -> Failure:
    said = "redefinition of unused 'f' from line 1 (72 > 40 characters), undefined name 'Path'"
    return failed(
        LINT, tool, *(Diagnostic("a.py", code, said, 1) for code in codes), fixable=fixable
    )


LINTERS = (*linting.FIXERS, *linting.LAST)


def test_every_fixer_of_linters_is_known_and_no_other() -> None:
    assert list(FIXERS) == [fixer.ID for fixer in LINTERS]


def test_what_else_is_taken_up_has_fixers() -> None:
    rooms = {
        Category.SYNTAX_ERROR: syntax.FIXERS,
        Category.TYPE_ERROR: types.FIXERS,
        Category.BUILD_ERROR: building.FIXERS,
        Category.SECURITY_SCAN: security.FIXERS,
    }
    assert set(TAKEN_UP) <= set(rooms)
    assert all(rooms[Category(one)] for one in TAKEN_UP)
    for category, tools in TAKEN_UP.items():
        for tool in tools:
            given = failed(category, tool, Diagnostic("a.py", "x", "x"), fixable=AutoFixable.NO)
            assert regreen_tries(given, "github"), (category, tool)
            assert "regreen can try" in account(given)
    assert not regreen_tries(failed(Category.TYPE_ERROR, "tsc", fixable=PARTIAL), "github")
    file = Diagnostic(".github/workflows/ci.yml", None, "x")
    given = failed(Category.CONFIGURATION_ERROR, None, file, fixable=AutoFixable.NO)
    assert regreen_tries(given, "github")


def test_a_pin_that_is_not_served_is_tried() -> None:
    said = Diagnostic(None, "foo", "No matching distribution found for foo==9.9")
    given = failed(Category.DEPENDENCY_ISSUE, "pip", said, fixable=PARTIAL)
    assert regreen_tries(given, "github")
    assert not regreen_tries(failed(Category.DEPENDENCY_ISSUE, "npm", said, fixable=PARTIAL), None)


@pytest.mark.parametrize("fixer", LINTERS, ids=lambda fixer: fixer.ID)
def test_a_fixer_takes_up_the_tools_that_are_said(fixer: object) -> None:
    name = fixer.ID  # type: ignore[attr-defined]
    text = TEXTS.get(name, SOURCE)
    for tool in sorted(FIXERS[name]):
        codes, other = (PYLINT, "W0611") if tool == "pylint" else (CODES, "F401")
        code = codes.get(name, other)
        failure = lint(tool, code)
        given = context(f"{tool} .", {"a.py": text})
        assert list(fixer.propose(failure, given)), (name, tool)  # type: ignore[attr-defined]
        assert regreen_tries(failure, "github"), (name, tool)
        assert not regreen_tries(failure, "gitlab"), (name, tool)


def test_what_no_fixer_mends_is_for_a_person_or_for_its_own_tool() -> None:
    given = context("x", {"a.py": SOURCE})
    for tool in ("biome", "eslint", "clippy", "golangci-lint", "codespell", "pylint"):
        failure = lint(tool, "E1102")
        ideas = [f.ID for f in REGISTRY if list(f.propose(failure, given))]
        assert set(ideas) <= {"step changes", "tools that mend"}, tool
        assert regreen_tries(failure, "github") == (tool in menders.checkers()), tool
    assert account(lint("biome", "a", "b")).endswith("biome check --write can mend some of them.")
    assert account(lint("eslint", "a", fixable=YES)).endswith(
        "It can mend it itself: eslint --fix."
    )
    assert account(lint("rustfmt", "a", fixable=YES)).endswith("It can do that itself: cargo fmt.")
    assert account(lint("pylint", "E1102")).endswith("That needs a person.")
    other = failed(Category.TYPE_ERROR, "tsc", Diagnostic("a.ts", "x", "x"), fixable=PARTIAL)
    assert account(other).endswith("That needs a person.")
    assert {"gofmt", "prettier", "rubocop", "ktlint", "spotless", "typos", "shfmt"} <= set(COMMANDS)


def test_the_codes_are_those_of_the_fixers() -> None:
    table = rufftable._table()
    own = {"C0301", "E0102", "W0602", "C0413", "E0602", "W0707", "C0114", "C0115", "C0116"}
    assert set(table["pylint"]) | own <= PYLINT_CODES
    assert set(table["pylint"]) | own >= PYLINT_CODES
    mended = {"E501", "W505", "E722", "F824", "E402", "F821", "B904"}
    mended |= {"BLK100", "W503", "W504"}
    never = {code for code, ruff in table["flake8"].items() if not ruff} - mended
    assert not [code for code in never if FLAKE8_CODES.match(code)]
    assert all(FLAKE8_CODES.match(code) for code in mended)


def test_a_missing_module_is_tried_and_a_missing_name_is_not() -> None:
    def missing(text: str) -> Failure:
        said = Diagnostic("a.py", None, text)
        return failed(Category.DEPENDENCY_ISSUE, "python", said, fixable=PARTIAL)

    assert regreen_tries(missing("No module named 'pandas'"), None)
    assert not regreen_tries(missing("No module named 'importlib.metadata'"), None)
    assert not regreen_tries(missing("cannot import name 'x' from 'pandas'"), None)
    assert not regreen_tries(missing("No module named 'pandas'"), "circleci")


def test_a_hook_that_changed_files_is_tried_on_github() -> None:
    said = Diagnostic("a.py", "h", "files were modified by this hook")
    given = failed(LINT, "end-of-file-fixer", said, fixable=YES)
    assert account(given).endswith("changed a.py. regreen can try to mend it.")
    assert account(given, provider="gitlab").endswith("changed a.py. Commit what the hook changes.")


def test_rules_of_one_s_own_go_by_their_verdict() -> None:
    said = Diagnostic("a.py", None, "no licence")
    for fixable, told in ((PARTIAL, "regreen can try"), (AutoFixable.NO, "needs a person")):
        assert told in account(failed("licence_issue", "reuse", said, fixable=fixable))


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("Unexpected HTTP response: 504", True),
        ("Connection reset by peer", True),
        ("Could not resolve host: example.org", True),
        ("API rate limit exceeded", True),
        ("Read timed out.", True),
        ("ERROR 404: Not Found.", False),
        ("Artifact not found for name: state", False),
        ("The requested URL returned error: 403", False),
        ("something with the network", False),
    ],
)
def test_a_new_run_is_advised_only_where_it_can_help(said: str, again: bool) -> None:
    given = failed(NETWORK, None, Diagnostic(None, None, said), fixable=YES)
    assert may_pass_again(given) is again
    assert ("A new run may pass." in account(given)) is again


def test_tools_that_mend_are_those_of_their_fixer() -> None:
    assert menders_said() == frozenset(menders.checkers())
    assert regreen_tries(lint("eslint", "semi"), "github")


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("t.py::test_a - AttributeError: module 'a' has no attribute 'b'", True),
        ("t.py::test_a - assert 1 == 2", False),
    ],
)
def test_a_failing_test_is_tried_where_its_words_tell_what_is_gone(text: str, tried: bool) -> None:
    said = failed(Category.TEST_FAILURE, "pytest", Diagnostic("t.py", None, text))
    assert regreen_tries(said, "github") == tried
