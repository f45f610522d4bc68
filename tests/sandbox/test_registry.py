"""The ordinary way to the base image: a real registry, and what happens when it fails us."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker.errors
import pytest

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import ImageUnavailable
from regreen_sandbox.images import BaseImage, ImageSettings, ensure_base
from regreen_sandbox.registry import pull

pytestmark = pytest.mark.docker

CONFIG = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry of Debian's ``docker-registry`` package on a loopback port."""
    program = shutil.which("docker-registry")
    if program is None:
        assert "CI" not in os.environ, "CI installs docker-registry, so that this is tested"
        pytest.skip("apt-get install docker-registry")
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "config.yml"
    config.write_text(CONFIG.format(folder=folder / "data", port=port))
    with subprocess.Popen([program, "serve", str(config)], stderr=subprocess.DEVNULL) as server:
        try:
            _wait(f"http://127.0.0.1:{port}/v2/")
            yield f"127.0.0.1:{port}/"
        finally:
            server.terminate()


def _wait(url: str) -> None:
    for _ in range(100):
        with suppress(OSError), urllib.request.urlopen(url, timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def _forget(engine: Engine, *references: str) -> None:
    for reference in references:
        with suppress(docker.errors.APIError):
            engine.client.images.remove(reference, force=True)


@pytest.fixture
def served(engine: Engine, registry: str) -> Iterator[str]:
    """The registry with an ``ubuntu:24.04`` in it that holds every package already."""
    base = ensure_base(
        engine, "ubuntu-24.04", settings=ImageSettings(source="bootstrap"), report=print
    )
    name = f"{registry}ubuntu"
    engine.client.images.get(base.id).tag(name, "24.04")
    for event in engine.client.api.push(name, tag="24.04", stream=True, decode=True):
        assert "error" not in event, event
    _forget(engine, f"{name}:24.04")
    yield registry
    _forget(engine, f"{name}:24.04")


def test_a_pulled_base_is_built_upon(engine: Engine, served: str) -> None:
    said: list[str] = []
    settings = ImageSettings(source="registry", registry=served)
    image = ensure_base(engine, "ubuntu-24.04", settings=settings, report=said.append)
    try:
        assert said[0] == f"pulling {served}ubuntu:24.04"
        assert image.origin == "registry"
        assert image.base.startswith(f"{served}ubuntu:24.04@sha256:")
        assert image.substitution == "ubuntu-24.04 is stood in by Debian 12 (bookworm)"
        assert image.fallback is None
        _again_without_asking(engine, image, settings)
    finally:
        _forget(engine, image.reference)


def _again_without_asking(engine: Engine, image: BaseImage, settings: ImageSettings) -> None:
    said: list[str] = []
    started = time.monotonic()
    assert ensure_base(engine, image.label, settings=settings, report=said.append) == image
    assert time.monotonic() - started < 0.2
    assert said == []


def test_a_registry_without_the_image_is_named(engine: Engine, registry: str) -> None:
    settings = ImageSettings(source="registry", registry=f"{registry}nowhere/")
    with pytest.raises(ImageUnavailable, match=r"nowhere/ubuntu:24\.04 could not be pulled"):
        ensure_base(engine, "ubuntu-24.04", settings=settings, report=print)


def test_an_unreachable_registry_falls_back_and_is_remembered(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Authorities of its own give the image a key of its own, so that it is not here yet.
    bundle = tmp_path / "ca.crt"
    bundle.write_text("none")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    said: list[str] = []
    settings = ImageSettings(registry="127.0.0.1:9/")
    image = ensure_base(engine, "ubuntu-24.04", settings=settings, report=said.append)
    try:
        assert image.origin == "bootstrap"
        assert image.fallback is not None
        assert "127.0.0.1:9/ubuntu:24.04 could not be pulled" in image.fallback
        assert any("bootstrapping" in line for line in said)
        _again_without_asking(engine, image, settings)
    finally:
        _forget(engine, image.reference)


def test_a_silent_registry_is_given_up_in_time(engine: Engine) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        reference = f"127.0.0.1:{deaf.getsockname()[1]}/ubuntu:24.04"
        started = time.monotonic()
        with pytest.raises(ImageUnavailable, match="silent for 2 seconds"):
            pull(engine, reference, silence=2, report=print)
        assert time.monotonic() - started < 4
