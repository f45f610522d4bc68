"""The logs of GitLab's runner.

A job runs in stages, each between ``section_start:TIME:NAME`` and ``section_end:TIME:NAME``; within
``step_script`` and ``after_script`` every command of the script is printed in green before it runs,
and the shell stops at the first that fails. The last line says how the job ended. Since runner 17
lines may begin with a time, a stream number and a letter; stream ``00`` is the runner's own, so
there a script cannot play a stage. Without these only the order of the stages protects: the stages
behind the script begin where they are last said. A green ``$ command`` that a script prints itself
cannot be told from the runner's.

Stages: ``common/build.go`` and ``shells/abstract.go`` of gitlab-runner; lines:
https://docs.gitlab.com/runner/configuration/feature-flags/ (``FF_TIMESTAMPS``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from regreen.logs.expressions import expression
from regreen.logs.formats.lines import Cutter, Said, first_group, head_of, moment, scan
from regreen.logs.layout import Ending, Layout, Step
from regreen.logs.raw import RawLog
from regreen.model import LogFacts

_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z \d\d[OE][ +]"
_SECTION = r"section_(?:start|end):\d+:[\w.-]+(?:\[[^\]\n]*\])?\r*(?:\x1b\[0K)?"
_PREFIX = expression(rf"^(?:{_STAMP})?(?:(?:\x1b\[0K)?{_SECTION})*", re.MULTILINE)
_AT_LINE = rb"(?m)^(?:\d{4}-\d\d-\d\dT[\d:.]{8,20}Z \d\d[OE][ +])?(?:\x1b\[[\d;]*[mK]){0,3}"
HEAD = expression(
    _AT_LINE + rb"(?:Running with gitlab-runner \d|section_start:\d{9,11}:(?:prepare_|resolve_"
    rb"|get_sources|step_script|build_script|after_script|restore_cache|download_artifacts))"
)
TAIL = expression(_AT_LINE + rb"ERROR: Job failed(?:: | \(system failure\))")
"""What only this runner writes, in the first or the last lines of a log."""

_WORDS = (
    rb"section_(?:start|end):\d|ERROR: Job failed|Job succeeded|Uploading artifacts for"
    rb"|Running after_?script|Saving cache for"
)
_GREEN = expression(_WORDS + rb"|\x1b\[32;1m\$ ")
_BARE = expression(_WORDS + rb"|(?<=\n)\$ ")
_INSIDE = expression(
    rb"section_(?:start|end):\d{9,11}:[\w.-]+|\x1b\[32;1m\$ |ERROR: Job failed|Job succeeded"
)
"""What may stand behind output that did not end its line."""
_STAMPED = expression(rf"^(?:{_STAMP})?")
_STARTS = expression(r"section_start:\d+:([\w.-]+)")
_SAID = expression(r"^(?:section_(?:start|end):\d+:[\w.-]+(?:\[[^\]\n]*\])?\r*)+")
_STAGES = (
    "resolve_secrets",
    "prepare_executor",
    "prepare_script",
    "get_sources",
    "restore_cache",
    "download_artifacts",
    "build_script",
    "step_script",
    "after_script",
    "archive_cache",
    "archive_cache_on_failure",
    "upload_artifacts_on_success",
    "upload_artifacts_on_failure",
    "upload_referees",
    "cleanup_file_variables",
)
_OLD_STAGE = expression(r"Uploading artifacts for|Running after_?script|Saving cache for")
"""What stands before the stages behind the script in a log without sections."""
_SCRIPTS = ("build_script", "step_script", "after_script")
_BEHIND = _STAGES[_STAGES.index("after_script") :]
_EXIT = expression(r"Job failed: (?:exit (?:code|status)|command terminated with exit code) (\d+)")
_BROKEN_OFF = expression(r"Job failed: (?:cancell?ed|aborted|execution took longer)")
_REPOSITORY = (
    expression(rb"nitialized (?:empty|existing) Git repository in \S*?/builds/(\S+?)/\.git/"),
)
_TESTED = (expression(rb"Checking out ([0-9a-f]{8,40}) as "),)
_IMAGE = (expression(rb"executor with image (\S+) \.\.\."), expression(rb"for image (\S+) \.\.\."))
_TIME = (expression(rb"(?m)^(\d{4}-\d\d-\d\dT[\d:.]+Z) "), expression(rb"section_start:(\d+):"))


def read(log: RawLog) -> Layout:
    """Return the stages of a job, its script cut into commands."""
    coloured = b"\x1b[" in log.read(log.begin, log.begin + 4096)
    said = scan(log, _GREEN if coloured else _BARE, _STAMPED, _INSIDE)
    steps = _split(log, said)
    verdict = next((s for s in reversed(said) if s.rest.startswith(("ERROR: Job", "Job su"))), None)
    ending = None
    if verdict is not None and verdict.rest.startswith("ERROR"):
        ending = _ending(steps, verdict)
    return Layout(
        "gitlab",
        steps,
        lambda _: ending,
        lambda _: None,
        lambda _parts, _failing: _facts(log),
        _PREFIX,
        None if verdict else _last(steps),
    )


def _split(log: RawLog, said: Sequence[Said]) -> list[Step]:
    stamped = any(_stream(mark) == "00" for mark in said[:50])
    starts = _stage_starts(said, stamped=stamped)
    cut = Cutter(log)
    cut.open("prepare", None)
    stage = "prepare"
    for index, mark in enumerate(said):
        spoken = _SAID.sub("", mark.rest)
        if index in starts:
            stage = starts[index]
            cut.open(stage, mark, title=stage, post=stage in _BEHIND)
        elif not starts and (behind := _OLD_STAGE.match(spoken)):
            stage = "after_script"
            cut.open(behind[0], mark, title=behind[0], post=True)
        elif spoken.startswith("$ ") and (stage in _SCRIPTS or not starts):
            command = spoken[2:]
            cut.open(command, mark, title=stage, script=command, post=stage in _BEHIND)
    return cut.finish()


def _stage_starts(said: Sequence[Said], *, stamped: bool) -> dict[int, str]:
    """Which marks begin a stage: those behind the script where they are last said."""
    found: dict[str, int] = {}
    for index, mark in enumerate(said):
        if stamped and _stream(mark) != "00":
            continue
        for stage in _STARTS.findall(mark.rest):
            if stage in _BEHIND or (stage in _STAGES and stage not in found):
                found[stage] = index
    return {index: stage for stage, index in found.items()}


def _stream(mark: Said) -> str:
    return mark.lead.partition(" ")[2][:2]


def _last(steps: Sequence[Step]) -> Step | None:
    """The step that the job was in: the last one that is not there to clean up."""
    return next((step for step in reversed(steps) if not step.post), None)


def _ending(steps: Sequence[Step], verdict: Said) -> Ending | None:
    """Where the job failed: in its last command, unless a stage behind its success did."""
    uploading = (step for step in steps if step.name == "upload_artifacts_on_success")
    step = next(uploading, None) or _last(steps)
    if step is None:
        return None
    step.errors.append(verdict)
    match = _EXIT.search(verdict.rest)
    if match:
        step.exit_code = int(match[1])
    return Ending(
        step,
        verdict,
        1.0,
        min(verdict.start, step.end),
        _BROKEN_OFF.search(verdict.rest) is not None,
        None if match else (verdict.start, verdict.end),
    )


def _facts(log: RawLog) -> LogFacts:
    head = head_of(log)
    return LogFacts(
        provider="gitlab",
        repository=first_group(_REPOSITORY, head),
        tested=first_group(_TESTED, head),
        image=first_group(_IMAGE, head),
        started_at=moment(first_group(_TIME, head)),
    )
