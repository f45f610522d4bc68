"""What an npm registry tells of a package: read, cut at a date, written in either form.

Formats: npm's ``registry`` documentation, ``package-metadata`` (the whole document, and the
abbreviated one of ``application/vnd.npm.install-v1+json``); Subresource Integrity for digests.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from regreen_sandbox.index.listing import IndexFile, PageUnreadable
from regreen_sandbox.index.semver import Semver, semver

NPM_TYPE = "application/vnd.npm.install-v1+json"
# fmt: off
_INSTALLING = frozenset((
    "name", "version", "deprecated", "dependencies", "optionalDependencies", "devDependencies",
    "bundleDependencies", "bundledDependencies", "peerDependencies", "peerDependenciesMeta",
    "bin", "directories", "dist", "engines", "cpu", "os", "libc", "funding", "acceptDependencies",
    "hasInstallScript", "_hasShrinkwrap",
))
_TELLING = _INSTALLING | frozenset((
    "description", "license", "homepage", "repository", "main", "module", "types", "exports",
    "type", "scripts",
))
# fmt: on
_INSTALL_SCRIPTS = ("preinstall", "install", "postinstall")
_DIST = ("integrity", "shasum", "tarball", "fileCount", "unpackedSize", "signatures")
_BACKWARDS = 5  # one pair in so many may be out of order: a version can be published anew
_ALGORITHMS = ("sha512", "sha384", "sha256", "sha1", "md5")


@dataclass(frozen=True, slots=True)
class Packument:
    """One package: its versions' manifests, tags, and when each version was published.

    ``times`` lacks the versions whose time the registry does not tell; ``recorded`` says whether
    the times are npm's own record, which tells since when the package is there.
    """

    name: str
    versions: Mapping[str, Mapping[str, Any]]
    tags: Mapping[str, str]
    times: Mapping[str, datetime]
    recorded: bool = True

    @property
    def undated(self) -> bool:
        """Whether some version has no time, so that no date can be kept for it."""
        return any(version not in self.times for version in self.versions)

    @property
    def plausible(self) -> bool:
        """Whether the times can be those of publication: patches mostly follow one another.

        A mirror may tell when it fetched each version instead.
        """
        known = {number: t for v, t in self.times.items() if (number := semver(v))}
        releases = sorted(number for number in known if not number.prerelease)
        lines = [
            (one, other)
            for one, other in pairwise(releases)
            if one.numbers[:2] == other.numbers[:2]
        ]
        backwards = sum(known[one] > known[other] for one, other in lines)
        return backwards * _BACKWARDS <= len(lines)

    def without_times(self) -> Packument:
        """The package as if the registry told no times."""
        return replace(self, times={})

    def as_of(self, moment: datetime) -> Packument:
        """The package without what was published after ``moment``; undated versions stay."""
        times = {v: t for v, t in self.times.items() if t <= moment}
        versions = {
            v: manifest
            for v, manifest in self.versions.items()
            if v in times or v not in self.times
        }
        tags = _tags(self.tags, versions)
        return replace(self, versions=versions, tags=tags, times=times)

    def files(self) -> dict[str, IndexFile]:
        """The versions' tarballs by file name."""
        found: dict[str, IndexFile] = {}
        for manifest in self.versions.values():
            file = _tarball(manifest)
            if file is not None:
                found[file.filename] = file
        return found

    def tarball(self, version: str) -> IndexFile | None:
        """The tarball of one version."""
        return _tarball(self.versions[version]) if version in self.versions else None


def read_packument(body: bytes, name: str) -> Packument:
    """Parse a registry's document, whole or as `write_whole` wrote it.

    Raises ``PageUnreadable`` for any other content.
    """
    try:
        data = json.loads(body)
        versions = data["versions"]
        if data.get("name", name) != name or not isinstance(versions, dict):
            raise ValueError("another package's document")
        kept = {str(v): _kept(m) for v, m in versions.items() if _sound(m)}
        tags = {str(k): str(v) for k, v in _table(data.get("dist-tags")).items()}
        told = {k: t for k, v in _table(data.get("time")).items() if (t := _moment(v))}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PageUnreadable(f"the document cannot be read ({type(error).__name__})") from error
    times = {k: t for k, t in told.items() if k in kept}
    tags = {k: v for k, v in tags.items() if v in kept}
    return Packument(name, kept, tags, times, "created" in told)


