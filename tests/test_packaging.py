"""One wheel ships the three packages, typed, with what they need beside them, and nothing else."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Where a file of the source tree goes in the wheel.
SHIPPED = {
    "regreen/": "regreen/",
    "hooks/regreen_hooks/": "regreen_hooks/",
    "sandbox/regreen_sandbox/": "regreen_sandbox/",
    "sandbox/images/": "regreen_sandbox/_images/",
}


def source_files() -> list[str]:
    """Return what a commit of this tree would hold, else, outside a clone, what lies here."""
    if not (ROOT / ".git").exists():
        return [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    listed = subprocess.run(
        ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"),
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.split("\0")
    return [name for name in listed if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with wheel and sdist: ``REGREEN_DIST``, or built here."""
    if given := os.environ.get("REGREEN_DIST"):
        return Path(given)
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        (sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)),
        check=True,
        timeout=250,
    )
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_exactly_the_three_packages(wheel: Path) -> None:
    expected = {
        target + name.removeprefix(source)
        for name in source_files()
        for source, target in SHIPPED.items()
        if name.startswith(source)
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected
    assert {"regreen/py.typed", "regreen_hooks/py.typed", "regreen_sandbox/py.typed"} < names


def test_the_wheel_installs_two_commands(unpacked: Path) -> None:
    (path,) = unpacked.glob("*.dist-info/entry_points.txt")
    points = ConfigParser()
    points.read(path)
    assert dict(points["console_scripts"]) == {
        "regreen": "regreen.cli:main",
        "regreen-syntax": "regreen_hooks.syntax:main",
    }


def test_the_metadata_names_licence_and_python(unpacked: Path) -> None:
    (path,) = unpacked.glob("*.dist-info/METADATA")
    metadata = email.message_from_string(path.read_text("utf-8"))
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("MIT", ">=3.11")
    assert metadata["License-File"] == "LICENSE"


def test_every_shipped_module_and_the_recipe_load_from_the_wheel(unpacked: Path) -> None:
    script = f"""
import importlib, pkgutil
for top in ("regreen", "regreen_hooks", "regreen_sandbox"):
    package = importlib.import_module(top)
    assert package.__path__[0].startswith({str(unpacked)!r}), package.__path__
    for module in pkgutil.walk_packages(package.__path__, top + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
recipe = importlib.import_module("regreen_sandbox.recipe")
assert recipe.read_recipe().packages
"""
    done = subprocess.run(
        (sys.executable, "-c", script),
        env=os.environ | {"PYTHONPATH": str(unpacked)},
        cwd=unpacked,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout


def test_the_sdist_holds_what_a_packager_needs(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in ("LICENSE", "README.md", "pyproject.toml", "noxfile.py", "tests/conftest.py"):
        assert needed in names
    assert not [name for name in names if name.startswith((".ci/", ".nox/", ".venv/", ".git/"))]
