"""What lies outside of the commit is advised, specifically, and never patched."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from regreen.fixers.surroundings import FIXERS
from regreen.logs import analyze
from regreen.model import Advice, Category, Diagnostic, Failure, Severity
from regreen.scene import Place, Scene
from tests.fixers.support import Texts, context, failure

CI = ".github/workflows/ci.yml"
WORKFLOW = """\
name: CI
on: [push]
permissions:
  contents: read
  checks: write
jobs:
  report:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - uses: actions/setup-python@v5
      with:
        python-version: "3.10"
    - uses: marocchino/sticky-pull-request-comment@v2
    - run: pip install -r requirements.txt
"""


def said(category: Category, message: str) -> Failure:
    return failure(category, None, Diagnostic(None, None, message))


def scene(script: str = "", *, output: str = "", workflow: str = WORKFLOW, step: int = 4) -> Scene:
    found = context(script, {CI: workflow}, output=output)
    return replace(found, place=Place(CI, "report", step, 1))


def advised(one: Failure, seen: Scene) -> list[Advice]:
    found = [idea for fixer in FIXERS for idea in fixer.propose(one, seen)]
    assert all(isinstance(idea, Advice) for idea in found)
    return [idea for idea in found if isinstance(idea, Advice)]


def permissions(text: str) -> dict[str, str]:
    jobs = yaml.safe_load(text)["jobs"]
    found: dict[str, str] = jobs["report"]["permissions"]
    return found


INTEGRATION = "HttpError: Resource not accessible by integration"
KEPT = {"contents": "read", "checks": "write"}


@pytest.mark.parametrize(
    ("message", "script", "step", "wanted"),
    [
        (INTEGRATION, "", 2, {"pull-requests": "write"}),
        (
            f"{INTEGRATION} - https://docs.github.com/rest/issues/comments#create-an-issue-comment",
            "",
            3,
            {"issues": "write"},
        ),
        (
            f"{INTEGRATION} POST https://api.github.com/repos/o/n/commits/abc/statuses",
            "",
            3,
            {"statuses": "write"},
        ),
        ("gh: Resource not accessible by integration (HTTP 403)", "gh pr merge 3", 3,
         {"contents": "write", "pull-requests": "write"}),
        ("remote: Permission to o/n.git denied to github-actions[bot].", "git push", 3,
         {"contents": "write"}),
        ("Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable", "", 3, {"id-token": "write"}),
        ("denied: permission_denied: write_package", "docker push", 3, {"packages": "write"}),
    ],
)  # fmt: skip
def test_the_least_permission_that_suffices_is_named(
    message: str, script: str, step: int, wanted: dict[str, str]
) -> None:
    [advice] = advised(
        said(Category.PERMISSION_ERROR, message),
        scene(script, step=step, workflow=WORKFLOW.replace("- run", "- name: x\n      run")),
    )
    assert advice.severity is Severity.HIGH
    assert permissions(advice.change) == KEPT | wanted
    assert "job `report`" in advice.text
    assert "fork" in advice.text


def test_what_the_job_has_already_is_not_asked_for_again() -> None:
    have = WORKFLOW.replace("checks: write", "issues: write")
    [advice] = advised(
        said(Category.PERMISSION_ERROR, f"{INTEGRATION} /repos/o/n/issues/3/labels"),
        scene(workflow=have),
    )
    assert advice.change == ""
    assert "look up what that needs" in advice.text


def test_no_permission_lets_the_token_change_workflows() -> None:
    words = (
        "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` "
        "without `workflows` permission"
    )
    [advice] = advised(said(Category.PERMISSION_ERROR, words), scene())
    assert advice.change == ""
    assert "`workflow` scope" in advice.text


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("./run.sh: Permission denied", "not marked executable"),
        ("Host key verification failed.", "deploy key"),
        ("HttpError: Bad credentials", "expired"),
        ("E: are you root?", "sudo"),
        ("EACCES: permission denied, mkdir '/opt/x'", "$RUNNER_TEMP"),
    ],
)
def test_other_refusals_say_what_to_do(message: str, words: str) -> None:
    [advice] = advised(said(Category.PERMISSION_ERROR, message), scene())
    assert words in advice.text
    assert advice.severity is Severity.HIGH


def test_a_time_limit_says_where_it_hung_and_gives_more_time() -> None:
    words = "The action 'Run tests' has timed out after 30 minutes."
    output = "tests/test_a.py::test_one PASSED\ntests/test_b.py::test_slow[x] \n"
    found = advised(said(Category.TIMEOUT, words), scene("pytest -v", output=output))
    assert "in tests/test_b.py::test_slow[x]" in found[0].text
    assert yaml.safe_load(found[0].change) == {"jobs": {"report": {"timeout-minutes": 60}}}
    assert "faulthandler_timeout" in found[1].change
    assert {one.severity for one in found} == {Severity.MEDIUM}


def test_a_network_failure_is_run_again_then_retried_then_cached() -> None:
    words = "Could not fetch https://files.example.org/x: connection reset by peer"
    again, retry, cache = advised(
        said(Category.NETWORK_ERROR, words), scene("pip install -r requirements.txt")
    )
    assert (again.action, again.severity) == ("rerun", Severity.LOW)
    assert "files.example.org" in again.text
    script = yaml.safe_load(retry.change)["run"]
    assert script.splitlines()[1].strip() == "pip install -r requirements.txt && exit 0"
    assert script.rstrip().endswith("exit 1"), "three failures stay a failure"
    [setup] = yaml.safe_load(cache.change)
    assert setup == {
        "uses": "actions/setup-python@v5",
        "with": {"python-version": "3.10", "cache": "pip"},
    }


def test_an_answer_that_will_not_change_is_not_asked_for_again() -> None:
    words = "GET https://files.example.org/x: 404 Not Found"
    [advice] = advised(said(Category.NETWORK_ERROR, words), scene())
    assert advice.action == ""
    assert "correct the address" in advice.text


@pytest.mark.parametrize(
    ("message", "script", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "make", "rm -rf /usr/share/dotnet"),
        ("MemoryError", "pytest -n auto tests", "pytest -n 2 tests"),
        ("c++: fatal error: Killed signal terminated program", "make -j8", "make -j4"),
        ("JavaScript heap out of memory", "npm test", "--max-old-space-size"),
        ("Too many open files", "pytest", "ulimit -n"),
        ("MemoryError", "python big.py", "runs-on"),
    ],
)
def test_a_lack_of_room_says_what_makes_some(message: str, script: str, words: str) -> None:
    found = advised(said(Category.RESOURCE_EXHAUSTION, message), scene(script))
    assert any(words in one.change for one in found)


def test_a_lost_runner_is_a_matter_of_running_again() -> None:
    words = "The hosted runner: GitHub Actions 9 lost communication with the server."
    [advice] = advised(said(Category.RESOURCE_EXHAUSTION, words), scene())
    assert advice.action == "rerun"


def test_without_a_workflow_at_hand_advice_is_still_given() -> None:
    bare = Scene(Texts({}), "", "", ".")
    for category, message in (
        (Category.PERMISSION_ERROR, INTEGRATION),
        (Category.TIMEOUT, "TimeoutError: "),
        (Category.NETWORK_ERROR, "connection refused"),
        (Category.RESOURCE_EXHAUSTION, "MemoryError"),
    ):
        assert advised(said(category, message), bare), category
    broken = scene(workflow="jobs: [")
    assert advised(said(Category.PERMISSION_ERROR, f"{INTEGRATION} /rest/pulls/x"), broken)


def test_other_kinds_of_failure_are_not_taken_up() -> None:
    found = analyze(b"would reformat a.py\nOh no!\n1 file would be reformatted.\n").failure
    assert found is not None
    assert advised(found, scene("black --check .")) == []
