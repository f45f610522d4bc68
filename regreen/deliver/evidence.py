"""What is kept beside a patch so that anybody can see what was proven, and prove it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from regreen.deliver import statement
from regreen.deliver.summary import Summary, compared_json, failure_json
from regreen.model import Consulted, Failure, JobOutcome, Proof, Rejected, Try, VerifiedPatch
from regreen.plain import visible_lines

SCHEMA = 1
_EXCERPT = 4000
_SAID = frozenset({"tree", "as_of", "today", "before", "after", "vouched", "siblings"})
"""Fields of a proof that have a form or a place of their own in the evidence."""


@dataclass(frozen=True, slots=True)
class Story:
    """What a recovery knows besides its patch.

    ``about`` says which run, job, image and index it is of; ``failures`` are those of the
    reproduction, the cause first; ``tries`` is the search tree, ``asked`` the user's own fixers.
    """

    about: Mapping[str, Any]
    rejected: tuple[Rejected, ...] = ()
    failures: tuple[Failure, ...] = ()
    tries: tuple[Try, ...] = ()
    asked: tuple[Consulted, ...] = ()


def evidence_json(verified: VerifiedPatch, story: Story) -> dict[str, Any]:
    """Return the evidence of a proven patch: an in-toto statement, and what regreen says more."""
    proof = verified.proof
    sha256 = hashlib.sha256(verified.mail).hexdigest()
    return {
        **statement.of_patch(sha256, proof, story.about),
        **_head(story),
        "base": verified.base,
        "tree": proof.tree,
        "patch": {
            "sha256": sha256,
            "fixers": list(verified.patch.fixers),
            "why": list(verified.patch.why),
            "files": list(verified.patch.files),
            "severity": str(verified.severity),
            "review": list(verified.patch.review),
        },
        "proof": _proof(proof),
        **_search(story),
    }


def search_json(summary: Summary, commit: str, story: Story) -> dict[str, Any]:
    """Return what is kept of a search that ended without a patch, in the form of the evidence."""
    return {
        **statement.of_search(commit, story.about),
        **_head(story),
        "status": summary.status,
        "reason": summary.reason,
        "advice": [one.text for one in summary.advice],
        "culprit": plain(summary.culprit) if summary.culprit else None,
        "base": commit,
        **_search(story),
    }


def written(found: Mapping[str, Any]) -> bytes:
    r"""Return ``found`` as the bytes of a JSON file that no terminal obeys when it is printed.

    A byte of a file's name that is no UTF-8 is written as ``\udcXX``.
    """
    text = visible_lines(json.dumps(found, indent=2, ensure_ascii=False))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _head(story: Story) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "regreen": version("regreen"),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        **story.about,
        "failures": [comparable(one) for one in story.failures],
    }


def _search(story: Story) -> dict[str, Any]:
    return {
        "rejected": [{"fixer": one.fixer, "reason": one.reason} for one in story.rejected],
        "tries": [plain(one) for one in story.tries],
        "asked": [plain(one) for one in story.asked],
    }


def comparable(failure: Failure) -> dict[str, Any]:
    """Return a failure as everywhere, with what a later run is held against."""
    signature = failure.signature
    items = sorted(signature.items, key=lambda item: tuple(part or "" for part in item))
    return {
        **failure_json(failure),
        "signature": {
            "category": str(signature.category),
            "tool": signature.tool,
            "items": [list(item) for item in items],
        },
    }


def _proof(proof: Proof) -> dict[str, Any]:
    more = {one.name: plain(getattr(proof, one.name)) for one in fields(proof)}
    return {
        "complete": proof.complete,
        "excluded": list(proof.excluded),
        "as_of": proof.as_of.isoformat() if proof.as_of else None,
        "green_today": proof.today,
        "seconds": round(proof.seconds, 2),
        "test_jobs": [compared_json(one) for one in proof.vouched],
        "siblings": [compared_json(one) for one in proof.siblings],
        **{name: value for name, value in more.items() if name not in _SAID},
        "before": [_run(outcome) for outcome in proof.before],
        "after": [_run(outcome) for outcome in proof.after],
    }


def plain(value: object) -> Any:
    """Return a frozen value as JSON has it: objects, lists, texts, numbers rounded to 0.01."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 2)
    if value is None or isinstance(value, bool | int):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _run(outcome: JobOutcome) -> dict[str, Any]:
    return {
        "green": outcome.green,
        "seconds": round(outcome.seconds, 2),
        "steps": [
            {
                "name": step.name,
                "command": step.command,
                "conclusion": step.conclusion,
                "exit_code": step.exit_code,
                "seconds": round(step.seconds, 2),
                "reason": step.reason,
                "log_sha256": step.log_sha256,
                "annotations": [asdict(one) for one in step.annotations],
                "summary": step.summary,
                "log_tail": step.log[-_EXCERPT:] if step.conclusion == "failure" else "",
            }
            for step in outcome.steps
        ],
    }
