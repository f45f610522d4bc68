"""From a found job to one that can run: contexts, variables, and what is not supported."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from regreen.errors import WorkflowError
from regreen.jobs import Job, find_job, plan, read_workflow
from regreen.jobs.expressions import Value, render
from regreen.jobs.given import DUMMY_TOKEN
from regreen.jobs.shells import command_line
from regreen.model import Selection, Unsupported

PATH = ".github/workflows/ci.yml"
SHA = "0123456789abcdef0123456789abcdef01234567"


def planned(body: str, *, head: str = "on: push\n", **options: str) -> Job:
    """Plan the job ``j`` with the lines ``body``."""
    text = f"{head}jobs:\n  j:\n{indent(dedent(body), '    ')}\n"
    if "needs:" in body:
        text += "  k: {runs-on: ubuntu-latest, steps: [{run: a}]}\n"
    found = find_job({PATH: read_workflow(text, PATH)}, Selection(job="j"), None)
    return plan(found, repository="owner/name", commit=SHA, **options)  # type: ignore[arg-type]


def unsupported(body: str) -> tuple[str, ...]:
    """Return what of a job with ``body`` after its ``runs-on`` is not supported."""
    return planned("runs-on: ubuntu-latest\n" + dedent(body)).unsupported


def test_contexts_and_variables() -> None:
    job = planned(
        """\
        name: Lint
        runs-on: ${{ matrix.os }}
        strategy: {matrix: {os: [ubuntu-22.04, ubuntu-24.04], py: ["3.10"]}}
        env: {B: "${{ matrix.py }}", C: "${{ github.sha }}"}
        defaults: {run: {working-directory: "sub-${{ matrix.py }}"}}
        steps:
          - uses: actions/setup-python@v5
            with: {python-version: "${{ matrix.py }}"}
          - run: make
        """,
        head="on: push\nenv: {A: 1, B: 2}\ndefaults: {run: {shell: bash}}\n",
    )
    assert (job.id, job.name, job.workflow) == ("j", "Lint (ubuntu-22.04, 3.10)", PATH)
    assert job.image_label == "ubuntu-22.04"
    assert job.env == {"A": "1", "B": "3.10", "C": SHA}
    assert (job.shell, job.working_directory) == ("bash", "sub-3.10")
    assert job.pythons == {0: ("3.10",)}
    assert job.unsupported == ()
    contexts = {**job.contexts, "env": dict[str, Value](job.env)}
    text = (
        "${{ github.repository_owner }} ${{ github.ref_name }} ${{ github.workspace }} "
        "${{ runner.os }} ${{ strategy.job-total }} ${{ secrets.OTHER }}|${{ vars.X }}"
    )
    assert render(text, contexts) == "owner main /home/runner/work/name/name Linux 2 |"
    tokens = render("${{ secrets.GITHUB_TOKEN }} ${{ github.token }}", contexts)
    assert tokens == f"{DUMMY_TOKEN} {DUMMY_TOKEN}"


def test_refused_and_idle_steps_are_told_apart() -> None:
    job = planned(
        """\
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
          - uses: step-security/harden-runner@v2
          - uses: codecov/codecov-action@v4
          - uses: pypa/gh-action-pypi-publish@release/v1
          - run: make
          - run: poetry run coveralls
        """
    )
    assert job.unsupported == ()
    assert list(job.noop) == [1]
    assert list(job.excluded) == [2, 3, 5]
    assert job.excluded[5] == "coveralls reports coverage to a service"
    assert job.excluded[3] == "pypa/gh-action-pypi-publish@release/v1 publishes a package"


_REACHES = "would reach this machine, and no sandbox does"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (
            "container: {image: a, options: --privileged}\nsteps: [{run: a}]",
            f"the container option --privileged {_REACHES} ({PATH}:5)",
        ),
        (
            "services: {db: {image: pg, credentials: {username: a}}}\nsteps: [{run: a}]",
            f"the service db: credentials for a registry: no login is made from here ({PATH}:5)",
        ),
        ("steps:\n- run: a\n  shell: cmd", f"shell: cmd ({PATH}:7)"),
    ],
)
def test_unsupported_things_name_their_line(body: str, what: str) -> None:
    assert unsupported(body) == (what,)


@pytest.mark.parametrize(
    "label",
    ["macos-14", "windows-latest", "[self-hosted, gpu]", "our-own", "{group: x}"],
)
def test_other_runners(label: str) -> None:
    (what,) = planned(f"runs-on: {label}\nsteps: [{{run: a}}]\n").unsupported
    assert what.startswith("runs-on: ")
    assert what.endswith(f"({PATH}:4)")


def test_what_does_not_run_here_needs_no_support() -> None:
    body = """\
        container: ${{ matrix.container }}
        strategy: {matrix: {container: [""]}}
        steps:
          - uses: some/thing@v1
            if: runner.os == 'Windows'
          - uses: some/thing@v1
            if: failure()
          - uses: actions/checkout@v4
            with: {submodules: recursive, lfs: true, repository: "${{ github.repository }}"}
        """
    assert unsupported(body) == ()


def test_a_reusable_workflow() -> None:
    text = "on: push\njobs:\n  j:\n    uses: ./x.yml\n"
    found = find_job({PATH: read_workflow(text, PATH)}, Selection(), None)
    job = plan(found, repository="o/n", commit=SHA)
    why = "x.yml is not at hand"
    assert job.unsupported == (f"the reusable workflow ./x.yml: {why} ({PATH}:4)",)


def test_a_wrong_expression_outside_of_steps() -> None:
    with pytest.raises(WorkflowError) as caught:
        planned("runs-on: ubuntu-latest\nenv: {A: \"${{ fromJSON('{') }}\"}\nsteps: [{run: a}]\n")
    assert caught.value.line == 4


@pytest.mark.parametrize(
    ("shell", "argv"),
    [
        (None, ("bash", "-e", "/s")),
        ("", ("bash", "-e", "/s")),
        ("bash", ("bash", "--noprofile", "--norc", "-eo", "pipefail", "/s")),
        ("sh", ("sh", "-e", "/s")),
        ("python", ("python", "/s")),
        ("pwsh", ("pwsh", "-command", ". '/s'")),
        ("bash -l {0}", ("bash", "-l", "/s")),
        ("perl -e 'do shift' {0}", ("perl", "-e", "do shift", "/s")),
    ],
)
def test_shells(shell: str | None, argv: tuple[str, ...]) -> None:
    assert command_line(shell, "/s") == argv


@pytest.mark.parametrize("shell", ["powershell", "cmd", "fish", "sh '{0}"])
def test_shells_that_are_not_there(shell: str) -> None:
    assert isinstance(command_line(shell, "/s"), Unsupported)
