"""What a request from the sandbox asks for: strict parsing of hostile text into values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from regreen_sandbox.index.listing import HTML_TYPE, JSON_TYPE

_PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_FILENAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!~@=,() -]{0,254}")
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
class Span:
    """A part of a file: ``length`` bytes from ``start`` on."""

    start: int
    length: int


def read_target(target: str) -> RootPage | ProjectRequest | FileRequest | None:
    """Parse a request's target; ``None`` when nothing is served there.

    ``/simple/NAME/`` and ``/files/NAME/FILE`` show the index as of the date, the same below
    ``/today`` without a date. Parts are decoded once, after the split, and then must be plain
    names, so that no decoded slash, dot-dot or NUL gets any further.
    """
    if len(target) > _LONGEST_TARGET:
        return None
    parts = [unquote(part) for part in target.partition("?")[0].split("/")]
    if parts[0] or len(parts) < 2:
        return None
    dated = parts[1] != "today"
    place = parts[1:] if dated else parts[2:]
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
