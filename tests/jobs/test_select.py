"""Which job is meant: by name, by log, by both; and what is said when that is not clear."""

from __future__ import annotations

from textwrap import dedent

import pytest

from regreen.errors import UsageError
from regreen.jobs import Workflow, find_job, read_workflow
from regreen.model import Analysis, LogFacts, Segment, Selection

CI = dedent(
    """\
    name: CI
    on: push
    jobs:
      lint:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
          - uses: actions/setup-python@v5
            with: {python-version: "3.12"}
          - run: pip install black
          - name: Format
            run: black --check .
      test:
        name: Tests on ${{ matrix.os }}
        runs-on: ${{ matrix.os }}
        strategy:
          matrix:
            python: ["3.10", "3.11"]
            os: [ubuntu-22.04, ubuntu-24.04]
        steps:
          - uses: actions/checkout@v4
          - uses: actions/setup-python@v5
            with:
              python-version: ${{ matrix.python }}
          - run: |
              pip install -r requirements.txt
              echo "${{ github.sha }}" > version
          - run: pytest -q --python ${{ matrix.python }}
    """
)
OTHER = dedent(
    """\
    on: push
    jobs:
      lint:
        runs-on: ubuntu-latest
        steps:
          - run: pip install black
          - run: mypy .
    """
)


@pytest.fixture
def workflows() -> dict[str, Workflow]:
    texts = {".github/workflows/ci.yml": CI, ".github/workflows/other.yml": OTHER}
    return {path: read_workflow(text, path) for path, text in texts.items()}


def run(command: str) -> Segment:
    """Return a logged ``run`` step."""
    return Segment(command.partition("\n")[0], command, None, {}, 0, 1, 2)


def use(action: str, **inputs: str) -> Segment:
    """Return a logged action; ``_`` in names of inputs stands for a hyphen."""
    named = {key.replace("_", "-"): value for key, value in inputs.items()}
    return Segment(action, None, action, named, None, 1, 2)


def log(*segments: Segment, job: str | None = None, image: str | None = None) -> Analysis:
    """Return the analysis of a log whose last step fails."""
    failing = segments[-1] if segments else None
    return Analysis(LogFacts(job=job, image=image), segments, failing, None, (), "", 9)


def test_by_job_id(workflows: dict[str, Workflow]) -> None:
    found = find_job(workflows, Selection(workflow="other.yml", job="lint"), None)
    assert (found.workflow.path, found.job.id) == (".github/workflows/other.yml", "lint")
    assert (found.step_index, found.combination) == (None, {})


def test_a_matrix_without_a_choice_is_its_first_combination(workflows: dict[str, Workflow]) -> None:
    found = find_job(workflows, Selection(job="test"), None)
    assert found.combination == {"python": "3.10", "os": "ubuntu-22.04"}
    assert "first of 4" in found.why
    assert "--matrix" in found.why


def test_by_rendered_name_and_matrix(workflows: dict[str, Workflow]) -> None:
    chosen = Selection(job="Tests on ubuntu-24.04", matrix={"python": "3.11"})
    found = find_job(workflows, chosen, None)
    assert found.combination == {"python": "3.11", "os": "ubuntu-24.04"}


