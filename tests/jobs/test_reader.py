"""Workflow files: what they say, and where what is wrong with them stands."""

from __future__ import annotations

import time
from textwrap import dedent

import pytest

from regreen.errors import ExitCode, WorkflowError, WorkflowRefused
from regreen.jobs import read_all, read_workflow
from regreen.jobs.reader import file_faults

PATH = ".github/workflows/ci.yml"
FULL = dedent(
    """\
    name: CI
    on:
      push: {branches: [main]}
      pull_request:
    env:
      NUMBER: 3.10
      YES: yes
    defaults:
      run: {shell: bash}
    jobs:
      lint:
        name: Lint ${{ matrix.python }}
        runs-on: ${{ matrix.os }}
        needs: build
        if: github.event_name == 'push'
        strategy:
          fail-fast: false
          matrix:
            python: [3.10, "3.10", 0755]
            os: [ubuntu-latest]
        env: {A: true, B: null}
        timeout-minutes: ${{ matrix.minutes }}
        steps:
          - uses: actions/checkout@v4
            with: {fetch-depth: 0}
          - name: Black
            id: black
            if: ${{ !cancelled() }}
            run: |
              black --check .
              echo "${{ github.sha }}"
            shell: sh
            working-directory: src
            env: {X: 1}
            continue-on-error: true
      build:
        runs-on: [self-hosted, linux]
        steps: [{run: make}]
      call:
        uses: ./.github/workflows/other.yml
        with: {level: 2}
        secrets: inherit
    """
)


def refused(text: str | bytes) -> tuple[int, int, str]:
    """Return line, column and reason of the error that reading ``text`` gives."""
    with pytest.raises(WorkflowError) as caught:
        read_workflow(text, PATH)
    error = caught.value
    assert error.exit_code == ExitCode.USAGE
    assert error.message.startswith(f"{PATH}:{error.line}:{error.column}: ")
    return error.line, error.column, error.reason


def job(body: str) -> str:
    """Return a workflow whose one job has the lines ``body``; they begin in line 5."""
    lines = dedent(body).strip().splitlines()
    return (
        "\n".join(
            ["on: push", "jobs:", "  j:", "    runs-on: ubuntu-latest"]
            + [f"    {line}" for line in lines]
        )
        + "\n"
    )


def test_a_whole_workflow() -> None:
    workflow = read_workflow(FULL, PATH)
    assert workflow.name == "CI"
    assert workflow.on == {"push": {"branches": ["main"]}, "pull_request": None}
    assert workflow.env == {"NUMBER": "3.1", "YES": "yes"}
    assert workflow.defaults.shell == "bash"
    assert list(workflow.jobs) == ["lint", "build", "call"]
    lint = workflow.jobs["lint"]
    assert (lint.needs, lint.line, lint.condition) == (
        ("build",),
        12,
        "github.event_name == 'push'",
    )
    assert lint.strategy is not None
    assert lint.strategy.fail_fast is False
    assert lint.strategy.matrix == {"python": [3.1, "3.10", 755.0], "os": ["ubuntu-latest"]}
    assert lint.env == {"A": "true", "B": ""}
    assert lint.timeout_minutes == "${{ matrix.minutes }}"
    assert workflow.jobs["build"].runs_on == ["self-hosted", "linux"]
    assert workflow.jobs["call"].uses == "./.github/workflows/other.yml"
    assert workflow.jobs["call"].steps == ()


def test_its_steps() -> None:
    checkout, black = read_workflow(FULL, PATH).jobs["lint"].steps
    assert (checkout.uses, checkout.run, checkout.inputs) == (
        "actions/checkout@v4",
        None,
        {"fetch-depth": "0"},
    )
    assert checkout.title == "Run actions/checkout@v4"
    assert black.run == 'black --check .\necho "${{ github.sha }}"\n'
    assert (black.index, black.id, black.title, black.shell) == (1, "black", "Black", "sh")
    assert (black.working_directory, black.env) == ("src", {"X": "1"})
    assert (black.condition, black.continue_on_error) == ("${{ !cancelled() }}", True)
    assert (black.line, black.lines["run"]) == (26, 29)


def test_yaml_that_does_not_parse() -> None:
    line, _, reason = refused("on: push\njobs:\n  j:\n   - a\n  b: [\n")
    assert line in {4, 5, 6}
    assert "YAML" in reason
    assert refused("on: push\njobs:\n\tj: 1\n")[0] == 3
    line, column, reason = refused("on: push\njobs: {}\n# \x07\n")
    assert (line, column) == (3, 3)
    assert "U+0007" in reason


