"""What is told of a search beside its patch: for the evidence, the report and the summary."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from regreen.case import Case
from regreen.circumstances import circumstances_json
from regreen.deliver import Story, Summary
from regreen.jobs.workshop import Workshop
from regreen.verify import Attempt, Found, NothingFound
from regreen_sandbox.disk import has_quotas
from regreen_sandbox.toolchains import ToolImage


def run_json(case: Case) -> dict[str, Any] | None:
    """Return which pulled run a case is of, ``None`` without one."""
    if case.origin is None:
        return None
    run, job = case.origin.run, case.origin.job
    return {
        "provider": run.provider,
        "url": run.url,
        "id": run.id,
        "attempt": run.attempt,
        "job": job.name,
        "job_url": job.url,
        "head": run.head,
        "head_now": run.head_now,
        "tested": case.commit,
        "pull_request": run.pull_request,
    }


def story(
    case: Case,
    attempt: Attempt,
    found: Found | NothingFound,
    summary: Summary,
    workshop: Workshop,
    image: ToolImage,
) -> Story:
    """Return what is told of a search beside its patch: in the evidence and in the report."""
    step = attempt.failed.index if attempt.failed else 0
    environment = circumstances_json(case, image, workshop, step)
    return Story(
        about(case, image, summary, workshop) | {"environment": environment},
        found.rejected,
        attempt.failures,
        found.tries,
    )


def about(case: Case, image: ToolImage, summary: Summary, workshop: Workshop) -> dict[str, Any]:
    """Return what the evidence says of the run, the job, the image, the index and the sandbox."""
    analysis = case.analysis
    return {
        "repository": case.name,
        "workflow": case.job.workflow,
        "job": case.job.name,
        "matrix": dict(case.job.combination),
        "commits": {"tested": case.commit, "head": case.origin.run.head if case.origin else None},
        "run": run_json(case),
        "log": {"sha256": analysis.sha256, "lines": analysis.lines} if analysis else None,
        "reproduction": {
            "verdict": summary.verdict,
            "reason": summary.reproduction_reason,
            "seconds": round(summary.reproduction_seconds, 2),
        },
        "image": {
            "reference": image.reference,
            "id": image.id,
            "base": image.base.reference,
            "base_id": image.base.id,
            "origin": image.base.origin,
            "substitutions": list(summary.substitutions),
            "pythons": dict(image.pythons),
        },
        "index": {
            "as_of": workshop.as_of.isoformat() if workshop.as_of else None,
            "undated": list(workshop.links.undated()),
        },
        "network": str(workshop.conditions.policy),
        "user": workshop.conditions.profile.rights.uid,
        "sandbox": workshop.conditions.as_json()
        | {
            "limits": asdict(workshop.setting.limits),
            "unkept": list(workshop.engine.unkept),
            "disk": "quota" if has_quotas(workshop.engine) else "watchdog",
            "engine": workshop.engine.version,
        },
    }
