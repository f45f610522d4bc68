"""The main job, end to end: real repositories, real containers, real tools from the index."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.recovery.conftest import Regreen
from tests.recovery.hosted import log_of
from tests.repositories import commit, fingerprint, git

pytestmark = [pytest.mark.docker, pytest.mark.network]

EXAMPLE = Path(__file__).parents[2] / "examples" / "red-run"
STEPS = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.x"}
"""
RUFF = STEPS + "      - run: pip install ruff==0.12.0\n"


def test_a_red_run_becomes_a_patch_with_which_the_job_s_own_command_passes(
    regreen: Regreen, tmp_path: Path
) -> None:
    repository, plain = tmp_path / "r", tmp_path / "plain"
    git(tmp_path, "clone", "-q", str(EXAMPLE / "repository.bundle"), str(repository))
    (repository / "notes.txt").write_text("not committed\n")
    git(repository, "stash", "-u", "-q")
    (repository / "unsaved.txt").write_text("mine\n")
    before = fingerprint(repository)
    log, out = EXAMPLE / "failed-lint.log", tmp_path / "out"
    ended = regreen("fix", "--repo", repository, "--log", log, "--out", out, "--json")
    assert ended.code == 0, ended.err
    assert fingerprint(repository) == before

    summary = ended.json
    assert summary["schema"] == 1
    assert summary["status"] == "verified"
    assert summary["failure"]["category"] == "linting_error"
    assert summary["failure"]["evidence"][0]["line"] > 1
    assert summary["reproduction"]["verdict"] == "same"
    assert summary["fixers"] == ["isort", "black", "ruff check --fix"]
    proof = summary["verification"]
    assert (proof["green"], proof["complete"], proof["runs"], proof["excluded"]) == (
        True, True, 4, [],
    )  # fmt: skip
    assert proof["as_of"].startswith("2024-11-20T09:14:02")
    assert proof["image"].startswith("sha256:")

    evidence = json.loads(Path(summary["evidence"]).read_text())
    assert [run["green"] for run in evidence["proof"]["before"]] == [False, False]
    assert [run["green"] for run in evidence["proof"]["after"]] == [True, True]
    assert evidence["proof"]["before"][0]["steps"][-1]["exit_code"] == 1
    assert len(evidence["log"]["sha256"]) == 64

    git(tmp_path, "clone", "-q", str(repository), str(plain))
    git(plain, "am", summary["patch"])
    assert git(plain, "rev-parse", "HEAD^{tree}") == proof["tree"] == evidence["tree"]


