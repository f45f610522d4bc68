"""Real code from the package index, mended here and checked where regreen has no hand in it."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import requests
from pypi_simple import PyPISimple

from regreen_sandbox.index import upstream_index
from tests.recovery.conftest import Regreen
from tests.repositories import commit, git

pytestmark = [pytest.mark.docker, pytest.mark.network]

TOOLS = ("black==24.10.0", "isort==5.13.2")
CHECK = "isort --check-only docopt.py && black --check docopt.py"
WORKFLOW = f"""\
on: push
jobs:
  lint:
    runs-on: ubuntu-22.04
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.x"}}
      - run: pip install {" ".join(TOOLS)}
      - run: {CHECK}
"""


def source(project: str, version: str, folder: Path) -> None:
    """Unpack a source distribution of the index; nothing of it is run."""
    upstream = upstream_index()
    with requests.Session() as session, PyPISimple(upstream.simple_url, session=session) as index:
        if upstream.cert is not None:
            session.verify = str(upstream.cert)
        [package] = [
            p
            for p in index.get_project_page(project).packages
            if p.version == version and p.package_type == "sdist"
        ]
        data = session.get(package.url, timeout=60).content
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")


def test_with_the_patch_the_job_s_own_command_passes_elsewhere(
    regreen: Regreen, tmp_path: Path
) -> None:
    source("docopt", "0.6.2", tmp_path)
    repository = tmp_path / "docopt-0.6.2"
    commit(repository, {".github/workflows/lint.yml": WORKFLOW})
    ended = regreen("fix", "--repo", repository, "--repeat", "1", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["fixers"] == ["isort", "black"]

    plain, venv = tmp_path / "plain", tmp_path / "venv"
    git(tmp_path, "clone", "-q", str(repository), str(plain))
    git(plain, "am", ended.json["patch"])
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, timeout=120)
    subprocess.run([venv / "bin" / "pip", "install", "-q", *TOOLS], check=True, timeout=240)
    path = f"{venv}/bin:/usr/bin:/bin"
    checked = subprocess.run(
        ["bash", "-e", "-c", CHECK], cwd=plain, env={"PATH": path}, timeout=60, check=False
    )
    assert checked.returncode == 0
