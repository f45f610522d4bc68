"""Which needed jobs are run, and how a matrix that one of them makes is chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regreen.errors import UsageError
from regreen.jobs import Found, Job, find_job, plan, read_workflow
from regreen.jobs.calling import Sight
from regreen.jobs.given import Given, Result, assumptions
from regreen.jobs.naming import told
from regreen.model import Analysis, LogFacts, Segment, Selection

PATH = ".github/workflows/ci.yml"
SHA = "a" * 40
BEFORE = """\
on: push
jobs:
  a: {runs-on: ubuntu-latest, outputs: {x: 'y', l: z}, steps: [{run: a}]}
  b:
    runs-on: ubuntu-latest
    needs: a
    steps:
      - uses: actions/upload-artifact@v4
        with: {name: wheel, path: dist}
  c:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/upload-artifact@v4
        with: {name: docs, path: html}
"""


def found(body: str, given: Given | None = None, log: str | None = None) -> tuple[Found, Job]:
    """Find and plan a job ``j`` of ``body`` (flow style) that comes after three others."""
    text = f"{BEFORE}  j: {{runs-on: ubuntu-latest, needs: [A, b, c], {body}}}\n"
    sight = Sight("owner/name", SHA, given or Given())
    chosen = Selection(job="j") if log is None else Selection()
    segment = Segment("make", "make", None, {}, 1, 1, 2)
    facts = LogFacts(provider="github", job=log)
    analysis = Analysis(facts, (segment,), segment, None, (), "", 2) if log else None
    one = find_job({PATH: read_workflow(text, PATH)}, chosen, analysis, sight)
    return one, plan(one, repository="owner/name", commit=SHA, sight=sight)


def wanted(body: str, given: Given | None = None) -> dict[str, str]:
    return {need.shown: need.why for need in found(body, given)[1].needs}


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ("steps: [{run: make}]", {}),
        ("steps: [{run: 'x ${{ needs.a.outputs.x }}'}]", {"a": "its outputs"}),
        ("steps: [{run: x, if: \"needs.B.outputs['y'] == 'z'\"}]", {"b": "its outputs"}),
        ("env: {X: \"${{ format('{0}', needs['c'].outputs.x) }}\"}, steps: [{run: x}]",
         {"c": "its outputs"}),
        ("steps: [{run: x, if: needs.a.result == 'failure'}]", {"a": "its result"}),
        ("steps: [{run: 'x ${{ toJSON(needs) }}'}]",
         {"a": "its outputs", "b": "its outputs", "c": "its outputs"}),
        ("steps: [{run: 'x ${{ contains(needs.*.result, ''failure'') }}'}]",
         {"a": "its result", "b": "its result", "c": "its result"}),
        ("if: needs.a.outputs.changed == 'true', steps: [{run: x}]", {}),
        ("if: needs.a.result == 'success', steps: [{run: x}]", {}),
        ("if: \"always() && needs.a.result == 'failure'\", steps: [{run: x}]",
         {"a": "its result"}),
        ("steps: [{uses: actions/download-artifact@v4, with: {name: wheel}}]",
         {"b": "its artifacts"}),
        ("steps: [{uses: actions/download-artifact@v4}]",
         {"b": "its artifacts", "c": "its artifacts"}),
        ("steps: [{uses: actions/download-artifact@v4, with: {name: x, run-id: 7}}]", {}),
    ],
)  # fmt: skip
def test_a_needed_job_is_run_only_for_what_of_it_is_used(body: str, needs: dict[str, str]) -> None:
    assert wanted(body) == needs
    assert not any("condition is false" in note for note in found(body)[1].notes)


def test_what_is_known_is_not_run() -> None:
    body = "steps: [{run: 'x ${{ needs.a.outputs.x }} ${{ needs.b.outputs.x }}'}]"
    assert wanted(body, Given(assumed=assumptions(("A.x=1",)))) == {"b": "its outputs"}
    ran = Given(needs={("a",): Result(note="run here once"), ("b",): Result("skipped")})
    assert wanted(body, ran) == {}
    assert "needs.A is run here once: success" in found(body, ran)[1].notes


@pytest.mark.parametrize("text", ["a", "=x", "a.=x", "a=well", ".x=1"])
def test_what_is_no_assumption(text: str) -> None:
    with pytest.raises(UsageError, match="--assume"):
        assumptions((text,))


def test_what_is_assumed_of_jobs_and_outputs_that_are_not_there() -> None:
    for text, words in (("x=success", "no job 'x'; the jobs are: a, b, c, j"),
                        ("a.y=1", "gives out: x, l")):  # fmt: skip
        with pytest.raises(UsageError, match=words):
            found("steps: [{run: x}]", Given(assumed=assumptions((text,))))


def test_assumptions_are_read_together() -> None:
    got = assumptions(("a.x=1", "a.y==2", "a=failure", "call/b.z="))
    assert got["a"] == Result("failure", {"x": "1", "y": "=2"}, "assumed")
    assert got["call/b"].outputs == {"z": ""}


MATRIX = "strategy: {matrix: {py: '${{ fromJSON(needs.a.outputs.l) }}', os: [u, w]}}"
STEPS = "steps: [{run: make}]"


def test_a_matrix_of_another_job_waits_for_it() -> None:
    one, job = found(f"{MATRIX}, {STEPS}")
    assert (one.pending, [need.shown for need in job.needs], job.unsupported) == (True, ["a"], ())
    known = Given(needs={("a",): Result(outputs={"l": "[3.1, 3.2]"})})
    one, job = found(f"{MATRIX}, {STEPS}", known)
    assert (one.pending, job.name, job.needs) == (False, "j (3.1, u)", ())
    assert job.contexts["strategy"] == {
        "fail-fast": True, "job-index": 0.0, "job-total": 4.0, "max-parallel": 4.0,
    }  # fmt: skip


def test_a_log_s_name_may_tell_the_whole_combination() -> None:
    one, job = found(f"{MATRIX}, {STEPS}", log="j (3.10, w)")
    assert (dict(one.combination), one.pending, job.needs) == ({"py": "3.10", "os": "w"}, False, ())
    assert job.name == "j (3.10, w)"
    one, job = found(f"{MATRIX}, {STEPS}", log="j (3.10, macos)")
    assert (one.pending, [need.shown for need in job.needs]) == (True, ["a"])
    one, _ = found(f"name: 'on ${{{{ matrix.os }}}} ${{{{ matrix.py }}}}', {MATRIX}, {STEPS}",
                   log="on u 3.12")  # fmt: skip
    assert dict(one.combination) == {"py": "3.12", "os": "u"}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ("strategy: {matrix: '${{ fromJSON(needs.a.outputs.m) }}'}", "j (x)"),
        (MATRIX, "j (x)"),
        (MATRIX, "j (x, u, y)"),
        (MATRIX, "j (x, u..."),
        ("name: 'n ${{ matrix.py }}', " + MATRIX, "n x"),
        ("name: '${{ matrix.py }}${{ matrix.os }}', " + MATRIX, "xu"),
        ("name: '${{ matrix.py }} ${{ github.ref }}', " + MATRIX, "x u"),
        ("strategy: {matrix: {py: '${{ x }}', include: [{py: 1}]}}", "j (x)"),
    ],
)
def test_a_name_that_tells_less(fields: str, name: str) -> None:
    text = f"{BEFORE}  j: {{runs-on: x, needs: a, {fields}, {STEPS}}}\n"
    job = read_workflow(text.replace("${{ x }}", "${{ needs.a.outputs.l }}"), PATH).jobs["j"]
    assert told(job, "", name) is None


def test_values_are_those_of_the_vector_where_it_is_written_out() -> None:
    text = f"{BEFORE}  j: {{runs-on: x, strategy: {{matrix: {{n: [1, 2], b: [true]}}}}, {STEPS}}}\n"
    job = read_workflow(text, PATH).jobs["j"]
    assert told(job, "", "j (2, true)") == {"n": 2.0, "b": True}
    assert told(replace(job, name="k"), "call / ", "call / k (1, true)") == {"n": 1.0, "b": True}
