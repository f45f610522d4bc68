"""Jobs of reusable workflows: found by their names, with what the calling jobs give them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from pytest_httpserver import HTTPServer

from regreen.errors import RegreenError, UnsupportedError, UsageError, WorkflowError
from regreen.jobs import Job, Workflow, find_job, plan, read_workflow
from regreen.jobs.calling import DEEPEST, Sight, called_path
from regreen.jobs.elsewhere import Elsewhere
from regreen.jobs.expressions import render
from regreen.jobs.given import Given, assumptions
from regreen.model import Analysis, LogFacts, Segment, Selection
from tests.git_server import serve
from tests.repositories import commit, git

FOLDER = ".github/workflows"
SHA = "a" * 40
CI = """\
name: CI
on: [push]
env: {OUTER: "1"}
defaults: {run: {shell: sh}}
jobs:
  build:
    name: Build all
    strategy: {matrix: {version: [v1, v2]}}
    uses: ./.github/workflows/build.yml
    with: {version: "${{ matrix.version }}", number: 3}
    secrets: {TOKEN: "${{ secrets.DEPLOY }}"}
  other:
    uses: ./.github/workflows/middle.yml
    secrets: inherit
"""
BUILD = """\
on:
  workflow_call:
    inputs:
      version: {type: string, required: true}
      number: {type: string}
      flag: {type: boolean}
      count: {type: number, default: 7}
    secrets:
      token: {required: true}
      spare: {}
env: {INNER: "${{ inputs.version }}"}
jobs:
  make:
    runs-on: ubuntu-latest
    strategy: {matrix: {os: [a, b]}}
    steps: [{run: make}]
  last: {runs-on: ubuntu-latest, steps: [{run: a}]}
"""
MIDDLE = """\
on: {workflow_call: {}}
jobs:
  inner: {uses: ./.github/workflows/leaf.yml, secrets: inherit}
"""
LEAF = """\
on: [workflow_call, pull_request]
jobs:
  leaf: {runs-on: ubuntu-latest, steps: [{run: leaf}]}
