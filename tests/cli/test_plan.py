"""`regreen plan`: the steps as they will run, with all that is known before they do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from regreen.jobs.expressions import Value
from regreen.jobs.known import Known, runs_always
from tests.repositories import commit

PATH = ".github/workflows/ci.yml"
CI = """\
name: CI
on: push
env: {LEVEL: one}
defaults: {run: {working-directory: sub}}
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: {version: "${{ steps.v.outputs.version }}"}
    steps: [{id: v, run: echo}]
  test:
    name: Test ${{ matrix.python }}
    needs: build
    runs-on: ubuntu-24.04-arm
    timeout-minutes: 7
    strategy: {matrix: {python: ["3.11", "3.12"]}}
    env: {FROM: "${{ matrix.python }}-${{ github.job }}"}
    services:
      db: {image: "postgres:16", ports: ["5432:5432"], env: {POSTGRES_PASSWORD: x}}
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - uses: actions/setup-python@v5
        with: {python-version: "${{ matrix.python }}"}
      - uses: step-security/harden-runner@v2
        with: {key: "k-${{ hashFiles('**/lock') }}-${{ runner.os }}"}
      - name: Only when asked
        if: github.event_name == 'workflow_dispatch'
        run: echo
      - id: look
        run: echo "x=1" >> "$GITHUB_OUTPUT"
      - name: Depends
        if: steps.look.outputs.x == '1'
        run: echo ${{ steps.look.outputs.x }} ${{ matrix.python }} ${{ env.LATER }}
      - name: Test ${{ matrix.python }}
        shell: bash
        working-directory: other
        timeout-minutes: 2
        continue-on-error: true
        env: {TOKEN: "${{ secrets.TOKEN }}", ONE: "${{ env.LEVEL }}"}
        run: |
          pytest
          echo ${{ github.sha }}
      - if: always()
        run: echo the end
      - uses: pypa/gh-action-pypi-publish@release/v1
      - shell: cmd
        run: dir
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("planned") / "clone"
    return folder, commit(folder, {PATH: CI})


