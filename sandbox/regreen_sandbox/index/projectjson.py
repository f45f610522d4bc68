"""PyPI's JSON API as of a date, made from the simple API (warehouse, "JSON API").

``info`` has what installers read: name, version, ``requires_python``, ``requires_dist`` and whether
it is yanked. ``requires_dist`` comes from a wheel's metadata file (PEP 658); it is null where there
is none, as PyPI's is for old files, and installers then look into the file themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from email.parser import BytesHeaderParser
from typing import Any

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from regreen_sandbox.index.client import UpstreamError
from regreen_sandbox.index.listing import IndexFile, Listing, written

Releases = Mapping[Version, list[IndexFile]]


def write_project(
    listing: Listing,
    wanted: str | None,
    link: Callable[[IndexFile], str],
    metadata: Callable[[IndexFile], bytes],
) -> bytes:
    """The document of a project, or with ``wanted`` of one version of it.

    ``metadata`` fetches a file's content. Raises ``UpstreamError`` with status 404 when there is no
    such version.
    """
    releases = _releases(listing.files)
    version = _chosen(releases, wanted)
    files = releases[version]
    page: dict[str, Any] = {
        "info": _info(listing.project, version, files, _headers(files, metadata)),
        "last_serial": 0,
        "urls": [_url(file, link) for file in files],
        "vulnerabilities": [],
    }
    if wanted is None:
        page["releases"] = {
            str(number): [_url(file, link) for file in some] for number, some in releases.items()
        }
    return json.dumps(page).encode()


def _releases(files: Iterable[IndexFile]) -> Releases:
    found: dict[Version, list[IndexFile]] = {}
    for file in files:
        version = _version(file)
        if version is not None:
            found.setdefault(version, []).append(file)
    return dict(sorted(found.items()))


def _version(file: IndexFile) -> Version | None:
    try:
        if file.filename.endswith(".whl"):
            return parse_wheel_filename(file.filename)[1]
        return parse_sdist_filename(file.filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def _chosen(releases: Releases, wanted: str | None) -> Version:
    if wanted is None:
        whole = [v for v, files in releases.items() if not all(f.yanked for f in files)]
        stable = [v for v in whole if not v.is_prerelease]
        chosen = max(stable or whole or releases, default=None)
    else:
        try:
            number = Version(wanted)
        except InvalidVersion:
            number = None
        chosen = next((version for version in releases if version == number), None)
    if chosen is None:
        raise UpstreamError("the index, as of the date, has no such project or version", 404)
    return chosen


def _info(
    project: str, version: Version, files: list[IndexFile], headers: Mapping[str, list[str]]
) -> dict[str, Any]:
    reasons = [file.yanked for file in files]
    reason = next((one for one in reasons if isinstance(one, str)), None)
    yanked = bool(files) and all(one is not False for one in reasons)
    return {
        "name": next(iter(headers.get("name", [])), project),
        "version": str(version),
        "summary": next(iter(headers.get("summary", [])), None),
        "requires_python": next((f.requires_python for f in files if f.requires_python), None),
        "requires_dist": headers.get("requires-dist", []) if headers else None,
        "provides_extra": headers.get("provides-extra", []) if headers else None,
        "yanked": yanked,
        "yanked_reason": reason if yanked else None,
    }


def _headers(
    files: list[IndexFile], metadata: Callable[[IndexFile], bytes]
) -> Mapping[str, list[str]]:
    for file in files:
        described = file.metadata_file() if file.filename.endswith(".whl") else None
        if described is not None:
            message = BytesHeaderParser().parsebytes(metadata(described))
            found: dict[str, list[str]] = {}
            for name, value in message.items():
                found.setdefault(name.lower(), []).append(str(value))
            return found
    return {}


def _url(file: IndexFile, link: Callable[[IndexFile], str]) -> dict[str, Any]:
    uploaded = None if file.uploaded is None else written(file.uploaded)
    wheel = file.filename.endswith(".whl")
    digests = dict(file.digests)
    return {
        "filename": file.filename,
        "url": link(file),
        "digests": digests,
        "md5_digest": digests.get("md5"),
        "packagetype": "bdist_wheel" if wheel else _kind(file.filename),
        "python_version": file.filename.split("-")[-3] if wheel else "source",
        "requires_python": file.requires_python,
        "size": file.size,
        "upload_time": uploaded and uploaded.partition(".")[0],
        "upload_time_iso_8601": uploaded,
        "yanked": file.yanked is not False,
        "yanked_reason": file.yanked if isinstance(file.yanked, str) else None,
    }


def _kind(filename: str) -> str:
    for suffix, kind in ((".egg", "bdist_egg"), (".exe", "bdist_wininst"), (".msi", "bdist_msi")):
        if filename.endswith(suffix):
            return kind
    return "sdist"
