"""Steps in a real sandbox: what each sees, and what becomes of its failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from regreen.git import Repository, Scratch, export
from regreen.jobs import find_job, plan, read_workflow
from regreen.jobs.premises import Standing
from regreen.jobs.runner import JobRun, Setting, UnsupportedStep
from regreen.logs import classify, mask
from regreen.logs.masking import LiveMask
from regreen.model import JobOutcome, Selection, StepOutcome, Try
from regreen.report import Reporter, Silent
from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Owner
from regreen_sandbox.limits import Limits
from tests.repositories import commit

pytestmark = pytest.mark.docker

Run = Callable[..., tuple[JobOutcome, dict[str, StepOutcome]]]
HEAD = """\
on: push
env: {LEVEL: workflow, KEPT: workflow}
jobs:
  job:
    runs-on: ubuntu-latest
    env: {LEVEL: job}
    strategy: {matrix: {word: [blue]}}
    steps:
      - uses: actions/checkout@v4
"""


@pytest.fixture
def sandboxes() -> list[Sandbox]:
    """The sandboxes that `run` made, in their order."""
    return []


@pytest.fixture
def run(engine: Engine, base_image: str, tmp_path: Path, sandboxes: list[Sandbox]) -> Iterator[Run]:
    """Runs the steps that a test writes, after a checkout of a small repository."""
    head = commit(tmp_path / "r", {"a.txt": "a\n", "sub/b.txt": "b\n"})
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch, ExitStack() as stack:

        def steps(
            text: str, *, stop: bool = False, told: Reporter | None = None
        ) -> tuple[JobOutcome, dict[str, StepOutcome]]:
            workflow = read_workflow(HEAD + text, "ci.yml")
            found = find_job({"ci.yml": workflow}, Selection(), None)
            job = plan(found, repository="owner/name", commit=head)
            assert job.unsupported == ()
            sandbox = stack.enter_context(
                start(engine, base_image, limits=Limits(), owner=Owner.current())
            )
            sandboxes.append(sandbox)
            setting = Setting(job, {}, Limits(), mask, classify, told or Silent(), LiveMask)
            one = JobRun(setting, Standing(sandbox), lambda w: export(scratch, head, w), head)
            outcome = one.proceed(stop_at_failure=stop)
            return outcome, {step.name: step for step in outcome.steps}

        yield steps


def test_a_step_sees_what_the_runner_would_show_it(run: Run) -> None:
    outcome, _ = run(
        """\
      - name: files and folders
        run: |
          test "$PWD" = /home/runner/work/name/name
          test "$GITHUB_WORKSPACE" = "$PWD"
          test "$(cat a.txt)" = a
          test -z "$(git status --porcelain)"
          test "$(git rev-parse HEAD)" = "$GITHUB_SHA"
          test "$(git rev-list --count HEAD)" = 1
      - name: who
        run: test "$(id -u)" = 1001 -a "$HOME" = /home/runner -a "$CI" = true
      - name: levels of env
        env: {LEVEL: "step ${{ matrix.word }}"}
        run: test "$LEVEL" = "step blue" -a "$KEPT" = workflow
      - name: folder
        working-directory: sub
        run: test -f b.txt
      - name: expressions
        run: test "${{ github.repository }} ${{ env.LEVEL }} ${{ runner.os }}" = "owner/name job Linux"
      - name: hashFiles
        run: test "${{ hashFiles('*.txt') }}" = "$(printf %s "$(sha256sum a.txt | cut -d' ' -f1)" | xxd -r -p | sha256sum | cut -d' ' -f1)" || python3 -c "import hashlib;d=hashlib.sha256(open('a.txt','rb').read()).digest();assert hashlib.sha256(d).hexdigest()=='${{ hashFiles('*.txt') }}'"
