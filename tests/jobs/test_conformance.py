"""Test vectors: what is compared, and what is said of files that hold something else."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from regreen.cli import app
from regreen.errors import UsageError
from regreen.jobs.conformance import expression_results, workflow_results

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "workflows"
PLAIN = "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n      - run: a\n"
RUN = {"id": "__run", "if": {"type": 3, "expr": "success()"}, "run": "a"}
JOB = {
    "type": "job",
    "id": "j",
    "name": "j",
    "if": {"type": 3, "expr": "success()"},
    "runs-on": "x",
    "steps": [RUN],
}
CALLED = "on: workflow_call\njobs:\n  k:\n    runs-on: x\n"


def vector(
    folder: Path, workflow: str, expected: object, settings: str = "a: 1", *called: str
) -> str:
    """Write a vector and return how the only one of ``folder`` ended: ``""`` when it passed."""
    parts = [settings, dedent(workflow).rstrip("\n"), *called, json.dumps(expected)]
    (folder / "v.yml").write_text("\n---\n".join(parts), newline="")
    (result,) = workflow_results(folder)
    return "" if result.passed else f"{result.name}: {result.expected} / {result.came}"


def faults(folder: Path, workflow: str, settings: str = "a: 1", *called: str) -> list[str]:
    """Return the messages that come of ``workflow``, without its own path."""
    said = vector(folder, workflow, {"errors": "?"}, settings, *called)
    where, _, came = said.partition(" / ")
    if where != 'errors: "?"' or came == "nothing":
        return []
    return [one["Message"].replace(".github/workflows/v.yml", "v") for one in json.loads(came)]


def test_published_vectors() -> None:
    if not PUBLISHED.is_dir():
        pytest.skip(f"GitHub's vectors are not at {PUBLISHED}")
    results = workflow_results(PUBLISHED)
    assert len(results) > 100
    assert [result for result in results if not result.passed] == []


def test_a_model_is_compared_whole(tmp_path: Path) -> None:
    assert vector(tmp_path, PLAIN, {"jobs": [JOB]}) == ""
    other = {"jobs": [{**JOB, "steps": [{**RUN, "run": "b"}]}]}
    assert vector(tmp_path, PLAIN, other) == 'jobs[0].steps[0].run: "b" / "a"'
    assert vector(tmp_path, PLAIN, {"jobs": []}).startswith("jobs[0]: nothing / {")
    more = {"jobs": [JOB], "env": {}}
    assert vector(tmp_path, PLAIN, more) == "env: {} / nothing"
    assert vector(tmp_path, PLAIN, {"errors": []}).startswith("errors: [] / nothing")


def test_places_are_kept_where_asked(tmp_path: Path) -> None:
    (tmp_path / "v.yml").write_text(f"include-source: true\n---\n{PLAIN}\n---\n{{}}")
    (result,) = workflow_results(tmp_path)
    assert not result.passed
    wanted = {"type": 0, "file": 1, "line": 3, "col": 3, "lit": "j"}
    assert json.dumps(wanted) in result.came


@pytest.mark.parametrize(
    ("steps", "ids"),
    [
        ("- run: a\n- run: a", ["__run", "__run_2"]),
        ("- uses: actions/checkout@v4\n- uses: ./x", ["__actions_checkout", "__self"]),
        ("- uses: docker://a.b/c:1", ["__a_b_c_1"]),
        ("- run: a\n  id: X\n- run: b", ["X", "__run"]),
    ],
)
def test_steps_get_ids(tmp_path: Path, steps: str, ids: list[str]) -> None:
    lines = "".join(f"      {line}\n" for line in steps.splitlines())
    workflow = f"on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n{lines}"
    (tmp_path / "v.yml").write_text(f"a: 1\n---\n{workflow}\n---\n{{}}")
    (result,) = workflow_results(tmp_path)
    assert [step["id"] for step in json.loads(result.came)[0]["steps"]] == ids


def test_limits_are_the_vectors_own(tmp_path: Path) -> None:
    said = "v: The maximum file size of 9 characters has been exceeded"
    assert faults(tmp_path, PLAIN, "max-file-size: 9") == [said]
    assert faults(tmp_path, PLAIN, "max-result-size: 99") == ["v: Maximum object size exceeded"]
    two = PLAIN + "  k:\n    runs-on: x\n"
    said = "The workflow may not contain more than 1 jobs"
    assert faults(tmp_path, two, "max-job-limit: 1") == [said]


CALL = "on: push\njobs:\n  c:\n    uses: o/r/f.yml@v1\n"


def test_a_call_must_fit_what_is_called(tmp_path: Path) -> None:
    needs = CALLED.replace(
        "on: workflow_call",
        "on:\n  workflow_call:\n    inputs: {n: {type: number, required: true}}\n"
        "    secrets: {s: {required: true}}",
    )
    called = ("o/r/f.yml@v1", needs)
    assert faults(tmp_path, CALL, "a: 1", *called) == [
        "v (Line: 4, Col: 11): Input n is required, but not provided while calling.",
        "v (Line: 4, Col: 11): Secret s is required, but not provided while calling.",
    ]
    wrong = CALL + "    with: {n: abc, o: 1}\n    secrets: {s: x, t: y}\n"
    assert faults(tmp_path, wrong, "a: 1", *called) == [
        "v (Line: 5, Col: 15): Unexpected value 'abc'",
        "v (Line: 5, Col: 23): Invalid input, o is not defined in the referenced workflow.",
        "v (Line: 6, Col: 24): Invalid secret, t is not defined in the referenced workflow.",
    ]
    right = CALL + "    with: {N: 1}\n    secrets: inherit\n"
    assert faults(tmp_path, right, "a: 1", *called) == []


def test_a_fault_of_a_called_file_names_its_caller(tmp_path: Path) -> None:
    said = faults(tmp_path, CALL, "a: 1", "o/r/f.yml@v1", CALLED.replace("x", "''"))
    caller = "In v (Line: 4, Col: 11): Error from called workflow"
    assert said == [f"{caller} o/r/f.yml@v1 (Line: 4, Col: 14): Unexpected value ''"]
    assert faults(tmp_path, CALL) == ["v (Line: 4, Col: 11): Unable to find reusable workflow"]
    push = CALLED.replace("workflow_call", "push")
    (message,) = faults(tmp_path, CALL, "a: 1", "o/r/f.yml@v1", push)
    assert "workflow_call key is not defined in the referenced workflow." in message


def test_a_called_workflow_has_no_more_rights_than_its_caller(tmp_path: Path) -> None:
    asks = CALLED.replace("    runs-on", "    permissions: {actions: write}\n    runs-on")
    called = ("o/r/f.yml@v1", asks)
    said = (
        "v (Line: 3, Col: 3): Error calling workflow 'o/r/f.yml@v1'. The nested job 'k' is "
        "requesting 'actions: write', but is only allowed 'actions: {}'."
    )
    limited = "permissions-policy: LimitedRead"
    assert faults(tmp_path, CALL, limited, *called) == [said.format("none")]
    assert faults(tmp_path, CALL, "a: 1", *called) == []
    reads = CALL + "    permissions: read-all\n"
    assert faults(tmp_path, reads, "a: 1", *called) == [said.format("read")]


def test_calls_are_nested_only_so_deep(tmp_path: Path) -> None:
    again = "on: workflow_call\njobs:\n  c:\n    uses: o/r/f.yml@v1\n"
    said = faults(tmp_path, CALL, "max-nested-reusable-workflows-depth: 2", "o/r/f.yml@v1", again)
    assert said == ["Nested reusable workflow depth exceeded 2."]
    chain = ("o/r/f.yml@v1", again.replace("f.yml", "g.yml"), "o/r/g.yml@v1", CALLED)
    for depth, faulty in ((1, True), (2, False)):
        setting = f"max-nested-reusable-workflows-depth: {depth}"
        assert bool(faults(tmp_path, CALL, setting, *chain)) is faulty


def test_events_are_strict_where_only_the_editor_is_meant(tmp_path: Path) -> None:
    events = "on:\n  issues: {types: [opened, x]}\n  schedule: [{cron: '0 24 * * *'}]\njobs: {}\n"
    editor = "skip: [Go, C#]"
    assert faults(tmp_path, events, editor) == ["v (Line: 2, Col: 28): Unexpected value 'x'"]
    rest = events.replace(", x", "").replace("jobs: {}", PLAIN[9:])
    (said,) = faults(tmp_path, rest, editor)
    assert "Invalid cron expression" in said
    assert faults(tmp_path, rest.replace("24", "23"), editor) == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "no groups"),
        ("a.json", '{"g": 1}', "no list"),
        ("a.json", '{"g": [{"expr": "1"}]}', "one of 'result' and 'err'"),
        ("a.json", '{"g": [{"result": {"kind": "Number"}}]}', "'expr'"),
        ("a.json", '{"g": [{"expr": "1", "result": {"kind": "X"}}]}', "no kind 'X'"),
        ("a.json", '{"g": [{"expr": "1", "err": {"kind": "X", "value": ""}}]}', "kind of error"),
        ("v.yml", "on: push\n", "three parts"),
        ("v.yml", "a: 1\n---\non: push\n---\n{", "not JSON"),
        ("v.yml", "[\n---\non: push\n---\n{}", "not YAML"),
        ("v.yml", "a: 1\n---\non: push\n---\nx@v1\n---\n{}", "called workflow"),
    ],
)
def test_what_is_no_vector_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    run = expression_results if name.endswith("json") else workflow_results
    with pytest.raises(UsageError) as caught:
        run(tmp_path)
    assert words in caught.value.message
    assert name in caught.value.message
    assert caught.value.next_step


def test_the_command_counts_and_ends_by_what_failed(tmp_path: Path) -> None:
    good = {"expr": "1 == 1", "result": {"kind": "Boolean", "value": True}}
    bad = {"expr": "1", "result": {"kind": "Number", "value": 2}}

    def call(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["conformance", *words])
        return done.exit_code, done.output

    code, said = call("expressions", str(tmp_path))
    assert code == 2
    assert "holds no vectors" in said
    assert call("workflows", str(tmp_path / "nowhere"))[0] == 2
    (tmp_path / "own.json").write_text(json.dumps({"g": [good]}))
    assert call("expressions", str(tmp_path)) == (0, "expressions: 1 passed, 0 failed\n")
    (tmp_path / "own.json").write_text(json.dumps({"g": [good, bad]}))
    code, said = call("expressions", str(tmp_path), "--json")
    assert code == 1
    assert json.loads(said) == {
        "schema": 1,
        "kind": "expressions",
        "passed": 1,
        "failed": 1,
        "failures": [
            {"file": "own.json", "name": "g: 1", "expected": "Number 2.0", "came": "Number 1.0"}
        ],
    }
