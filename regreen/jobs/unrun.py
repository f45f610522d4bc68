"""How a step ends that no process ran for, or that is refused: skipped, left out, or wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from regreen.jobs.workflow import StepSpec
from regreen.model import StepOutcome


class UnsupportedStep(Exception):
    """A step needs what regreen cannot run; the words name the feature and where it stands."""


def bad_variable(env: Mapping[str, str]) -> str | None:
    """Say which variable no process can have: an empty name, ``=`` in one, a NUL byte."""
    for name, value in env.items():
        if not name or "=" in name or "\0" in name + value:
            return f"the variable {name!r} cannot be set for a process"
    return None


def not_run(step: StepSpec, name: str, conclusion: str, reason: str) -> StepOutcome:
    """Return what became of a step that was not run."""
    empty = hashlib.sha256(b"").hexdigest()
    return StepOutcome(step.index, name, step.uses, conclusion, None, 0.0, "", empty, reason)


def failed(step: StepSpec, name: str, reason: str) -> StepOutcome:
    """Return the failure of a step that could not be started."""
    return replace(not_run(step, name, "failure", reason), exit_code=1, log=reason)