def run(clone: tuple[Path, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regreen", "plan", "--repo", str(clone[0]), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def planned(clone: tuple[Path, str], *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(clone, *words, "--json").stdout)
    return found


def test_the_job_and_what_holds_for_all_of_it(clone: tuple[Path, str]) -> None:
    job = planned(clone, "test", "--matrix", "python=3.12")
    assert (job["schema"], job["name"], job["commit"]) == (1, "Test 3.12", clone[1])
    assert (job["workflow"], job["id"], job["event"]) == (PATH, "test", "push")
    assert job["combination"] == {"python": "3.12"}
    assert job["env"] == {"LEVEL": "one", "FROM": "3.12-test"}
    assert list(job["needs"]) == ["build"]
    assert job["services"]["db"]["image"] == "postgres:16"
    assert job["services"]["db"]["ports"] == ["5432:5432"]
    assert job["variables"]["GITHUB_SHA"] == clone[1]


def test_the_steps_with_what_is_known_in_the_place_of_expressions(clone: tuple[Path, str]) -> None:
    steps = planned(clone, "test", "--matrix", "python=3.12")["steps"]
    assert [step["fate"] for step in steps] == [
        "served", "served", "nothing", "skipped", "run", "run", "run", "run", "refused",
        "unsupported",
    ]  # fmt: skip
    assert steps[1]["pythons"] == ["3.12"]
    assert steps[2]["inputs"]["key"] == "k-${{ hashFiles('**/lock') }}-Linux"
    assert steps[3]["why"] == "if: github.event_name == 'workflow_dispatch'"
    assert steps[5]["condition"] == "${{ steps.look.outputs.x == '1' }}"
    assert steps[5]["script"] == "echo ${{ steps.look.outputs.x }} 3.12 ${{ env.LATER }}"
    test = steps[6]
    assert test["name"] == "Test 3.12"
    assert test["shell"] == ["bash", "--noprofile", "--norc", "-eo", "pipefail", "{0}"]
    assert test["folder"] == "/home/runner/work/clone/clone/other"
    assert (test["seconds"], test["tolerated"]) == (120, True)
    assert test["env"] == {"TOKEN": "${{ secrets.TOKEN }}", "ONE": "one"}
    assert test["script"] == f"pytest\necho {clone[1]}\n"
    assert steps[4]["shell"] == ["bash", "-e", "{0}"]
    assert steps[4]["folder"] == "/home/runner/work/clone/clone/sub"
    assert (steps[7]["always"], steps[7]["condition"]) == (True, "")
    assert "publishes a package" in steps[8]["why"]
    assert steps[9]["why"] == "shell: cmd"


def test_what_cannot_run_is_said_and_has_its_exit_code(clone: tuple[Path, str]) -> None:
    done = run(clone, "test")
    assert done.returncode == 4
    assert f"cannot    shell: cmd ({PATH}:" in done.stdout
    done = run(clone, "build")
    assert (done.returncode, "cannot" in done.stdout) == (0, False)


def test_as_text(clone: tuple[Path, str]) -> None:
    text = run(clone, "test", "--step", "Depends").stdout
    for line in (
        "   matrix    python=3.11",
        "   service db postgres:16",
        "   if        ${{ steps.look.outputs.x == '1' }} (the running job tells)",
        "   shell     bash --noprofile --norc -eo pipefail '{0}'",
        "   folder    /home/runner/work/clone/clone/other",
        "   failure   does not fail the job",
        "   | pytest",
        "   left out: pypa/gh-action-pypi-publish@release/v1 publishes a package",
    ):
        assert line in text.splitlines(), line
    at = CI.splitlines().index("      - name: Depends") + 1
    assert f"[{PATH}:{at}, the failing step]" in text


def test_the_job_of_a_log(clone: tuple[Path, str], tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    stamp = "2024-05-01T12:00:00.0000000Z "
    lines = (
        "##[group]Run pytest", "\x1b[36;1mpytest\x1b[0m", f"\x1b[36;1mecho {clone[1]}\x1b[0m",
        "shell: /usr/bin/bash --noprofile --norc -eo pipefail {0}", "##[endgroup]",
        "FAILED test_a.py::test_a - assert 1 == 2", "##[error]Process completed with exit code 1.",
    )  # fmt: skip
    log.write_text("".join(f"{stamp}{line}\n" for line in lines))
    job = planned(clone, "--log", str(log), "--matrix", "python=3.12")
    assert (job["name"], job["failing"]) == ("Test 3.12", 7)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "several jobs are meant"),
        (("test", "--job", "build"), "name two jobs"),
        (("test", "--format", "xml"), "choose one of: text, json, noxfile"),
        (("test", "--json", "--format", "noxfile"), "contradict each other"),
        (("none",), "the jobs are: build, test"),
    ],
)
def test_wrong_usage(clone: tuple[Path, str], words: tuple[str, ...], said: str) -> None:
    done = run(clone, *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_secrets_are_not_shown(clone: tuple[Path, str], tmp_path: Path) -> None:
    text = (
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    env: {A: 'x${{ secrets.KEY }}'}\n"
    )
    text += "    steps: [{run: 'echo ${{ secrets.KEY }} ${{ env.A }} ${{ github.token }}'}]\n"
    commit(tmp_path / "c", {PATH: text})
    for form in ("text", "json", "noxfile"):
        done = run((tmp_path / "c", ""), "--format", form, "--secret", "KEY=hush-hush")
        assert done.returncode == 0, done.stderr
        assert "hush-hush" not in done.stdout
        assert "echo ${{ secrets.KEY }} x*** ***" in done.stdout


ELSEWHERE = """\
on: push
jobs:
  lint:
    runs-on: windows-latest
    steps: [{run: choco install make}, {name: Lint, run: ruff check}, {run: pytest}]
  own:
    runs-on: [self-hosted, gpu]
    steps: [{run: make}]
"""


def test_other_runners_are_planned_where_they_can_run(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    commit(folder, {PATH: ELSEWHERE, "regreen.toml": '[runners]\ngpu = "ubuntu-22.04"\n'})
    lint = planned((folder, ""), "lint", "--step", "Lint")
    assert [step["fate"] for step in lint["steps"]] == ["nothing", "run", "refused"]
    assert (lint["unsupported"], lint["variables"]["RUNNER_OS"]) == ([], "Linux")
    assert run((folder, ""), "lint").returncode == 4
    command = [sys.executable, "-m", "regreen", "plan", "own", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["label"] == "ubuntu-22.04"


CONTEXTS: dict[str, Value] = {
    "github": {"ref": "r"},
    "env": {"A": "1"},
    "needs": {"b": {"result": "success", "outputs": {"x": "2"}}},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a ${{ github.ref }} ${{ env.A }}", "a r 1"),
        ("${{ needs.b.outputs.x }} ${{ needs.b.result }}", "2 success"),
        ("${{ needs.b.outputs.y }}", "${{ needs.b.outputs.y }}"),
        ("${{ env.B || 'x' }}", "${{ env.B || 'x' }}"),
        ("${{ steps.a.outputs.b }}${{ github.none }}", "${{ steps.a.outputs.b }}"),
        ("${{ job.status }}", "${{ job.status }}"),
        ("${{ wrong( }}", "${{ wrong( }}"),
        ("${{ open", "${{ open"),
    ],
)
def test_only_what_is_known_is_filled_in(template: str, text: str) -> None:
    assert Known(CONTEXTS).text(template) == text


def test_conditions_that_are_known_before() -> None:
    known = Known(CONTEXTS)
    assert known.holds(None) is True
    assert known.holds("github.ref == 'r' && env.A == '1'") is True
    assert known.holds("failure()") is False
    assert known.holds("steps.a.outcome == 'success'") == "${{ steps.a.outcome == 'success' }}"
    assert [runs_always(text) for text in (None, "success()", "always()", "!cancelled()")] == [
        False, False, True, True,
    ]  # fmt: skip


def test_a_name_makes_no_line_of_its_own(tmp_path: Path) -> None:
    workflow = """\
on: push
jobs:
  j:
    runs-on: ubuntu-latest
    services: {db: {image: "pg\\n   refused   everything"}}
    steps: [{name: "a\\n 2 forged", run: "true"}]
"""
    clone = (tmp_path / "r", commit(tmp_path / "r", {PATH: workflow}))
    lines = run(clone, "j").stdout.splitlines()
    assert any("forged" in line for line in lines)
    assert not any(line.startswith((" 2 forged", "   refused   everything")) for line in lines)
