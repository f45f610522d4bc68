"""Images that the user names: found, pulled or refused in clear words."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import socket
import subprocess
import sys
import tarfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import docker.errors
import pytest

from regreen_sandbox.custom import custom_image
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import ImageUnavailable
from regreen_sandbox.images import ImageSettings
from regreen_sandbox.registry import _Progress, parts, pull
from regreen_sandbox.toolchains import PythonMissing, find_pythons, with_pythons

pytestmark = pytest.mark.docker

SETTINGS = ImageSettings(registry="127.0.0.1:9/", silence=3)


@pytest.fixture
def bare(engine: Engine) -> Iterator[str]:
    """An image with one file and no program at all."""
    name = f"bare-{uuid.uuid4().hex[:12]}"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        release = b'NAME="Nothing Linux"\nVERSION_ID=7\n'
        member = tarfile.TarInfo("etc/os-release")
        member.size = len(release)
        tar.addfile(member, io.BytesIO(release))
    engine.client.api.import_image_from_data(buffer.getvalue(), repository=name, tag="latest")
    yield name
    engine.client.images.remove(name, force=True)


def test_an_image_without_any_program_is_taken(engine: Engine, bare: str) -> None:
    image = custom_image(engine, bare, settings=SETTINGS, report=print)
    assert image.origin == "named"
    assert (image.system, image.python) == ("Nothing 7", "")
    assert image.id == engine.client.images.get(bare).id
    assert with_pythons(engine, image, [], print).id == image.id, "a job without Pythons has none"


def test_no_python_is_put_where_none_runs(engine: Engine, bare: str) -> None:
    image = custom_image(engine, bare, settings=SETTINGS, report=print)
    version = next((python.version for python in find_pythons()), "3.11")
    with pytest.raises(PythonMissing, match=r"bare-|asks for") as caught:
        with_pythons(engine, image, [version], print)
    assert caught.value.next_step


def test_one_that_is_here_is_known_by_every_name(engine: Engine, base_image: str) -> None:
    said: list[str] = []
    image = custom_image(engine, base_image, settings=SETTINGS, report=said.append)
    assert said == [], "nobody is asked"
    assert image.python.startswith("3.")
    assert image.system.split()[0] in {"Debian", "Ubuntu"}
    assert custom_image(engine, image.id, settings=SETTINGS, report=print).id == image.id
    own = image.python.rpartition(".")[0]
    assert own in with_pythons(engine, image, [own], print).pythons


@pytest.mark.parametrize("name", ["127.0.0.1:9/team/no-such", "127.0.0.1:9/x:1"])
def test_one_that_cannot_be_had_names_the_next_command(engine: Engine, name: str) -> None:
    with pytest.raises(ImageUnavailable, match=rf"{name}.* could not be pulled") as caught:
        custom_image(engine, name, settings=SETTINGS, report=print)
    assert f"docker pull {name}" in caught.value.next_step


def test_what_is_no_name_is_not_asked_for(engine: Engine) -> None:
    with pytest.raises(ImageUnavailable, match="is not the name of an image"):
        custom_image(engine, "a b; c", settings=SETTINGS, report=print)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("ubuntu", ("ubuntu", "latest")),
        ("localhost:5000/a/b", ("localhost:5000/a/b", "latest")),
        ("localhost:5000/a:1.2", ("localhost:5000/a", "1.2")),
        ("a/b@sha256:00", ("a/b", "sha256:00")),
        ("a/b:1@sha256:00", ("a/b", "sha256:00")),
    ],
)
def test_a_reference_is_taken_apart(reference: str, expected: tuple[str, str]) -> None:
    assert parts(reference) == expected


class Registry(BaseHTTPRequestHandler):
    """The reading half of a registry with one image, which may stop in the middle of its layer."""

    protocol_version = "HTTP/1.1"
    blobs: ClassVar[dict[str, bytes]] = {}
    manifest: ClassVar[bytes] = b""
    layer: ClassVar[str] = ""
    broken: ClassVar[str] = ""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if "/manifests/" in self.path:
            kind = "application/vnd.docker.distribution.manifest.v2+json"
            self._send(self.manifest, kind, _digest(self.manifest))
        elif "/blobs/" in self.path:
            digest = self.path.rpartition("/")[2]
            self._send(self.blobs[digest], "application/octet-stream", digest)
        else:
            self._send(b"{}", "application/json", "")

    def _send(self, content: bytes, kind: str, digest: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if digest:
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if self.command == "HEAD":
            return
        half = self.broken if digest == self.layer else ""
        with suppress(OSError):
            self.wfile.write(content[: len(content) // 2] if half else content)
            self.wfile.flush()
        if half == "hangs":
            time.sleep(20)
        if half:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def registry() -> Iterator[str]:
    """A registry with an image ``one:latest`` of its own, and where it is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("random")
        member.size = 8_000_000
        tar.addfile(member, io.BytesIO(b"".join(uuid.uuid4().bytes for _ in range(500_000))))
    layer = buffer.getvalue()
    plain = _digest(gzip.decompress(layer))
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "history": [],
            "rootfs": {"type": "layers", "diff_ids": [plain]},
        }
    ).encode()
    kind = "application/vnd.docker.{}"
    Registry.manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": kind.format("distribution.manifest.v2+json"),
            "config": {
                "mediaType": kind.format("container.image.v1+json"),
                "size": len(config),
                "digest": _digest(config),
            },
            "layers": [
                {
                    "mediaType": kind.format("image.rootfs.diff.tar.gzip"),
                    "size": len(layer),
                    "digest": _digest(layer),
                }
            ],
        }
    ).encode()
    Registry.blobs = {_digest(config): config, _digest(layer): layer}
    Registry.layer = _digest(layer)
    Registry.broken = ""
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


RUN = """
import sys
from regreen_sandbox.custom import custom_image
from regreen_sandbox.engine import connect
from regreen_sandbox.errors import ImageUnavailable
from regreen_sandbox.images import ImageSettings
with connect() as engine:
    try:
        custom_image(engine, sys.argv[1], settings=ImageSettings(silence=3), report=print)
    except ImageUnavailable as error:
        print(error.message, error.next_step)
"""


def test_a_registry_that_dies_half_way_is_said_and_the_next_run_works(
    engine: Engine, registry: str
) -> None:
    name = f"{registry}/one"
    Registry.broken = "hangs"
    argv = [sys.executable, "-c", RUN, name]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert f"{name}:latest could not be pulled: the registry stopped half-way" in said
    assert f"docker pull {name}" in said
    Registry.broken = ""
    try:
        image = custom_image(engine, name, settings=ImageSettings(silence=30), report=print)
        assert image.base.startswith(f"{name}@sha256:")
    finally:
        with suppress(docker.errors.APIError):
            engine.client.images.remove(name, force=True)


def test_trying_again_is_no_step_forward() -> None:
    progress = _Progress()
    detail = {"current": 1_000_000, "total": 8_000_000}
    assert progress.take({"status": "Downloading", "id": "a", "progressDetail": detail}, "x")
    assert str(progress) == "1 of 8 MB"
    assert not progress.take({"status": "Retrying in 5 seconds", "id": "a"}, "x")
    assert progress.take({"status": "Download complete", "id": "a"}, "x")
    assert str(progress) == "8 of 8 MB"


def test_a_silent_registry_is_told_from_a_broken_one(engine: Engine) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(ImageUnavailable, match="silent for 1 seconds"):
            pull(engine, f"127.0.0.1:{deaf.getsockname()[1]}/a:1", silence=1, report=print)
