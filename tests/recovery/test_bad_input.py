"""Bad input: one clear message, the right exit code, a next step, nothing left behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.recovery.conftest import Regreen
from tests.repositories import commit, fingerprint, git

WORKFLOW = """\
on: push
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: exit 1
  test:
    runs-on: ubuntu-latest
    strategy: {matrix: {python: ["3.11", "3.12"]}}
    steps:
      - run: exit 1
  mac:
    runs-on: macos-14
    steps:
      - run: exit 1
  odd:
    runs-on: ubuntu-latest
    steps:
      - uses: someone/unknown-action@v1
"""
LOG = "2024-05-01T12:00:00.0000000Z ##[group]Run black .\n2024-05-01T12:00:01.0000000Z ##[error]x\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "r"
    commit(folder, {".github/workflows/ci.yml": WORKFLOW, "a.py": "x = 1\n"})
    return folder


def said(regreen: Regreen, *words: str | Path) -> tuple[int, str]:
    """Return the exit code and the message, which comes with a next step and no traceback."""
    ended = regreen("fix", *words)
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert ended.err.count("regreen: ") == 1, ended.err
    assert "  next: " in ended.err
    return ended.code, ended.err.split("regreen: ")[1]


def test_a_folder_that_is_no_repository(regreen: Regreen, tmp_path: Path) -> None:
    code, message = said(regreen, "--repo", tmp_path, "--workflow", "ci.yml")
    assert code == 2
    assert "not a git repository" in message


def test_a_commit_that_is_not_there(regreen: Regreen, repository: Path) -> None:
    code, message = said(regreen, "--repo", repository, "--commit", "f" * 40)
    assert code == 2
    assert f"no commit {'f' * 40}" in message


def test_a_workflow_that_does_not_parse_names_line_and_column(
    regreen: Regreen, repository: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("on: push\njobs:\n  a: [1\n")
    code, message = said(regreen, "--repo", repository, "--workflow", broken)
    assert code == 2
    assert "broken.yml:4:1" in message


def test_a_job_that_does_not_exist_names_those_that_do(regreen: Regreen, repository: Path) -> None:
    code, message = said(regreen, "--repo", repository, "--job", "nope")
    assert code == 2
    assert "lint" in message
    assert "test" in message


def test_a_workflow_that_does_not_exist_names_those_that_do(
    regreen: Regreen, repository: Path
) -> None:
    code, message = said(regreen, "--repo", repository, "--workflow", "nope.yml")
    assert code == 2
    assert ".github/workflows/ci.yml" in message


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(99)])
def test_an_empty_or_binary_log(
    regreen: Regreen, repository: Path, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "log").write_bytes(content)
    code, _ = said(regreen, "--repo", repository, "--log", tmp_path / "log")
    assert code == 2


def test_a_log_that_is_not_there(regreen: Regreen, repository: Path) -> None:
    code, message = said(regreen, "--repo", repository, "--log", "/nowhere/job.log")
    assert code == 2
    assert "/nowhere/job.log" in message


def test_no_engine(regreen: Regreen, repository: Path) -> None:
    words = ("fix", "--repo", repository, "--job", "lint")
    ended = regreen(*words, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert ended.code == 5
    assert "no Docker engine answers" in ended.err
    assert "next: regreen doctor" in ended.err


@pytest.mark.parametrize("size", ["16k", "1m"])
def test_a_full_disk(regreen: Regreen, repository: Path, tmp_path: Path, size: str) -> None:
    commit(repository, {"big.bin": os.urandom(3 << 20)})
    small = tmp_path / "small"
    small.mkdir()
    before = fingerprint(repository)
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(small)]
    subprocess.run(["mount", *options], check=True)
    try:
        ended = regreen("fix", "--repo", repository, "--job", "lint", TMPDIR=str(small))
        left = list(small.iterdir())
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert ended.code == 5, ended.err
    assert "disk is full" in ended.err
    assert "Traceback" not in ended.err
    assert left == []
    assert fingerprint(repository) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--budget", "soon"),
        ("--as-of", "yesterday"),
        ("--matrix", "python"),
        ("--repeat", "0"),
        ("--no-such-flag",),
    ],
)
def test_wrong_usage(regreen: Regreen, repository: Path, words: tuple[str, ...]) -> None:
    ended = regreen("fix", "--repo", repository, "--job", "lint", *words)
    assert ended.code == 2
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("job", "what"), [("mac", "runs-on: macos-14: "), ("odd", "someone/unknown-action@v1")]
)
def test_what_is_not_supported_is_a_result_that_names_feature_and_line(
    regreen: Regreen, repository: Path, job: str, what: str
) -> None:
    before = fingerprint(repository)
    ended = regreen("fix", "--repo", repository, "--job", job, "--json")
    assert ended.code == 4
    assert ended.json["status"] == "unsupported"
    assert what in ended.json["reproduction"]["reason"]
    assert "ci.yml:" in ended.json["reproduction"]["reason"]
    assert fingerprint(repository) == before


def test_a_file_that_is_no_log_is_not_taken_for_a_green_one(
    regreen: Regreen, repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.md").write_text("notes\n")
    code, message = said(regreen, "--repo", repository, "--log", tmp_path / "notes.md")
    assert code == 2
    assert "nothing of a CI job" in message


def test_a_log_of_another_repository_is_said(
    regreen: Regreen, repository: Path, tmp_path: Path
) -> None:
    git(repository, "remote", "add", "origin", "git@example.org:me/mine.git")
    log = tmp_path / "log"
    log.write_text(
        "2024-05-01T12:00:00.0000000Z Syncing repository: their/project\n"
        f"2024-05-01T12:00:00.0000000Z HEAD is now at {'a1' * 20} x\n{LOG}"
        "2024-05-01T12:00:01.0000000Z ##[error]Process completed with exit code 1.\n"
    )
    code, message = said(regreen, "--repo", repository, "--log", log)
    assert code == 2
    assert "the log is of their/project, this is me/mine" in message


def test_a_folder_that_cannot_be_written_is_said_before_the_work(
    regreen: Regreen, repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "out"
    code, message = said(regreen, "--repo", repository, "--job", "lint", "--out", out)
    assert code == 2
    assert "cannot write" in message


def test_with_json_an_error_is_an_object_too(regreen: Regreen, repository: Path) -> None:
    ended = regreen("fix", "--repo", repository, "--job", "nope", "--json")
    assert (ended.code, ended.json["status"]) == (2, "error")
    assert "lint" in ended.json["reason"]


def test_a_log_without_a_failure_has_nothing_to_mend(
    regreen: Regreen, repository: Path, tmp_path: Path
) -> None:
    cut = "2024-05-01T12:00:00.0000000Z ##[group]Run true\nall is well\n"
    (tmp_path / "log").write_text(cut + "Post job cleanup.\n")
    ended = regreen("fix", "--repo", repository, "--log", tmp_path / "log", "--json")
    assert (ended.code, ended.json["status"]) == (0, "passed")
    (tmp_path / "log").write_text(cut)
    ended = regreen("fix", "--repo", repository, "--log", tmp_path / "log", "--json")
    assert (ended.code, "how its job ended" in ended.json["reason"]) == (2, True)
