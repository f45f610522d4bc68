"""Which step of a Jenkins build made it fail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from regreen.logs.expressions import expression
from regreen.logs.formats.jenkins_steps import Build
from regreen.logs.layout import Ending, Mark, Step
from regreen.logs.raw import RawLog

_EXIT = expression(r"ERROR: (?:.*: )?script returned exit code (-?\d+)")
_SHELLS = ("sh", "bat", "powershell", "pwsh")
_AFTERMATH = frozenset(
    (
        "junit", "archiveArtifacts", "archive", "deleteDir", "cleanWs", "echo", "emailext", "mail",
        "slackSend", "step", "publishHTML", "recordIssues", "githubNotify", "stash", "xunit",
        "publishChecks", "fingerprint", "sleep", "jacoco", "cobertura", "error", "unstable",
        "setGitHubPullRequestStatus", "updateGitlabCommitStatus", "hipchatSend", "fileExists",
        "office365ConnectorSend", "readFile", "writeFile", "pwd", "isUnix", "properties", "input",
    )
)  # fmt: skip
"""Steps that report, keep or look; when the build fails it is seldom by them."""
_BROKEN_OFF = expression(
    r"Cancelling nested steps due to timeout|Build timed out|Timeout has been exceeded"
    r"|Aborted by |Build was aborted|Sending interrupt signal"
)
_TIMEOUT = expression(rb"Timeout has been exceeded|Build timed out")
_CLOSING = 1 << 16


def find(log: RawLog, build: Build, result: str | None) -> Ending | None:
    """Return where a build with this result ended; ``None`` for a green one or no result."""
    if result in (None, "SUCCESS", "NOT_BUILT") or not build.steps:
        return None
    step, certainty = _pipeline_step(build, result) if build.pipeline else _last(build.steps)
    final = build.said[-1] if build.said else None
    _keep_apart(build, step)
    mark = _mark(build, step) or final
    exits = _exit(build, step)
    if exits is not None and _is_shell(build, step):
        step.exit_code = exits
    if mark is not None and mark not in step.errors:
        step.errors.append(mark)
    stop = _stop(step)
    closing = None if exits is not None else _closing(log, build, stop)
    broken = _broken(log, build, step, result)
    return Ending(step, mark, certainty, stop, broken, closing)


def of_step(step: Step) -> Ending | None:
    """Return how ``step`` itself ended; ``None`` when nothing in it speaks of an error."""
    if not step.errors:
        return None
    return Ending(step, step.errors[-1], 1.0, _stop(step))


def _last(steps: Sequence[Step]) -> tuple[Step, float]:
    return next((step for step in reversed(steps) if not step.post), steps[-1]), 1.0


def _pipeline_step(build: Build, result: str) -> tuple[Step, float]:
    """The last step before stages were skipped, or the pipeline ended, that is no aftermath.

    A step that says an error itself (``catchError``, a failed branch) is surer than one that only
    stands last.
    """
    limit = _limit(build)
    own = [step for step in build.steps if not step.post and step.start < limit]
    if not own:
        return build.steps[-1], 0.5
    failed = _of_failed_branch(build, own)
    if failed is not None:
        return failed, 1.0
    loud = [s for s in own if any(_EXIT.search(e.rest) for e in s.errors)]
    shells = [s for s in own if _is_shell(build, s)]
    real = [s for s in own if s.name and build.words.get(s.start, "") not in _AFTERMATH]
    real = [s for s in real if s.start in build.words] or real
    said = [s for s in own if s.errors and s.start in build.words]
    if loud and (shells_before := [s for s in shells if s.start <= loud[-1].start]):
        return shells_before[-1], 0.95
    if _exit(build, None) is not None and shells:
        return shells[-1], 1.0
    if result == "UNSTABLE":
        return ((said or shells or real or own)[-1]), 0.7
    return ((said or real or own)[-1]), 0.9


def _limit(build: Build) -> int:
    stops: list[Mark] = [m for m in (build.skips, build.ends) if m is not None]
    return min((m.start for m in stops), default=1 << 62)


def _of_failed_branch(build: Build, own: Sequence[Step]) -> Step | None:
    """The last step of the branch that failed first."""
    for mark in build.said:
        if mark.rest.startswith("Failed in branch "):
            name = mark.rest.removeprefix("Failed in branch ").strip()
            before = [s for s in own if s.start < mark.start and _is_shell(build, s)]
            inside = [s for s in before if name in (s.title, build.within.get(s.start))]
            chosen = inside or before
            return chosen[-1] if chosen else None
    return None


def _is_shell(build: Build, step: Step) -> bool:
    return build.words.get(step.start) in _SHELLS


def _exit(build: Build, step: Step | None) -> int | None:
    """The exit code that the step says, or else the end of the log."""
    marks: list[Mark] = [*(step.errors if step else ()), *reversed(build.said)]
    for mark in marks:
        if match := _EXIT.match(mark.rest):
            return int(match[1])
    return None


def _mark(build: Build, step: Step) -> Mark | None:
    """The line that says why: the step's own word, else the first error of the end."""
    for mark in step.errors:
        if mark.rest.startswith(("Build step '", "ERROR: ", "FATAL: ")):
            return mark
    if not build.pipeline:
        return None
    last = [m for m in build.said if m.rest.startswith("ERROR: ") and m.start >= step.end]
    exits = [m for m in last if _EXIT.match(m.rest)]
    return (exits or last)[-1] if last else None


def _stop(step: Step) -> int:
    """Where the output ends: at the word of the build's end, which stands in the last step."""
    for mark in step.errors:
        says = mark.rest.startswith("Build step '") or _EXIT.match(mark.rest)
        if says and step.start <= mark.start < step.end:
            return mark.start
    return step.end


def _closing(log: RawLog, build: Build, stop: int) -> tuple[int, int] | None:
    """The end of the log, where Jenkins prints what stopped a build that no command ended."""
    if build.ends is None:
        return None
    return max(build.ends.end, stop, log.size - _CLOSING), log.size


def _broken(log: RawLog, build: Build, step: Step, result: str | None) -> bool:
    if any(_BROKEN_OFF.search(error.rest) for error in step.errors):
        return True
    if result != "ABORTED":
        return False
    interrupted = any(_BROKEN_OFF.search(s.rest) for s in build.said)
    return interrupted or _TIMEOUT.search(log.read(log.size - 4096, log.size)) is not None


def _keep_apart(build: Build, step: Step) -> None:
    """Give a branch's step what it printed while others did, without what is theirs.

    It lasts until its branch is said to have failed, or speaks of a next step. Where lines do not
    name their branch, those of the others stay.
    """
    branch = build.within.get(step.start)
    names = (branch, step.title) if branch else (step.title,)
    for mark in build.said:
        failed = mark.rest.startswith("Failed in branch ") and mark.rest[17:].strip() in names
        goes_on = branch is not None and mark.rest.startswith(f"[Pipeline] [{branch}] ")
        if mark.start > step.start and (failed or goes_on):
            if mark.start > step.end:
                step.end, step.last = mark.start, mark.line - 1
            break
    others = sorted(build.branches - {branch}) if branch else []
    if others:
        known = "|".join(re.escape(name) for name in others)
        lead = build.prefix.pattern.removeprefix("^")
        step.foreign = re.compile(rf"^{lead}(?:\[(?:{known})\] |\[Pipeline\] )[^\n]*", re.MULTILINE)