"""  # noqa: E501 - a script's line
    )
    assert outcome.green, outcome.failed


def test_powershell_runs_where_the_image_has_it(run: Run) -> None:
    """What stands for it shows how it is called, and with which file."""
    outcome, steps = run(
        """\
      - run: |
          mkdir bin && printf '#!/bin/sh\\necho "$@"; cat "$(ls -t $RUNNER_TEMP/*.ps1 | head -1)"' > bin/pwsh
          chmod +x bin/pwsh && echo "$PWD/bin" >> "$GITHUB_PATH"
      - name: power
        shell: pwsh
        run: Write-Output hello
"""  # noqa: E501 - a script's line
    )
    assert outcome.green, outcome.failed
    first, *lines = steps["power"].log.splitlines()
    assert first.startswith("-command . '/home/runner/work/_temp/")
    assert first.endswith(".ps1'")
    assert lines[0] == "$ErrorActionPreference = 'stop'"
    assert lines[1] == "Write-Output hello"
    assert lines[-1].startswith("if ((Test-Path -LiteralPath variable:\\LASTEXITCODE))")


def test_powershell_is_unsupported_at_the_step_where_the_image_has_none(run: Run) -> None:
    with pytest.raises(UnsupportedStep, match=r"shell: pwsh, which the image does not have"):
        run("      - {run: echo, name: before}\n      - {shell: pwsh, run: Write-Output a}\n")


def test_environment_files_reach_the_steps_behind(run: Run) -> None:
    outcome, steps = run(
        """\
      - id: first
        run: |
          mkdir tools && printf '#!/bin/sh\\necho found' > tools/mytool && chmod +x tools/mytool
          echo "$PWD/tools" >> "$GITHUB_PATH"
          echo "NAME=value" >> "$GITHUB_ENV"
          printf 'LONG<<END\\none\\ntwo\\nEND\\n' >> "$GITHUB_ENV"
          echo "answer=42" >> "$GITHUB_OUTPUT"
          echo "::add-mask::hunter2secret"
          test "$NAME" = ""
      - name: all there
        run: |
          test "$(mytool)" = found
          test "$NAME" = value
          test "$LONG" = "$(printf 'one\\ntwo')"
          test "${{ steps.first.outputs.answer }}" = 42
          test "${{ env.NAME }}" = value
          echo "it is hunter2secret"
"""
    )
    assert outcome.green, outcome.failed
    assert steps["all there"].log == "it is ***\n"


def test_the_true_shell_rules(run: Run) -> None:
    outcome, steps = run(
        """\
      - name: unset stops at an error but not in a pipe
        run: "false | true"
      - name: unset stops
        continue-on-error: true
        run: |
          false
          echo never
      - name: bash means pipefail
        shell: bash
        continue-on-error: true
        run: "false | true"
      - name: python
        shell: python
        run: |
          import sys
          print(sys.version_info.major)
      - name: sh
        shell: sh
        run: test -z "$BASH_VERSION"
"""
    )
    assert outcome.green, outcome.failed
    assert [s.exit_code for s in outcome.steps[1:]] == [0, 1, 1, 0, 0]
    assert "never" not in steps["unset stops"].log
    assert steps["python"].log == "3\n"


def test_after_a_failure_only_what_asks_for_it_runs(run: Run) -> None:
    outcome, steps = run(
        """\
      - id: tolerated
        continue-on-error: true
        run: exit 3
      - name: outcome and conclusion
        run: |
          test "${{ steps.tolerated.outcome }}" = failure
          test "${{ steps.tolerated.conclusion }}" = success
      - name: red
        run: exit 7
      - name: not run
        run: echo no
      - name: on failure
        if: failure()
        run: echo "${{ job.status }}"
      - name: always
        if: ${{ always() }}
        run: echo yes
      - name: another action
        if: always()
        uses: actions/upload-artifact@v4
