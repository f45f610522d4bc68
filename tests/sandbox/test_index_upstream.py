"""Which index this machine uses, and what of it may be shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from regreen_sandbox.errors import SandboxError
from regreen_sandbox.index import Upstream, upstream_index
from regreen_sandbox.index.upstream import parse_settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


def test_without_a_setting_it_is_the_usual_one() -> None:
    assert upstream_index() == Upstream(PYPI_SIMPLE_ENDPOINT, None)


def test_a_configuration_file_counts_and_the_environment_counts_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = http://user:pa%40ss@index.invalid/a/simple\ncert = /some/ca.pem\n"
        "extra-index-url = http://other.invalid/\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    found = upstream_index()
    assert found.address == "http://index.invalid/a/simple/"
    assert found.credentials == ("user", "pa@ss")
    assert found.cert == Path("/some/ca.pem")
    assert "user" not in repr(found)
    monkeypatch.setenv("PIP_INDEX_URL", "https://env.invalid/simple/")
    assert upstream_index().simple_url == "https://env.invalid/simple/"


def test_an_index_in_a_folder_is_refused_with_a_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "file:///srv/simple")
    with pytest.raises(SandboxError) as caught:
        upstream_index()
    assert "pip config set" in caught.value.next_step


def test_the_command_s_own_section_wins_over_the_global_one() -> None:
    listing = (
        "install.index-url='https://two.invalid/'\nglobal.index-url='https://one.invalid/'\n"
        "freeze.index-url='https://no.invalid/'\nnoise\n:env:.cert='/x'\nglobal.cert=__import__('os')\n"
    )
    assert parse_settings(listing) == {"index-url": "https://two.invalid/", "cert": "/x"}


def test_a_pip_in_the_current_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip").mkdir()
    mark = tmp_path / "was-run"
    (tmp_path / "pip" / "__init__.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (tmp_path / "pip" / "__main__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    upstream_index()
    assert not mark.exists()
