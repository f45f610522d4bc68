"""Under what circumstances a patch was proven: written into the evidence, read to prove it again.

A stranger may have written what is read. It chooses among the jobs of a commit and says what the
run was told; it widens nothing that the settings of this machine do not allow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from regreen.case import Case
from regreen.deliver.evidence import comparable
from regreen.deliver.evidence_fields import AGAIN, Fields
from regreen.deliver.evidence_reading import failures_of
from regreen.errors import UsageError
from regreen.jobs.conditions import Conditions
from regreen.jobs.expressions import Value
from regreen.jobs.given import Given, assumptions
from regreen.jobs.workshop import Workshop
from regreen.model import Failure, LogFacts, Run
from regreen_sandbox.network import Policy
from regreen_sandbox.profiles import Profile
from regreen_sandbox.toolchains import ToolImage

_PAYLOAD = 256 << 10
"""Characters of an event's payload that are kept; of a longer one the digest is."""
_NAMED = "named"
_RUN = ("provider", "server", "id", "repository", "head", "workflow", "url", "event", "branch",
        "tested", "workflow_path", "head_repository")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What has to be the same for a proof to be made again.

    ``sha256`` is of the workflow's text, ``of_commit`` says whether the commit has it; ``step`` is
    the failing step's index; ``expected`` are CI's failures, empty without a log. ``secrets`` are
    names, ``payload_sha256`` the digest of a payload that the user has to give again; ``image`` is
    somebody else's image by name, else empty.
    """

    workflow: str
    sha256: str
    of_commit: bool
    job: str
    name: str
    matrix: Mapping[str, str]
    step: int
    event: str
    given: Given
    secrets: tuple[str, ...]
    payload_sha256: str | None
    facts: LogFacts
    expected: tuple[Failure, ...]
    run: Run | None
    as_of: datetime | None
    label: str
    image: str
    image_id: str
    conditions: Conditions
    extra_indexes: tuple[str, ...]
    repeat: int


def circumstances_json(
    case: Case, image: ToolImage, workshop: Workshop, step: int
) -> dict[str, Any]:
    """Return what the evidence says, for `read_circumstances`; no secret's value is in it."""
    job, path = case.job, case.job.workflow.removeprefix("./")
    text = case.tree.read(path)
    of_commit = text is not None
    if text is None and Path(path).is_file():
        text = Path(path).read_bytes()
    return {
        "provider": job.provider,
        "workflow": {
            "path": path,
            "sha256": hashlib.sha256(text or b"").hexdigest(),
            "of_commit": of_commit,
        },
        "job": job.id,
        "matrix": {str(name): _shown(value) for name, value in job.combination.items()},
        "step": {"index": step, "name": job.steps[step].title if step < len(job.steps) else ""},
        "event": str(job.github.get("event_name") or ""),
        "given": _given_json(case.request.given),
        "facts": _facts_json(case),
        "expected": [comparable(one) for one in case.expected],
        "run": _run_json(case.origin.run) if case.origin else None,
        "as_of": workshop.as_of.isoformat() if workshop.as_of else None,
        "index": {
            "which": "as-of" if workshop.as_of else "today",
            "extra": [_without_login(one) for one in case.request.sandbox.extra_indexes],
        },
        "image": {
            "label": job.image_label,
            "id": image.id,
            "named": _named(case, image),
        },
        **workshop.conditions.as_json(),
        "repeat": case.repeat,
    }


def _named(case: Case, image: ToolImage) -> str:
    """Return the user's own image for the job; that of ``container:`` is in the workflow."""
    own = image.base.origin == _NAMED and case.job.container is None
    return image.base.reference if own else ""


def _given_json(given: Given) -> dict[str, Any]:
    payload = json.dumps(given.payload, sort_keys=True) if given.payload else ""
    kept = len(payload) <= _PAYLOAD
    assumed = [
        text
        for job, result in given.assumed.items()
        for text in (
            f"{job}={result.result}",
            *(f"{job}.{k}={v}" for k, v in result.outputs.items()),
        )
    ]
    return {
        "event": given.event,
        "payload": dict(given.payload) if kept else None,
        "payload_sha256": None if kept else hashlib.sha256(payload.encode()).hexdigest(),
        "inputs": dict(given.inputs),
        "variables": dict(given.variables),
        "secrets": sorted(given.secrets),
        "assumed": assumed,
        "allowed": list(given.allowed),
    }


