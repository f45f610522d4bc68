"""A package index made by the test, and clients for the proxy that serves it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import http.client
import io
import json
import re
import socket
import ssl
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

from regreen_sandbox.index import IndexProxy, relay

JSON_TYPE = "application/vnd.pypi.simple.v1+json"

BACKEND = """
import zipfile
VERSION = "{version}"

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "built-1.0-py3-none-any.whl"
    with zipfile.ZipFile(directory + "/" + name, "w") as wheel:
        wheel.writestr("built.py", "backend = " + repr(VERSION))
        wheel.writestr("built-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: built\\nVersion: 1.0\\n")
        wheel.writestr("built-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("built-1.0.dist-info/RECORD", "")
    return name
"""  # noqa: E501 - another program's text


def wheel(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    code: str | None = None,
    padding: int = 0,
) -> bytes:
    """A wheel with one module that knows its version."""
    info = f"{name}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    head += "".join(f"Requires-Dist: {one}\n" for one in requires)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{name}.py", code or f"version = {version!r}\n")
        if padding:
            archive.writestr(f"{name}.bin", bytes(padding))
        archive.writestr(f"{info}/METADATA", head)
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")
    return buffer.getvalue()


def sdist(name: str, version: str, *, build_requires: Sequence[str], backend: str) -> bytes:
    """A source distribution that another package of the index builds."""
    project = (
        f"[build-system]\nrequires = {json.dumps(list(build_requires))}\n"
        f'build-backend = "{backend}"\n[project]\nname = "{name}"\nversion = "{version}"\n'
    )
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in (("pyproject.toml", project), ("PKG-INFO", head)):
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass
class Release:
    """A file of the test's index."""

    filename: str
    content: bytes
    uploaded: str | None
    requires_python: str | None = None
    yanked: str | None = None
    metadata: bytes | None = None
    digest: str | None = None

    @property
    def sha256(self) -> str:
        """The digest that the page tells."""
        return self.digest or hashlib.sha256(self.content).hexdigest()


@dataclass
class Upstream:
    """An index over real HTTP. What it was asked is in ``seen``; ``plan`` breaks its answers."""

    server: HTTPServer
    flavour: str = "json"
    projects: dict[str, list[Release]] = field(default_factory=dict)
    seen: list[tuple[str, str, int, dict[str, str]]] = field(default_factory=list)
    plan: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    ranges: bool = True
    login: tuple[str, str] | None = None
    etag: bool = True

    def __post_init__(self) -> None:
        """Answer everything."""
        self.server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    @property
    def url(self) -> str:
        """The address of its simple API."""
        return self.server.url_for("/simple/")

    def add(self, project: str, *releases: Release) -> None:
        """Upload files."""
        self.projects.setdefault(project, []).extend(releases)

    def asked(self, part: str) -> list[int]:
        """The statuses of the answers to requests whose path has ``part`` in it."""
        return [status for _, path, status, _ in list(self.seen) if part in path]

    def _answer(self, request: Request) -> Response:
        response = self._respond(request)
        headers = {name.lower(): value for name, value in request.headers}
        self.seen.append((request.method, request.path, response.status_code, headers))
        return response

    def _respond(self, request: Request) -> Response:
        if self.plan and (status := self.plan.pop(0)) != 200:
            return Response("broken by the test", status)
        if self.login is not None:
            given = request.authorization
            if given is None or (given.username, given.password) != self.login:
                return Response("who are you?", 401)
        place, _, rest = request.path.lstrip("/").partition("/")
        if place == "simple":
            return self._page(rest.strip("/"), request)
        for releases in self.projects.values():
            for release in releases:
                if rest == release.filename:
                    return self._file(release.content, request)
                if rest == release.filename + ".metadata" and release.metadata is not None:
                    return self._file(release.metadata, request)
        return Response("no such file", 404)

    def _file(self, content: bytes, request: Request) -> Response:
        if self.cut:
            keep = self.cut.pop(0)
            response = Response(_broken(content[:keep]), mimetype="application/octet-stream")
            response.headers["Content-Length"] = str(len(content))
            return response
        response = Response(io.BytesIO(content), mimetype="application/octet-stream")
        response.content_length = len(content)
        if self.ranges:
            response.make_conditional(request, accept_ranges=True, complete_length=len(content))
        return response

    def _page(self, project: str, request: Request) -> Response:
        if project not in self.projects:
            return Response("no such project", 404)
        releases = self.projects[project]
        if self.flavour == "json":
            body, kind = self._json(project, releases), JSON_TYPE
        else:
            body, kind = self._html(releases), "text/html; charset=utf-8"
        response = Response(body, content_type=kind)
        if self.etag:
            response.add_etag()
            response.make_conditional(request)
        return response

    def _json(self, project: str, releases: list[Release]) -> str:
        files = []
        for one in releases:
            entry: dict[str, object] = {
                "filename": one.filename,
                "url": f"../../packages/{one.filename}",
                "hashes": {"sha256": one.sha256},
                "size": len(one.content),
                "yanked": False if one.yanked is None else one.yanked,
            }
            if one.uploaded:
                entry["upload-time"] = one.uploaded
            if one.requires_python:
                entry["requires-python"] = one.requires_python
            if one.metadata is not None:
                digest = hashlib.sha256(one.metadata).hexdigest()
                entry["core-metadata"] = {"sha256": digest}
            files.append(entry)
        versions = sorted({one.filename.split("-")[1].removesuffix(".tar.gz") for one in releases})
        meta = {"api-version": "1.1"}
        return json.dumps({"meta": meta, "name": project, "files": files, "versions": versions})

    def _html(self, releases: list[Release]) -> str:
        links = []
        for one in releases:
            extra = f' data-requires-python="{one.requires_python}"' if one.requires_python else ""
            if one.yanked is not None:
                extra += f' data-yanked="{html.escape(one.yanked)}"'
            if one.metadata is not None:
                extra += (
                    f' data-dist-info-metadata="sha256={hashlib.sha256(one.metadata).hexdigest()}"'
                )
            url = f"/packages/{one.filename}#sha256={one.sha256}"
            links.append(f'<a href="{url}"{extra}>{one.filename}</a>')
        return "<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>"


@dataclass
class Package:
    """A version of an npm package of the test's registry."""

    version: str
    published: str | None
    files: Mapping[str, str] = field(default_factory=dict)
    manifest: Mapping[str, object] = field(default_factory=dict)

    def tarball(self, name: str) -> bytes:
        """Its archive."""
        manifest = {"name": name, "version": self.version, **self.manifest}
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for path, text in {"package.json": json.dumps(manifest), **self.files}.items():
                member = tarfile.TarInfo(f"package/{path}")
                member.size, member.mode = len(text.encode()), 0o644
                archive.addfile(member, io.BytesIO(text.encode()))
        return buffer.getvalue()


@dataclass
class Registry:
    """An npm registry over real HTTP. ``created`` is told as npm's own registry does."""

    server: HTTPServer
    packages: dict[str, list[Package]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[tuple[str, int, dict[str, str]]] = field(default_factory=list)
    created: bool = True
    token: str | None = None
    damaged: bool = False

    def __post_init__(self) -> None:
        """Answer everything below ``/npm``."""
        self._built: dict[tuple[str, str], bytes] = {}
        pattern = re.compile("/npm/.*")
        self.server.expect_request(pattern).respond_with_handler(self._answer)

    @property
    def url(self) -> str:
        """Its address."""
        return self.server.url_for("/npm")

    def content(self, name: str, version: str) -> bytes:
        """A tarball, the same at every call."""
        key = name, version
        if key not in self._built:
            package = next(one for one in self.packages[name] if one.version == version)
            self._built[key] = package.tarball(name)
        return self._built[key]

    def _answer(self, request: Request) -> Response:
        response = self._respond(request)
        headers = {name.lower(): value for name, value in request.headers}
        self.seen.append((request.path, response.status_code, headers))
        return response

    def _respond(self, request: Request) -> Response:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return Response("who are you?", 401)
        place = unquote(request.path.removeprefix("/npm/"))
        name, _, filename = place.partition("/-/")
        if name not in self.packages:
            return Response("no such package", 404)
        if filename:
            version = filename.removesuffix(".tgz").removeprefix(name.rpartition("/")[2] + "-")
            content = self.content(name, version)
            return Response(content[:-1] + b"!" if self.damaged else content)
        response = Response(json.dumps(self._document(name)), content_type="application/json")
        response.add_etag()
        response.make_conditional(request)
        return response

    def _document(self, name: str) -> dict[str, object]:
        versions, times = {}, {}
        for one in self.packages[name]:
            content = self.content(name, one.version)
            digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
            plain = name.rpartition("/")[2]
            address = f"{self.url}/{quote(name, safe='@/')}/-/{plain}-{one.version}.tgz"
            dist = {"integrity": f"sha512-{digest}", "tarball": address}
            manifest = {"name": name, "version": one.version, **one.manifest}
            versions[one.version] = manifest | {"dist": dist, "readme": "long"}
            if one.published:
                times[one.version] = one.published
        if self.created and times:
            times = {"created": min(times.values()), "modified": max(times.values()), **times}
        tags = self.tags.get(name, {"latest": self.packages[name][-1].version})
        return {"name": name, "dist-tags": tags, "versions": versions, "time": times}


def _broken(start: bytes) -> Iterator[bytes]:
    yield start


@dataclass(frozen=True)
class Answer:
    """What the proxy answered; ``whole`` is false when it broke off."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(self._path))


class SecureConnection(UnixConnection):
    """HTTPS over a Unix socket, to the host that ``name`` names."""

    def __init__(self, path: Path, name: str, authorities: Path) -> None:
        super().__init__(path)
        self._name = name
        self._context = ssl.create_default_context(cafile=str(authorities))

    def connect(self) -> None:
        """Connect, and check who answers."""
        super().connect()
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self._name)


def fetch_secure(
    proxy: IndexProxy, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> Answer:
    """One request for an https address, which the proxy answers itself."""
    assert proxy.front is not None
    proxy.front.settle()
    place = urlsplit(url)
    connection = SecureConnection(
        proxy.directory / proxy.front.socket, place.hostname or "", proxy.front.authorities
    )
    return _ask(connection, place.path, {"Host": place.netloc, **(headers or {})}, method)


def fetch(
    path: Path, target: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> Answer:
    """One request to the proxy at the socket ``path``."""
    return _ask(UnixConnection(path), target, headers or {}, method)


def _ask(asked: UnixConnection, target: str, headers: Mapping[str, str], method: str) -> Answer:
    with contextlib.closing(asked) as connection:
        connection.request(method, target, headers=dict(headers or {}))
        response = connection.getresponse()
        lowered = {name.lower(): value for name, value in response.getheaders()}
        try:
            return Answer(response.status, lowered, response.read())
        except (http.client.IncompleteRead, OSError) as error:
            return Answer(response.status, lowered, getattr(error, "partial", b""), whole=False)


@contextlib.contextmanager
def relayed(path: Path, tmp_path: Path) -> Iterator[str]:
    """Run the relay as a program; yields the base address that a container would use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ready = tmp_path / f"ready-{port}"
    command = [sys.executable, "-I", relay.__file__, "--port", str(port), "--socket", str(path)]
    process = subprocess.Popen([*command, "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
    try:
        wait_for(ready)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(5)


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.01)
