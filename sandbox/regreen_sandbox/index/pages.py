"""Project pages as an upstream sends them, in any flavour, read into a ``Listing``.

A module of its own, and imported late: the library that reads pages takes a quarter of a second to
load, which a job that installs nothing need not wait for. Formats: see ``listing``.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from pypi_simple import (
    DistributionPackage,
    RepositoryPage,
    UnsupportedRepoVersionError,
)

from regreen_sandbox.index.listing import (
    HTML_TYPE,
    JSON_TYPE,
    IndexFile,
    Listing,
    PageUnreadable,
)

_PLAIN_HTML = "text/html"
# The second and third are names that other generations of the interface had for the first.
_METADATA_KEYS = ("core-metadata", "dist-info-metadata", "data-dist-info-metadata")
_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    UnsupportedRepoVersionError,
)
_METADATA_DIGEST = re.compile(r"(\w+)=([0-9A-Fa-f]+)")


def read_listing(body: bytes, content_type: str, url: str, project: str) -> Listing:
    """Parse an upstream's project page; relative links are resolved against ``url``.

    Raises ``PageUnreadable`` for any other content.
    """
    try:
        header = Message()
        header["Content-Type"] = content_type
        kind = header.get_content_type()
        if kind == JSON_TYPE:
            return _from_json(json.loads(body), url, project)
        if kind in (HTML_TYPE, _PLAIN_HTML):
            return _from_html(body, header.get_content_charset(), url, project)
    except _UNREADABLE as error:
        raise PageUnreadable(f"the page cannot be read ({type(error).__name__})") from error
    raise PageUnreadable(f"the page has the content type {content_type[:80]!r}")


def _from_json(data: object, url: str, project: str) -> Listing:
    """Read a page of PEP 691 with PEP 700's additions; a hundred thousand files are not rare."""
    if not isinstance(data, dict) or not isinstance(data.get("files"), list):
        raise PageUnreadable("the page is JSON, but not a project's page")
    meta, versions = data.get("meta"), data.get("versions")
    stated = meta.get("api-version") if isinstance(meta, dict) else None
    known = _text(stated) or "1.0"
    if known.partition(".")[0] != "1":
        raise PageUnreadable(f"the page is of version {known[:20]!r} of the interface")
    listed = tuple(str(one) for one in versions) if isinstance(versions, list) else None
    return Listing(project, tuple(_entry(one, url) for one in data["files"]), listed, known)


def _entry(entry: Any, base: str) -> IndexFile:
    """Raises ``ValueError`` and its like for what is no entry."""
    url, yanked = entry["url"], entry.get("yanked", False)
    size, uploaded = entry.get("size"), entry.get("upload-time")
    metadata: Any = None
    for key in _METADATA_KEYS:
        metadata = entry.get(key) if metadata is None else metadata
    if not isinstance(entry["filename"], str) or not isinstance(yanked, bool | str):
        raise ValueError("a file without a name")
    if not url.startswith(("https://", "http://")):
        url = urljoin(base, url)
    return IndexFile(
        filename=entry["filename"],
        url=url,
        digests=_digests(entry["hashes"]),
        requires_python=_text(entry.get("requires-python")),
        yanked=yanked or yanked == "",
        metadata=(_digests(metadata) if isinstance(metadata, dict) else {}) if metadata else None,
        size=size if isinstance(size, int) and size >= 0 else None,
        uploaded=None if uploaded is None else _moment(uploaded),
    )


def _digests(hashes: dict[Any, Any]) -> dict[str, str]:
    if not all(isinstance(part, str) for pair in hashes.items() for part in pair):
        raise ValueError("a digest that is no text")
    return hashes


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("a number where a text belongs")
    return value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _from_html(body: bytes, charset: str | None, url: str, project: str) -> Listing:
    page = RepositoryPage.from_html(body, url, charset)
    files = []
    for link in page.links:
        # The last part of the address counts: directory listings shorten the link's text.
        link.text = unquote(urlsplit(link.url).path.rpartition("/")[2])
        if not link.text:
            continue
        file = _file(DistributionPackage.from_link(link, project))
        old = link.get_str_attrib("data-dist-info-metadata")
        if file.metadata is None and old is not None:
            match = _METADATA_DIGEST.fullmatch(old)
            file = replace(file, metadata={match[1]: match[2]} if match else {})
        files.append(file)
    return Listing(project, tuple(files), None, page.repository_version or "1.0")


def _file(package: DistributionPackage) -> IndexFile:
    uploaded = package.upload_time
    if uploaded is not None and uploaded.tzinfo is None:
        uploaded = uploaded.replace(tzinfo=UTC)
    metadata = None
    if package.has_metadata:
        metadata = package.metadata_digests or {}
    return IndexFile(
        filename=package.filename,
        url=package.url,
        digests=package.digests,
        requires_python=package.requires_python,
        yanked=(package.yanked_reason or True) if package.is_yanked else False,
        metadata=metadata,
        size=package.size,
        uploaded=uploaded,
    )
