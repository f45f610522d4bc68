"""The two ways to run a case: as a workflow made from it, and as its real workflow and job."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fidelity.finding import Place, find
from benchmarks.repair import made as making
from benchmarks.repair.rows import Case
from benchmarks.repair.stages import not_found, reached
from benchmarks.repair.tools import Tools
from benchmarks.repair.trying import fix
from regreen.jobs.legs import shown

_GIT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Try:
    """One case to try: its repository, a folder of its own, its time, more options of regreen's."""

    case: Case
    source: Path
    folder: Path
    tools: Tools
    seconds: float
    options: tuple[str, ...]


def made(trial: Try) -> dict[str, Any]:
    """Run the case as a workflow of its own and say how far it came."""
    workflow = trial.folder / "case.json"
    making.write(trial.case, workflow)
    words = ["--repo", str(trial.source), "--workflow", str(workflow), "--job", making.JOB]
    return reached(trial.case, None, fix(_all(trial, words), trial.folder, trial.seconds))


def real(trial: Try) -> dict[str, Any]:
    """Run the real workflow's job and say how far it came."""
    case = trial.case
    clone = _clone(trial.source, case["repo"], trial.folder / "clone.git")
    place = find(case, clone)
    if not place.found:
        return not_found(place.why)
    words = ["--repo", str(clone), "--workflow", case["workflow"], "--job", case["job"]]
    words += _selectors(place)
    return reached(case, place, fix(_all(trial, words), trial.folder, trial.seconds))


def _all(trial: Try, words: list[str]) -> list[str]:
    case = trial.case
    return [
        *words, "--commit", case["red_commit"], "--as-of", case["as_of"],
        "--out", str(trial.folder / "out"), "--actions-dir", str(trial.tools.actions),
        *trial.options,
    ]  # fmt: skip


def _selectors(place: Place) -> list[str]:
    words = ["--step", place.step] if place.step is not None else []
    for key, value in place.leg.values.items() if place.leg else ():
        words += ["--matrix", f"{key}={shown(value)}"]
    for text in place.assumed:
        words += ["--assume", text]
    return words


def _clone(source: Path, name: str, folder: Path) -> Path:
    """Make a bare repository that borrows all objects, and knows what it is a clone of."""
    address = f"https://github.com/{name}.git"
    for words in (
        ("clone", "-q", "--bare", "--shared", str(source), str(folder)),
        ("-C", str(folder), "config", "remote.origin.url", address),
    ):
        subprocess.run(["git", *words], check=True, capture_output=True, timeout=_GIT_SECONDS)
    return folder