def write_abbreviated(package: Packument, base: str) -> bytes:
    """The document that installers ask for; tarballs lie below ``base``, which ends in a slash."""
    latest = max(package.times.values(), default=None)
    page: dict[str, Any] = {"name": package.name, "dist-tags": dict(package.tags)}
    if latest is not None:
        page["modified"] = _written(latest)
    page["versions"] = {
        version: {k: v for k, v in placed.items() if k in _INSTALLING}
        for version, placed in _placed(package, base).items()
    }
    return json.dumps(page).encode()


def write_whole(package: Packument, base: str | None) -> bytes:
    """The whole document, without what no installer reads; ``base`` as in `write_abbreviated`.

    Without ``base`` the addresses stay the upstream's, for the cache.
    """
    times = {version: _written(time) for version, time in package.times.items()}
    moments = sorted(package.times.values())
    if moments and (package.recorded or base is not None):
        ends = {"created": _written(moments[0]), "modified": _written(moments[-1])}
        times = ends | times
    versions = package.versions if base is None else _placed(package, base)
    page = {
        "_id": package.name,
        "name": package.name,
        "dist-tags": dict(package.tags),
        "versions": dict(versions),
        "time": times,
    }
    return json.dumps(page).encode()


def write_version(package: Packument, wanted: str, base: str) -> bytes | None:
    """The manifest of one version, or of the one that a tag names; ``None`` without such one."""
    version = package.tags.get(wanted, wanted)
    placed = _placed(package, base).get(version)
    return None if placed is None else json.dumps(placed).encode()


def _placed(package: Packument, base: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for version, manifest in package.versions.items():
        file = _tarball(manifest)
        if file is None:
            continue
        address = f"{base}{quote(package.name, safe='@/')}/-/{quote(file.filename)}"
        found[version] = {**manifest, "dist": {**manifest["dist"], "tarball": address}}
    return found


def _tarball(manifest: Mapping[str, Any]) -> IndexFile | None:
    dist = manifest["dist"]
    url = str(dist["tarball"])
    filename = unquote(urlsplit(url).path.rpartition("/")[2])
    if not filename:
        return None
    return IndexFile(filename, url, _digests(dist))


def _digests(dist: Mapping[str, Any]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in str(dist.get("integrity", "")).split():
        algorithm, _, value = part.partition("?")[0].partition("-")
        try:
            digest = base64.b64decode(value, validate=True).hex()
        except (binascii.Error, ValueError):
            continue
        if algorithm in _ALGORITHMS:
            found.setdefault(algorithm, digest)
    if not found and isinstance(dist.get("shasum"), str):
        found["sha1"] = dist["shasum"]
    return found


def _sound(manifest: object) -> bool:
    dist = manifest.get("dist") if isinstance(manifest, dict) else None
    return isinstance(dist, dict) and isinstance(dist.get("tarball"), str)


def _kept(manifest: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in manifest.items() if name in _TELLING}
    scripts = _table(manifest.get("scripts"))
    if any(name in scripts for name in _INSTALL_SCRIPTS):
        found.setdefault("hasInstallScript", True)
    found["dist"] = {name: manifest["dist"][name] for name in _DIST if name in manifest["dist"]}
    return found


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _tags(tags: Mapping[str, str], versions: Mapping[str, Any]) -> dict[str, str]:
    """The tags as they may have been: the registry tells today's only.

    A tag that names a version of then is left as it is. Of another, the newest version counts that
    is of the same kind: for ``latest`` any release, else a version of the same major number, or a
    pre-release of the same name. Without one the tag was not there yet.
    """
    known = {version: found for version in versions if (found := semver(version))}
    releases = [version for version, number in known.items() if not number.prerelease]
    kept: dict[str, str] = {}
    for tag, named in tags.items():
        if named in versions:
            kept[tag] = named
        elif tag != "latest" and (number := semver(named)):
            alike = [v for v, other in known.items() if _alike(number, other)]
            if alike:
                kept[tag] = max(alike, key=known.__getitem__)
    if "latest" not in kept and known:
        kept["latest"] = max(releases or known, key=known.__getitem__)
    return kept


def _alike(one: Semver, other: Semver) -> bool:
    if one.prerelease:
        return _kind(one) == _kind(other)
    return not other.prerelease and one.numbers[0] == other.numbers[0]


def _kind(number: Semver) -> str:
    first = number.prerelease[0] if number.prerelease else ""
    return re.split(r"[^A-Za-z]", first)[0].lower() if first else ""
