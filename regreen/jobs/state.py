"""What a job has come to at some step: what later steps see of earlier ones.

The state is frozen and small; together with a snapshot of the sandbox it is all that is needed to
go on from there, any number of times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regreen.jobs.commands import Effects
from regreen.jobs.expressions import Value
from regreen.jobs.work import Post


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a finished step looks to expressions (``steps.<id>``)."""

    outcome: str
    conclusion: str
    outputs: Mapping[str, str] = field(default_factory=dict)

    def context(self) -> dict[str, Value]:
        """Return it as expressions see it."""
        return {
            "outcome": self.outcome,
            "conclusion": self.conclusion,
            "outputs": dict(self.outputs),
        }


@dataclass(frozen=True, slots=True)
class State:
    """Variables and search path that steps added, results so far, and the next step's index.

    ``posts`` are what actions want done at the job's end, the last one first; ``matchers`` the
    problem matchers that hold, by owner.
    """

    position: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    results: Mapping[str, StepResult] = field(default_factory=dict)
    failed: bool = False
    masks: tuple[str, ...] = ()
    posts: tuple[Post, ...] = ()
    matchers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The job's status as ``job.status`` has it: success or failure."""
        return "failure" if self.failed else "success"

    def with_effects(self, effects: Effects) -> State:
        """Return the state with what a step asked to keep; its outputs are not part of it."""
        return replace(
            self,
            env={**self.env, **effects.env},
            path=(*reversed(effects.path), *self.path),
            masks=(*self.masks, *effects.masks),
            matchers=self.matchers if effects.matchers is None else effects.matchers,
        )

    def after(self, step_id: str | None, result: StepResult, effects: Effects) -> State:
        """Return the state behind a finished step."""
        results = dict(self.results)
        if step_id:
            results[step_id] = result
        return replace(
            self.with_effects(effects),
            position=self.position + 1,
            results=results,
            failed=self.failed or result.conclusion == "failure",
        )