def _facts_json(case: Case) -> dict[str, Any]:
    facts = case.analysis.facts if case.analysis else LogFacts()
    return {
        "image": facts.image,
        "started_at": facts.started_at.isoformat() if facts.started_at else None,
        "pythons": list(facts.pythons),
        "merged": list(facts.merged) if facts.merged else None,
        "actions": dict(facts.actions),
    }


def _run_json(run: Run) -> dict[str, Any]:
    return {
        **{name: getattr(run, name) for name in _RUN},
        "attempt": run.attempt,
        "pull_request": run.pull_request,
        "started_at": run.started_at.isoformat() if run.started_at else None,
    }


def _without_login(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _shown(value: Value) -> str:
    from regreen.jobs.legs import shown

    return shown(value)


def read_circumstances(evidence: Fields) -> Circumstances:
    """Return what ``evidence`` says of the circumstances. Raises UsageError for nonsense."""
    found = evidence.object("environment")
    workflow, image, given = (found.object(name) for name in ("workflow", "image", "given"))
    repeat = found.number("repeat")
    if not 1 <= repeat <= 100:
        raise UsageError(f"{found.file}: {found.place}repeat is not from 1 to 100", AGAIN)
    return Circumstances(
        workflow=workflow.text("path"),
        sha256=workflow.text("sha256"),
        of_commit=workflow.flag("of_commit"),
        job=found.text("job"),
        name=evidence.text("job"),
        matrix=found.pairs("matrix"),
        step=found.object("step").number("index"),
        event=found.text("event"),
        given=_given(given),
        secrets=given.texts("secrets"),
        payload_sha256=given.maybe_text("payload_sha256"),
        facts=_facts(found, evidence),
        expected=failures_of(found, "expected"),
        run=_run(found.maybe_object("run")),
        as_of=found.moment("as_of"),
        label=image.text("label"),
        image=image.text("named"),
        image_id=image.text("id"),
        conditions=_conditions(found),
        extra_indexes=found.object("index").texts("extra"),
        repeat=repeat,
    )


def _given(said: Fields) -> Given:
    payload = said.maybe_object("payload")
    return Given(
        event=said.maybe_text("event"),
        payload=_as_value(payload.values) if payload else {},
        inputs=said.pairs("inputs"),
        variables=said.pairs("variables"),
        assumed=assumptions(said.texts("assumed")),
        allowed=said.texts("allowed"),
    )


def _as_value(payload: Mapping[str, Any]) -> dict[str, Value]:
    """JSON as expressions see it: every number is a float."""
    read: dict[str, Value] = json.loads(json.dumps(payload), parse_int=float)
    return read


def _facts(said: Fields, evidence: Fields) -> LogFacts:
    facts = said.object("facts")
    merged = facts.texts("merged") if facts.values.get("merged") is not None else ()
    return LogFacts(
        provider=said.text("provider"),
        repository=evidence.text("repository"),
        tested=evidence.text("base"),
        job=evidence.text("job"),
        image=facts.maybe_text("image"),
        started_at=facts.moment("started_at"),
        pythons=facts.texts("pythons"),
        merged=(merged[0], merged[1]) if len(merged) == 2 else None,
        actions=tuple(facts.pairs("actions").items()),
    )


def _run(said: Fields | None) -> Run | None:
    if said is None:
        return None
    return Run(
        provider=said.text("provider"),
        server=said.text("server"),
        id=said.text("id"),
        attempt=said.number("attempt"),
        repository=said.text("repository"),
        head=said.text("head"),
        workflow=said.text("workflow"),
        url=said.text("url"),
        folder=Path(),
        event=said.maybe_text("event"),
        branch=said.maybe_text("branch"),
        tested=said.maybe_text("tested"),
        workflow_path=said.maybe_text("workflow_path"),
        head_repository=said.maybe_text("head_repository"),
        pull_request=said.maybe_number("pull_request"),
        started_at=said.moment("started_at"),
    )


def _conditions(said: Fields) -> Conditions:
    try:
        policy, profile = Policy(said.text("network")), Profile(said.text("profile"))
    except ValueError as error:
        raise UsageError(f"{said.file}: {said.place}{error}", AGAIN) from error
    return Conditions(policy, said.texts("hosts"), profile, said.maybe_text("runtime") or "")
