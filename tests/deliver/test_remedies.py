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
    may_pass_again,
    regreen_tries,
)
from regreen.fixers.lint import rufftable
from regreen.fixers.order import BUILT_IN as REGISTRY
from regreen.model import AutoFixable, Category, Diagnostic, Failure
from tests.deliver.test_account import failed
from tests.fixers.support import context

PARTIAL, YES = AutoFixable.PARTIAL, AutoFixable.YES
LINT, NETWORK = Category.LINTING_ERROR, Category.NETWORK_ERROR
SOURCE = "import os\n"
CODES = MappingProxyType(
    {"bare except": "E722", "unused global": "F824", "redefinition": "F811", "long lines": "E501"}
)
PYLINT = MappingProxyType(
    {"unused global": "W0602", "redefinition": "E0102", "long lines": "C0301"}
)
TEXTS = MappingProxyType(
    {
        "bare except": "try:\n    x = 1\nexcept:\n    pass\n",
        "unused global": "x = 1\n\n\ndef f():\n    global x\n    return x\n",
        "redefinition": "def f():\n    return 1\n\n\ndef f():\n    return 2\n",
        "long lines": "# a comment that has a good many words in it, and is too long for a line\n",
    }
)


def lint(tool: str, *codes: str, fixable: AutoFixable = PARTIAL) -> Failure:
    said = "redefinition of unused 'f' from line 1 (72 > 40 characters)"
    return failed(
        LINT, tool, *(Diagnostic("a.py", code, said, 1) for code in codes), fixable=fixable
    )


def test_every_fixer_is_known_and_no_other() -> None:
    assert list(FIXERS) == [fixer.ID for fixer in REGISTRY]


@pytest.mark.parametrize("fixer", REGISTRY, ids=lambda fixer: fixer.ID)
def test_a_fixer_takes_up_the_tools_that_are_said(fixer: object) -> None:
    name = fixer.ID  # type: ignore[attr-defined]
    text = TEXTS.get(name, SOURCE)
    for tool in sorted(FIXERS[name]):
        codes, other = (PYLINT, "W0611") if tool == "pylint" else (CODES, "F401")
        code = codes.get(name, other)
        failure = lint(tool, code)
        if name == "pin for this Python":
            message = "No matching distribution found for foo==9.9"
            failure = failed(
                Category.DEPENDENCY_ISSUE, tool, Diagnostic(None, "foo", message), fixable=PARTIAL
            )
            script = f"{tool} install -r requirements.txt"
            given = context(script, {"requirements.txt": "foo==9.9\n"}, installs=(script,))
        else:
            given = context(f"{tool} .", {"a.py": text})
        assert list(fixer.propose(failure, given)), (name, tool)  # type: ignore[attr-defined]
        assert regreen_tries(failure, "github"), (name, tool)
        assert not regreen_tries(failure, "gitlab"), (name, tool)


def test_what_no_fixer_mends_is_for_a_person_or_for_its_own_tool() -> None:
    given = context("x", {"a.py": SOURCE})
    for tool in ("biome", "eslint", "clippy", "golangci-lint", "codespell", "pylint"):
        failure = lint(tool, "E1102")
        ideas = [f.ID for f in REGISTRY if list(f.propose(failure, given))]
        assert set(ideas) <= {"step changes"}, tool
        assert not regreen_tries(failure, "github"), tool
    assert account(lint("biome", "a", "b")).endswith("biome check --write can mend some of them.")
    assert account(lint("eslint", "a", fixable=YES)).endswith(
        "It can mend it itself: eslint --fix."
    )
    assert account(lint("rustfmt", "a", fixable=YES)).endswith("It can do that itself: cargo fmt.")
    assert account(lint("pylint", "E1102")).endswith("That needs a person.")
    types = failed(Category.TYPE_ERROR, "mypy", Diagnostic("a.py", "misc", "x"), fixable=PARTIAL)
    assert account(types).endswith("That needs a person.")
    assert {"gofmt", "prettier", "rubocop", "ktlint", "spotless", "typos", "shfmt"} <= set(COMMANDS)


def test_the_codes_are_those_of_the_fixers() -> None:
    table = rufftable._table()
    own = {"C0301", "E0102", "W0602"}
    assert set(table["pylint"]) - {"C0123"} | own <= PYLINT_CODES
    assert set(table["pylint"]) | own >= PYLINT_CODES
    mended = {"E501", "W505", "E722", "F824"}
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
