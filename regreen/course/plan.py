"""From the analysis of a log to the plan: what mends it, who may do it, what needs review."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from regreen.course.action import Action, Kind, Plan
from regreen.course.moves import Move, Seen, moves, texts
from regreen.deliver.analyses import Report, Spot
from regreen.deliver.remedies import may_pass_again, regreen_tries
from regreen.fixers.actions import own_actions
from regreen.fixers.surroundings import FIXERS
from regreen.model import Advice, Failure, Severity, ToolRun
from regreen.scene import Scene

_SURE = 0.8
"""The confidence below which a person should first look whether the category is right."""
_REQUIREMENTS = re.compile(r"(?:-r|--requirement)[ =]?(?P<file>[\w./-]+\.(?:txt|in))")
_PROJECT = re.compile(
    r"pip3? install[^\n|;&]*\s(?:-e |--editable )?['\"]?\.(?:\[[\w,-]+\])?['\"]?(?:\s|$)"
    r"|\b(?:poetry install|uv sync|pdm install|hatch run)\b"
)
_TOX = re.compile(r"(?<![\w-])tox(?![\w-])")
_RANKS = tuple(Severity)


class _NoFiles:
    """The files of a commit that is not at hand."""

    def paths(self) -> tuple[str, ...]:
        """Return none."""
        return ()

    def text(self, path: str) -> str | None:
        """Return nothing."""
        return None


def plan_of(
    report: Report,
    own: Sequence[Mapping[str, Any]] = (),
    output: Callable[[Spot], str] = lambda _: "",
    foreign: Callable[[Spot], bool] = lambda _: False,
) -> Plan:
    """Return what to do about the failures that ``report`` shows; nothing is run.

    ``own`` are the tables of the user's own actions, ``output`` gives the end of what a log's
    failing step said, ``foreign`` whether it is of another repository than the current folder's.
    Raises UsageError for an action that is wrong.
    """
    before, after = own_actions(own)
    found: list[Action] = []
    where = {id(spot): " --repo DIR" if foreign(spot) else "" for spot in report.red}
    for spot in report.red:
        installs, said = _installs(spot), output(spot)
        for failure in spot.failures:
            whole = "\n".join((*texts(failure), said))
            scene = Scene(_NoFiles(), failure.command or "", whole, ".")
            first = [move for one in before for move in _own(one.propose(failure, scene))]
            last = [move for one in after for move in _own(one.propose(failure, scene))]
            known = [*_advised(failure, scene, report), *moves(failure, Seen(installs, whole))]
            for move in (*first, *_rerun(failure, known, report), *known, *last):
                found.append(_action(move, failure, spot, report, where[id(spot)]))
            if not (first or known or last):
                found.append(_action(_fallback(), failure, spot, report, where[id(spot)]))
    return Plan(report, tuple(found))


def _action(move: Move, failure: Failure, spot: Spot, report: Report, repo: str) -> Action:
    severity = failure.severity if move.severity is None else move.severity
    review = move.review
    if failure.confidence < _SURE and move.kind is not Kind.LOOK:
        doubt = f"whether it is a {failure.category} at all (confidence {failure.confidence:.2f})"
        review = f"{review}; {doubt}" if review else doubt
    elif not review and _RANKS.index(severity) > _RANKS.index(Severity.LOW):
        review = "what it changes"
    tries = move.kind is not Kind.RERUN and regreen_tries(
        failure, spot.analysis.facts.provider or report.provider
    )
    return Action(
        move.kind,
        move.title,
        failure,
        severity,
        move.commands or (_reproduce(report, spot, repo) if move.kind is Kind.LOOK else ()),
        move.files,
        move.change,
        review,
        _command(report, spot, severity, repo) if tries else "",
        spot.job or spot.analysis.facts.job,
    )


def _reproduce(report: Report, spot: Spot, repo: str) -> tuple[str, ...]:
    """Return the command that shows the failure again without running anything on this machine."""
    if (spot.analysis.facts.provider or report.provider) not in (None, "github", "gitlab"):
        return ()
    if report.url is not None:
        job = f" --job {shlex.quote(spot.job)}" if spot.job else ""
        return (f"regreen reproduce --run {shlex.quote(report.url)}{job}",)
    log = "FILE" if spot.path is None else shlex.quote(spot.path)
    return (f"regreen reproduce{repo} --log {log}{_named(report)}",)


def _command(report: Report, spot: Spot, severity: Severity, repo: str) -> str:
    """Return the command with which regreen tries it, allowing what asks for much review."""
    allow = " --allow high" if severity is Severity.HIGH else ""
    if report.url is not None:
        job = f" --job {shlex.quote(spot.job)}" if spot.job else ""
        return f"regreen fix --run {shlex.quote(report.url)}{job}{allow}"
    log = "FILE" if spot.path is None else shlex.quote(spot.path)
    return f"regreen execute{repo} --log {log}{_named(report)}{allow}"


def _named(report: Report) -> str:
    named = (("workflow", report.workflow), ("job", report.job), ("step", report.step))
    return "".join(f" --{option} {shlex.quote(value)}" for option, value in named if value)


def _advised(failure: Failure, scene: Scene, report: Report) -> Iterator[Move]:
    for fixer in FIXERS:
        for idea in fixer.propose(failure, scene):
            if isinstance(idea, Advice):
                again = idea.action == "rerun"
                yield Move(
                    Kind.RERUN if again else Kind.CHANGE,
                    idea.text,
                    _rerun_commands(report) if again else (),
                    failure.files,
                    idea.change,
                    "" if again else "the change widens or bounds what the job may do",
                    idea.severity,
                )


def _own(ideas: object) -> Iterator[Move]:
    for idea in ideas if hasattr(ideas, "__iter__") else ():
        if isinstance(idea, ToolRun):
            yield Move(Kind.COMMAND, idea.why, (idea.command,), review="", severity=idea.severity)


def _rerun(failure: Failure, known: Sequence[Move], report: Report) -> Iterator[Move]:
    """Yield a new run for what is known to pass by itself, unless that is advised anyway."""
    if may_pass_again(failure) and all(move.kind is not Kind.RERUN for move in known):
        title = "run the job again: what failed is known to pass by itself"
        yield Move(Kind.RERUN, title, _rerun_commands(report), severity=Severity.LOW)


def _rerun_commands(report: Report) -> tuple[str, ...]:
    match = re.match(r"https://[^/]+/(?P<name>[\w.-]+/[\w.-]+)/actions/runs/(?P<id>\d+)",
                     report.url or "")  # fmt: skip
    if match is None or report.provider != "github":
        return ()
    return (f"gh run rerun {match['id']} --failed --repo {match['name']}",)


def _fallback() -> Move:
    title = "look at the failing step's output: there is no known way to mend this"
    return Move(Kind.LOOK, title, review="the change is yours to make and to judge")


def _installs(spot: Spot) -> tuple[str, ...]:
    """Return the files that the job's commands install from, as far as its log shows them."""
    found: list[str] = []
    for segment in spot.analysis.segments:
        command = segment.command or ""
        found += [match["file"] for match in _REQUIREMENTS.finditer(command)]
        found += ["pyproject.toml"] if _PROJECT.search(command) else []
        found += ["tox.ini"] if _TOX.search(command) else []
    return tuple(dict.fromkeys(found))
