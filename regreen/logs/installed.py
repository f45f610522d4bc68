"""What a log says was installed: distributions by canonical name, with their releases.

Read are the words of pip, uv, Poetry, PDM, conda and mamba, the lists of ``pip freeze``,
``pip list``, ``conda list`` and tox 3, and pytest's own header. Installers that are told to be
quiet say nothing, so what is missing here may have been installed all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from regreen.logs.raw import RawLog
from regreen.logs.text import COLUMNS_PREFIX, PREFIX, clean, has_columns

_MOST_BYTES = 64 << 20
_LONGEST = 1000
"""Characters of a line that names one distribution; lists of all of them are longer."""
_NAME = r"[A-Za-z0-9][\w.-]*+"
_VERSION = r"\d[\w.!+-]*"
_WORDS = (
    r" ?[+~] {name}==(?P<version>{version})(?: \(.*\))?$",
    (
        r"\s*[-\u2022] (?:Installing|Updating|Downgrading) {name} \((?:{version} -> )?"
        r"(?P<version>{version})(?: [^)]*)?\)(?!: (?:Failed|Pending|Skip)).*$"
    ),
    (
        r"\s*[\u2714\u2713] (?:Install|Update) {name} (?:{version} -> )?"
        r"(?P<version>{version}) successful$"
    ),
    (
        r"Requirement already (?:satisfied|up-to-date): {name}(?:\[[^\]]*\])?\S* in \S+"
        r" (?:\(from .*\) )?\((?P<version>{version})\)$"
    ),
    r"\s*[+^] {name} +(?P<version>{version}) +\S+ +\S+(?: +\S+)*$",
    r" +{name} +\S+::(?P=name)-(?P<version>{version})-\w+\s*$",
    r"(?P<name>[a-z0-9][\w.-]*) +(?P<version>{version}) +(?:py|pyh|h)[0-9a-z]+_\d+(?: +\S+)?$",
    r"{name}==(?P<version>{version})$",
)
_ONE = tuple(
    re.compile(text.replace("{name}", f"(?P<name>{_NAME})").replace("{version}", _VERSION))
    for text in _WORDS
)
_ALL = re.compile(r"Successfully installed (?P<all>\S.*)$")
_FROZEN = re.compile(
    rf"(?:[\w.-]+(?: installed)?: )"
    rf"(?P<all>{_NAME}==[^,\s]+(?:,{_NAME}(?:==[^,\s]+|@[^,]*| @[^,]*))*)$"
)
_FETCHED = re.compile(
    r"\s+(?:Downloading|Using cached) (?:\S*/)?(?P<file>[\w.+!-]+\.(?:whl|tar\.gz|zip))\b"
)
_LISTED = re.compile(rf"(?P<name>{_NAME})\s+(?P<version>{_VERSION})(?:\s.*)?$")
_LIST_HEAD = re.compile(r"Package\s+Version\b")
_PLATFORM = re.compile(r"platform \S+ -- Python (?P<all>.*)$")
_PLUGINS = re.compile(r"plugins: (?P<all>.*)$")


def read_installed(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Return what the log at ``path`` installed. Raises OSError, and LogUnreadable for no text."""
    with RawLog.open(path) as log:
        data = log.read(0, min(log.size, _MOST_BYTES))
    return installed_in(data.decode("utf-8", "replace"))


def installed_in(text: str) -> Mapping[str, tuple[str, ...]]:
    """Return by canonical name the releases that a log's text says were installed, lowest first.

    One that is only fetched counts where nothing better is said of its name: a resolver fetches
    more than it installs.
    """
    prefix = COLUMNS_PREFIX if has_columns(text) else PREFIX
    lines = [line.rstrip() for _, line in clean(text, prefix)]
    said = _collected(_said(lines))
    fetched = _collected(_fetched(lines))
    return {**fetched, **said}


def _collected(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[Version, str]] = {}
    for name, version in pairs:
        try:
            made = Version(version)
        except InvalidVersion:
            continue
        found.setdefault(canonicalize_name(name), {})[made] = version
    return {name: tuple(all_of[v] for v in sorted(all_of)) for name, all_of in found.items()}


def _said(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield names and releases as installers and lists say them."""
    listing = False
    for line in lines:
        if _LIST_HEAD.match(line):
            listing = True
        elif listing and (match := _LISTED.match(line)):
            yield match["name"], match["version"]
        elif listing and not re.match(r"[-\s]+$", line):
            listing = False
        if not listing:
            yield from _of_line(line)


def _of_line(line: str) -> Iterator[tuple[str, str]]:
    if match := _ALL.match(line):
        for word in match["all"].split():
            name, _, version = word.rpartition("-")
            yield name, version
    elif match := _FROZEN.match(line):
        for word in match["all"].split(","):
            name, _, version = word.partition("==")
            yield name, version
    elif match := _PLATFORM.match(line):
        yield from _pairs(match["all"])
    elif match := _PLUGINS.match(line):
        for name, version in _pairs(match["all"]):
            yield from ((name, version), (f"pytest-{name}", version))
    elif len(line) <= _LONGEST:
        found = next((match for one in _ONE if (match := one.match(line))), None)
        if found is not None:
            yield found["name"], found["version"]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for word in text.split(", "):
        name, dash, version = word.strip().rpartition("-")
        if dash and re.fullmatch(_VERSION, version):
            yield name, version


def _fetched(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if match := _FETCHED.match(line):
            try:
                if match["file"].endswith(".whl"):
                    name, version = parse_wheel_filename(match["file"])[:2]
                else:
                    name, version = parse_sdist_filename(match["file"])
            except (InvalidWheelFilename, InvalidSdistFilename):
                continue
            yield name, str(version)
