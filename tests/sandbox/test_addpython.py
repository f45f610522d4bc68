"""``regreen image add-python``: from this machine, through uv, or the command that helps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.version import Version

from regreen_sandbox.addpython import add_python
from regreen_sandbox.engine import Engine
from regreen_sandbox.images import BaseImage, ImageSettings, ensure_base
from regreen_sandbox.toolchains import PythonMissing, find_pythons

pytestmark = pytest.mark.docker

HOST = next((p for p in find_pythons() if Version(p.version).release >= (3, 8)), None)


@pytest.fixture(scope="module")
def base(engine: Engine) -> BaseImage:
    return ensure_base(engine, "ubuntu-latest", settings=ImageSettings(), report=print)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let this machine have no Python of its own, and no uv but what a test puts into ``bin``."""
    for variable in ("UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "PYENV_ROOT"):
        monkeypatch.setenv(variable, str(tmp_path / "pythons"))
    monkeypatch.setenv("RUNNER_TOOL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "pythons").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin")
    return tmp_path


def _uv(folder: Path, script: str) -> None:
    program = folder / "bin" / "uv"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize("version", ["3.x", ">=3.10", "pypy3.9", "2.7", "--help", "3.12; id"])
def test_only_the_number_of_a_version_will_do(
    engine: Engine, base: BaseImage, version: str
) -> None:
    with pytest.raises(PythonMissing, match="is not the number") as caught:
        add_python(engine, base, version, report=print)
    assert "add-python 3.13" in caught.value.next_step


def test_without_uv_the_next_command_gets_one(engine: Engine, base: BaseImage, bare: Path) -> None:
    with pytest.raises(PythonMissing, match="no uv") as caught:
        add_python(engine, base, "3.99", report=print)
    assert "pipx install uv" in caught.value.next_step
    assert "pyenv install 3.99" in caught.value.next_step


def test_what_uv_says_is_passed_on(engine: Engine, base: BaseImage, bare: Path) -> None:
    _uv(bare, 'echo "error: dns failed" >&2; exit 2')
    with pytest.raises(PythonMissing, match="uv could not fetch it: error: dns failed"):
        add_python(engine, base, "3.99", report=print)


@pytest.mark.skipif(HOST is None, reason="needs a Python of pyenv's or uv's to hand out")
def test_what_uv_fetches_is_put_into_the_image(engine: Engine, base: BaseImage, bare: Path) -> None:
    assert HOST is not None
    name = f"cpython-{HOST.version}-linux-{os.uname().machine}-gnu"
    _uv(bare, f'echo "$@" >{bare}/asked; ln -s {HOST.prefix} {bare}/pythons/{name}')
    said: list[str] = []
    image = add_python(engine, base, HOST.version, report=said.append)
    try:
        assert image.pythons == {HOST.version: HOST.version}
        assert image.substitutions == ()
        assert (bare / "asked").read_text().split() == [
            "python",
            "install",
            "--no-bin",
            HOST.version,
        ]
        assert any("uv fetches it" in line for line in said)
    finally:
        engine.client.images.remove(image.reference)