"""
    )
    assert outcome.failed is not None
    assert (outcome.failed.name, outcome.failed.exit_code) == ("red", 7)
    conclusions = {name: step.conclusion for name, step in steps.items()}
    assert conclusions["not run"] == "skipped"
    assert steps["on failure"].log == "failure\n"
    assert steps["always"].log == "yes\n"
    assert conclusions["outcome and conclusion"] == "success"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("run: sleep 60\n        timeout-minutes: 0.02", "stopped after"),
        ("run: echo BROKEN >> $GITHUB_ENV", "Invalid format"),
        ("run: 'true'\n        working-directory: nowhere", ""),
        ("run: echo ${{ fromJSON('{') }}", "expression"),
    ],
)
def test_a_step_that_cannot_go_well_fails_with_its_reason(run: Run, step: str, reason: str) -> None:
    outcome, _ = run(f"      - name: bad\n        {step}\n")
    assert outcome.failed is not None
    assert outcome.failed.name == "bad"
    assert reason in outcome.failed.reason
    assert outcome.failed.exit_code != 0


def test_publishing_is_refused_and_listed(run: Run) -> None:
    outcome, _ = run("      - uses: codecov/codecov-action@v4\n")
    assert outcome.green
    [left_out] = outcome.excluded
    assert "codecov" in left_out.reason


def test_an_unknown_shell_is_unsupported_not_a_failure(engine: Engine, run: Run) -> None:
    with pytest.raises((UnsupportedStep, AssertionError), match="pwsh"):
        run("      - run: 'true'\n        shell: pwsh\n")


@pytest.mark.parametrize(
    ("step", "log"),
    [
        ("uses: actions/checkout@v4\n        with: {path: ../..}", "is not under"),
        ('run: "true"\n        env: {"A": "x\\0y"}', "cannot be set"),
        ("run: rm -rf /home/runner/work/_temp/_runner_file_commands", ""),
    ],
)
def test_what_a_workflow_does_wrong_is_the_step_s_failure(run: Run, step: str, log: str) -> None:
    outcome, _ = run(f"      - name: bad\n        {step}\n")
    assert outcome.failed is not None
    assert outcome.failed.name == "bad"
    assert log in outcome.failed.log + outcome.failed.reason


@dataclass
class Watching(Silent):
    """Notes what a job tells, and lets a step go on once its line was seen."""

    sandbox: list[Sandbox]
    told: list[str] = field(default_factory=list)
    answered: bool = False

    def step_started(self, name: str, command: str = "") -> None:
        self.told.append(f"start {name}: {command.strip()}")

    def output(self, piece: str) -> None:
        self.told.append(piece)
        if "waiting" in piece and not self.answered:
            self.answered = True
            self.sandbox[-1].write("/tmp/seen", b"")

    def step_ended(self, outcome: StepOutcome) -> None:
        self.told.append(f"end {outcome.name} {outcome.exit_code}")

    def tried(self, attempt: Try) -> None:
        self.told.append(f"tried {attempt.fixer}")


def test_a_line_is_told_while_the_step_still_runs(run: Run, sandboxes: list[Sandbox]) -> None:
    watching = Watching(sandboxes)
    outcome, steps = run(
        """\
      - name: asks
        timeout-minutes: 2
        run: |
          echo waiting
          until test -e /tmp/seen; do sleep 0.1; done
          echo answered
""",
        told=watching,
    )
    assert outcome.green, outcome.failed
    told = watching.told[watching.told.index("end Run actions/checkout@v4 0") + 1 :]
    assert told[0].startswith("start asks: echo waiting")
    assert told[1:] == ["waiting\n", "answered\n", "end asks 0"]
    assert steps["asks"].log == "waiting\nanswered\n"


def test_what_is_told_of_a_step_is_masked(run: Run) -> None:
    watching = Watching([])
    run(
        """\
      - name: declares
        run: |
          printf '::add-mask::hun'; printf 'ter2secret\\n'
          echo "it is hunter2secret"
      - name: later
        run: printf 'hunter2'; sleep 1; echo secret; echo "PASSWORD=p4ssw0rd"
""",
        told=watching,
    )
    told = "".join(watching.told[2:])
    said = told[told.index("end Run") :]
    printed = said[said.index("start later") :].partition("end later")[0].splitlines()[1:]
    assert "it is ***\n" in said
    assert "p4ssw0rd" not in said
    assert not any("hunter2" in line for line in printed)
