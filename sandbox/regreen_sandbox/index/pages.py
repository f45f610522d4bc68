"""Project pages as an upstream sends them, in any flavour, read into a ``Listing``.

A module of its own, and imported late: the library that reads pages takes a quarter of a second to
load, which a job that installs nothing need not wait for. Formats: see ``listing``.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC
from email.message import Message
from urllib.parse import unquote, urlsplit

from pypi_simple import (
    DistributionPackage,
    ProjectPage,
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
# Names that other generations of the interface gave to ``core-metadata``.
_OLD_METADATA_KEYS = ("dist-info-metadata", "data-dist-info-metadata")
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
    except (ValueError, RecursionError, UnsupportedRepoVersionError) as error:
        raise PageUnreadable(f"the page cannot be read ({type(error).__name__})") from error
    raise PageUnreadable(f"the page has the content type {content_type[:80]!r}")


def _from_json(data: object, url: str, project: str) -> Listing:
    if not isinstance(data, dict) or not isinstance(data.get("files"), list):
        raise PageUnreadable("the page is JSON, but not a project's page")
    for entry in data["files"]:
        for key in _OLD_METADATA_KEYS:
            if isinstance(entry, dict) and key in entry:
                entry.setdefault("core-metadata", entry[key])
    page = ProjectPage.from_json_data(data, url)
    files = tuple(_file(package) for package in page.packages)
    versions = None if page.versions is None else tuple(page.versions)
    return Listing(project, files, versions, page.repository_version or "1.0")


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
        version=package.version,
        requires_python=package.requires_python,
        yanked=(package.yanked_reason or True) if package.is_yanked else False,
        metadata=metadata,
        size=package.size,
        uploaded=uploaded,
    )