def test_by_workflow_name_and_step(workflows: dict[str, Workflow]) -> None:
    found = find_job(workflows, Selection(workflow="CI", job="lint", step="Format"), None)
    assert found.step_index == 3


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        (Selection(workflow="none.yml"), ["ci.yml", "other.yml", "--workflow"]),
        (Selection(job="nope"), ["test", "lint (.github/workflows/other.yml)", "--job"]),
        (Selection(job="lint"), ["ci.yml", "other.yml", "--workflow"]),
        (Selection(workflow="ci.yml"), ["lint", "test", "--job"]),
        (Selection(job="test", matrix={"python": "2.7"}), ["python=3.10", "os=ubuntu-24.04"]),
        (Selection(job="test", matrix={"ruby": "3"}), ["python=3.10"]),
        (Selection(workflow="CI", job="lint", step="nope"), ["Format", "Run pip install black"]),
    ],
)
def test_errors_name_what_there_is(
    workflows: dict[str, Workflow], selection: Selection, named: list[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        find_job(workflows, selection, None)
    for text in named:
        assert text in str(caught.value)


def test_by_the_failing_step_of_a_log(workflows: dict[str, Workflow]) -> None:
    analysis = log(
        use("actions/checkout@v4"),
        use("actions/setup-python@v5", python_version="3.12"),
        run("pip install black"),
        run("black --check ."),
    )
    found = find_job(workflows, Selection(), analysis)
    assert (found.workflow.path, found.job.id) == (".github/workflows/ci.yml", "lint")
    assert found.step_index == 3
    assert "step 4 is the log's failing step" in found.why


def test_a_filled_in_script_and_inputs_choose_the_combination(
    workflows: dict[str, Workflow],
) -> None:
    analysis = log(
        use("actions/checkout@v4"),
        use("actions/setup-python@v5", python_version="3.11"),
        run('pip install -r requirements.txt\necho "0123abc" > version'),
        image="ubuntu-24.04",
    )
    found = find_job(workflows, Selection(), analysis)
    assert (found.job.id, found.step_index) == ("test", 2)
    assert found.combination == {"python": "3.11", "os": "ubuntu-24.04"}


def test_the_job_name_of_a_log_chooses(workflows: dict[str, Workflow]) -> None:
    analysis = log(run("pytest -q --python 3.11"), job="Tests on ubuntu-24.04")
    found = find_job(workflows, Selection(), analysis)
    assert found.combination == {"python": "3.11", "os": "ubuntu-24.04"}
    assert "the log names it" in found.why


def test_combinations_that_fit_alike_are_said(workflows: dict[str, Workflow]) -> None:
    found = find_job(workflows, Selection(), log(run("pytest -q --python 3.11")))
    assert found.combination == {"python": "3.11", "os": "ubuntu-22.04"}
    assert "2 combinations fit alike" in found.why


def test_a_log_that_fits_two_jobs_alike(workflows: dict[str, Workflow]) -> None:
    twice = {
        "a.yml": workflows[".github/workflows/other.yml"],
        "b.yml": read_workflow(OTHER, "b.yml"),
    }
    with pytest.raises(UsageError, match="fits several jobs alike") as caught:
        find_job(twice, Selection(), log(run("mypy .")))
    assert "--workflow" in str(caught.value)
    assert find_job(twice, Selection(workflow="b.yml"), log(run("mypy ."))).workflow.path == "b.yml"


def test_a_log_of_something_else(workflows: dict[str, Workflow]) -> None:
    with pytest.raises(UsageError, match=r"no job has the log's failing step \(cargo test\)"):
        find_job(workflows, Selection(), log(use("actions/checkout@v4"), run("cargo test\nls")))


def test_a_step_within_an_action_is_that_action() -> None:
    text = "on: push\njobs: {j: {runs-on: x, steps: [{run: a}, {uses: psf/black@v1}, {run: b}]}}\n"
    analysis = log(run("a"), use("psf/black@v1"), run("python action/main.py"), job="j")
    assert (
        find_job({"ci.yml": read_workflow(text, "ci.yml")}, Selection(), analysis).step_index == 1
    )


def test_a_job_without_the_log_s_failing_step_is_not_taken_even_when_named(
    workflows: dict[str, Workflow],
) -> None:
    with pytest.raises(UsageError, match=r"failing step \(cargo test\)"):
        find_job(workflows, Selection(workflow="CI", job="lint"), log(run("cargo test")))


def test_the_user_wins_over_the_log_with_a_step(workflows: dict[str, Workflow]) -> None:
    chosen = Selection(workflow="CI", job="lint", step="pip install black")
    found = find_job(workflows, chosen, log(run("cargo test")))
    assert (found.job.id, found.step_index) == ("lint", 2)


def test_the_order_of_files_does_not_matter(workflows: dict[str, Workflow]) -> None:
    backwards = dict(reversed(list(workflows.items())))
    analysis = log(run("pip install black"), run("mypy ."))
    for files in (workflows, backwards):
        assert find_job(files, Selection(), analysis).workflow.path.endswith("other.yml")
