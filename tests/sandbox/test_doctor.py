"""What the doctor finds here, and what it says of a machine that lacks something."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from regreen_sandbox.doctor import Finding, check
from regreen_sandbox.engine import Engine
from regreen_sandbox.images import ImageSettings, ensure_base, find_base, pulled_base


def _by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


@pytest.mark.docker
def test_a_machine_with_an_engine(engine: Engine) -> None:
    base = ensure_base(engine, "ubuntu-latest", settings=ImageSettings(), report=print)
    found = _by_name(check())
    assert found["engine"].ok
    assert engine.version in found["engine"].detail
    assert found["base image"].ok
    assert base.reference in found["base image"].detail
    assert found["git"].ok
    assert all(finding.ok or finding.mend for finding in found.values())


@pytest.mark.docker
def test_looking_pulls_and_builds_nothing(engine: Engine) -> None:
    settings = ImageSettings(source="bootstrap", suite="a-suite-of-this-test")
    found = _by_name(check(settings))
    assert not found["base image"].ok
    assert find_base(engine, "ubuntu-latest", settings=settings) is None
    assert not engine.client.images.list(filters={"reference": "*/rootfs:a-suite*"})


@pytest.mark.docker
def test_a_registry_that_cannot_be_reached_matters_only_without_another_way(
    engine: Engine,
) -> None:
    settings = ImageSettings(source="registry", registry="127.0.0.1:9/")
    found = _by_name(check(settings))
    assert not found["image registry"].ok
    assert (
        f"{pulled_base('ubuntu-latest', settings)} cannot be had" in found["image registry"].detail
    )
    assert not found["base image"].ok
    assert found["base image"].mend == "regreen image build"


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    yield
    gc.collect()


# The docker client leaves a socket open whose connecting failed; gc.collect() shows it in time.
forgotten_sockets = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@forgotten_sockets
@pytest.mark.usefixtures("no_engine")
def test_without_an_engine() -> None:
    found = check()
    assert found[0].name == "engine"
    assert not found[0].ok
    assert found[0].mend


@forgotten_sockets
@pytest.mark.usefixtures("no_engine")
def test_an_engine_that_has_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "refused.sock"
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    assert not check()[0].ok


@forgotten_sockets
@pytest.mark.usefixtures("no_engine")
def test_a_machine_without_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "RUNNER_TOOL_CACHE"):
        monkeypatch.setenv(variable, str(tmp_path))
    found = _by_name(check())
    assert found["git"].mend == "sudo apt-get install git"
    assert found["Pythons"].mend == "uv python install 3.12"
