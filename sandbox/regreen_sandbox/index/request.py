"""What a request from the sandbox asks for: strict parsing of hostile text into values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from regreen_sandbox.index.listing import HTML_TYPE, JSON_TYPE
from regreen_sandbox.index.packument import NPM_TYPE

_PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_FILENAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!~@=,() -]{0,254}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,127}")
_PACKAGE = re.compile(
    r"(?:@[A-Za-z0-9~_-][A-Za-z0-9._~-]{0,99}/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]{0,213}"
)
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,15})-(?P<last>[0-9]{0,15})")
_LONGEST_TARGET = 2048
_LATEST_JSON = "application/vnd.pypi.simple.latest+json"
_LATEST_HTML = "application/vnd.pypi.simple.latest+html"


@dataclass(frozen=True, slots=True)
class RootPage:
    """The list of all projects, which is not served."""


@dataclass(frozen=True, slots=True)
class ProjectRequest:
    """A project's page; ``redirect`` when the address lacks its last slash."""

    project: str
    dated: bool
    redirect: str | None


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A file of a project, or the metadata file of one."""

    project: str
    filename: str
    dated: bool


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file by its name alone, as the public index's file host serves it."""

    filename: str


@dataclass(frozen=True, slots=True)
class ProjectJson:
    """What PyPI's JSON API tells of a project, or of one version of it."""

    project: str
    version: str | None
    dated: bool


@dataclass(frozen=True, slots=True)
class PackageRequest:
    """An npm package's document, or the manifest of one version (or tag)."""

    name: str
    version: str | None
    dated: bool


@dataclass(frozen=True, slots=True)
class TarballRequest:
    """A tarball of an npm package."""

    name: str
    filename: str
    dated: bool


Wanted = (
    RootPage
    | ProjectRequest
    | FileRequest
    | NamedFile
    | ProjectJson
    | PackageRequest
    | TarballRequest
)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file: ``length`` bytes from ``start`` on."""

    start: int
    length: int


def read_target(target: str) -> Wanted | None:
    """Parse a request's target; ``None`` when nothing is served there.

    ``/simple/NAME/``, ``/files/NAME/FILE``, ``/pypi/NAME/json`` and ``/npm/PACKAGE`` show the index
    as of the date, the same below ``/today`` without a date. Parts are decoded once, after the
    split, and then must be plain names, so that no decoded slash, dot-dot or NUL gets any further.
    """
    parts = split_target(target)
    if not parts:
        return None
    dated = parts[0] != "today"
    place = parts if dated else parts[1:]
    return read_npm(place[1:], dated=dated) if place[:1] == ["npm"] else read_pypi(place, dated)


def split_target(target: str) -> list[str]:
    """The decoded parts of a target's path; none when it is no path, or too long."""
    if len(target) > _LONGEST_TARGET:
        return []
    parts = [unquote(part) for part in target.partition("?")[0].split("/")]
    return [] if parts[0] else parts[1:]


def read_pypi(place: list[str], dated: bool) -> Wanted | None:
    """What is asked of a package index below its root."""
    match place:
        case ["simple"] | ["simple", ""]:
            return RootPage()
        case ["simple", name] | ["simple", name, ""] if _PROJECT.fullmatch(name):
            redirect = f"{name}/" if len(place) == 2 else None
            return ProjectRequest(canonicalize_name(name), dated, redirect)
        case ["files", name, filename] if _PROJECT.fullmatch(name) and _FILENAME.fullmatch(
            filename
        ):
            return FileRequest(canonicalize_name(name), filename, dated)
        case ["pypi", name, "json"] if _PROJECT.fullmatch(name):
            return ProjectJson(canonicalize_name(name), None, dated)
        case ["pypi", name, version, "json"] if _PROJECT.fullmatch(name):
            if _VERSION.fullmatch(version):
                return ProjectJson(canonicalize_name(name), version, dated)
    return None


def read_file_host(place: list[str]) -> Wanted | None:
    """What is asked of a host of files: the last part counts, for names are never used twice."""
    return NamedFile(place[-1]) if place and _FILENAME.fullmatch(place[-1]) else None


def read_npm(place: list[str], *, dated: bool) -> Wanted | None:
    """What is asked of an npm registry below its root."""
    if len(place) > 1 and place[0][:1] == "@" and "/" not in place[0]:
        place = [f"{place[0]}/{place[1]}", *place[2:]]
    if not place or not _PACKAGE.fullmatch(place[0]):
        return None
    match place[1:]:
        case [] | [""]:
            return PackageRequest(place[0], None, dated)
        case ["-", filename] if _FILENAME.fullmatch(filename):
            return TarballRequest(place[0], filename, dated)
        case [version] if _VERSION.fullmatch(version):
            return PackageRequest(place[0], version, dated)
    return None


def page_type(accept: str | None) -> str:
    """The content type for a project page, by the request's ``Accept`` header (PEP 691).

    Old installers name only HTML or nothing at all: they get ``text/html``.
    """
    qualities = _qualities(accept or "")
    anything = qualities.get("*/*", 0.0)
    choices = {
        JSON_TYPE: qualities.get(JSON_TYPE, qualities.get(_LATEST_JSON, 0.0)),
        HTML_TYPE: qualities.get(HTML_TYPE, qualities.get(_LATEST_HTML, 0.0)),
        "text/html": qualities.get("text/html", qualities.get("text/*", anything)),
    }
    best = max(choices, key=lambda kind: choices[kind])
    return best if choices[best] > 0 else "text/html"


def is_abbreviated(accept: str | None) -> bool:
    """Whether an ``Accept`` header asks for npm's abbreviated document."""
    qualities = _qualities(accept or "")
    wanted = qualities.get(NPM_TYPE, 0.0)
    return wanted > 0 and wanted >= qualities.get("application/json", 0.0)


def _qualities(accept: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for item in accept.split(","):
        kind, *parameters = (part.strip() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q" and re.fullmatch(r"[01](\.[0-9]{0,3})?", value.strip()):
                quality = float(value)
        found[kind.lower()] = quality
    return found


def is_range(header: str) -> bool:
    """Whether a ``Range`` header asks for one part in bytes."""
    return _RANGE.fullmatch(header.replace(" ", "")) is not None


def read_range(header: str | None, size: int) -> Span | None:
    """The part of a file of ``size`` bytes that a ``Range`` header asks for.

    ``None`` means the whole file: no header, several parts, or another unit (RFC 9110 lets a
    server ignore those). Raises ``ValueError`` when the part lies outside the file.
    """
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or not (match["first"] or match["last"]):
        return None
    if not match["first"]:
        start, end = max(0, size - int(match["last"])), size
    else:
        start = int(match["first"])
        end = min(size, int(match["last"]) + 1) if match["last"] else size
        if match["last"] and int(match["last"]) < start:
            return None
    if start >= size or start >= end:
        raise ValueError("the part lies outside the file")
    return Span(start, end - start)
