"""What a job is told from outside of its workflow: the event, inputs, variables, secrets, results.

A command's options and a pulled run decide it; what nobody tells has a default. Secrets are empty,
as in the runs of a fork's pull requests: a made-up value opens no door and makes steps that do
without a secret try their luck with it. The token of the job itself, which every run has, is a
dummy of the right form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from regreen.errors import UsageError
from regreen.jobs.events import Told
from regreen.jobs.expressions import Value
from regreen.jobs.expressions.values import find_key
from regreen.jobs.workflow import JobSpec

DUMMY_TOKEN = "ghs_regreenDummyThatOpensNoDoor000000000"
"""What ``github.token`` and ``secrets.GITHUB_TOKEN`` hold: the form of a token, and no token."""

Place: TypeAlias = tuple[str, ...]
"""Where a job stands: the ids of the jobs that call its workflow, outermost first, and its own.

A calling job with a matrix is there with the values of its combination.
"""

RESULTS = ("success", "failure", "cancelled", "skipped")


@dataclass(frozen=True, slots=True)
class Result:
    """How a needed job ended, and what it gave out. ``note`` says where that is known from."""

    result: str = "success"
    outputs: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def context(self) -> dict[str, Value]:
        """Return it as ``needs.<job>`` has it."""
        return {"result": self.result, "outputs": dict(self.outputs)}


@dataclass(frozen=True, slots=True)
class Given:
    """What is known besides workflow and commit.

    ``told`` is what a run or log says of its event, ``event`` the one the user asks for,
    ``payload`` what is laid over its payload. ``inputs`` are those of a manual start, as texts.
    ``assumed`` are results that the user vouches for, by the job's id (or ``caller/id``); ``needs``
    those of jobs that were run here. ``allowed`` are actions that run although regreen refuses them
    or leaves them out. ``runners`` says what stands for a runner's label or group.
    """

    told: Told = field(default_factory=Told)
    event: str | None = None
    payload: Mapping[str, Value] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    assumed: Mapping[str, Result] = field(default_factory=dict)
    needs: Mapping[Place, Result] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    runners: Mapping[str, str] = field(default_factory=dict)

    def result(self, place: Place) -> Result | None:
        """Return how the job at ``place`` ended, where that is known."""
        if (ran := self.needs.get(place)) is not None:
            return ran
        ids = [own.partition("(")[0] for own in place]
        for name in ("/".join(ids), ids[-1]):
            key = find_key(dict.fromkeys(self.assumed), name)
            if key is not None:
                return self.assumed[key]
        return None

    def secret_context(self) -> dict[str, Value]:
        """Return the ``secrets`` context of a run's own workflow."""
        return {**self.secrets, "GITHUB_TOKEN": self.token}

    @property
    def token(self) -> str:
        """The token that the job has: the user's own, or a dummy."""
        return self.secrets.get("GITHUB_TOKEN", DUMMY_TOKEN)


NOTHING = Given()


def own_place(job: JobSpec, combination: Mapping[str, Value]) -> str:
    """Return how a calling job stands in the place of a job that it calls."""
    if not combination:
        return job.id
    return f"{job.id}({json.dumps(dict(combination), sort_keys=True, default=str)})"


def assumptions(texts: tuple[str, ...]) -> dict[str, Result]:
    """Return what ``JOB.OUTPUT=VALUE`` and ``JOB=RESULT`` mean, by job. Raises UsageError."""
    found: dict[str, Result] = {}
    for text in texts:
        left, equals, value = text.partition("=")
        job, dot, output = left.strip().partition(".")
        if not equals or not job or (dot and not output):
            raise UsageError(
                f"--assume takes JOB.OUTPUT=VALUE or JOB=RESULT, not {text!r}",
                "write for example --assume build.version=1.2",
            )
        known = found.get(job, Result(note="assumed"))
        if output:
            found[job] = Result(known.result, {**known.outputs, output: value}, known.note)
        elif value in RESULTS:
            found[job] = Result(value, known.outputs, known.note)
        else:
            raise UsageError(
                f"--assume {job}={value}: a job's result is {', '.join(RESULTS)}",
                f"write for example --assume {job}=success",
            )
    return found
