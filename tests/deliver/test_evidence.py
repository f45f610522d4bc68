"""The evidence: a statement that others can read, and that is read back with distrust."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from regreen.deliver import Story, Summary, deliver, deliver_search
from regreen.deliver.evidence_folders import find_patch, patches, read_patch, remember
from regreen.deliver.evidence_reading import Proven, read_evidence, require_statement
from regreen.errors import UsageError
from regreen.model import (
    Advice,
    Category,
    Compared,
    Coverage,
    Diagnostic,
    Ending,
    Fared,
    Patch,
    Rejected,
    Severity,
    Try,
    VerifiedPatch,
)
from tests.deliver.test_summary import proof
from tests.fixers.support import failure

BASE, TREE, SHA = "a" * 40, "b" * 40, "c" * 64
FAILED = failure(
    Category.LINTING_ERROR,
    "black",
    Diagnostic("a.py", None, "would reformat"),
    Diagnostic(None, "E1", "x"),
)
ABOUT: dict[str, Any] = {
    "repository": "owner/name",
    "workflow": ".github/workflows/ci.yml",
    "job": "lint (3.11)",
    "matrix": {"python": "3.11"},
    "commits": {"tested": BASE, "head": None},
    "run": {"url": "https://github.com/owner/name/actions/runs/1", "job_url": None},
    "log": {"sha256": SHA, "lines": 3},
    "image": {"reference": "regreen/ubuntu", "id": f"sha256:{SHA}"},
    "environment": {"workflow": {"path": ".github/workflows/ci.yml", "sha256": SHA}},
}
TRIES = (
    Try(1, None, "isort", "sort", "black", "Lint", Ending.PROGRESS, left=2, files=("a.py",)),
    Try(2, 1, "black", "format", "black", "Lint", Ending.GREEN, severity=Severity.MEDIUM),
)


def verified(**more: Any) -> VerifiedPatch:
    patch = Patch(b"diff", ("black",), ("because",), ("a.py",), review=("look",))
    return VerifiedPatch(patch, b"mail\n", BASE, Severity.LOW, proof(tree=TREE, **more))


def written(folder: Path, **more: Any) -> dict[str, Any]:
    files = deliver(
        verified(**more), folder, about=ABOUT, rejected=(), failures=(FAILED,), tries=TRIES
    )
    found: dict[str, Any] = json.loads(files.evidence.read_text(encoding="utf-8"))
    return found


def test_the_evidence_is_a_statement_about_the_patch_and_the_patched_files(tmp_path: Path) -> None:
    found = written(tmp_path)
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    digests = [one["digest"] for one in found["subject"]]
    assert digests == [{"sha256": found["patch"]["sha256"]}, {"gitTree": TREE}]
    names = [one["name"] for one in found["subject"]]
    assert len(set(names)) == len(names)
    predicate = found["predicate"]
    assert predicate["result"] == "PASSED"
    assert predicate["url"] == ABOUT["run"]["url"]
    assert {next(iter(one["digest"].items())) for one in predicate["configuration"]} == {
        ("sha256", SHA),
        ("gitCommit", BASE),
    }
    assert predicate["passedTests"] == ["lint (3.11) / Lint"]
    assert predicate["failedTests"] == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"today": False}, "today's package index"),
        ({"complete": False, "excluded": ("Upload: publishes",)}, "Upload: publishes"),
        (
            {"vouched": (Compared("test", "ci.yml", Fared.NOT_RUN, {"os": "x"}),), "today": False},
            "test (os=x): not-run",
        ),
    ],
)
def test_a_proof_that_is_not_whole_is_warned_of(
    given: dict[str, Any], words: str, tmp_path: Path
) -> None:
    predicate = written(tmp_path, **given)["predicate"]
    assert predicate["result"] == "WARNED"
    assert any(words in one for one in predicate["warnedTests"])


def test_the_search_tree_and_the_failures_are_in_it(tmp_path: Path) -> None:
    found = written(tmp_path)
    assert [(one["number"], one["parent"], one["ending"]) for one in found["tries"]] == [
        (1, None, "progress"),
        (2, 1, "green"),
    ]
    assert found["tries"][0]["left"] == 2
    assert found["tries"][1]["severity"] == "medium"
    assert found["patch"]["review"] == ["look"]
    read = read_evidence(tmp_path / "evidence.json")
    assert read.failures[0].signature == FAILED.signature
    assert read.failures[0].severity == FAILED.severity
    assert (read.base, read.tree, read.severity) == (BASE, TREE, Severity.LOW)
    require_statement(read)


def test_a_search_without_a_patch_leaves_a_failed_result_and_a_report(tmp_path: Path) -> None:
    ended = Summary("no-fix", 1.0, FAILED, reason="nothing helped", advice=(Advice("look"),))
    story = Story(ABOUT, (Rejected("black", "no"),), (FAILED,), TRIES)
    assert deliver_search(ended, tmp_path, BASE, story) == tmp_path / "report.md"
    found = json.loads((tmp_path / "search.json").read_text())
    assert found["predicate"]["result"] == "FAILED"
    assert found["subject"] == [{"name": "the red commit", "digest": {"gitCommit": BASE}}]
    assert (found["status"], found["advice"]) == ("no-fix", ["look"])
    assert len(found["tries"]) == 2
    assert "nothing helped" in (tmp_path / "report.md").read_text()


def test_a_proven_patch_keeps_its_report_and_a_new_one_ends_the_search(tmp_path: Path) -> None:
    written(tmp_path)
    report = (tmp_path / "report.md").read_text()
    ended = Summary("no-fix", 1.0, FAILED)
    assert deliver_search(ended, tmp_path, BASE, Story(ABOUT)) == tmp_path / "search.json"
    assert (tmp_path / "report.md").read_text() == report
    written(tmp_path)
    assert not (tmp_path / "search.json").exists()


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(schema=2),
        lambda e: e.update(schema=True),
        lambda e: e.update(base="HEAD"),
        lambda e: e.update(base="--upload-pack=x"),
        lambda e: e.update(tree=None),
        lambda e: e.update(patch=[]),
        lambda e: e["patch"].update(severity="none"),
        lambda e: e["patch"].update(files=[1]),
        lambda e: e["patch"].update(sha256="f" * 64),
        lambda e: e.update(tree="f" * 40),
        lambda e: e.update(predicateType="https://example.org/other"),
        lambda e: e["predicate"].update(result="GREEN"),
        lambda e: e.update(subject=[]),
        lambda e: e.update(made="yesterday"),
        lambda e: e["proof"].update(complete="yes"),
    ],
)
def test_evidence_that_says_nonsense_is_refused(change: Change, tmp_path: Path) -> None:
    found = written(tmp_path)
    change(found)
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(found))
    with pytest.raises(UsageError, match=r"evidence\.json") as caught:
        read_evidence(file)
    assert caught.value.next_step


@pytest.mark.parametrize(
    "text",
    ["", "[]", "nonsense", '{"schema": NaN}', "[" * 100_000,
     "\ufeff{}", '{"schema": 1' + "0" * 5000 + "}"],
    ids=["nothing", "list", "words", "nan", "deep", "mark", "long"],
)  # fmt: skip
def test_a_file_that_is_no_evidence_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "evidence.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        read_evidence(tmp_path / "evidence.json")


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / "evidence.json"
    file.write_text(file.read_text().replace('  "base": ', f'  "base": "{BASE}",\n  "base": ', 1))
    with pytest.raises(UsageError, match="stands twice"):
        read_evidence(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.update(failures=[]),
        lambda e: e["failures"][0].update(signature=None),
        lambda e: e["failures"][0]["signature"].update(items=[["a"]]),
        lambda e: e["failures"][0].update(exit_code="1"),
        lambda e: e["failures"][0].update(severity="x"),
    ],
)
def test_failures_that_nothing_can_be_held_against_are_refused(
    change: Change, tmp_path: Path
) -> None:
    found = written(tmp_path)
    change(found)
    (tmp_path / "evidence.json").write_text(json.dumps(found))
    read = read_evidence(tmp_path / "evidence.json")
    with pytest.raises(UsageError):
        _ = read.failures


def test_evidence_of_an_older_regreen_can_be_read_but_not_proven_again(tmp_path: Path) -> None:
    found = written(tmp_path)
    for name in ("_type", "subject", "predicate", "predicateType", "made", "environment"):
        del found[name]
    (tmp_path / "evidence.json").write_text(json.dumps(found))
    read = read_evidence(tmp_path / "evidence.json")
    assert isinstance(read, Proven)
    with pytest.raises(UsageError, match="does not say how"):
        require_statement(read)


def test_no_character_of_the_file_is_obeyed_by_a_terminal(tmp_path: Path) -> None:
    about = {**ABOUT, "job": "\x1b]0;x\x07 \u202e \x9b31m ##[error]x"}
    files = deliver(verified(), tmp_path, about=about, rejected=())
    for path in (files.evidence, files.report):
        text = path.read_text(encoding="utf-8")
        assert not set("\x1b\x07\u202e\x9b") & set(text)
        assert "##[error]" not in text
    assert json.loads(files.evidence.read_text())["job"] == about["job"]


def test_patches_are_found_the_newest_first_and_held_against_their_evidence(
    tmp_path: Path,
) -> None:
    fixes = tmp_path / ".regreen" / "fixes"
    for name, made in (("old", "2024-01-01T00:00:00+00:00"), ("new", "2025-01-01T00:00:00+00:00")):
        found = written(fixes / name)
        (fixes / name / "evidence.json").write_text(json.dumps({**found, "made": made}))
    written(tmp_path / "out")
    remember(tmp_path, tmp_path / "out")
    remember(tmp_path, tmp_path / "gone")
    assert [one.name for one in patches([tmp_path, tmp_path])] == ["out", "new", "old"]
    assert find_patch([tmp_path], None).name == "out"
    assert find_patch([tmp_path], "ol").name == "old"
    with pytest.raises(UsageError, match="no patch 'x'"):
        find_patch([tmp_path], "x")
    (fixes / "new" / "regreen.patch").write_bytes(b"another\n")
    other = read_patch(fixes / "new")
    assert other.proven is None
    assert "digests differ" in other.problem
    (fixes / "new" / "evidence.json").unlink()
    assert "there is no evidence" in read_patch(fixes / "new").problem


def test_a_folder_that_is_a_link_is_no_folder_of_patches(tmp_path: Path) -> None:
    written(tmp_path / "elsewhere" / "x")
    (tmp_path / ".regreen").mkdir()
    (tmp_path / ".regreen" / "fixes").symlink_to(tmp_path / "elsewhere")
    assert patches([tmp_path]) == []


@pytest.mark.timeout(60)
def test_a_pipe_in_the_place_of_a_file_blocks_nothing(tmp_path: Path) -> None:
    import os

    written(tmp_path)
    for name in ("evidence.json", "regreen.patch"):
        (tmp_path / name).unlink()
        os.mkfifo(tmp_path / name)
    with pytest.raises(UsageError, match="no regular file"):
        read_evidence(tmp_path / "evidence.json")
    with pytest.raises(UsageError, match="no regular file"):
        read_patch(tmp_path)


def test_more_of_a_proof_than_is_known_here_is_not_lost(tmp_path: Path) -> None:
    found = written(tmp_path, severity_reason="no test vouches", today_reason="late")
    assert found["proof"]["severity_reason"] == "no test vouches"
    assert found["proof"]["today_reason"] == "late"
    assert read_evidence(tmp_path / "evidence.json").reached is None
    assert replace(verified().proof, excused=("a",)).excused == ("a",)


def test_what_the_tests_reach_is_in_the_proof_and_the_predicate(tmp_path: Path) -> None:
    found = written(tmp_path, coverage=Coverage(3, 2, {"a.py": (7,)}, ("unit",)))
    assert found["proof"]["coverage"] == {
        "changed": 3, "reached": 2, "missed": {"a.py": [7]}, "jobs": ["unit"], "reason": "",
    }  # fmt: skip
    assert "no test reaches a.py:7" in found["predicate"]["warnedTests"]
    assert read_evidence(tmp_path / "evidence.json").reached == 2
