"""``regreen recover``: something to do for every category, said specifically; nothing is run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from regreen.cli import app
from regreen.course import Kind, Plan, plan_of
from regreen.course.forms import rendered
from regreen.deliver.analyses import Report, Spot
from regreen.errors import UsageError
from regreen.logs import analyze
from regreen.model import Analysis, AutoFixable, Category, Diagnostic, Failure, LogFacts, Severity
from tests.fixers.support import failure
from tests.repositories import commit, git

EXAMPLE = Path(__file__).parents[1] / "examples/red-run/failed-lint.log"
FIELDS = {
    "kind", "title", "category", "severity", "confidence", "auto_fixable", "commands", "files",
    "change", "requires_review", "review", "regreen", "job", "step",
}  # fmt: skip


def of(found: Failure, *, url: str | None = None) -> Plan:
    analysis = Analysis(LogFacts("github"), (), None, found, (), "0" * 64, 1)
    return plan_of(Report("x.log", "log", (Spot("x.log", analysis, "lint", "x.log"),), url=url,
                          provider="github" if url else None))  # fmt: skip


def logged(text: str) -> Plan:
    analysis = analyze(f"{text}\n##[error]Process completed with exit code 1.\n".encode())
    report = Report("x.log", "log", (Spot("x.log", analysis, None, "x.log"),))
    return plan_of(report, output=lambda _: text)


@pytest.mark.parametrize("category", [*Category, "licence_issue"])
def test_every_category_has_an_action_that_says_what_to_review(category: Category) -> None:
    plan = of(failure(category, None, Diagnostic("a.py", "x", "something is wrong", 3)))
    assert plan.actions
    for one in plan.actions:
        assert one.title
        assert one.review or one.severity is Severity.LOW
        assert one.commands or one.change or one.files or one.kind in (Kind.CHANGE, Kind.RERUN)
    for form in ("table", "json", "markdown"):
        assert rendered(plan, form)


def first(text: str) -> tuple[str, str]:
    action = logged(text).actions[0]
    return action.title, " ".join((*action.commands, action.change))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("would reformat src/a.py\nOh no!\n1 file would be reformatted.", "black src/a.py"),
        ("ModuleNotFoundError: No module named 'yaml'", "PyYAML"),
        (("src/a.py:3: error: Library stubs not installed for \"requests\"  [import-untyped]\n"
             "Found 1 error in 1 file (checked 1 source file)"), "types-requests"),
        (("fatal error: Python.h: No such file or directory\n"
         "error: command 'gcc' failed with exit code 1"), "python3-dev"),
        (("HttpError: Resource not accessible by integration "
         "https://docs.github.com/rest/pulls/reviews#create"), "pull-requests: write"),
        ("OSError: [Errno 28] No space left on device", "rm -rf /usr/share/dotnet"),
    ],
)  # fmt: skip
def test_the_action_is_as_specific_as_the_log(text: str, words: str) -> None:
    assert words in " ".join(first(text))


def test_a_module_goes_into_the_file_that_the_log_shows_the_job_to_install_from() -> None:
    log = (
        "2024-05-01T12:00:00.0000000Z ##[group]Run pip install -r dev/requirements.txt\n"
        "2024-05-01T12:00:00.0000000Z \x1b[36;1mpip install -r dev/requirements.txt\x1b[0m\n"
        "2024-05-01T12:00:00.0000000Z shell: /usr/bin/bash -e {0}\n"
        "2024-05-01T12:00:00.0000000Z ##[endgroup]\n"
        "2024-05-01T12:00:01.0000000Z ##[group]Run pytest\n"
        "2024-05-01T12:00:01.0000000Z \x1b[36;1mpytest\x1b[0m\n"
        "2024-05-01T12:00:01.0000000Z shell: /usr/bin/bash -e {0}\n"
        "2024-05-01T12:00:01.0000000Z ##[endgroup]\n"
        "2024-05-01T12:00:02.0000000Z ModuleNotFoundError: No module named 'pandas'\n"
        "2024-05-01T12:00:02.0000000Z ##[error]Process completed with exit code 1.\n"
    )
    analysis = analyze(log.encode())
    plan = plan_of(Report("x", "log", (Spot("x", analysis, None, "x"),)))
    declared = next(one for one in plan.actions if "pandas" in one.title)
    assert declared.commands == ("echo pandas >> dev/requirements.txt",)
    assert declared.severity is Severity.MEDIUM
    assert "distribution meant" in declared.review


def test_what_regreen_tries_names_the_command_and_is_no_more_than_that() -> None:
    [black] = logged("would reformat a.py\nOh no!\n1 file would be reformatted.").actions
    assert black.regreen == "regreen execute --log x.log"
    assert black.auto_fixable is AutoFixable.YES
    refused = Diagnostic(None, None, "Resource not accessible by integration")
    token = of(failure(Category.PERMISSION_ERROR, None, refused))
    assert all(one.auto_fixable is AutoFixable.NO and not one.regreen for one in token.actions)
    assert {one.severity for one in token.actions} == {Severity.HIGH}


def test_a_network_failure_of_a_pulled_run_has_the_command_to_run_it_again() -> None:
    said = Diagnostic(None, None, "Could not fetch https://example.org/x: Connection reset by peer")
    plan = of(
        failure(Category.NETWORK_ERROR, None, said), url="https://github.com/o/n/actions/runs/77"
    )
    assert plan.actions[0].kind is Kind.RERUN
    assert plan.actions[0].commands == ("gh run rerun 77 --failed --repo o/n",)
    assert not plan.actions[0].review


def test_a_hostile_log_stays_text() -> None:
    plan = of(failure(Category.LINTING_ERROR, "black",
                      Diagnostic("a;rm -rf $HOME `x`.py", None, "would reformat")))  # fmt: skip
    assert plan.actions[0].commands == ("black 'a;rm -rf $HOME `x`.py'",)
    hidden = of(
        failure(Category.TEST_FAILURE, "pytest", Diagnostic("a.py", None, "::error::x\x1b[2J"))
    )
    shown = rendered(hidden, "table")
    assert "\x1b" not in shown
    assert not re.search(r"^\s*::error", shown, re.MULTILINE)


def invoked(*words: str, cwd: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(cwd)
    return CliRunner().invoke(app, list(words))


def test_the_seed_document_s_command_writes_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = invoked(
        "recover", "--log", str(EXAMPLE), "--workflow", "CI/CD Pipeline", "--job", "super-lint",
        "--step", "Run Black", "--output", "recovery_plan.json", cwd=tmp_path,
        monkeypatch=monkeypatch,
    )  # fmt: skip
    assert done.exit_code == 1, "a failure was found"
    plan = json.loads((tmp_path / "recovery_plan.json").read_text())
    assert plan["schema"] == 1
    assert plan["asked"]["workflow"] == "CI/CD Pipeline"
    assert plan["actions"]
    assert all(set(one) == FIELDS for one in plan["actions"])
    assert "regreen execute" in done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["recovery_plan.json"], "nothing else is made"


def test_own_actions_are_in_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "regreen.toml").write_text(
        '[[actions]]\nname = "fmt"\ntools = ["isort"]\ncommand = "make fmt"\nfirst = true\n'
    )
    done = invoked(
        "recover", "--log", str(EXAMPLE), "--json", cwd=tmp_path, monkeypatch=monkeypatch
    )
    assert json.loads(done.stdout)["actions"][0]["commands"] == ["make fmt"]


def test_a_green_log_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "green.log").write_text("all is well\n")
    done = invoked("recover", "--log", "green.log", cwd=tmp_path, monkeypatch=monkeypatch)
    assert (done.exit_code, "nothing to do" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("recover",), "no log is named"),
        (("recover", "--log", "none.log"), "no log none.log"),
        (("recover", "--log", str(EXAMPLE), "--format", "sarif"), "no format 'sarif'"),
        (("recover", "--log", str(EXAMPLE), "--json", "--format", "table"), "contradict"),
        (
            ("execute", "--log", str(EXAMPLE), "--dry-run", "--out", "x"),
            "--dry-run writes no patch",
        ),
    ],
)
def test_what_does_not_go_together_is_said(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = invoked(*words, cwd=tmp_path, monkeypatch=monkeypatch)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "next: " in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_step_s_own_words_are_read_from_the_log_masked_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = "2024-05-01T12:00:00.0000000Z "
    (tmp_path / "x.log").write_text("".join(f"{stamp}{line}\n" for line in (
        "##[group]Run pip install .", "\x1b[36;1mpip install .\x1b[0m",
        "shell: /usr/bin/bash -e {0}", "##[endgroup]",
        "fatal error: ffi.h: No such file or directory",
        "token ghp_" + "a1B2" * 9, "error: command 'gcc' failed with exit code 1",
        "##[error]Process completed with exit code 1.",
    )))  # fmt: skip
    done = invoked("recover", "--log", "x.log", "--json", cwd=tmp_path, monkeypatch=monkeypatch)
    plan = json.loads(done.stdout)
    assert any("libffi-dev" in one["change"] for one in plan["actions"])
    (tmp_path / "y.log").write_text(
        f"{stamp}##[group]Run pytest\n{stamp}shell: /usr/bin/bash -e {{0}}\n{stamp}##[endgroup]\n"
        f"{stamp}waiting with ghp_{'a1B2' * 9}\n"
        f"{stamp}##[error]The action 'Run pytest' has timed out after 30 minutes.\n"
    )
    late = invoked("recover", "--log", "y.log", "--json", cwd=tmp_path, monkeypatch=monkeypatch)
    titles = [one["title"] for one in json.loads(late.stdout)["actions"]]
    assert any("waiting with" in title for title in titles)
    assert "a1B2" not in done.stdout + late.stdout


def test_a_snippet_is_yaml() -> None:
    header = "fatal error: ffi.h: No such file or directory"
    plan = logged(f"{header}\nerror: command 'gcc' failed with exit code 1")
    change = next(one.change for one in plan.actions if one.change)
    [step] = yaml.safe_load(change)
    assert "libffi-dev" in step["run"]


def test_another_form_is_refused() -> None:
    with pytest.raises(UsageError, match="no format"):
        rendered(logged("x"), "sarif")


@pytest.mark.parametrize(
    ("remote", "said", "named"),
    [
        ("https://localhost/acme/one.git", "acme/one", False),
        ("https://localhost/acme/other.git", "acme/one", True),
        (None, None, False),
        (None, "acme/one", False),
        ("", "acme/one", True),
    ],
)
def test_the_next_step_names_the_repository_where_it_is_another(
    remote: str | None, said: str | None, named: bool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """``remote``: of the current folder's repository; empty where the folder is in none."""
    monkeypatch.chdir(tmp_path)
    if remote != "":
        commit(tmp_path, {"a.py": ""})
    if remote:
        git(tmp_path, "remote", "add", "origin", remote)
    facts = LogFacts("github", said)
    monkeypatch.setattr("regreen.cli.seed.report_for", lambda *_: Report("x.log", "log", (Spot(
        "x.log", Analysis(facts, (), None, failure(Category.LINTING_ERROR, "black"), (), "", 1),
        path="x.log"),)))  # fmt: skip
    done = CliRunner().invoke(app, ["recover", "x.log", "--json"])
    assert ("--repo DIR" in json.loads(done.stdout)["next"]) == named
