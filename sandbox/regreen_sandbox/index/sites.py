"""What is served where: from a request's host and path to what is asked, and of which index.

The plain door serves everything below paths of regreen's own. Behind the secure door the public
indexes stand under their own names, as of the date, so that tools find them unconfigured and lock
files come out with the addresses that they have everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from packaging.utils import canonicalize_name

from regreen_sandbox.index.catalog import Catalog
from regreen_sandbox.index.filenames import projects_of
from regreen_sandbox.index.listing import IndexFile
from regreen_sandbox.index.names import Names
from regreen_sandbox.index.npmcatalog import NpmCatalog
from regreen_sandbox.index.relay import HOST, PORT
from regreen_sandbox.index.request import (
    NamedFile,
    ProjectRequest,
    RootPage,
    Wanted,
    read_file_host,
    read_npm,
    read_pypi,
    read_target,
    split_target,
)

# As the public index writes a file's address: by its BLAKE2 digest (warehouse, "file_storage").
_PUBLIC_PATH = re.compile(r"/packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/[^/]+$")
_PLACE = re.compile(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?")

Link = Callable[[IndexFile], str]


@dataclass(frozen=True, slots=True)
class Extra:
    """Another package index, served under its own address; ``path`` ends in a slash."""

    host: str
    path: str
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, of which index; ``base`` is that one's root as the client sees it.

    ``link`` gives the address of a project's file.
    """

    wanted: Wanted
    catalog: Catalog
    base: str
    link: Callable[[str], Link]


@dataclass(frozen=True, slots=True)
class Sites:
    """All that one proxy serves. ``npm`` is ``None`` when the machine has no registry."""

    catalog: Catalog
    npm: NpmCatalog | None
    names: Names
    extras: tuple[Extra, ...] = ()

    def plain(self, host: str | None, target: str) -> Asked | None:
        """What is asked at the plain door; ``None`` when nothing is served there."""
        wanted = read_target(target)
        if wanted is None:
            return None
        place = host if host and _PLACE.fullmatch(host) else f"{HOST}:{PORT}"
        base = f"http://{place}/" + ("" if getattr(wanted, "dated", True) else "today/")
        prefix = "../../" if isinstance(wanted, ProjectRequest) else base

        def link(project: str) -> Link:
            return lambda file: f"{prefix}files/{project}/{quote(file.filename)}"

        return Asked(wanted, self.catalog, f"{base}npm/", link)

    def secure(self, host: str | None, target: str) -> Asked | None:
        """What is asked at the secure door, of the host that is named."""
        named = (host or "").lower().removesuffix(":443")
        name, place = named.partition(":")[0].rstrip("."), split_target(target)
        if not place or not _PLACE.fullmatch(named):
            return None
        base = f"https://{named}/"
        wanted: Wanted | None = None
        if name in self.names.index:
            wanted = read_pypi(place, dated=True)
        if wanted is None and name in self.names.files:
            wanted = read_file_host(place)
        if wanted is None and name in self.names.npm:
            wanted = read_npm(place, dated=True)
        if wanted is not None:
            return Asked(wanted, self.catalog, base, self._public(base))
        return self._extra(name, base, place, target)

    def _public(self, base: str) -> Callable[[str], Link]:
        def link(project: str) -> Link:
            def address(file: IndexFile) -> str:
                path = _PUBLIC_PATH.search(urlsplit(file.url).path)
                if path and self.names.files:
                    return f"https://{self.names.files[0]}{path[0]}"
                return f"{base}files/{project}/{quote(file.filename)}"

            return address

        return link

    def _extra(self, host: str, base: str, place: list[str], target: str) -> Asked | None:
        """What is asked of another index: the one with the longest path, if several are there."""
        fitting = [e for e in self.extras if e.host == host and target.startswith(e.path)]
        if not fitting:
            return None
        extra = max(fitting, key=lambda e: len(e.path))
        below = place[extra.path.count("/") - 1 :]
        wanted = read_pypi(["simple", *below], dated=True)
        if wanted is None or (isinstance(wanted, ProjectRequest) and wanted.redirect):
            # A file stands without a slash at its end, and its name is no project's.
            wanted = read_file_host(place) if _is_file(place) else wanted
        if not isinstance(wanted, RootPage | ProjectRequest | NamedFile):
            return None

        def link(project: str) -> Link:
            folder = f"{base}{extra.path[1:]}{canonicalize_name(project)}/"
            return lambda file: folder + quote(file.filename)

        return Asked(wanted, extra.catalog, base, link)


def _is_file(place: list[str]) -> bool:
    return bool(projects_of(place[-1]))
