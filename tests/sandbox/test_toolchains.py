"""Pythons in the image: they run as the job's user, are clean, and can be installed into."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker.errors
import pytest
from packaging.version import Version

from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.engine import Engine
from regreen_sandbox.images import BaseImage, ImageSettings, ensure_base
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import Limits
from regreen_sandbox.stored import list_images
from regreen_sandbox.toolchains import (
    HostPython,
    PythonMissing,
    ToolImage,
    find_pythons,
    toolcache,
    with_pythons,
)
from tests.sandbox.sandbox_support import WORK, shell

pytestmark = pytest.mark.docker

HOST = next((p for p in find_pythons() if (3, 8) <= Version(p.version).release < (3, 12)), None)


@pytest.fixture(scope="module")
def base(engine: Engine) -> BaseImage:
    return ensure_base(engine, "ubuntu-latest", settings=ImageSettings(), report=print)


def _only(python: HostPython | None, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let this machine have one Python or none, at a place of its own, so that its key is new."""
    for variable in ("UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME", "PYENV_ROOT"):
        patch.setenv(variable, str(folder))
    patch.setenv("RUNNER_TOOL_CACHE", str(folder / "cache"))
    (folder / "versions").mkdir()
    if python is not None:
        (folder / "versions" / python.version).symlink_to(python.prefix)


@pytest.fixture(scope="module", params=["host", "image"])
def made(
    request: pytest.FixtureRequest,
    engine: Engine,
    base: BaseImage,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, ToolImage]]:
    """A minor version and the tool image for it: from the host's Python, or the image's own.

    A machine without a Python of its own gets the image's own in both cases.
    """
    python = HOST if request.param == "host" else None
    with pytest.MonkeyPatch.context() as patch:
        _only(python, tmp_path_factory.mktemp("pythons"), patch)
        version = python.version if python else base.python
        minor = version.rpartition(".")[0]
        tools = with_pythons(engine, base, [minor], print)
        assert tools.pythons == {minor: version}
        started = time.monotonic()
        assert with_pythons(engine, base, [minor], print) == tools
        assert time.monotonic() - started < 0.2
        own = f"the image's own Python {version} serves as Python {minor}, in an environment"
        assert tools.substitutions == (() if python else (own,))
        yield minor, tools
    if python is not None:
        with suppress(docker.errors.APIError):
            engine.client.images.remove(tools.reference)


@pytest.fixture(scope="module")
def box(engine: Engine, made: tuple[str, ToolImage]) -> Iterator[Sandbox]:
    reference = made[1].reference
    owner = Owner.current()
    with start(engine, reference, limits=Limits(), owner=owner) as sandbox:
        yield sandbox


def _says(box: Sandbox, script: str) -> str:
    done = shell(box, script)
    assert done.exit_code == 0, done.output
    return done.output.decode()


def test_every_name_of_it_works(box: Sandbox, made: tuple[str, ToolImage]) -> None:
    minor, tools = made
    exact = tools.pythons[minor]
    root = toolcache(exact)
    names = ("python", "python3", f"python{minor}")
    said = _says(box, "".join(f"{root}/bin/{name} --version;" for name in names))
    assert said == f"Python {exact}\n" * 3
    assert f"{root}/lib/python{minor}" in _says(box, f"PATH={root}/bin:$PATH pip --version")
    assert (
        _says(box, f"PATH={root}/bin:$PATH python -c 'import sys; print(sys.prefix)'")
        == f"{root}\n"
    )
    _says(box, f"test -e {root}.complete; test ! -e {root}/lib/python{minor}/EXTERNALLY-MANAGED")
    _says(box, f"{root}/bin/python -c 'import ssl, sqlite3, zlib, bz2, lzma, ctypes, curses'")


def test_it_is_as_a_fresh_installation(box: Sandbox, made: tuple[str, ToolImage]) -> None:
    minor, tools = made
    root = toolcache(tools.pythons[minor])
    listed = _says(box, f"{root}/bin/pip list --format=freeze | cut -d= -f1").split()
    assert sorted(listed) == ["pip"] if Version(minor) >= Version("3.12") else ["pip", "setuptools"]
    odd = f"find {root}/lib -name '*.a' -o -path '*/python{minor}/test'"
    assert _says(box, odd) == ""
    bin_names = _says(box, f"ls {root}/bin").split()
    scripts = ("python", "pip", "2to3", "idle", "pydoc", "easy_install", "pyvenv")
    known = (*scripts, "activate", "Activate.ps1")
    assert [name for name in bin_names if not name.startswith(known)] == []
    assert _says(box, f"find {root}/bin -xtype l") == ""