"""
FILES = {"ci.yml": CI, "build.yml": BUILD, "middle.yml": MIDDLE, "leaf.yml": LEAF}


def flows(files: dict[str, str]) -> dict[str, Workflow]:
    found = {f"{FOLDER}/{name}": text for name, text in files.items()}
    return {path: read_workflow(dedent(text), path) for path, text in found.items()}


def sight(known: dict[str, Workflow], given: Given | None = None) -> Sight:
    def load(path: str) -> Workflow:
        try:
            return known[path]
        except KeyError:
            raise RegreenError(f"no {path}") from None

    return Sight("owner/name", SHA, given or Given(), load)


def planned(
    job: str, files: dict[str, str] | None = None, given: Given | None = None, **chosen: str
) -> Job:
    known = flows(files or FILES)
    seen = sight(known, given)
    found = find_job(known, Selection(job=job, **chosen), None, seen)  # type: ignore[arg-type]
    return plan(found, repository="owner/name", commit=SHA, sight=seen)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("Build all (v2) / make (b)", "Build all (v2) / make (b)"),
        ("build all (v1) / make (a)", "Build all (v1) / make (a)"),
        ("build/make", "Build all (v1) / make (a)"),
        ("make", "Build all (v1) / make (a)"),
        ("other / inner / leaf", "other / inner / leaf"),
        ("other", "other / inner / leaf"),
    ],
)
def test_a_called_job_is_found(asked: str, name: str) -> None:
    job = planned(asked)
    assert (job.name, job.unsupported) == (name, ())


def test_a_log_names_the_called_job() -> None:
    segment = Segment("make", "make", None, {}, 1, 1, 2)
    facts = LogFacts(provider="github", job="Build all (v2) / make (b)")
    log = Analysis(facts, (segment,), segment, None, (), "", 2)
    known = flows(FILES)
    found = find_job(known, Selection(workflow="ci.yml"), log, sight(known))
    assert (found.name, found.step_index) == ("Build all (v2) / make (b)", 0)
    assert found.caller is not None
    assert dict(found.caller.combination) == {"version": "v2"}


@pytest.mark.parametrize(("name", "called"), [("other / inner / leaf", True), ("leaf", False)])
def test_a_workflow_that_is_called_and_has_events_of_its_own(name: str, called: bool) -> None:
    segment = Segment("leaf", "leaf", None, {}, 1, 1, 2)
    facts = LogFacts(provider="github", job=name)
    known = flows(FILES)
    log = Analysis(facts, (segment,), segment, None, (), "", 2)
    assert (find_job(known, Selection(), log, sight(known)).caller is not None) is called
    assert planned(name if called else "leaf").name == name


def test_a_called_job_sees_its_own_inputs_and_the_caller_s_event() -> None:
    given = Given(secrets={"DEPLOY": "let-me-in", "MORE": "and-more"})
    job = planned("Build all (v2) / make (b)", given=given)
    assert job.contexts["inputs"] == {"version": "v2", "number": "3", "flag": False, "count": 7.0}
    assert job.contexts["matrix"] == {"os": "b"}
    names = ("github.workflow", "github.event_name", "github.job", "github.workflow_ref")
    text = " ".join(f"${{{{ {name} }}}}" for name in (*names, "secrets.token", "secrets.MORE"))
    assert render(text, job.contexts) == (
        f"CI push make owner/name/{FOLDER}/ci.yml@refs/heads/main let-me-in "
    )
    assert (job.env, job.shell, job.workflow) == ({"INNER": "v2"}, None, f"{FOLDER}/build.yml")
    inherited = planned("leaf", given=given, workflow="ci.yml")
    assert render("${{ secrets.MORE }}", inherited.contexts) == "and-more"


def test_a_workflow_that_is_only_called_is_there_by_its_callers() -> None:
    assert planned("make", workflow="build.yml").name == "Build all (v1) / make (a)"
    alone = {"build.yml": BUILD}
    job = planned("last", alone, Given(inputs={"version": "v9"}))
    assert (job.name, job.env) == ("last", {"INNER": "v9"})
    twice = FILES | {"ci.yml": CI + "  more: {uses: ./.github/workflows/middle.yml}\n"}
    with pytest.raises(UsageError, match="several jobs are meant") as caught:
        planned("inner", twice)
    assert "more/inner/leaf" in caught.value.message


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('version: "${{ matrix.version }}", ', ""), "Input version is required"),
        (("number: 3", "nothing: 3"), "Invalid input, nothing is not defined"),
        (("number: 3", "count: x"), "Unexpected value 'x'"),
        (("{TOKEN:", "{other: x, TOKEN:"), "Invalid secret, other is not defined"),
        (('    secrets: {TOKEN: "${{ secrets.DEPLOY }}"}\n', ""), "Secret token is required"),
    ],
)
def test_a_call_that_github_refuses(change: tuple[str, str], why: str) -> None:
    with pytest.raises(WorkflowError, match=why) as caught:
        planned("build/last", FILES | {"ci.yml": CI.replace(*change)})
    assert (caught.value.file, caught.value.line) == (f"{FOLDER}/ci.yml", 9)


def test_inputs_that_wait_for_another_job() -> None:
    waiting = """\
        on: push
        jobs:
          tell: {runs-on: ubuntu-latest, outputs: {n: x}, steps: [{run: a}]}
          call:
            needs: tell
            uses: ./.github/workflows/count.yml
            with: {n: "${{ fromJSON(needs.tell.outputs.n) }}"}
        """
    count = """\
        on: {workflow_call: {inputs: {n: {type: number}}}}
        jobs:
          one: {runs-on: ubuntu-latest, steps: [{run: a}]}
          two:
            needs: one
            runs-on: ubuntu-latest
            strategy: {matrix: {n: ["${{ inputs.n }}"]}}
            steps: [{run: a}]
        """
    files = {"ci.yml": waiting, "count.yml": count}
    job = planned("two", files)
    assert ([need.shown for need in job.needs], job.unsupported) == (["tell"], ())
    told = Given(assumed=assumptions(("tell.n=4",)))
    assert planned("two", files, told).name == "call / two (4)"


def test_what_is_called_and_not_there_names_its_line() -> None:
    job = planned("other", FILES | {"middle.yml": MIDDLE.replace("leaf.yml", "gone.yml")})
    what = f"the reusable workflow ./{FOLDER}/gone.yml: no {FOLDER}/gone.yml"
    assert job.unsupported == (f"{what} ({FOLDER}/middle.yml:3)",)
    job = planned("other", FILES | {"leaf.yml": LEAF.replace("workflow_call, ", "")})
    assert "workflow_call key is not defined" in job.unsupported[0]


def test_calls_are_nested_no_deeper_than_github_has_it() -> None:
    nested = {
        f"{n}.yml": f"on: [push, workflow_call]\njobs: {{j{n}: {{uses: ./{FOLDER}/{n + 1}.yml}}}}\n"
        for n in range(20)
    }
    (what,) = planned("j0", nested, workflow="0.yml").unsupported
    assert f"nested deeper than {DEEPEST}" in what
    assert planned("j0", nested, workflow="0.yml").id == f"j{DEEPEST}"


def test_paths_of_called_workflows() -> None:
    assert called_path("./.github/workflows/a.yml", "b.yml") == ".github/workflows/a.yml"
    assert called_path("o/r/.github/workflows/a.yml@v1", "b.yml").endswith("@v1")
    inner = called_path("./.github/workflows/a.yml", "o/r/.github/workflows/b.yml@v1")
    assert inner == "o/r/.github/workflows/a.yml@v1"


@pytest.fixture
def served(tmp_path: Path, httpserver: HTTPServer) -> Callable[..., Elsewhere]:
    """A server that has ``o/r`` with a workflow at ``v1``, which its branch has no more."""
    path = f"{FOLDER}/x.yml"
    commit(tmp_path / "w", {path: LEAF})
    git(tmp_path / "w", "tag", "v1")
    (tmp_path / "w" / path).unlink()
    commit(tmp_path / "w", {"a": "b"})
    git(tmp_path, "clone", "-q", "--bare", "w", "o/r")
    serve(httpserver, tmp_path)
    return lambda **more: Elsewhere(tmp_path / "cache", httpserver.url_for("").rstrip("/"), **more)


def test_a_workflow_of_another_repository(served: Callable[..., Elsewhere], tmp_path: Path) -> None:
    path, tagged = f"{FOLDER}/x.yml", git(tmp_path / "w", "rev-parse", "v1")
    assert served()("o/r", path, "v1") == LEAF
    assert served(offline=True)("o/r", path, tagged) == LEAF
    for ref, why in (
        ("main", "it has no .github"),
        ("v2", "it has no v2"),
        ("f" * 40, "it has no"),
    ):
        with pytest.raises(UnsupportedError, match=why) as caught:
            served()("o/r", path, ref)
        assert "--actions-dir" in caught.value.next_step
    with pytest.raises(UnsupportedError, match="--offline asks no server"):
        served(offline=True)("o/r", path, "v1")
    own = tmp_path / "mine" / "o" / "r@v2" / FOLDER
    own.mkdir(parents=True)
    (own / "x.yml").write_text("mine")
    assert served(folder=tmp_path / "mine")("o/r", path, "v2") == "mine"
