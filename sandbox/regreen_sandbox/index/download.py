"""Packages for regreen itself, fetched on the host from the machine's own upstreams, as of today.

Nothing of them is run here. Each function takes ``cache``, the folder that the index proxies use
too; files stay there as long as there is room, and are checked by digest before they are given.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from packaging.tags import Tag, sys_tags
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from regreen_sandbox.errors import ImageUnavailable, SandboxError
from regreen_sandbox.index.client import Client, FetchedPage, Patience, UpstreamError
from regreen_sandbox.index.files import Files, file_key
from regreen_sandbox.index.listing import IndexFile, Listing, PageUnreadable
from regreen_sandbox.index.npmsource import upstream_registry
from regreen_sandbox.index.packument import NPM_TYPE, Packument, read_packument
from regreen_sandbox.index.semver import semver
from regreen_sandbox.index.store import Store, StoredPage
from regreen_sandbox.index.upstream import Upstream, upstream_index

_FRESH_SECONDS = 600.0
_T = TypeVar("_T")


def npm_versions(name: str, *, cache: Path | None = None) -> tuple[str, ...]:
    """Return all versions of an npm package, lowest first.

    ``name`` may have a scope (``@types/node``). Raises `SandboxError` when there is no such
    package, or the registry cannot be asked.
    """
    found = {v: number for v in _npm(name, cache)[1].versions if (number := semver(v))}
    return tuple(sorted(found, key=found.__getitem__))


def npm_tarball(name: str, version: str, *, cache: Path | None = None) -> Path:
    """Return the tarball of one version of an npm package, as the registry's digest says it is.

    The file lies in the cache: read it at once, and do not change it. Raises `SandboxError`.
    """
    upstream, package = _npm(name, cache)
    file = package.tarball(version)
    if file is None:
        raise _unavailable(f"{name} {version} is not in the npm registry")
    return _fetched(upstream, file, cache)


def pypi_versions(project: str, *, cache: Path | None = None) -> tuple[str, ...]:
    """Return the versions of a project of the package index that have a file, oldest first.

    Yanked ones are left out. Raises `SandboxError` when there is no such project, or the index
    cannot be asked.
    """
    found = {v for file in _pypi(project, cache)[1].files if not file.yanked and (v := _of(file))}
    return tuple(str(version) for version in sorted(found))


def pypi_wheel(
    project: str, version: str, tags: Sequence[str] | None = None, *, cache: Path | None = None
) -> Path:
    """Return the wheel of one version that fits the first possible of ``tags``.

    ``tags`` are platform tags (``manylinux_2_17_x86_64``) or whole ones
    (``py3-none-manylinux_2_17_x86_64``), best first; ``None`` means those of this Python. The
    file lies in the cache, under its digest and without its name. Raises `SandboxError`.
    """
    upstream, listing = _pypi(project, cache)
    wanted = [str(tag) for tag in sys_tags()] if tags is None else [*tags, "any"]
    best: tuple[int, IndexFile] | None = None
    for file in listing.files:
        rank = _rank(file, version, wanted)
        if rank is not None and (best is None or rank < best[0]):
            best = rank, file
    if best is None:
        raise _unavailable(f"the package index has no wheel of {project} {version} for this system")
    return _fetched(upstream, best[1], cache)


def _rank(file: IndexFile, version: str, wanted: Sequence[str]) -> int | None:
    try:
        _, number, _, tags = parse_wheel_filename(file.filename)
        if number != Version(version):
            return None
    except (InvalidWheelFilename, InvalidVersion):
        return None
    ranks = [i for i, one in enumerate(wanted) if any(_is(tag, one) for tag in tags)]
    return min(ranks, default=None)


def _is(tag: Tag, wanted: str) -> bool:
    return str(tag) == wanted if "-" in wanted else tag.platform == wanted


def _of(file: IndexFile) -> Version | None:
    try:
        if file.filename.endswith(".whl"):
            return parse_wheel_filename(file.filename)[1]
        return parse_sdist_filename(file.filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def _npm(name: str, cache: Path | None) -> tuple[Upstream, Packument]:
    upstream = upstream_registry()
    place = quote(name, safe="@")

    def read(page: FetchedPage) -> Packument:
        return read_packument(page.body, name)

    return upstream, _document(upstream, cache, f"npm:{name}", place, NPM_TYPE, read)


def _pypi(project: str, cache: Path | None) -> tuple[Upstream, Listing]:
    from pypi_simple import ACCEPT_JSON_PREFERRED  # late: it takes a quarter of a second

    from regreen_sandbox.index.pages import read_listing

    name = canonicalize_name(project)

    def read(page: FetchedPage) -> Listing:
        return read_listing(page.body, page.content_type, page.url, name)

    upstream = upstream_index()
    place = quote(name) + "/"
    return upstream, _document(upstream, cache, name, place, ACCEPT_JSON_PREFERRED, read)


def _document(
    upstream: Upstream,
    cache: Path | None,
    key: str,
    place: str,
    accept: str,
    read: Callable[[FetchedPage], _T],
) -> _T:
    """Return a page, read; one of the last ten minutes, or in need an older one, from the cache."""
    store = Store(cache or _usual(), f"host {upstream.address}")
    old = store.load_page(key)
    try:
        if old is not None and 0 <= time.time() - old.checked < _FRESH_SECONDS:
            return read(old.page)
        page = _ask(upstream, place, accept, old)
        if page is None and old is not None:
            page = old.page
        if page is None:
            raise UpstreamError("nothing has changed, but nothing was kept")
        found = read(page)
    except (UpstreamError, PageUnreadable) as error:
        raise _unavailable(f"{key.removeprefix('npm:')} cannot be looked up: {error}") from error
    store.save_page(key, StoredPage(page, time.time()))
    return found


def _ask(upstream: Upstream, place: str, accept: str, old: StoredPage | None) -> FetchedPage | None:
    client = Client(upstream, Patience())
    validators = {} if old is None else old.validators
    try:
        return client.document(place, accept, validators)
    except UpstreamError as error:
        if old is None or error.status != 502:
            raise
        return None
    finally:
        client.close()


def _fetched(upstream: Upstream, file: IndexFile, cache: Path | None) -> Path:
    client, store = Client(upstream, Patience()), Store(cache or _usual(), upstream.address)
    try:
        key = file_key(file)
        if key is None:
            raise UpstreamError("the upstream tells no digest that is good enough")
        with Files(client, store).fetch(file):
            return store.path(key)
    except UpstreamError as error:
        raise _unavailable(f"{file.filename} cannot be fetched: {error}") from error
    finally:
        client.close()


def _unavailable(words: str) -> SandboxError:
    return ImageUnavailable(words, next_step="run again when the package index can be reached")


def _usual() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "regreen" / "index"
