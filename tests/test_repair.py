"""The measure of repair: each case as a workflow, how far it came, and what is said of it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.repositories import commit

rows = pytest.importorskip("benchmarks.repair.rows", reason="the sdist has no benchmarks")
made = pytest.importorskip("benchmarks.repair.made")
recheck = pytest.importorskip("benchmarks.repair.recheck")
stages = pytest.importorskip("benchmarks.repair.stages")
table = pytest.importorskip("benchmarks.repair.table")
tools = pytest.importorskip("benchmarks.repair.tools")
trying = pytest.importorskip("benchmarks.repair.trying")

CASE: dict[str, Any] = {
    "id": "one", "repo": "owner/name", "workflow": ".github/workflows/ci.yml", "job": "test",
    "step": "Lint (black)", "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    "tool": "black", "category": "linting_error", "as_of": "2024-05-01", "setup": [],
    "check": "grep -q new a.py", "cwd": ".", "env": {"LEVEL": 2}, "fidelity": "step_command",
    "excerpt": "would reformat src/a.py",
}  # fmt: skip
LOG = "== Reproduce the failure\n== step Lint (black)\n{}\n== step Lint (black): failure, exit 1\n"


def summary(status: str, verdict: str | None = "failed", **more: Any) -> dict[str, Any]:
    """Return what ``regreen fix --json`` prints, as far as the benchmark reads it."""
    told: dict[str, Any] = {
        "reason": "",
        "fixers": [],
        "rejected": [],
        "severity": None,
        "seconds": 1.0,
    }
    failure = {"category": "linting_error", "tool": "black"}
    reproduction = {"verdict": verdict} if verdict else None
    ended = {"status": status, "reproduction": reproduction, "failure": failure}
    return {**told, **ended, "verification": None, **more}


def reached(status: str, printed: str = "would reformat src/a.py", **more: Any) -> dict[str, Any]:
    """Return how far a made case came that printed this when it failed."""
    ended = trying.Ended(summary(status, **more), "", LOG.format(printed))
    found: dict[str, Any] = stages.reached(CASE, None, ended)
    return found


def came(row: dict[str, Any]) -> list[str]:
    """Return the stages that a row reached."""
    return [stage for stage in rows.STAGES if row.get(stage)]


def test_results_are_kept_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    assert rows.known(path) == {"made": {}, "real": {}}
    rows.keep({"made": {"one": {"status": "x"}}, "real": {}}, path)
    assert rows.known(path)["made"] == {"one": {"status": "x"}}
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


def test_cases_are_chosen_by_id_or_category(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "a", "category": "x"}\n{"id": "b", "category": "y"}\n')

    def ids(*chosen: Any) -> list[str]:
        return [case["id"] for case in rows.cases(path, *chosen)]

    assert (ids([], []), ids(["b"], ["x"]), ids([], ["x"])) == (["a", "b"], ["b"], ["a"])


def test_the_workflow_made_from_a_case() -> None:
    case = {**CASE, "setup": ["uv pip install black"], "cwd": "src"}
    job = made.workflow(case)["jobs"][made.JOB]
    *_, prepare, setup, check = job["steps"]
    assert "uv venv" in prepare["run"]
    assert setup["run"] == "uv pip install black"
    assert check["name"] == "Lint (black)"
    assert (check["working-directory"], check["env"]) == ("src", {"LEVEL": "2"})
    assert not any(step.get("uses") == made.TOOLS for step in job["steps"])


def test_a_case_that_calls_the_helpers_gets_them() -> None:
    case = {**CASE, "check": 'node "$CASES/node/run.js" x.yml'}
    used = [step.get("uses", "") for step in made.workflow(case)["jobs"][made.JOB]["steps"]]
    assert made.TOOLS in used
    assert any(name.startswith("actions/setup-node@") for name in used)


def test_the_helpers_become_an_action_with_a_python_that_reads_yaml(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "step.py").write_text("")
    ready = tools.prepare(tmp_path / "cases.jsonl", tmp_path / "work", None)
    assert ready.variables()["CASES"] == str(ready.folder)
    assert {f.name for f in ready.folder.iterdir()} >= {"step.py", "action.yml", "python.sh"}
    assert (ready.folder / "python" / "yaml" / "__init__.py").is_file()


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        (reached("unsupported", verdict="unsupported"), []),
        (reached("error", verdict=None), []),
        (reached("passed", verdict="passed"), ["runnable"]),
        (reached("no-fix"), ["runnable", "red"]),
        (reached("rejected", fixers=["black"]), ["runnable", "red", "fixed"]),
        (reached("verified", fixers=["black"]), ["runnable", "red", "fixed", "verified"]),
    ],
)
def test_how_far_a_case_came(row: dict[str, Any], stage: list[str]) -> None:
    assert came(row) == stage


def test_the_transcript_tells_what_was_tried_and_whether_it_was_green() -> None:
    log = LOG.format("would reformat src/a.py")
    log += "2024-05-01T12:00:00.0Z    trying isort\n   trying black\n"
    log += "== Verify 1/2: without the patch\n"
    row = stages.reached(CASE, None, trying.Ended(summary("no-fix"), "", log))
    assert [one["fixer"] for one in row["tried"]] == ["isort", "black"]
    assert came(row) == ["runnable", "red", "fixed"]


def test_red_in_another_way_counts_as_run_only() -> None:
    other = {"category": "network_error", "tool": "pip"}
    row = reached("verified", "Could not resolve host", failure=other)
    assert came(row) == ["runnable"]
    assert row["reason"].startswith("another failure: network_error (pip)")


@pytest.mark.parametrize(
    ("log", "stage"),
    [
        ("", []),
        (LOG.format("would reformat src/a.py"), ["runnable"]),
        (LOG.format("would reformat src/a.py") + "== Look for a fix\n", ["runnable", "red"]),
    ],
)
def test_a_run_that_was_ended_counts_as_far_as_its_transcript_goes(
    log: str, stage: list[str]
) -> None:
    row = stages.reached(CASE, None, trying.Ended(None, "not done in 9 s", log))
    assert came(row) == stage
    assert row["reason"] == "not done in 9 s"


def test_a_verified_patch_that_fails_its_check_is_false() -> None:
    assert stages.judged(recheck.PASS) == {**dict.fromkeys(rows.STAGES, True), "false": False}
    assert stages.judged("check: 1 failed") == {"rechecked": False, "false": True}
    assert stages.judged(f"{recheck.NOT_MADE}set-up: no network")["false"] is False


@pytest.mark.skipif(not shutil.which("uv", path=str(Path(sys.executable).parent)), reason="no uv")
def test_a_patch_is_checked_in_a_plain_clone(tmp_path: Path) -> None:
    red = commit(tmp_path / "r", {"a.py": "old = 1\n"})
    patch = tmp_path / "a.patch"
    patch.write_text(
        "From 0 Mon Sep 17 00:00:00 2001\nFrom: a <a@b>\nDate: Thu, 1 Jan 1970 00:00:00 +0000\n"
        "Subject: [PATCH] x\n\n---\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old = 1\n+new = 1\n"
    )
    ready = tools.Tools(tmp_path / "actions")

    def checked(name: str, **changed: Any) -> str:
        (tmp_path / name).mkdir()
        case = {**CASE, "red_commit": red, **changed}
        said = recheck.recheck(case, tmp_path / "r" / ".git", patch, tmp_path / name, ready)
        assert isinstance(said, str)
        return said

    assert checked("pass") == recheck.PASS
    assert checked("fail", check="echo no; exit 1") == "check: no"
    assert checked("setup", setup=["exit 3"]).startswith(recheck.NOT_MADE)
    patch.write_text(patch.read_text().replace("-old", "-other"))
    assert checked("stale").startswith("git am: ")


def test_the_table_shows_funnel_fixers_and_misses() -> None:
    good = {**rows.facts(CASE, "made"), **dict.fromkeys(rows.STAGES, True), "seconds": 9.0}
    good |= {"fixers": ["black"], "tried": [{"fixer": "isort"}, {"fixer": "black"}], "tries": 2}
    bad = {**rows.facts({**CASE, "id": "two"}, "made"), "seconds": 3.0, "reason": "no|idea"}
    false = {**good, "id": "three", "rechecked": False, "false": True, "recheck": "check: 1 failed"}
    found = {"made": {row["id"]: row for row in (good, bad, false)}, "real": {}}
    text = table.rendered(found, ["gone"])
    assert "| linting_error | 3 | 2 | 2 | 2 | 2 | 1 | 100 % |" in text
    assert "False patches: 1.\n\n- **three**: check: 1 failed" in text
    assert "| black | 2 | 2 | 0 |" in text
    assert "| verified | 2 | 9 | 9 | 2 | 2 |" in text
    assert "| two | linting_error: black | all |  | no\\|idea |" in text
    assert "Mended: 1.\n" in text
    assert "Misses: 2." in text
    assert "Without a repository here: gone." in text
    assert "## real" not in text


def test_a_run_that_is_stopped_is_no_result(tmp_path: Path) -> None:
    def ended(program: str, seconds: float = 30.0) -> Any:
        return trying.fix([], tmp_path, seconds, (sys.executable, "-c", program))

    with pytest.raises(trying.Stopped):
        ended("import sys; sys.exit(130)")
    late = ended("import time; time.sleep(60)", 0.5)
    assert (late.summary, late.late) == (None, True)
    assert ended("raise SystemExit('no job')").fault == "exit 1: no job"
    assert ended("print('{}')").summary == {}