def test_bytes_that_are_no_text() -> None:
    assert refused(b"on: push\nname: caf\xe9\n") == (2, 10, "not UTF-8 text (byte 0xe9)")
    assert read_workflow(b"\xef\xbb\xbf" + FULL.encode(), PATH).name == "CI"


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "~\n"])
def test_empty_files(text: str) -> None:
    assert "empty" in refused(text)[2]


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("on: push\n", 1, 1, "Required property is missing: jobs"),
        ("jobs: {j: {runs-on: x, steps: [{run: a}]}}\n", 1, 1, "Required property is missing: on"),
        ("- a\n", 1, 1, "A sequence was not expected"),
        ("on: push\njobs: [a]\n", 2, 7, "A sequence was not expected"),
        ("on: pusch\njobs: {j: {runs-on: x}}\n", 1, 5, "Unexpected value 'pusch'"),
        (
            "on: {schedule: {cron: x}}\njobs: {j: {runs-on: x}}\n",
            1,
            16,
            "A mapping was not expected",
        ),
        ("on: push\non: push\njobs: {j: {runs-on: x}}\n", 2, 1, "'on' is already defined"),
        (job("runs-on: again"), 5, 5, "'runs-on' is already defined"),
        (job("steps: {run: a}"), 5, 12, "A mapping was not expected"),
        (job("steps: make"), 5, 12, "Unexpected value 'make'"),
        (job("steps:\n- run: a\n  uses: b/c@v1"), 7, 7, "Unexpected value 'uses'"),
        (job("steps:\n- runs: a"), 6, 7, "Unexpected value 'runs'"),
        (job("steps:\n- shell: sh"), 6, 7, "Required property is missing: run"),
        (
            job("needs: k\nsteps: [{run: a}]\n\nl: {runs-on: x}").replace("    l:", "  l:"),
            5,
            12,
            "Job 'j' depends on unknown job 'k'.",
        ),
        (
            job("needs: j\nsteps: [{run: a}]"),
            3,
            3,
            "The workflow must contain at least one job with",
        ),
        (
            job("strategy: {matrix: {a: []}}"),
            5,
            28,
            "Matrix vector 'a' does not contain any values",
        ),
        (job("fail-fast: true"), 5, 5, "Unexpected value 'fail-fast'"),
        (job("timeout-minutes: soon"), 5, 22, "Unexpected value 'soon'"),
        (job("steps:\n- run: echo ${{ matrix.a => 1 }}"), 6, 12, "Unexpected symbol: '='"),
        (job('steps:\n- run: a\n  if: "x" == matrix.a'), 7, 15, "not valid YAML"),
        (job("steps:\n- run: a\n  if: github.ref = 1"), 7, 11, "Unexpected symbol: '='"),
        (job("steps:\n- run: echo ${{ github.ref"), 6, 12, "The expression is not closed"),
        (
            job("steps:\n- run: echo ${{ nothing.ref }}"),
            6,
            12,
            "Unrecognized named-value: 'nothing'",
        ),
        (job("if: secrets.X\nsteps: [{run: a}]"), 5, 9, "Unrecognized named-value: 'secrets'"),
        (
            job("steps:\n- uses: a/b@${{ github.sha }}"),
            6,
            13,
            "Unrecognized named-value: 'github'",
        ),
        (
            job("steps: [{run: a, id: x}, {run: b, id: X}]"),
            5,
            43,
            "The identifier 'X' may not be used",
        ),
        (job("env:\nsteps: [{run: a}]"), 5, 9, "Unexpected value ''"),
        (job("steps:\n- uses: checkout"), 6, 13, "Expected format {org}/{repo}[/path]@ref."),
        (job("steps:\n- run: a\n  shell: ${{ matrix.s }}"), 7, 14, "Unrecognized named-value"),
        (job("env:\n  ${{ insert }}: ${{ foo }}"), 6, 22, "Unrecognized named-value: 'foo'"),
        (job("steps:\n- run: a ${{ insert }}"), 6, 12, "The directive 'insert' is not allowed"),
        (job("outputs: ${{ github.ref }}"), 5, 14, "Unrecognized named-value: 'github'"),
        (job("outputs: ${{ 1 }}"), 5, 14, "A template expression is not allowed"),
        (job("steps:\n- run: a\n  <<: {shell: sh}"), 7, 7, "Unexpected value '<<'"),
        (job("steps:\n- parallel: [{run: a}]"), 6, 7, "Unexpected value 'parallel'"),
        (job("strategy: {matrix: {}}"), 5, 24, "Matrix must define at least one vector"),
        (
            job("strategy: {matrix: {a: [1], exclude: [{b: 1}]}}"),
            5,
            44,
            "Matrix exclude key 'b' does not match any key within the matrix",
        ),
        (job("container: docker://"), 5, 16, "Container image cannot be empty"),
        (job("services: {s: ''}"), 5, 19, "Container image cannot be empty"),
        (job("snapshot: {image-name: a, version: 1.0}"), 5, 15, "Expected format '{major-version}"),
        (job("steps: [{run: a, id: __x}]"), 5, 26, "The identifier '__x' is invalid. IDs starting"),
        ("on: push\njobs: {j: {runs-on: {group: a/b}}}\n", 2, 29, "Invalid runs-on group name"),
        ("on: push\njobs: {}\n", 2, 7, "The workflow must contain at least one job"),
        ("on: push\nname: !!int a\njobs: {}\n", 2, 7, "The value 'a' on line 2 and column 7 is"),
        ("on: push\nname: !!int '1'\njobs: {}\n", 2, 7, "The scalar style 'SingleQuoted' on"),
        ("on: push\nname: 0x1ffffffff\njobs: {}\n", 2, 7, "The value '0x1ffffffff' on line 2"),
        ("on: push\njobs: {j: {runs-on: x}}\n---\na: 1\n", 3, 1, "a second YAML document"),
        ("on: push\njobs: {j: {runs-on: !!binary eA==}}\n", 2, 21, "Unexpected tag"),
        ("on: push\njobs: {j: {runs-on: *a}}\n", 2, 21, "Unknown anchor 'a'"),
    ],
)
def test_faults_and_their_places(text: str, line: int, column: int, reason: str) -> None:
    found = refused(text)
    assert found[2].startswith(reason)
    assert found[:2] == (line, column)


