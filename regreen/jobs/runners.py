"""Which image stands for a runner: what ``runs-on`` names, and the table that says what that means.

A label that GitHub hosts for Linux stands for itself; larger runners and those with other
processors for the hosted image of the same release. What else there is, a user's table maps to a
hosted label or to an image. Label forms: GitHub's documentation "Choosing the runner for a job",
"GitHub-hosted runners reference", "Using larger runners" and "Using self-hosted runners".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from regreen.jobs.expressions import Value, to_string

DEFAULT = "ubuntu-latest"
_HOSTED = re.compile(r"ubuntu-(?:latest|1\d\.04|2[0246]\.04)")
_LARGER = re.compile(
    r"(?P<base>ubuntu-(?:latest|2[0246]\.04))"
    r"-(?:x(?:86[-_])?64-)?(?:\d+-?cores?|\d+-?v?cpus?|\d+gb|x?large|m|l|xl)(?:-x64)?"
)
_ARM = re.compile(r"(?P<base>ubuntu-(?:latest|2[0246]\.04))(?:-\d+-?cores?)?-arm(?:64)?")
_FOREIGN = re.compile(r"(?P<system>windows|macos)-.+", re.IGNORECASE)
_SYSTEMS = {"linux": "Linux", "windows": "Windows", "macos": "macOS"}
_PROCESSORS = frozenset({"x64", "x86_64", "amd64"})
_SELF_HOSTED = "self-hosted"


@dataclass(frozen=True, slots=True)
class Runner:
    """What a job's ``runs-on`` comes to here.

    ``label`` is the hosted label that is stood for, ``image`` the image that a user's table names
    instead. ``system`` is Linux, Windows or macOS. ``problem`` says why nothing stands for it and
    what to do; ``note`` what is different here although something does.
    """

    label: str = DEFAULT
    image: str = ""
    system: str = "Linux"
    problem: str = ""
    note: str = ""


def is_hosted(label: str) -> bool:
    """Return whether ``label`` names a hosted Linux image that regreen stands for."""
    return _HOSTED.fullmatch(label.lower()) is not None


def runner_of(runs_on: Value, table: Mapping[str, str]) -> Runner:
    """Return the runner that a rendered ``runs-on`` means.

    ``table`` maps labels and names of groups, in lower case, to a hosted label or an image.
    """
    group, labels = _named(runs_on)
    for name in (*labels, *([group] if group else [])):
        if (meant := table.get(name.lower())) is not None:
            note = f"{meant} stands for {name}, as the settings say"
            if is_hosted(meant):
                return Runner(meant.lower(), note=note)
            return Runner(image=meant, note=note)
    if not labels:
        what = f"the runner group {group}" if group else "(empty)"
        return Runner(problem=f"{what}{_setting(group) if group else ''}")
    return _of_labels(labels, group)


def _named(runs_on: Value) -> tuple[str, list[str]]:
    """Return the group and the labels that are asked for."""
    group = ""
    if isinstance(runs_on, dict):
        group = to_string(runs_on.get("group"))
        runs_on = runs_on.get("labels")
    listed = runs_on if isinstance(runs_on, list) else [runs_on]
    return group, [text for value in listed if (text := to_string(value).strip())]


def _of_labels(labels: list[str], group: str) -> Runner:
    folded = [label.lower() for label in labels]
    if _SELF_HOSTED in folded:
        return _self_hosted(labels)
    runners = [_of_label(label) for label in labels]
    wrong = next((runner for runner in runners if runner.problem), None)
    if wrong is not None:
        return wrong
    first = runners[0]
    if group and not first.note:
        return Runner(first.label, note=f"{first.label} stands for the runner group {group}")
    return first


def _of_label(label: str) -> Runner:
    folded = label.lower()
    if is_hosted(folded):
        return Runner(folded)
    if folded == "ubuntu-slim":
        return Runner("ubuntu-24.04", note="ubuntu-24.04 stands for ubuntu-slim, which has less")
    if found := _ARM.fullmatch(folded):
        words = f"{found['base']} stands for {label}: the processor is this machine's, not ARM"
        return Runner(found["base"], note=words)
    if found := _LARGER.fullmatch(folded):
        words = f"{found['base']} stands for {label}, with this machine's processors and memory"
        return Runner(found["base"], note=words)
    if found := _FOREIGN.fullmatch(folded):
        return Runner(system=_SYSTEMS[found["system"]], problem=label)
    return Runner(problem=f"{label}{_setting(label)}")


def _self_hosted(labels: list[str]) -> Runner:
    """Return what stands for a self-hosted runner: Linux without further labels, or nothing."""
    named = [label for label in labels if label.lower() != _SELF_HOSTED]
    asked = " and ".join(labels)
    for label in named:
        system = _SYSTEMS.get(label.lower())
        if system in ("Windows", "macOS"):
            return Runner(system=system, problem=asked)
    unknown = [name for name in named if name.lower() not in _SYSTEMS.keys() | _PROCESSORS]
    if unknown or not any(name.lower() == "linux" for name in named):
        return Runner(problem=f"{asked}{_setting(unknown[0] if unknown else _SELF_HOSTED)}")
    words = f"{DEFAULT} stands for a self-hosted runner: what else is installed there is not known"
    return Runner(note=words)


def _setting(label: str) -> str:
    """Return the words that name the setting to add."""
    return f"; say what stands for it: [tool.regreen.runners] {json.dumps(label)} = {DEFAULT!r}"
