"""Which Python a job means, and which of this machine's Pythons are Pythons at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from regreen_sandbox.hostpython import find_pythons
from regreen_sandbox.pythonspec import Request, RequestUnreadable, choose

HERE = [Version(v) for v in ("2.7.18", "3.8.18", "3.9.18", "3.10.13", "3.11.7", "3.12.1", "3.13.0")]


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ("3.12", "3.12.1"),
        ("3.1", None),
        ("3.10", "3.10.13"),
        ("3.x", "3.13.0"),
        ("3", "3.13.0"),
        ("3.9.x", "3.9.18"),
        ("*", "3.13.0"),
        ("v3.11", "3.11.7"),
        ("cpython-3.11", "3.11.7"),
        ("3.8.18", "3.8.18"),
        (">=3.10 <3.13", "3.12.1"),
        (">=3.10,<3.13", "3.12.1"),
        (">= 3.9 < 3.11", "3.10.13"),
        (">3.12", "3.13.0"),
        ("<=3.10", "3.10.13"),
        ("<3.10", "3.9.18"),
        ("~3.11", "3.11.7"),
        ("~3.11.2", "3.11.7"),
        ("^3.9", "3.13.0"),
        ("^2.7", "2.7.18"),
        ("3.8 - 3.10", "3.10.13"),
        ("3.8 || 3.11", "3.11.7"),
        ("~=3.11.0", "3.11.7"),
        ("==3.9.*", "3.9.18"),
        ("!=3.13.*", "3.12.1"),
        ("3.13-dev", "3.13.0"),
        ("3.14-dev", None),
        ("3.14.0-alpha - 3.14", None),
        ("4", None),
    ],
)
def test_the_newest_version_asked_for_is_chosen(asked: str, version: str | None) -> None:
    request = Request.parse(asked)
    chosen = choose(request, HERE)
    assert chosen == (None if version is None else Version(version))
    assert chosen is None or request.admits(chosen)


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ("3.12.4", "3.12.1"),
        ("3.8.3", "3.8.18"),
        (">=3.12.5 <3.13", "3.12.1"),
        ("~3.9.19", "3.9.18"),
    ],
)
def test_another_patch_release_of_the_same_minor_stands_in(asked: str, version: str) -> None:
    request = Request.parse(asked)
    assert choose(request, HERE) == Version(version)
    assert not request.admits(Version(version))


def test_a_pre_release_is_taken_only_when_asked_for() -> None:
    here = [Version("3.13.0"), Version("3.14.0b2")]
    assert choose(Request.parse("3.x"), here) == here[0]
    assert choose(Request.parse("3.14"), here) is None
    assert choose(Request.parse("3.14-dev"), here) == here[1]
    assert choose(Request.parse("3.14.0-beta.2"), here) == here[1]
    assert choose(Request.parse("3.14.0-alpha - 3.14"), here) == here[1]


@pytest.mark.parametrize("asked", ["pypy-3.9", "pypy3.10-v7.3", "graalpy-24", "3.13t", "3.14t-dev"])
def test_other_pythons_are_refused_by_name(asked: str) -> None:
    with pytest.raises(RequestUnreadable, match=asked):
        Request.parse(asked)


@given(st.text(max_size=12))
def test_any_text_is_a_request_or_refused(text: str) -> None:
    try:
        request = Request.parse(text)
    except RequestUnreadable:
        return
    choose(request, HERE)


@given(st.sampled_from(HERE))
def test_a_version_asks_for_itself(version: Version) -> None:
    assert choose(Request.parse(str(version)), HERE) == version


def _install(prefix: Path, minor: str) -> None:
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / f"python{minor}").write_text("#!/bin/sh\n")
    (prefix / "bin" / f"python{minor}").chmod(0o755)
    bundled = prefix / "lib" / f"python{minor}" / "ensurepip" / "_bundled"
    bundled.mkdir(parents=True)
    (prefix / "lib" / f"python{minor}" / "os.py").touch()


def test_only_whole_installations_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.delenv("UV_PYTHON_INSTALL_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("RUNNER_TOOL_CACHE", str(tmp_path / "cache"))
    pyenv, uv = tmp_path / "pyenv" / "versions", tmp_path / "data" / "uv" / "python"
    _install(pyenv / "3.12.1", "3.12")
    _install(pyenv / "3.9.9", "3.9")
    _install(pyenv / "3.11.5", "3.11")
    (pyenv / "3.11.5" / "pyvenv.cfg").touch()
    _install(pyenv / "pypy3.9-7.3.16", "3.9")
    (pyenv / "3.10.1").mkdir()
    (pyenv / "my-project").symlink_to(pyenv / "3.12.1")
    _install(pyenv / "3.14-dev", "3.14")
    header = pyenv / "3.14-dev" / "include" / "python3.14" / "patchlevel.h"
    header.parent.mkdir(parents=True)
    header.write_text('#define PY_VERSION      "3.14.0a7+"\n')
    machine = os.uname().machine
    _install(uv / f"cpython-3.9.9-linux-{machine}-gnu", "3.9")
    _install(uv / f"cpython-3.13.1+freethreaded-linux-{machine}-gnu", "3.13")
    _install(uv / f"cpython-3.13.2-linux-{machine}-musl", "3.13")
    found = [(python.version, python.source) for python in find_pythons()]
    assert found == [
        ("3.14.0a7", "pyenv"),
        ("3.12.1", "pyenv"),
        ("3.9.9", "uv"),
        ("3.9.9", "pyenv"),
    ]