def test_anchors_are_expanded() -> None:
    text = "on: push\njobs:\n  a: &j\n    runs-on: x\n    steps: [{run: make}]\n  b: *j\n"
    jobs = read_workflow(text, PATH).jobs
    assert jobs["b"].steps[0].run == "make"


def test_a_yaml_bomb_is_refused_quickly() -> None:
    levels = [f"  L{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    text = "on: push\nenv:\n  L0: &l0 [x]\n" + "\n".join(levels) + "\njobs: {}\n"
    started = time.monotonic()
    assert "Maximum YAML nodes exceeded" in refused(text)[2]
    assert time.monotonic() - started < 5
    assert "contains itself" in refused("on: &a [*a]\njobs: {}\n")[2]
    assert "depth" in refused("on: " + "[" * 200 + "]" * 200)[2]
    assert "size" in refused("#" * 2_000_000)[2]


def test_a_file_of_many_jobs_is_read_in_time() -> None:
    chain = "".join(f"  j{n}: {{needs: j{n - 1}, runs-on: x}}\n" for n in range(1, 7000))
    started = time.monotonic()
    workflow = read_workflow(f"on: push\njobs:\n  j0: {{runs-on: x}}\n{chain}", PATH)
    assert time.monotonic() - started < 15
    assert len(workflow.jobs) == 7000
    circle = "on: push\njobs: {a: {runs-on: x}, b: {runs-on: x, needs: [a, b]}}\n"
    assert refused(circle)[2] == (
        "Job 'b' depends on job 'b' which creates a cycle in the dependency graph."
    )


def test_every_fault_is_found_relations_only_in_a_right_shape() -> None:
    text = job("needs: k\nname: [a]\nsteps:\n- runs: a\n- run: b\n  if: foo.bar")
    with pytest.raises(WorkflowRefused) as caught:
        read_workflow(text, PATH)
    places = [(line, column) for line, column, _ in caught.value.faults]
    assert places == [(6, 11), (8, 7), (8, 7)]
    assert caught.value.jobs == ("j",)
    right = job("steps:\n- run: b\n  if: foo.bar\n- run: b\n  id: 1x")
    assert [(one.line, one.column) for one in file_faults(right, PATH)] == [(7, 11), (9, 11)]
    assert file_faults(FULL, PATH) == ()


def test_an_expression_that_only_spells_a_text_out_is_that_text() -> None:
    found = read_workflow(job("steps:\n- uses: ${{ 'a/b@v1' }}\n  id: ${{ 'x' }}"), PATH).jobs["j"]
    assert (found.steps[0].uses, found.steps[0].id) == ("a/b@v1", "x")


def test_numbers_are_read_as_github_reads_them() -> None:
    text = "on: push\nenv: {A: 0xff, B: 0o17, C: 0xffffffff, D: !!float 1, E: 1_0, F: !!str 1}\n"
    env = read_workflow(text + "jobs: {j: {runs-on: x}}\n", PATH).env
    assert list(env.values()) == ["255", "15", "-1", "1", "1_0", "1"]


def test_one_broken_file_does_not_hide_the_others() -> None:
    read = read_all({"b.yml": FULL, "a.yml": "on: [", "c.yml": b"\xff"})
    assert list(read.workflows) == ["b.yml"]
    assert sorted(read.broken) == ["a.yml", "c.yml"]


def test_an_expression_may_stand_for_a_mapping() -> None:
    text = job("env: ${{ fromJSON(vars.ENV) }}\nstrategy:\n  matrix: ${{ fromJSON('{}') }}")
    found = read_workflow(text, PATH).jobs["j"]
    assert found.env == {"${{ insert }}": "${{ fromJSON(vars.ENV) }}"}
    assert found.strategy is not None
    assert found.strategy.matrix == "${{ fromJSON('{}') }}"
