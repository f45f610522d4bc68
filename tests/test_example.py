"""The bundled red run is what it says: a real history, and a log that its tools would print."""

from __future__ import annotations

import re
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from make_red_run import (
    BUNDLE,
    INSTALL,
    LINT,
    LOG,
    STARTED,
    build_repository,
    install_linters,
    lint,
)

LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})\dZ (.*)\n", re.DOTALL)


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ("git", "-C", str(repository), *arguments),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    ).stdout.strip()


def lines() -> list[str]:
    """Return the log's lines without their times."""
    matches = map(LINE.fullmatch, LOG.read_text("utf-8-sig").splitlines(keepends=True))
    return [match.group(2) for match in matches if match]


def step_output(script: str) -> list[str]:
    """Return what the log says that the ``run`` step with ``script`` printed."""
    log = lines()
    start = log.index("##[endgroup]", log.index(f"##[group]Run {script.splitlines()[0]}")) + 1
    end = next(i for i in range(start, len(log)) if log[i].startswith(("##[group]", "##[error]")))
    return log[start:end]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    target = tmp_path / "tidetable"
    git(tmp_path, "clone", "--quiet", str(BUNDLE), str(target))
    return target


@pytest.fixture(scope="module")
def linters(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return an environment with the job's linters, and what pip printed."""
    environment = tmp_path_factory.mktemp("linters") / "venv"
    return environment, install_linters(environment)


def test_the_bundle_is_a_whole_history(repository: Path) -> None:
    git(repository, "bundle", "verify", "--quiet", str(BUNDLE))
    git(repository, "fsck", "--strict")
    assert git(repository, "rev-list", "--count", "main") == "4"
    assert git(repository, "status", "--porcelain") == ""


def test_the_patches_make_the_bundles_commit(repository: Path, tmp_path: Path) -> None:
    assert build_repository(tmp_path / "anew") == git(repository, "rev-parse", "main")


def test_the_log_is_of_the_bundles_commit(repository: Path) -> None:
    log = lines()
    assert log[log.index("[command]/usr/bin/git log -1 --format=%H") + 1] == git(
        repository, "rev-parse", "main"
    )


def test_the_log_shows_the_workflows_steps(repository: Path) -> None:
    workflow = (repository / ".github" / "workflows" / "ci.yml").read_text()
    log = lines()
    for script in (INSTALL, LINT):
        for line in script.splitlines():
            assert line in workflow
            assert f"\x1b[36;1m{line}\x1b[0m" in log


def test_the_log_has_the_runners_form() -> None:
    raw = LOG.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    matches = [LINE.fullmatch(line) for line in raw.decode("utf-8-sig").splitlines(keepends=True)]
    times = [datetime.fromisoformat(f"{match.group(1)}+00:00") for match in matches if match]
    assert len(times) == len(matches)
    assert times == sorted(times)
    assert times[0] > STARTED
    assert lines().count("##[error]Process completed with exit code 1.") == 1


@pytest.mark.network
def test_the_log_says_what_the_tools_print(repository: Path, linters: tuple[Path, str]) -> None:
    environment, installed = linters
    assert installed.splitlines()[-1] == step_output(INSTALL)[-1]
    output, exit_code = lint(repository, environment)
    assert exit_code == 1
    # isort walks a folder in the file system's order.
    assert sorted(output.splitlines()) == sorted(step_output(LINT))


@pytest.mark.network
def test_the_parents_were_green(repository: Path, linters: tuple[Path, str]) -> None:
    for commit in ("main~2", "main~1"):
        git(repository, "checkout", "--quiet", commit)
        assert lint(repository, linters[0])[1] == 0


@pytest.mark.network
def test_each_fix_uncovers_the_next_failure(repository: Path, linters: tuple[Path, str]) -> None:
    environment, _ = linters
    for tool, complaint in (
        (("isort", "src"), "Imports are incorrectly sorted"),
        (("black", "src"), "would reformat"),
        (("ruff", "check", "--fix", "src"), "F401 [*] `os` imported but unused"),
    ):
        output, exit_code = lint(repository, environment)
        assert exit_code == 1
        assert complaint in output
        program = environment / "bin" / tool[0]
        subprocess.run(
            (program, *tool[1:]), cwd=repository, check=True, timeout=60, capture_output=True
        )
    assert lint(repository, environment)[1] == 0
    assert {line.split("/")[0] for line in git(repository, "diff", "--name-only").splitlines()} == {
        "src"
    }
