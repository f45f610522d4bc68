"""Settings: where they come from, which wins, and what a wrong one says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from regreen.config import load
from regreen.durations import seconds
from regreen.errors import UsageError
from regreen.model import SandboxOptions
from regreen_sandbox.limits import GIB, Limits


def test_files_lose_to_variables_and_pyproject_to_regreen_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.regreen]\nsuite = "a"\nregistry = "r/"\n')
    (tmp_path / "regreen.toml").write_text('suite = "b"\npids = 50\nmemory_gib = 1.5\n')
    settings = load(tmp_path, {"REGREEN_PIDS": "70", "HOME": "/home/you"})
    assert (settings.suite, settings.registry, settings.pids) == ("b", "r/", 70)
    assert settings.limits().memory_bytes == int(1.5 * GIB)
    assert settings.cache == Path("/home/you/.cache/regreen")
    assert load(tmp_path, {"XDG_CACHE_HOME": "/c"}).cache == Path("/c/regreen")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("suite = ", "not valid TOML"),
        ("siute = 'a'", "unknown setting 'siute'"),
        ("pids = 'many'", "pids is 'many', and no whole number"),
        ("memory_gib = 0.01", "from 0.0625 to"),
        ("memory_gib = inf", "memory_gib is inf"),
        ("pids = inf", "pids is inf"),
        ("cpus = nan", "cpus is nan"),
        ("pids = 10000000", "from 8 to 4.1943e.06"),
        ("pids = 0", "above 0"),
        ("image_source = 'moon'", "image_source is 'moon'"),
        ("sandbox = 3", "sandbox is no table"),
        ("sandbox.network = 'some'", "network is 'some'"),
        ("sandbox.hosts = [3]", "hosts is no list of texts"),
        ("sandbox.sudo = 'perhaps'", "sudo is 'perhaps'"),
        ("sandbox.jobs = 0", "above 0"),
        ("runners = 3", r"write tables|setting runners"),
        ("runners.gpu = 3", "'gpu' is to mean 3, which is no label and no image"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "regreen.toml").write_text(text)
    with pytest.raises(UsageError, match=words):
        load(tmp_path, {})


def test_another_tool_s_broken_pyproject_is_not_ours_to_complain_about(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("not toml")
    assert load(tmp_path, {}).suite == "bookworm"


@pytest.mark.parametrize(
    ("text", "wanted"), [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("0.5h", 1800)]
)
def test_durations(text: str, wanted: float) -> None:
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "soon", "10x", "0", "-5m", "m"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="no duration"):
        seconds(text)


def test_a_repository_s_files_do_not_choose_images_or_folders(tmp_path: Path) -> None:
    chosen = 'registry = "evil.invalid/"\nimage_source = "registry"\nsuite = "x"\ncache = "/x"\n'
    rights = 'network = "on"\nhosts = ["evil.invalid"]\nsudo = true\nruntime = "evil"\n'
    (tmp_path / "regreen.toml").write_text(f"{chosen}pids = 9\n[sandbox]\n{rights}")
    (tmp_path / ".git").mkdir()
    own = tmp_path / "own" / "regreen" / "regreen.toml"
    own.parent.mkdir(parents=True)
    own.write_text('sandbox.sudo = false\nsandbox.runtime = "runsc"\n')
    env = {"XDG_CACHE_HOME": "/c", "XDG_CONFIG_HOME": str(tmp_path / "own")}
    settings = load(tmp_path, env | {"REGREEN_SUITE": "trixie"})
    assert (settings.network, settings.hosts) == ("auto", ())
    assert (settings.sudo, settings.runtime) == (False, "runsc")
    assert (settings.registry, settings.image_source, settings.pids) == ("", "auto", 9)
    assert settings.suite == "trixie"
    assert settings.cache == Path("/c/regreen")


def test_rules_categories_and_values_to_hide_are_read(tmp_path: Path) -> None:
    text = (
        'mask = ["env:DEPLOY", "internal.example"]\n'
        '[[rules]]\nid = "x"\n[categories.mine]\nseverity = "low"\n'
    )
    (tmp_path / "regreen.toml").write_text(text, encoding="utf-8")
    settings = load(tmp_path, {"HOME": "/h"})
    assert settings.mask == ("env:DEPLOY", "internal.example")
    assert settings.rules == ({"id": "x"},)
    assert settings.categories == {"mine": {"severity": "low"}}
    assert load(tmp_path, {"REGREEN_MASK": "one\ntwo"}).mask == ("one", "two")


@pytest.mark.parametrize("text", ["mask = 3", "rules = 3", "rules = [3]", 'categories = "x"'])
def test_malformed_rules_are_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "regreen.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        load(tmp_path, {"HOME": "/h"})


def test_the_sandbox_s_settings_from_files_variables_and_flags(tmp_path: Path) -> None:
    (tmp_path / "regreen.toml").write_text(
        'sandbox.network = "packages"\nsandbox.hosts = ["a.example"]\nsandbox.pids = 70\n'
    )
    settings = load(tmp_path, {"REGREEN_SUDO": "no", "REGREEN_JOBS": "3", "HOME": "/h"})
    assert (settings.network, settings.hosts, settings.pids) == ("packages", ("a.example",), 70)
    assert (settings.sudo, settings.jobs) == (False, 3)
    flags = SandboxOptions(network="on", hosts=("b.example",), sudo=True, image="alpine", jobs=1)
    flagged = settings.given(flags)
    assert (flagged.network, flagged.hosts) == ("on", ("a.example", "b.example"))
    assert (flagged.sudo, flagged.image, flagged.jobs) == (True, "alpine", 1)
    assert settings.given(SandboxOptions()) == settings
    with pytest.raises(UsageError, match="network is"):
        settings.given(SandboxOptions(network="some"))
    names = load(tmp_path, {"REGREEN_HOSTS": "a.example, b.example"}).hosts
    assert names == ("a.example", "b.example")


def test_a_repository_s_files_lower_the_bounds_and_do_not_raise_them(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    raised = "memory_gib = 100000.0\npids = 4000000\ndisk_gib = 99999.0\njobs = 1000\n"
    (tmp_path / "regreen.toml").write_text(raised)
    settings = load(tmp_path, {"HOME": str(tmp_path)})
    assert settings.limits() == Limits()
    assert settings.jobs == len(os.sched_getaffinity(0))
    (tmp_path / "regreen.toml").write_text("memory_gib = 0.25\npids = 64\n")
    lowered = load(tmp_path, {"HOME": str(tmp_path)}).limits()
    assert (lowered.memory_bytes, lowered.pids) == (GIB // 4, 64)
    assert load(tmp_path, {"HOME": str(tmp_path), "REGREEN_PIDS": "9000"}).pids == 9000


@pytest.mark.parametrize("text", ["tool = 5", "x = " + "[" * 5000])
def test_a_hostile_pyproject_is_no_bug(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert load(tmp_path, {"HOME": str(tmp_path)}).suite == "bookworm"


def test_a_table_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nregreen = 5\n")
    with pytest.raises(UsageError, match="no table"):
        load(tmp_path, {"HOME": str(tmp_path)})


def test_a_repository_maps_runners_to_regreen_s_own_images_only(tmp_path: Path) -> None:
    own = tmp_path / "config/regreen/regreen.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[runners]\nGPU = "registry.example/gpu:1"\nfast = "ubuntu-22.04"\n')
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.regreen.runners]\ngpu = "ubuntu-24.04"\nOurs = "Ubuntu-24.04"\n'
        'theirs = "registry.example/anything"\n'
    )
    settings = load(tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    assert settings.runners == {
        "gpu": "registry.example/gpu:1",
        "fast": "ubuntu-22.04",
        "ours": "Ubuntu-24.04",
    }
    assert load(tmp_path, {}).runners == {"gpu": "ubuntu-24.04", "ours": "Ubuntu-24.04"}
