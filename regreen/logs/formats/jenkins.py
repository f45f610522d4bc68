"""The logs of Jenkins: pipelines, freestyle and Maven projects.

The last line says how the build ended (``Finished: FAILURE``). A pipeline's log tells every step
that begins (``[Pipeline] sh``) and the blocks around it (``[Pipeline] { (STAGE)``,
``[Pipeline] }``); the shell shows the commands as ``+ command``. Which step failed is not said
where it failed, but the stages behind it are skipped, and what runs then stands in ``post`` blocks.
Other projects show each command as ``[WORKSPACE] $ COMMAND``.

A step could print ``[Pipeline]`` lines itself. The log that a controller keeps hides a signed note
before each of its own, which is looked for where any line has one; text without notes cannot tell.

Lines: ``LogStorage`` of workflow-job, ``CommandInterpreter`` and ``Run`` of Jenkins core,
``pipeline-model-definition`` for stages; time stamps: the timestamper plugin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from regreen.logs.expressions import expression
from regreen.logs.formats import jenkins_endings, jenkins_steps
from regreen.logs.formats.jenkins_steps import Build
from regreen.logs.formats.lines import HEAD as HEAD_BYTES
from regreen.logs.formats.lines import TAIL as TAIL_BYTES
from regreen.logs.formats.lines import at_line, first_group, head_of, moment, scan
from regreen.logs.layout import Layout, Step
from regreen.logs.raw import RawLog
from regreen.model import LogFacts

_ISO = r"(?:\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)\] ?)?"
_CLOCK = r"(?:(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,3})? {1,2})"
_NOTE = r"\x1b\[8mha:[^\x1b\n]*\x1b\[0m"
_PLAIN = expression(rf"^(?:{_NOTE})*{_ISO}(?:{_NOTE})*", re.MULTILINE)
_TIMED = expression(rf"^(?:{_NOTE})*{_CLOCK}?(?:{_NOTE})*", re.MULTILINE)
_AT_LINE = rb"(?m)^(?:\[?[\d:.,TZ +-]{8,30}\]? {0,2})?(?:\x1b\[8mha:[^\x1b\n]{1,2000}\x1b\[0m){0,3}"
HEAD = expression(
    _AT_LINE + rb"(?:\[Pipeline\] (?:Start of Pipeline|node|stage|\{|sh|bat|echo|checkout)"
    rb"|Started by (?:user|timer|an SCM change|upstream project|remote host|GitHub push|GitLab push"
    rb"|command line|changes from|event|pull request)|Running in Durability level: )"
)
TAIL = expression(_AT_LINE + rb"Finished: (?:SUCCESS|UNSTABLE|FAILURE|ABORTED|NOT_BUILT)\s*\Z")
"""What only Jenkins writes."""
_MARKS = (
    rb"\[Pipeline\] |Stage \"|Post stage|ERROR: |Failed in branch |Build step '|Finished: "
    rb"|\[[^\]\n]{1,48}\] \$ |Archiving artifacts|Recording test results|Sending e-mails to"
    rb"|Performing Post build|\[WS-CLEANUP\] Deleting|Parsing POMs|Build was aborted|Aborted by "
    rb"|Sending interrupt signal|Cancelling nested steps|Build timed out|FATAL: |Notifying upstream"
    rb"|Email was triggered|Started calculate disk"
)
_WORDS = at_line(rb"(?:\[\d{4}-[\dT:.Z+-]{12,26}\] ?)?", _MARKS)
_STAMPED = at_line(rb"(?:[\d:.,T +-]{8,26} )?", _MARKS)
_NOTED = expression(_MARKS)
_FINISHED = expression(rb"Finished: ([A-Z_]+)\s*\Z")
_REPOSITORY = (
    expression(rb"(?:Cloning repository|Fetching upstream changes from|from git) \S+?[/:]"
               rb"([\w.-]+/[\w.-]+?)(?:\.git)?\s"),
)  # fmt: skip
_TESTED = (expression(rb"Checking out Revision ([0-9a-f]{40})"),)
_JOB = (expression(rb"/workspace/([^\s/@]+)"),)
_IMAGE = (
    expression(rb"docker run [^\n]*? ([\w./:-]+) (?:cat|sleep)\b"),
    expression(rb"Running on (\S+) in "),
    expression(rb"Building (?:remotely )?on (\S+)"),
)
_TIME = (expression(rb"(?m)^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z\]"),)


def read(log: RawLog) -> Layout:
    """Return the steps of a build."""
    prefix = _prefix(log)
    notes = b"\x1b[8mha:" in log.read(log.begin, log.begin + HEAD_BYTES)
    said = scan(log, _NOTED if notes else _WORDS if prefix is _PLAIN else _STAMPED, prefix)
    if any("\x1b[8mha:" in s.lead for s in said if s.rest.startswith("[Pipeline] ")):
        said = [s for s in said if "\x1b[8mha:" in s.lead or not s.rest.startswith("[Pipeline] ")]
    build = jenkins_steps.split(log, said, prefix)
    result = _result(log)
    ending = jenkins_endings.find(log, build, result)
    return Layout(
        "jenkins",
        build.steps,
        lambda _: ending,
        jenkins_endings.of_step,
        lambda _parts, _failing: _facts(log),
        prefix if not build.branches else _with_branches(prefix, build),
        None if result else _open_end(build.steps),
    )


def _prefix(log: RawLog) -> re.Pattern[str]:
    """Return what stands before each line: a bare time only where the first line has one."""
    head = log.read(log.begin, log.begin + 4096).decode("utf-8", "replace").lstrip()
    return _TIMED if re.match(rf"(?:{_NOTE})*{_CLOCK}", head) else _PLAIN


def _with_branches(prefix: re.Pattern[str], build: Build) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(build.branches, key=len, reverse=True))
    return re.compile(rf"{prefix.pattern}(?:\[(?:{names})\] )?", re.MULTILINE)


def _result(log: RawLog) -> str | None:
    match = _FINISHED.search(log.read(log.size - TAIL_BYTES, log.size))
    return match[1].decode() if match else None


def _open_end(steps: Sequence[Step]) -> Step | None:
    return next((step for step in reversed(steps) if not step.post), None)


def _facts(log: RawLog) -> LogFacts:
    head = head_of(log)
    return LogFacts(
        provider="jenkins",
        repository=first_group(_REPOSITORY, head),
        tested=first_group(_TESTED, head),
        job=first_group(_JOB, head),
        image=first_group(_IMAGE, head),
        started_at=moment(first_group(_TIME, head)),
    )
