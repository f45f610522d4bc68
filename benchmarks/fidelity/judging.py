"""Whether what failed here is what the case recorded: by its excerpt, or by tool and category.

A case's excerpt comes from its own command, which may be what tox or pre-commit runs inside, so
its lines are compared without colour, spacing, line numbers of other checkouts and time stamps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Case = Mapping[str, Any]
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z ?", re.MULTILINE)
_TELLING = re.compile(r"[\w/.-]+\.\w+:\d+|\w+::\w+|\b[A-Z]+\d{2,4}\b|(?:Error|error|FAILED|FAIL)\b")
_DIAGNOSTIC = re.compile(r"(?P<file>[\w/.-]+\.\w+):\d+(?::\d+)?:? (?:error: )?(?P<code>\w+)?")
_ATTEMPT = re.compile(r"^== Reproduce the failure.*$", re.MULTILINE)
_WORD = re.compile(r"[a-z][a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Judged:
    """How the failure here compares: the ``same``, and by ``what`` that is known or missing."""

    same: bool
    what: str


def judge(
    case: Case, failure: Mapping[str, Any] | None, log: str, *, words: bool = False
) -> Judged:
    """Compare ``failure`` (as ``--json`` gives it) and the failed step's ``log`` with the case.

    With ``words`` only what was printed counts, and not what kind of failure it is.
    """
    output = _plain(log)
    lines = [line for raw in case["excerpt"].splitlines() if (line := _plain(raw))]
    there = [line for line in lines if line in output]
    if lines and len(there) == len(lines):
        return Judged(True, "excerpt")
    if telling := [line for line in there if _TELLING.search(line)]:
        return Judged(True, f"{len(telling)} telling lines of the excerpt")
    if shared := _diagnostics(case["excerpt"]) & _diagnostics(_unstamped(log)):
        return Judged(True, f"{len(shared)} diagnostics")
    if failure is None or words:
        return Judged(False, "nothing of the excerpt is there")
    if case["fidelity"] == "stand_in" and failure["category"] == case["category"]:
        return Judged(True, "refused as by GitHub")
    tools = set(_WORD.findall(case["tool"].casefold()))
    if failure["category"] == case["category"] and (failure["tool"] or "").casefold() in tools:
        return Judged(True, "tool and category")
    here = f"{failure['category']} ({failure['tool'] or 'no tool'})"
    return Judged(False, f"another failure: {here}")


def _diagnostics(text: str) -> set[tuple[str, str]]:
    """Return file and code of each diagnostic; only the end of a path is the same everywhere."""
    return {
        ("/".join(found["file"].split("/")[-2:]), found["code"] or "")
        for found in _DIAGNOSTIC.finditer(_ANSI.sub("", text))
    }


def _plain(text: str) -> str:
    return " ".join(_unstamped(_ANSI.sub("", text)).split())


def _unstamped(text: str) -> str:
    return _STAMP.sub("", text)


def failed_step(log: str) -> tuple[str, str]:
    """Return the failed step's name and the part of a command's log that is about it.

    The last attempt counts: it is the one with all that the job needs.
    """
    name, begun = "", 0
    text = _ATTEMPT.split(_unstamped(log))[-1]
    for found in re.finditer(r"^== step (?P<rest>.*)$", text, re.MULTILINE):
        ended = re.fullmatch(r"(?P<name>.*): (?P<how>failure\b.*)", found["rest"])
        if ended is not None:
            return ended["name"], text[begun : found.end()]
        if found["rest"] != name:
            name, begun = found["rest"], found.start()
    return "", ""