def test_without_a_log_an_unreachable_commit_of_a_bare_repository(
    regreen: Regreen, tmp_path: Path
) -> None:
    work, bare = tmp_path / "work", tmp_path / "bare.git"
    commit(work, {"a.py": "x = 1\n"})
    lost = commit(work, {"a.py": "x   =  1\n"})
    git(tmp_path, "clone", "-q", "--bare", str(work), str(bare))
    git(bare, "update-ref", "refs/heads/main", f"{lost}~1")
    workflow = tmp_path / "elsewhere.yml"
    workflow.write_text(RUFF + "      - name: Format\n        run: ruff format --check .\n")
    before = fingerprint(bare)
    ended = regreen(
        "fix", "--repo", bare, "--commit", lost, "--workflow", workflow, "--job", "check",
        "--as-of", "2025-07-01", "--repeat", "1", "--json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    summary = ended.json
    assert summary["reproduction"]["verdict"] == "failed"
    assert summary["fixers"] == ["ruff format"]
    assert summary["severity"] == "low"
    assert summary["verification"]["today"] is True
    assert "+x = 1" in Path(summary["patch"]).read_text()
    assert fingerprint(bare) == before
    where = Path(summary["patch"]).parents[2]
    assert where == tmp_path / "cwd" / ".regreen"
    assert (where / ".gitignore").read_text() == "*\n"


def test_a_missing_dependency_is_declared_in_the_file_that_the_job_installs_from(
    regreen: Regreen, tmp_path: Path
) -> None:
    workflow = STEPS + (
        "      - run: pip install -r requirements.txt\n      - run: python app.py\n"
    )
    commit(
        tmp_path / "r",
        {
            ".github/workflows/ci.yml": workflow,
            "requirements.txt": "packaging==24.0",
            "app.py": "import iniconfig, packaging\n",
        },
    )
    ended = regreen("fix", "--repo", tmp_path / "r", "--repeat", "1", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["fixers"] == ["missing dependency"]
    assert ended.json["failure"]["category"] == "dependency_issue"
    patch = Path(ended.json["patch"]).read_text()
    assert "+packaging==24.0\n+iniconfig\n" in patch


def test_a_fix_that_weakens_tests_is_rejected_and_says_so(regreen: Regreen, tmp_path: Path) -> None:
    step = "sed -i s/assert.*/pass/ tests/test_a.py; git diff --exit-code"
    test = "def test_a():\n    assert 1 == 1\n"
    workflow = f"{STEPS}      - run: {step}\n"
    commit(tmp_path / "r", {".github/workflows/ci.yml": workflow, "tests/test_a.py": test})
    ended = regreen("fix", "--repo", tmp_path / "r", "--json")
    assert (ended.code, ended.json["status"]) == (6, "rejected")
    assert ended.json["patch"] is None
    reasons = [row["reason"] for row in ended.json["rejected"]]
    assert any("it leaves nothing of test_a: tests/test_a.py:1" in one for one in reasons)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    workflow = STEPS + "      - name: Check\n        run: ./check.sh\n"
    folder = tmp_path / "r"
    commit(folder, {".github/workflows/ci.yml": workflow, "check.sh": "#!/bin/sh\ntrue\n"})
    (folder / "check.sh").chmod(0o755)
    commit(folder, {})
    return folder


def with_check(plain: Path, tmp_path: Path, script: str, *output: str) -> tuple[str | Path, ...]:
    commit(plain, {"check.sh": f"#!/bin/sh\n{script}\n"})
    (tmp_path / "log").write_text(log_of("./check.sh", *output))
    return ("--repo", plain, "--log", tmp_path / "log", "--repeat", "2", "--json")


def test_what_passes_here_is_transient_and_gets_no_patch(
    regreen: Regreen, plain: Path, tmp_path: Path
) -> None:
    reset = "curl: (56) https://files.example.org/x: Recv failure: Connection reset by peer"
    words = with_check(plain, tmp_path, "true", reset)
    ended = regreen("fix", *words)
    assert (ended.code, ended.json["status"]) == (7, "transient"), ended.err
    assert ended.json["reproduction"]["verdict"] == "passed"
    assert ended.json["patch"] is None
    again, retry = ended.json["advised"]
    assert (again["action"], again["severity"], again["change"]) == ("rerun", "low", "")
    assert "./check.sh && exit 0" in retry["change"], "so that the next outage is harmless"
    assert ended.json["advice"] == [again["text"], retry["text"]]


def test_green_at_another_commit_than_the_log_s_is_not_called_transient(
    regreen: Regreen, plain: Path, tmp_path: Path
) -> None:
    head = git(plain, "rev-parse", "HEAD")
    red = commit(plain, {"check.sh": "#!/bin/sh\nexit 1\n"})
    fetched = f"2025-07-01T12:00:00.0000000Z HEAD is now at {red} red\n"
    (tmp_path / "log").write_text(fetched + log_of("./check.sh", "a strange end"))
    words = ("--repo", plain, "--commit", head, "--log", tmp_path / "log", "--json")
    ended = regreen("fix", *words)
    assert (ended.code, ended.json["status"]) == (3, "not-reproduced"), ended.err
    assert ended.json["next"].endswith(f"--commit {red}")


def test_another_failure_than_ci_s_is_not_reproduced_and_says_how(
    regreen: Regreen, plain: Path, tmp_path: Path
) -> None:
    words = with_check(plain, tmp_path, "echo would reformat b.py; exit 1", "would reformat a.py")
    ended = regreen("fix", *words)
    assert (ended.code, ended.json["status"]) == (3, "not-reproduced"), ended.err
    assert ended.json["reproduction"]["verdict"] == "different"
    assert "a.py" in ended.json["reproduction"]["reason"]


def test_the_same_failure_without_a_fixer_is_no_fix(
    regreen: Regreen, plain: Path, tmp_path: Path
) -> None:
    words = with_check(plain, tmp_path, "echo 'a strange end'; exit 1", "a strange end")
    ended = regreen("fix", *words)
    assert (ended.code, ended.json["status"]) == (1, "no-fix"), ended.err
    assert ended.json["reproduction"]["verdict"] == "same"
    reproduced = regreen("reproduce", *words)
    assert (reproduced.code, reproduced.json["status"]) == (1, "reproduced")


def test_a_secret_that_a_job_prints_is_masked_everywhere(
    regreen: Regreen, plain: Path, tmp_path: Path
) -> None:
    token = "ghp_" + "a1B2" * 9
    words = with_check(plain, tmp_path, f"echo token {token}; exit 1", f"token {token}")
    ended = regreen("fix", *words)
    assert ended.json["reproduction"]["verdict"] == "same"
    assert token not in ended.out + ended.err
    shown = subprocess.run(
        ["grep", "-r", token, str(tmp_path / "cwd")], capture_output=True, text=True, check=False
    )
    assert shown.stdout == ""
