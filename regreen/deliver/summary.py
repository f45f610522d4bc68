"""The one object that ``regreen fix --json`` prints. It only ever gains fields and values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from regreen.deliver.account import account
from regreen.model import (
    Advice,
    Compared,
    Coverage,
    Culprit,
    Evidence,
    Failure,
    FlakyTest,
    Proof,
    Rejected,
)

SCHEMA = 1
_EVIDENCE_LINES = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """How a recovery ended, ready for a machine to read.

    ``status`` is verified, no-fix, not-reproduced, unsupported, transient, flaky, advice, rejected,
    reproduced (no fix was asked for) or passed (nothing to mend).
    """

    status: str
    seconds: float
    failure: Failure | None = None
    verdict: str | None = None
    reason: str = ""
    reproduction_reason: str = ""
    reproduction_seconds: float = 0.0
    job: str | None = None
    patch: str | None = None
    evidence: str | None = None
    report: str | None = None
    severity: str | None = None
    fixers: tuple[str, ...] = ()
    proof: Proof | None = None
    image: str | None = None
    substitutions: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    advice: tuple[Advice, ...] = field(default_factory=tuple)
    next: str = ""
    notes: tuple[str, ...] = ()
    run: dict[str, Any] | None = None
    sandbox: dict[str, Any] | None = None
    log: str | None = None
    culprit: Culprit | None = None
    flaky: tuple[FlakyTest, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the object that is printed: plain dictionaries, lists, strings and numbers."""
        return {
            "schema": SCHEMA,
            "status": self.status,
            "reason": self.reason,
            "failure": failure_json(self.failure) if self.failure else None,
            "reproduction": {
                "verdict": self.verdict,
                "reason": self.reproduction_reason,
                "seconds": round(self.reproduction_seconds, 2),
            }
            if self.verdict
            else None,
            "patch": self.patch,
            "evidence": self.evidence,
            "report": self.report,
            "log": self.log,
            "severity": self.severity,
            "fixers": list(self.fixers),
            "verification": self._verification(),
            "rejected": [asdict(r) for r in self.rejected],
            "advice": [a.text for a in self.advice],
            "advised": [asdict(a) for a in self.advice],
            "culprit": asdict(self.culprit) if self.culprit else None,
            "flaky": [asdict(test) for test in self.flaky],
            "substitutions": list(self.substitutions),
            "notes": list(self.notes),
            "run": self.run,
            "sandbox": self.sandbox,
            "job": self.job,
            "next": self.next,
            "seconds": round(self.seconds, 2),
        }

    def _verification(self) -> dict[str, Any] | None:
        return verification_json(self.proof, self.image) if self.proof else None


def verification_json(proof: Proof, image: str | None = None) -> dict[str, Any]:
    """Return a proof as the JSON object that every command prints for it."""
    return {
        "green": all(outcome.green for outcome in proof.after),
        "complete": proof.complete,
        "runs": proof.runs,
        "image": image,
        "tree": proof.tree,
        "as_of": proof.as_of.isoformat() if proof.as_of else None,
        "today": proof.today,
        "today_reason": proof.today_reason,
        "excluded": list(proof.excluded),
        "excused": list(proof.excused),
        "test_jobs": [compared_json(one) for one in proof.vouched],
        "siblings": [compared_json(one) for one in proof.siblings],
        "coverage": coverage_json(proof.coverage) if proof.coverage else None,
        "severity_reason": proof.severity_reason,
        "refused": proof.refused,
        "seconds": round(proof.seconds, 2),
    }


def compared_json(one: Compared) -> dict[str, Any]:
    """Return how another job fares with the patch, as every place prints it."""
    return {
        "job": one.job,
        "workflow": one.workflow,
        "matrix": dict(one.combination),
        "ended": str(one.ended),
        "vouches": one.vouches,
        "before": list(one.before),
        "after": list(one.after),
        "reason": one.reason,
        "seconds": round(one.seconds, 2),
    }


def coverage_json(found: Coverage) -> dict[str, Any]:
    """Return which changed lines the tests reach, as every place prints it."""
    return {
        "changed": found.changed,
        "reached": found.reached,
        "missed": {path: list(lines) for path, lines in found.missed.items()},
        "jobs": list(found.jobs),
        "reason": found.reason,
    }


def error_json(message: str, next_step: str, log: str | None = None) -> dict[str, Any]:
    """Return what is printed instead when the command itself failed (see the exit codes)."""
    return Summary("error", 0.0, reason=message, next=next_step, log=log).as_json()


def failure_json(failure: Failure, provider: str | None = None) -> dict[str, Any]:
    """Return a failure as the JSON object that every command prints for it.

    ``provider`` is whose log shows it.
    """
    return {
        "category": str(failure.category),
        "severity": str(failure.severity),
        "confidence": failure.confidence,
        "auto_fixable": str(failure.auto_fixable),
        "step": failure.step,
        "command": failure.command,
        "exit_code": failure.exit_code,
        "tool": failure.tool,
        "files": list(failure.files),
        "diagnostics": [
            {
                "file": d.file,
                "line": d.line,
                "column": d.column,
                "code": d.code,
                "message": d.message,
            }
            for d in failure.diagnostics
        ],
        "evidence": [_line(e) for e in failure.evidence[:_EVIDENCE_LINES]],
        "account": account(failure, provider=provider),
    }


def _line(evidence: Evidence) -> dict[str, Any]:
    return {"line": evidence.line, "text": evidence.text}
