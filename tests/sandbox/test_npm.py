"""Which registry npm comes from: what the user's own npm is configured for, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from regreen_sandbox.errors import ImageUnavailable
from regreen_sandbox.npm import fetch_npm

RELEASE = "npm 1.0.0 sha512-AAAA"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without npm's settings, and a search path without npm."""
    for name in ("registry", "userconfig"):
        monkeypatch.delenv(f"npm_config_{name}", raising=False)
        monkeypatch.delenv(f"NPM_CONFIG_{name.upper()}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("regreen_sandbox.programs._SBIN", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def told(home: Path, address: str) -> None:
    npm = home / "bin" / "npm"
    npm.write_text(f"#!/bin/sh\n[ \"$*\" = 'config get registry' ] && echo {address}\n")
    npm.chmod(0o755)


def test_without_any_configuration_nothing_is_asked(bare: Path) -> None:
    with pytest.raises(ImageUnavailable, match="npm config set registry"):
        fetch_npm(RELEASE)
    told(bare, "undefined")
    with pytest.raises(ImageUnavailable, match="npm config set registry"):
        fetch_npm(RELEASE)


def test_the_machine_s_npm_is_asked_and_its_settings_come_first(
    bare: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/told/npm/-/npm-1.0.0.tgz").respond_with_data(b"other")
    httpserver.expect_request("/own/npm/-/npm-1.0.0.tgz").respond_with_data(b"other")
    told(bare, httpserver.url_for("/told/"))
    with pytest.raises(ImageUnavailable, match="not what the recipe says"):
        fetch_npm(RELEASE)
    (bare / ".npmrc").write_text(f"registry = {httpserver.url_for('/own/')}\n")
    with pytest.raises(ImageUnavailable, match="not what the recipe says"):
        fetch_npm(RELEASE)
    assert [request.path for request, _ in httpserver.log] == [
        "/told/npm/-/npm-1.0.0.tgz",
        "/own/npm/-/npm-1.0.0.tgz",
    ]
