"""What a project page lists: cut at a date, written in any flavour.

Formats: PEP 503 (HTML), PEP 691 (JSON), PEP 592 (yanked), PEP 658 and 714 (metadata files),
PEP 629 and 700 (version of the interface, upload times).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_SDIST_SUFFIX = re.compile(r"\.(?:zip|tar\.[A-Za-z0-9]+)$")
JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"


class PageUnreadable(Exception):
    """The upstream's page is neither PEP 503 HTML nor PEP 691 JSON."""


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file of a project. ``url`` is the upstream's and is never shown to the sandbox.

    ``metadata`` holds the digests of the file's metadata file, empty when it exists without any,
    ``None`` when there is no such file. ``yanked`` is the reason (or ``True``) as of today.
    """

    filename: str
    url: str
    digests: Mapping[str, str]
    requires_python: str | None = None
    yanked: bool | str = False
    metadata: Mapping[str, str] | None = None
    size: int | None = None
    uploaded: datetime | None = None

    def metadata_file(self) -> IndexFile | None:
        """The file ``<filename>.metadata`` that belongs to this one, if the upstream has it."""
        if self.metadata is None:
            return None
        parts = urlsplit(self.url)
        url = parts._replace(path=parts.path + ".metadata").geturl()
        return IndexFile(self.filename + ".metadata", url, self.metadata)


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one project, in the upstream's order."""

    project: str
    files: tuple[IndexFile, ...]
    versions: tuple[str, ...] | None
    api_version: str

    @property
    def undated(self) -> bool:
        """Whether some file has no upload time, so that no date can be kept for it."""
        return any(file.uploaded is None for file in self.files)

    def as_of(self, moment: datetime) -> Listing:
        """The listing without the files uploaded after ``moment``; undated files stay."""
        files = tuple(f for f in self.files if f.uploaded is None or f.uploaded <= moment)
        versions = self.versions
        if versions is not None:
            texts = {_version(file.filename) for file in files}
            left = {_comparable(text) for text in texts}
            versions = tuple(v for v in versions if _comparable(v) in left)
        return replace(self, files=files, versions=versions)

    def find(self, filename: str) -> IndexFile | None:
        """The file of that name, or the metadata file that belongs to one."""
        for file in self.files:
            if file.filename == filename:
                return file
            if file.filename + ".metadata" == filename:
                return file.metadata_file()
        return None


def written(moment: datetime) -> str:
    """A time as PEP 700 and PyPI's JSON API write it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _version(filename: str) -> str:
    """The version as a file's name has it: a wheel's second part, or what follows the last hyphen.

    See "Binary distribution format" and "Source distribution format" on packaging.python.org.
    """
    if filename.endswith(".whl"):
        return "".join(filename.split("-", 2)[1:2])
    return _SDIST_SUFFIX.sub("", filename).rpartition("-")[2]


def _comparable(version: str) -> Version | str:
    try:
        return Version(version)
    except InvalidVersion:
        return version


def write_json(listing: Listing, link: Callable[[IndexFile], str]) -> bytes:
    """The PEP 691 page; ``link`` gives a file's address."""
    files = []
    for file in listing.files:
        entry: dict[str, object] = {
            "filename": file.filename,
            "url": link(file),
            "hashes": dict(file.digests),
            "yanked": file.yanked,
        }
        if file.requires_python is not None:
            entry["requires-python"] = file.requires_python
        if file.metadata is not None:
            metadata = dict(file.metadata) or True
            entry["core-metadata"] = entry["data-dist-info-metadata"] = metadata
        if file.size is not None:
            entry["size"] = file.size
        if file.uploaded is not None:
            entry["upload-time"] = written(file.uploaded)
        files.append(entry)
    page: dict[str, object] = {
        "meta": {"api-version": listing.api_version},
        "name": canonicalize_name(listing.project),
        "files": files,
    }
    if listing.versions is not None:
        page["versions"] = list(listing.versions)
    return json.dumps(page).encode()


def write_html(listing: Listing, link: Callable[[IndexFile], str]) -> bytes:
    """The PEP 503 page; ``link`` gives a file's address, which gets the hash as fragment."""
    name = html.escape(listing.project)
    lines = [
        "<!DOCTYPE html>",
        f'<html><head><meta name="pypi:repository-version" content="{listing.api_version}">',
        f"<title>Links for {name}</title></head><body><h1>Links for {name}</h1>",
    ]
    for file in listing.files:
        href = link(file)
        if file.digests:
            algorithm = "sha256" if "sha256" in file.digests else next(iter(file.digests))
            href += f"#{algorithm}={file.digests[algorithm]}"
        attributes = {"href": href}
        if file.requires_python is not None:
            attributes["data-requires-python"] = file.requires_python
        if file.metadata is not None:
            known = next((f"{key}={value}" for key, value in file.metadata.items()), "true")
            attributes["data-dist-info-metadata"] = attributes["data-core-metadata"] = known
        if file.yanked is not False:
            attributes["data-yanked"] = "" if file.yanked is True else file.yanked
        shown = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        lines.append(f"<a {shown}>{html.escape(file.filename)}</a><br>")
    lines.append("</body></html>\n")
    return "\n".join(lines).encode()
