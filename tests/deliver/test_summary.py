"""What people and machines are told at the end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from regreen.deliver import Summary, commit_message, deliver, summary_text
from regreen.errors import UsageError
from regreen.model import (
    Advice,
    Category,
    Compared,
    Coverage,
    Fared,
    JobOutcome,
    Patch,
    Proof,
    Rejected,
    Severity,
    StepOutcome,
    VerifiedPatch,
)
from tests.fixers.support import failure


def outcome(conclusion: str, code: int) -> JobOutcome:
    step = StepOutcome(0, "Lint", "black --check .", conclusion, code, 1.0, "out", "0" * 64)
    return JobOutcome((step,), 2.0)


def proof(**more: Any) -> Proof:
    given: dict[str, Any] = {
        "complete": True,
        "runs": 4,
        "tree": "t",
        "as_of": datetime(2024, 5, 1, tzinfo=UTC),
        "today": True,
        "excluded": (),
        "seconds": 1.234,
        "before": (outcome("failure", 1), outcome("failure", 1)),
        "after": (outcome("success", 0), outcome("success", 0)),
    }
    return Proof(**given | more)


FAILED = failure(Category.LINTING_ERROR, "black")


def test_the_json_object_has_the_promised_shape() -> None:
    summary = Summary(
        "verified", 1.0, failure=FAILED, verdict="same", patch="p", fixers=("black",),
        proof=proof(), image="sha256:1", rejected=(Rejected("isort", "no"),),
        advice=(Advice("look"),),
    )  # fmt: skip
    data = json.loads(json.dumps(summary.as_json()))
    assert set(data) >= {
        "schema", "status", "failure", "reproduction", "patch", "fixers", "verification",
        "rejected", "advice", "seconds",
    }  # fmt: skip
    assert set(data["failure"]) >= {
        "category", "severity", "confidence", "auto_fixable", "step", "command", "tool", "evidence",
    }  # fmt: skip
    assert set(data["reproduction"]) >= {"verdict", "reason", "seconds"}
    assert set(data["verification"]) >= {
        "green", "complete", "runs", "image", "tree", "as_of", "today", "excluded", "seconds",
    }  # fmt: skip
    assert data["rejected"] == [{"fixer": "isort", "reason": "no"}]
    assert data["advice"] == ["look"]
    assert data["schema"] == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"today": False}, "as of the run only"),
        ({"excluded": ("Upload: publishes",)}, "Upload: publishes"),
        ({"complete": False, "excused": ("t.py::test_net",)}, "t.py::test_net: the parent fails"),
        ({"complete": False}, "partial"),
        ({"severity_reason": "no test job vouches"}, "no test job vouches"),
        ({"siblings": (Compared("job (3.9)", "ci.yml", Fared.NOT_RUN),)}, "job (3.9): not-run"),
        ({"today": False, "today_reason": "step 'x' exits 1"}, "step 'x' exits 1"),
        ({"coverage": Coverage(2, 1, {"a.py": (7,)}, ("t",))}, "no test reaches a.py:7"),
        ({"coverage": Coverage(2, 1, {}, ("t",), "t: slow")}, "1 of 2; not all could be measured"),
    ],
)
def test_what_limits_a_proof_is_said(given: dict[str, Any], words: str) -> None:
    text = summary_text(Summary("verified", 1.0, failure=FAILED, proof=proof(**given)))
    assert words in text
    assert "red 2 of 2 times without it, green 2 of 2 times with it" in text


@pytest.mark.parametrize(
    "status",
    ["passed", "reproduced", "no-fix", "advice", "not-reproduced", "unsupported", "rejected",
     "transient", "flaky"],
)  # fmt: skip
def test_every_end_names_the_next_step(status: str) -> None:
    assert "  next:" in summary_text(Summary(status, 1.0))


def test_the_commit_message_is_git_s_form() -> None:
    subject, blank, *body = commit_message(FAILED, ["black"] * 30, ["why " * 40]).splitlines()
    assert len(subject) <= 72
    assert blank == ""
    assert all(len(line) <= 72 for line in body)


@pytest.fixture
def verified() -> VerifiedPatch:
    patch = Patch(b"diff", ("black",), ("because",), ("a.py",))
    return VerifiedPatch(patch, b"mail\n", "c" * 40, Severity.LOW, proof())


def test_patch_and_evidence_are_written_whole(verified: VerifiedPatch, tmp_path: Path) -> None:
    files = deliver(verified, tmp_path / "new" / "out", about={"job": "lint"}, rejected=())
    assert files.patch.read_bytes() == b"mail\n"
    evidence = json.loads(files.evidence.read_text())
    assert evidence["job"] == "lint"
    assert evidence["proof"]["before"][0]["steps"][0]["exit_code"] == 1
    assert sorted(p.name for p in files.patch.parent.iterdir()) == [
        "evidence.json",
        "regreen.patch",
        "report.md",
    ]


def test_a_folder_that_cannot_be_written_is_said(verified: VerifiedPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot write"):
        deliver(verified, tmp_path / "file" / "out", about={}, rejected=())
