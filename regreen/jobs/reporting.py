"""Scripts that only report, upload or publish: what they need is the project's account with others.

A step is one of these where each of its commands is; one that also builds or tests is not. Which
commands do so is taken from the tools' own documentation.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from regreen.jobs.neutral import unwrapped

_COVERAGE = "reports coverage to a service"
_PACKAGE = "publishes a package"
_REPORTERS = {
    "codacy-coverage-reporter": _COVERAGE,
    "codecov": _COVERAGE,
    "codecovcli": _COVERAGE,
    "coveralls": _COVERAGE,
    "cc-test-reporter": _COVERAGE,
    "python-codacy-coverage": _COVERAGE,
    "sonar-scanner": "reports to a service",
    "pysonar-scanner": "reports to a service",
}
"""Commands that do nothing else."""

_VERBS = {
    ("deepsource", "report"): _COVERAGE,
    ("docker", "push"): "pushes an image to a registry",
    ("flit", "publish"): _PACKAGE,
    ("git", "push"): "pushes commits or tags",
    ("hatch", "publish"): _PACKAGE,
    ("npm", "publish"): _PACKAGE,
    ("pdm", "publish"): _PACKAGE,
    ("poetry", "publish"): _PACKAGE,
    ("snyk", "monitor"): "reports to a service",
    ("twine", "upload"): _PACKAGE,
    ("uv", "publish"): _PACKAGE,
}
_BUILDS_WITH = "--build"
_BUILDS_WITHOUT = {"pdm": "--no-build"}
"""What builds before it publishes unless it is told not to."""

_FOR_SERVICES = frozenset({"xml", "lcov", "json"})
"""What ``coverage`` writes for a service to read; ``report`` and ``combine`` are for the job."""

_INSTALLERS = (("pip", "install"), ("pip3", "install"), ("uv", "pip", "install"))
_HOSTS = r"(?:codecov\.io|codacy\.com|codeclimate\.com|deepsource\.(?:io|com))"
_FETCHED = re.compile(
    rf"(?:bash|sh)\s+<\(\s*(?:curl|wget)\s[^()|;&]*\b{_HOSTS}/[^()|;&]*\)[^()|;&]*"
    rf"|(?:curl|wget)\s[^()|;&]*\b{_HOSTS}/[^()|;&]*\|\s*(?:bash|sh)\b[^()|;&]*"
)
"""The uploaders' scripts, fetched and run in one line."""

_DOWNLOAD = re.compile(rf"(?:https?://)?(?:[\w-]+\.)*{_HOSTS}/\S*")
_ODD = re.compile(r"[|<>()`{}]")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_VARIABLE = re.compile(r"\$\{\w+\}")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)


def only_reports(script: str, allowed: Collection[str] = ()) -> str | None:
    """Return why ``script`` is left out; ``None`` where it does anything but report or publish.

    ``allowed`` are commands (``coveralls``) that the user lets run all the same.
    """
    reason = None
    for line in _lines(script):
        if _FETCHED.fullmatch(line):
            reason = reason or f"{line.split()[0]} {_COVERAGE}"
            continue
        for words in _commands(line):
            said = _reason(words, allowed) if words is not None else None
            if said is None:
                return None
            reason = reason or said or None
    return reason


def _lines(script: str) -> Iterator[str]:
    plain = _VARIABLE.sub("x", _EXPRESSION.sub("x", script)).replace("\\\n", " ")
    for line in plain.splitlines():
        text = line.strip()
        if text and not text.startswith("#"):
            yield text


def _commands(line: str) -> Iterator[list[str] | None]:
    """Yield the words of each command; ``None`` for what is more than plain commands in a row."""
    for part in re.split(r"&&|\|\||;", line):
        if not part.strip():
            continue
        try:
            yield None if _ODD.search(part) else shlex.split(part)
        except ValueError:
            yield None


def _reason(words: list[str], allowed: Collection[str]) -> str | None:
    """Return what a command reports; ``""``: it goes with that; ``None``: it does another thing."""
    while words and _ASSIGNMENT.fullmatch(words[0]):
        words = words[1:]
    left = unwrapped(words)
    if not left:
        return ""
    name, verb = left[0].rsplit("/", 1)[-1].removesuffix(".exe"), next(iter(left[1:]), "")
    if name in {one.strip().lower() for one in allowed}:
        return None
    if (what := _REPORTERS.get(name)) is not None:
        return f"{name} {what}"
    if (what := _VERBS.get((name, verb))) is not None and not _builds(name, left):
        return f"{name} {verb} {what}"
    return "" if _goes_with(left) else None


def _builds(name: str, words: list[str]) -> bool:
    if (plain := _BUILDS_WITHOUT.get(name)) is not None:
        return plain not in words
    return _BUILDS_WITH in words


def _goes_with(words: list[str]) -> bool:
    """Whether a command only prepares a report: nothing else in the job would miss it."""
    name, verb = words[0], next(iter(words[1:]), "")
    if name in {"true", ":", "echo", "set"}:
        return True
    if name == "coverage":
        return verb in _FOR_SERVICES
    if name in {"curl", "wget"}:
        addresses = [word for word in words[1:] if "/" in word and not word.startswith("-")]
        return bool(addresses) and all(_DOWNLOAD.fullmatch(one) for one in addresses)
    if name == "chmod":
        return words[-1].rsplit("/", 1)[-1] in _REPORTERS
    return _installs_reporters(words)


def _installs_reporters(words: list[str]) -> bool:
    start = next((one for one in _INSTALLERS if tuple(words[: len(one)]) == one), None)
    if start is None:
        return False
    asked = [word for word in words[len(start) :] if not word.startswith("-")]
    return bool(asked) and all(_distribution(word) in {*_REPORTERS, "twine"} for word in asked)


def _distribution(word: str) -> str:
    try:
        return canonicalize_name(Requirement(word).name).removesuffix("-cli")
    except InvalidRequirement:
        return ""
