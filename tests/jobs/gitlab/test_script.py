"""What the runner makes of a job: its steps, its script, and how a failure is read from it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from regreen.jobs.gitlab.plan import job_of
from regreen.jobs.gitlab.script import SHELL, ahead, last_command, script_of, shown
from regreen.jobs.job import Job, at_commit
from regreen.jobs.shells import command_line
from regreen.jobs.state import State
from regreen.jobs.view import View
from regreen.logs import LogReader
from tests.jobs.gitlab.support import job

LOG = """\
\x1b[0KRunning with gitlab-runner 17.0.0 (44feccdf)\x1b[0;m
section_start:1751371200:prepare_executor\r\x1b[0KPreparing the "docker" executor
\x1b[0KUsing Docker executor with image python:3.11 ...\x1b[0;m
section_end:1751371201:prepare_executor\r\x1b[0Ksection_start:1751371201:get_sources\r\x1b[0K
Initialized empty Git repository in /builds/group/app/.git/
\x1b[32;1mChecking out aaaaaaaa as detached HEAD (ref is main)...\x1b[0;m
section_end:1751371202:get_sources\r\x1b[0Ksection_start:1751371202:step_script\r\x1b[0K
{script}
section_end:1751371203:step_script\r\x1b[0K\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m
"""
TEXT = """\
prepare: {script: [pip install x, make]}
lint:
  image: python:$VERSION
  variables: {VERSION: from-a-project-setting}
  before_script: [pip install x]
  script:
    - |
      echo one
      echo two
    - ruff format --check src
other: {script: [pip install x, pytest]}
"""


def planned(text: str, name: str | None = None) -> Job:
    return job_of(job(text, name), None)


def run(script: str, shell: str = "bash") -> subprocess.CompletedProcess[str]:
    return subprocess.run([shell, "-c", script], capture_output=True, text=True, check=False)


def test_a_job_is_a_checkout_a_script_and_one_that_runs_whatever_happened() -> None:
    text = """\
own:
  image: python:3
  variables: {GIT_DEPTH: 0, GIT_SUBMODULE_STRATEGY: recursive}
  before_script: [one]
  script: [two, 'echo ${{ x }}']
  after_script: [three]
  timeout: 10m
"""
    found = planned(text, "own")
    sources, script, after = found.steps
    assert [step.name for step in found.steps] == ["get_sources", "step_script", "after_script"]
    assert sources.inputs["fetch-depth"] == "0"
    assert (sources.inputs["submodules"], sources.inputs["fetch-tags"]) == ("recursive", "true")
    view = View(found, State(), lambda _: "")
    assert "\none\n" in view.script(script)
    assert "\necho ${{ x }}\n" in view.script(script)
    assert "three" not in view.script(script)
    assert view.directory(script) == "/builds/group/app"
    assert view.environment(script)["CI_PROJECT_DIR"] == "/builds/group/app"
    assert not any(name.startswith("GITHUB_") for name in view.environment(script))
    failed = View(found, State(failed=True), lambda _: "")
    assert (failed.runs(after), failed.runs(script)) == (True, False)
    assert failed.environment(after)["CI_JOB_STATUS"] == "failed"
    assert (failed.tolerates_failure(after), failed.seconds(after)) == (True, 300.0)
    assert found.seconds == 600.0
    assert found.container is not None
    assert found.container.image == "python:3"
    assert (found.layout.user, found.provider) == ("root", "gitlab")


def test_a_job_without_a_checkout_and_with_a_hook() -> None:
    hook = "hooks: {pre_get_sources_script: [h]}"
    found = planned(f"own: {{script: x, variables: {{GIT_STRATEGY: none}}, {hook}}}", "own")
    assert [step.name for step in found.steps] == ["pre_get_sources_script", "step_script"]
    assert [step.index for step in found.steps] == [0, 1]


def test_another_commit_is_told_to_the_job() -> None:
    moved = at_commit(planned("own: {script: x}", "own"), "b" * 40)
    assert moved.variables["CI_COMMIT_SHA"] == "b" * 40


@pytest.mark.parametrize("shell", [s for s in ("bash", "dash", "sh") if shutil.which(s)])
def test_the_script_stops_at_the_first_command_that_fails(shell: str) -> None:
    done = run(script_of(("X=1; cd /", "echo a\necho it\\'s $X $PWD", "exit 3", "echo no")), shell)
    assert done.returncode == 3
    assert "1 /\n" in done.stdout
    assert "no\n" not in done.stdout
    assert "\x1b[32;1m$ echo a # collapsed multi-line command\x1b[0;m\n" in done.stdout
    assert done.stdout.endswith("\x1b[32;1m$ exit 3\x1b[0;m\n")


def test_a_pipe_fails_with_any_of_its_commands_where_the_shell_can() -> None:
    assert run(script_of(("false | true",))).returncode == 1


def test_commands_may_open_what_later_ones_close() -> None:
    done = run(script_of(("if true; then", "echo within", "fi", "false", "echo no")))
    assert "within\n" in done.stdout
    assert done.returncode == 1


def test_the_shell_is_the_first_that_the_image_has(tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text("cat; echo of $0 ${BASH_VERSION:+bash}\n")
    argv = command_line(SHELL, str(path))
    assert isinstance(argv, tuple)
    done = subprocess.run(argv, capture_output=True, text=True, check=False, input="nothing")
    assert done.stdout == f"of {path} bash\n"


def test_what_is_shown_of_a_command() -> None:
    assert [shown(one) for one in ("a b", "a\n", "a\nb\n", " a")] == [
        "a b", "a", "a # collapsed multi-line command", "a"
    ]  # fmt: skip


def test_the_same_failure_in_a_log_and_here_is_the_same() -> None:
    """Another tool's words before it do not count, neither there nor here."""
    commands = (
        "printf 'src/z.py:1:1: E999 SyntaxError: earlier\\nerror: x\\n'",
        "printf 'Would reformat: src/a.py\\n1 file would be reformatted\\n'; exit 1",
    )
    here = run(script_of(commands)).stdout
    reader = LogReader()
    log = reader.analyze(LOG.format(script=here.rstrip("\n")).encode())
    seen = last_command(reader.classify)(script_of(commands), "step_script", here, 1)
    assert log.failure is not None
    assert log.failure.signature == seen[0].signature
    assert len(seen) == 1
    assert len(reader.classify(script_of(commands), "step_script", here, 1)) > 1


def test_a_log_without_a_name_finds_its_job_by_its_commands_and_tells_the_image() -> None:
    said = "\n".join(
        f"\x1b[32;1m$ {line}\x1b[0;m"
        for line in (
            *("pip install x", "echo one # collapsed multi-line command"),
            "ruff format --check src",
        )
    )
    analysis = LogReader().analyze(LOG.format(script=f"{said}\nWould reformat: a.py").encode())
    found = job(TEXT, analysis=analysis)
    assert found.job.key == "lint"
    assert found.job.image is not None
    assert found.job.image.name == "python:3.11"
    assert "3 of the log's commands are its own" in found.why
    assert job_of(found, analysis).failing == 1


def test_what_ran_before_the_failing_command() -> None:
    script = script_of(("export A=1", "echo 'it is'\necho more", "false", "echo never"))
    output = run(script).stdout
    assert run(f"{ahead(script, output)}\necho $A").stdout.endswith("it is\nmore\n1\n")
    assert "false" not in ahead(script, output)
    assert ahead(script, "nothing shown") == ""
