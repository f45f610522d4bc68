"""Which step of a log turned its job red."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from regreen.logs.expressions import expression
from regreen.logs.formats.github.marks import EXIT, Kind, RunnerMark
from regreen.logs.layout import Ending, Mark, Step

_RUNNER = expression(
    r"^(?:The runner has received a shutdown signal|The self-hosted runner.*lost communication"
    r"|The hosted runner.*lost communication|Unable to resolve action"
    r"|Unable to process file command"
    r"|Invalid format|Unable to process command|Missing download info for|Can't find 'action\.yml'"
    r"|This request has been automatically failed|Input required and not supplied"
    r"|No space left on device|Failed to download action|Could not find a part of the path"
    r"|An action could not be found|Required property is missing|Docker (?:build|pull|run) failed"
    r"|Failed to initialize container|One or more containers failed to start"
    r"|The template is not valid|The (?:process|command) '.*' failed"
    r"|The action '.*' has timed out|The workflow is not valid)"
)
_BROKEN_OFF = expression(
    r"^\s*(?:The operation was cancell?ed"
    r"|The job (?:running on runner .*)?(?:was cancell?ed because"
    r"|has exceeded)|The job was not acquired|The strategy configuration was cancell?ed)"
)
_AFTERMATH = expression(
    r"upload-(?:artifact|sarif|pages)|codecov|coveralls|cache/save|test-report|test-results"
    r"|publish-unit-test|junit|slack|notif|discord|tmate"
    r"|docker[ -]compose[^&]* (?:down|logs|ps|stop)"
    r"|docker (?:logs|ps|stop|rm|kill)|pre-commit-ci|peter-evans|github-script"
    r"|gh (?:issue|pr|api)\b"
    r"|\breport\b|\bsummary\b|clean ?up|^(?:echo|cat|ls|find|kill|pkill|tail|head|printf)\b"
    r"|dorny/|comment|^rm |logs?\b|artifact|::notice|workflow-status|alls-green",
    re.IGNORECASE,
)
_LOOKS_AROUND = expression(r"^(?:if|for|mkdir)\b")
_WORKS = expression(
    r"\b(?:py\.?test|tox|nox|tests?|lint|build|make|npm|pnpm|yarn|npx|bun|go|cargo|mvn|mvnw|gradle"
    r"|gradlew|dotnet|bundle|composer|ruff|mypy|flake8|black|pylint|cmake|ctest|bazel|deploy)\b"
)
_GOES_ON = expression(
    r"^actions/(?:setup-|checkout|configure-|deploy-)|setup-uv|login-action|build-push"
    r"|^(?:sudo )?(?:pip|python -m pip|uv|poetry|npm|yarn|pnpm|apt|apt-get|cargo|mvn|go) "
    r"(?:install|ci|sync|add|build|publish|update|package)|^twine "
    r"|^docker (?:build|push)|deploy|release",
    re.IGNORECASE,
)
_ONLY_WHEN_GREEN = (Kind.HIT, Kind.KEY, Kind.SAVED)


class Claim(IntEnum):
    """How sure an error mark is to have ended its job."""

    POST = 0
    BROKEN_OFF = 1
    ACTION = 2
    EXIT = 3


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A step that may have ended its job, the mark that says so, and how sure that is."""

    step: Step
    mark: Mark
    claim: Claim
    certainty: float

    def ending(self) -> Ending:
        exited = EXIT.search(self.mark.rest) is not None
        return Ending(
            self.step,
            self.mark,
            self.certainty,
            self.mark.start if exited else self.step.end,
            self.claim is Claim.BROKEN_OFF,
        )


def find(steps: Sequence[Step], marks: Sequence[RunnerMark]) -> Ending | None:
    """Return what turned the job red, or ``None`` when the log shows a green one.

    Of several jobs in one log the first that failed of itself counts; one that was cancelled
    counts only when no other failed.
    """
    greens = [mark.start for mark in marks if mark.kind in _ONLY_WHEN_GREEN]
    jobs: list[list[Step]] = []
    for step in steps:
        fresh = jobs and step.job == jobs[-1][-1].job and step.name != "Set up job"
        if fresh:
            jobs[-1].append(step)
        else:
            jobs.append([step])
    endings = [ending for job in jobs if (ending := _of_job(job, greens)) is not None]
    best = max(endings, key=lambda e: min(e.claim, Claim.ACTION), default=None)
    return best.ending() if best else None


def _of_job(steps: list[Step], greens: Sequence[int]) -> _Claimed | None:
    outlooks = _outlooks(steps, greens)
    claims = [(number, c) for number, step in enumerate(steps) if (c := _claim(step)) is not None]
    endings = [
        _Claimed(steps[n], mark, claim, _certainty(steps[n], claim, outlooks[n], first=n == 0))
        for n, (claim, mark) in claims
    ]
    sure = [ending for ending in endings if ending.certainty > 0]
    if not sure:
        return None
    best = max(ending.certainty for ending in sure)
    return [ending for ending in sure if ending.certainty == best][-1]


def _claim(step: Step) -> tuple[Claim, Mark] | None:
    """The strongest thing that a step's errors say about it."""
    action = None
    for mark in reversed(step.errors):
        if step.post:
            return Claim.POST, mark
        if EXIT.search(mark.rest) or _RUNNER.search(mark.rest):
            return Claim.EXIT, mark
        if _BROKEN_OFF.search(mark.rest):
            return Claim.BROKEN_OFF, mark
        action = action or mark
    if action is not None and step.block.script is None:
        return Claim.ACTION, action
    return None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes behind a step: steps of the job itself, and signs that it went on green."""

    normal: bool
    green: bool


def _outlooks(steps: list[Step], greens: Sequence[int]) -> list[Outlook]:
    """Return what comes behind each step; one pass, from the last step to the first."""
    found: list[Outlook] = []
    end = steps[-1].end if steps else 0
    last_green = max((at for at in greens if at < end), default=-1)
    normal = goes_on = False
    for step in reversed(steps):
        found.append(Outlook(normal, goes_on or last_green >= step.end))
        if not step.post and not _aftermath(step):
            normal = True
            goes_on = goes_on or _GOES_ON.search(step.name) is not None
    return found[::-1]


def _aftermath(step: Step) -> bool:
    """Whether a step looks like one that runs whatever became of the job: reports, clean-ups."""
    if _LOOKS_AROUND.search(step.name):
        return _WORKS.search(step.block.script or "") is None
    return _AFTERMATH.search(step.name) is not None


def _certainty(step: Step, claim: Claim, outlook: Outlook, *, first: bool) -> float:
    """How likely it is that the job ended here: 0 means that it went on, and green."""
    if claim is Claim.POST:
        return 0.1
    if claim is Claim.ACTION and outlook.normal:
        return 0.0
    trailing = not first and _aftermath(step)
    base = 0.5 if trailing and claim is not Claim.BROKEN_OFF else 1.0
    if not outlook.normal:
        return base
    return 0.0 if outlook.green else base * 0.6


def of_step(step: Step) -> Ending | None:
    """Return how ``step`` itself ended, whatever became of its job; ``None`` when it was green."""
    claim = _claim(step)
    return _Claimed(step, claim[1], claim[0], 1.0).ending() if claim else None
