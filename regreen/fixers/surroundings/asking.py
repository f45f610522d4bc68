"""What the fixers of this folder look at: what was said, and the job as its workflow defines it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regreen.errors import WorkflowError
from regreen.jobs.yamltree import read, value_of
from regreen.model import Failure
from regreen.scene import Scene

_LAST = 200
_TEST = re.compile(r"(?P<test>[\w./-]+\.py::[\w:.\[\]-]+)|^(?P<unit>test\w* \([\w.]+\))", re.M)
_USES = re.compile(r"^(?P<name>[\w.-]+/[\w.-]+)(?:/[\w./-]+)?@\S+$")


@dataclass(frozen=True, slots=True)
class JobText:
    """A job of a GitHub workflow as its file has it; ``path`` and ``id`` name it."""

    path: str
    id: str
    workflow: Mapping[str, Any]
    job: Mapping[str, Any]
    step: Mapping[str, Any]

    @property
    def permissions(self) -> Mapping[str, Any] | str | None:
        """What it gives its token: of the job, else of the workflow; ``None``: nothing said."""
        for level in (self.job, self.workflow):
            if "permissions" in level:
                found = level["permissions"]
                return found if isinstance(found, Mapping | str) else {}
        return None

    @property
    def steps(self) -> tuple[Mapping[str, Any], ...]:
        """The job's steps."""
        found = self.job.get("steps")
        items = found if isinstance(found, list) else []
        return tuple(one for one in items if isinstance(one, Mapping))

    def uses(self, action: str) -> Mapping[str, Any] | None:
        """Return the first step that uses ``action`` (owner/name)."""
        return next((s for s in self.steps if action_of(str(s.get("uses", ""))) == action), None)


def job_text(scene: Scene) -> JobText | None:
    """Return the job that fails as its file has it; ``None`` where that is not at hand."""
    place = scene.place
    if place is None or place.provider != "github":
        return None
    text = scene.files.text(place.workflow)
    if text is None:
        return None
    try:
        data = value_of(read(text, place.workflow))
    except WorkflowError:
        return None
    if not isinstance(data, dict):
        return None
    jobs = data.get("jobs")
    job = jobs.get(place.job) if isinstance(jobs, dict) else None
    if not isinstance(job, dict):
        return None
    steps = job.get("steps")
    known = isinstance(steps, list) and 0 <= place.step < len(steps)
    step = steps[place.step] if known and isinstance(steps, list) else {}
    return JobText(place.workflow, place.job, data, job, step if isinstance(step, dict) else {})


def action_of(uses: str) -> str:
    """Return ``owner/name`` of what a step uses, in lower case; empty for what is no action."""
    match = _USES.match(uses.strip())
    return match["name"].lower() if match else ""


def said(failure: Failure) -> Iterator[str]:
    """Yield the failure's messages, then its lines of the log."""
    yield from (found.message for found in failure.diagnostics)
    yield from (line.text for line in failure.evidence)


def script_of(failure: Failure, scene: Scene) -> str:
    """Return what the failing step ran: its script, or the action's name."""
    return scene.script or failure.command or failure.step or ""


def last_line(scene: Scene) -> str:
    """Return the last thing that the step said before it was stopped, cut; empty: nothing."""
    lines = [line.strip() for line in scene.output.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("##[", "::"))]
    return told[-1][:_LAST] if told else ""


def last_test(scene: Scene) -> str:
    """Return the last test that the step named; empty where it named none."""
    found = list(_TEST.finditer(scene.output[-20_000:]))
    return (found[-1]["test"] or found[-1]["unit"]) if found else ""


def where(text: JobText | None) -> str:
    """Return in words which job a change belongs to."""
    return f"job `{text.id}` of {text.path}" if text else "the job"


def name_of(text: JobText | None) -> str:
    """Return the job's id for a snippet."""
    return text.id if text else "JOB"
