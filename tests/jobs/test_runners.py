"""Which image stands for a runner, and which steps of another system's job can run on Linux."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent, indent

import pytest

from regreen.jobs import Job, find_job, plan, read_workflow
from regreen.jobs.expressions import Status, Value, condition
from regreen.jobs.neutral import checks_of
from regreen.jobs.placing import placed
from regreen.jobs.runners import runner_of
from regreen.jobs.shells import command_line
from regreen.model import Selection

PATH = ".github/workflows/ci.yml"


def on(body: str, *, step: str | None = None, **table: str) -> Job:
    """Plan the job with the lines ``body`` where it can run; ``step`` is the failing one."""
    text = f"on: push\njobs:\n  j:\n{indent(dedent(body), '    ')}\n"
    found = find_job({PATH: read_workflow(text, PATH)}, Selection(step=step), None)
    sha = "0" * 40
    return placed(found, lambda one: plan(one, repository="owner/name", commit=sha), table)


@pytest.mark.parametrize(
    ("runs_on", "label", "noted"),
    [
        ("ubuntu-latest", "ubuntu-latest", False),
        ("Ubuntu-22.04", "ubuntu-22.04", False),
        (["ubuntu-24.04"], "ubuntu-24.04", False),
        ("ubuntu-latest-8-cores", "ubuntu-latest", True),
        ("ubuntu-24.04-16core", "ubuntu-24.04", True),
        ("ubuntu-22.04-32gb", "ubuntu-22.04", True),
        ("ubuntu-latest-xlarge", "ubuntu-latest", True),
        ("ubuntu-24.04-arm", "ubuntu-24.04", True),
        ("ubuntu-slim", "ubuntu-24.04", True),
        (["self-hosted", "linux", "X64"], "ubuntu-latest", True),
        ({"group": "big", "labels": "ubuntu-24.04"}, "ubuntu-24.04", True),
    ],
)
def test_labels_that_a_hosted_image_stands_for(runs_on: Value, label: str, noted: bool) -> None:
    runner = runner_of(runs_on, {})
    assert (runner.label, runner.problem, bool(runner.note)) == (label, "", noted)


@pytest.mark.parametrize(
    ("runs_on", "setting"),
    [
        ("our-own", '"our-own"'),
        ("ubuntu-latest-ours", '"ubuntu-latest-ours"'),
        (["self-hosted", "linux", "gpu"], '"gpu"'),
        (["ubuntu-latest", "gpu"], '"gpu"'),
        ("self-hosted", '"self-hosted"'),
        ({"group": "big machines"}, '"big machines"'),
    ],
)
def test_an_unknown_label_names_the_setting_that_maps_it(runs_on: Value, setting: str) -> None:
    assert f"[tool.regreen.runners] {setting} = " in runner_of(runs_on, {}).problem


@pytest.mark.parametrize("runs_on", [None, "", [], {"labels": []}])
def test_no_label_at_all(runs_on: Value) -> None:
    assert runner_of(runs_on, {}).problem == "(empty)"


def test_the_user_s_table_maps_labels_and_groups_to_labels_and_images() -> None:
    table = {"gpu": "registry.example/gpu:1", "big": "ubuntu-22.04", "windows-x": "ubuntu-24.04"}
    assert runner_of(["self-hosted", "GPU"], table).image == "registry.example/gpu:1"
    assert runner_of({"group": "Big"}, table).label == "ubuntu-22.04"
    assert runner_of("windows-x", table).label == "ubuntu-24.04"
    job = on("runs-on: gpu\nsteps: [{run: make}]", gpu="registry.example/gpu:1")
    assert (job.image, job.unsupported) == ("registry.example/gpu:1", ())
    assert job.notes == ("registry.example/gpu:1 stands for gpu, as the settings say",)
    job = on("runs-on: [self-hosted, linux]\nsteps: [{run: make}]")
    assert (job.image_label, job.unsupported, len(job.notes)) == ("ubuntu-latest", (), 1)


WINDOWS = """\
runs-on: windows-latest
steps:
  - uses: actions/checkout@v4
  - if: runner.os == 'Windows'
    run: choco install make
  - name: Say
    run: Write-Output $env:PATH
  - run: |
      python -m pip install black
      python -m pip install isort
  - name: Format
    run: |
      isort --check .
      python -m black --check .
  - name: Test
    run: pytest