def test_the_job_can_install_into_it(box: Sandbox, made: tuple[str, ToolImage]) -> None:
    minor, tools = made
    root = toolcache(tools.pythons[minor])
    box.write(f"{WORK}/demo-1.0-py3-none-any.whl", _wheel())
    _says(box, f"{root}/bin/pip install --no-index --find-links {WORK} demo")
    assert _says(box, f"PATH={root}/bin:$PATH demo") == f"hello from {root}\n"
    assert _says(box, f"head -1 {root}/bin/demo") == f"#!{root}/bin/python\n" or minor in _says(
        box, f"head -1 {root}/bin/demo"
    )


def test_environments_and_headers_work(box: Sandbox, made: tuple[str, ToolImage]) -> None:
    minor, tools = made
    root = toolcache(tools.pythons[minor])
    _says(box, f"{root}/bin/python -m venv {WORK}/v && {WORK}/v/bin/pip --version")
    box.write(f"{WORK}/x.c", b"#include <Python.h>\nint main(void) { return !Py_GetVersion(); }\n")
    include = f"{root}/bin/python -c 'import sysconfig; print(sysconfig.get_path(\"include\"))'"
    _says(box, f"gcc -fsyntax-only -I$({include}) {WORK}/x.c")


def test_what_the_user_put_into_theirs_stays_there(
    box: Sandbox, made: tuple[str, ToolImage]
) -> None:
    minor, tools = made
    said = _says(box, f"ls {toolcache(tools.pythons[minor])}/lib/python{minor}/site-packages")
    names = {name.split("-")[0].split(".")[0] for name in said.split()}
    allowed = {"pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils", "easy_install"}
    assert names <= allowed | {"README", "demo", "__pycache__"}


def test_it_is_listed_as_a_tool(engine: Engine, made: tuple[str, ToolImage]) -> None:
    kinds = {image.reference: image.kind for image in list_images(engine)}
    assert kinds[made[1].reference] is Kind.TOOL


def test_requests_for_the_same_python_share_it(
    engine: Engine, base: BaseImage, made: tuple[str, ToolImage]
) -> None:
    minor, tools = made
    version = tools.pythons[minor]
    again = with_pythons(engine, base, [minor, f"{minor}.99", version], print)
    assert again.reference == tools.reference
    assert set(again.pythons.values()) == {version}
    words = f"Python {minor}.99 is stood in by Python {version}"
    assert any(words in substitution for substitution in again.substitutions)


def test_a_python_that_is_not_here_names_the_command_that_gets_it(
    engine: Engine, base: BaseImage
) -> None:
    with pytest.raises(PythonMissing, match=r"asks for Python 3\.5") as caught:
        with_pythons(engine, base, ["3.5"], print)
    assert "regreen image add-python 3.5" in caught.value.next_step
    with pytest.raises(PythonMissing, match="only CPython"):
        with_pythons(engine, base, ["pypy-3.9"], print)


def test_a_python_that_does_not_run_there_is_refused(
    engine: Engine, base: BaseImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only(None, tmp_path, monkeypatch)
    prefix = tmp_path / "versions" / "3.10.77"
    (prefix / "bin").mkdir(parents=True)
    binary = prefix / "bin" / "python3.10"
    binary.write_text("#!/bin/sh\necho version GLIBC_9.99 not found >&2\nexit 1\n")
    binary.chmod(0o755)
    (prefix / "lib" / "python3.10" / "ensurepip" / "_bundled").mkdir(parents=True)
    (prefix / "lib" / "python3.10" / "os.py").touch()
    before = {c.id for c in engine.client.containers.list(all=True)}
    with pytest.raises(PythonMissing, match=r"GLIBC_9\.99"):
        with_pythons(engine, base, ["3.10"], print)
    mine = f"regreen.owner={Owner.current()}"
    left = engine.client.containers.list(
        all=True, filters={"label": [mine, f"regreen.kind={Kind.BUILD}"]}
    )
    assert {c.id for c in left} - before == set()


def _wheel() -> bytes:
    """A wheel with one module and one command."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr(
            "demo.py", "import sys\ndef main():\n    print('hello from ' + sys.prefix)\n"
        )
        info = "demo-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\ndemo = demo:main\n")
        tags = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{info}/WHEEL", tags)
        names = [
            "demo.py",
            *(f"{info}/{name}" for name in ("METADATA", "entry_points.txt", "WHEEL")),
        ]
        record = "".join(f"{name},,\n" for name in [*names, f"{info}/RECORD"])
        wheel.writestr(f"{info}/RECORD", record)
    return buffer.getvalue()


def test_the_machine_is_unchanged() -> None:
    assert HOST is None or not os.path.lexists(HOST.prefix / "x64.complete")