"""


def test_a_check_of_a_windows_job_is_planned_on_linux() -> None:
    job = on(WINDOWS, step="Format")
    assert (job.image_label, job.unsupported, job.failing) == ("ubuntu-latest", (), 4)
    words = "a Windows job on Linux, up to the step 'Format': black, isort are the same on every "
    assert job.notes == (f"{words}system",)
    assert list(job.noop) == [1, 2]
    assert list(job.excluded) == [5]
    assert [step.title for step in job.steps][1:3] == ["Run choco install make", "Say"]
    # PowerShell goes on after a program that failed: so does the shell that stands for it.
    shell = command_line(job.steps[4].shell, "s")
    assert shell == ("bash", "--noprofile", "--norc", "s")
    assert condition(job.steps[1].condition, job.contexts, Status.SUCCESS)


def test_what_judges_by_the_system_is_noted() -> None:
    job = on("runs-on: macos-14\nsteps: [{name: Types, run: mypy .}]", step="Types")
    assert job.unsupported == ()
    assert "mypy takes Linux's side" in job.notes[1]
    assert job.steps[0].shell is None


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (None, "no failing step is known (--step names it)"),
        ("Test", "step 'Test' is not known to be the same on every system"),
    ],
)
def test_the_rest_of_such_a_job_is_unsupported_with_the_reason(step: str | None, why: str) -> None:
    (what,) = on(WINDOWS, step=step).unsupported
    assert what.startswith("runs-on: windows-latest: ")
    assert why in what
    assert what.endswith(f"({PATH}:4)")


@pytest.mark.parametrize(
    ("script", "tools"),
    [
        ("black --check .", {"black"}),
        ("python -m flake8 src\nruff check", {"flake8", "ruff"}),
        ("poetry run mypy", {"mypy"}),
        ("uvx ruff check && uvx ruff format --check", {"ruff"}),
        ("uv run --frozen pyright", {"pyright"}),
        ("pre-commit run --all-files", {"pre-commit"}),
        ("tox -e lint,mypy", {"lint"}),
        ("nox -s lint", {"lint"}),
        ("make lint", {"lint"}),
        ("pip install ruff\nruff check ${{ matrix.where }}", {"ruff"}),
        ("# what follows\n\ncodespell", {"codespell"}),
        ("tox -e py311", set()),
        ("make test", set()),
        ("black . ; pytest", set()),
        ("black --check . && pytest", set()),
        ("black $env:WHERE", set()),
        ("black . | tee x", set()),
        ("black . > out", set()),
        ("pip install black", set()),
        ("uv pip install ruff\nuv sync --locked\nruff check", {"ruff"}),
        ("ruff check\npoetry run pytest", set()),
        ("ruff check\npython -m pytest", set()),
        ("ruff check\npython setup.py test", set()),
        ("Set-Location src", set()),
        ("black 'open", set()),
        ("", set()),
    ],
)
def test_a_check_is_known_by_its_command(script: str, tools: set[str]) -> None:
    text = "on: push\njobs: {j: {runs-on: a, steps: [{run: b}]}}"
    spec = read_workflow(text, PATH).jobs["j"].steps[0]
    assert checks_of(replace(spec, run=script)) == tools


def test_a_check_is_known_by_its_action() -> None:
    text = "on: push\njobs: {j: {runs-on: a, steps: [{uses: psf/black@stable}, {uses: a/b@c}]}}"
    black, other = read_workflow(text, PATH).jobs["j"].steps
    assert checks_of(black) == {"black"}
    assert not checks_of(other)
