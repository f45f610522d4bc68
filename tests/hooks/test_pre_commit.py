"""``regreen-syntax`` as a user meets it: through pre-commit, installed from a clone of regreen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2]
pytestmark = [pytest.mark.network, pytest.mark.timeout(600)]


def run(cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500
    )


def git(cwd: Path, *arguments: str) -> str:
    done = run(cwd, "git", *arguments)
    assert done.returncode == 0, done.stdout
    return done.stdout.strip()


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a repository that holds this very source tree, and its commit."""
    clone = tmp_path_factory.mktemp("regreen")
    git(clone, "init", "--quiet")
    listed = git(SOURCE, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        source, target = SOURCE / name, clone / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "as it is")
    return clone, git(clone, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def user(hooks: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a user's repository with the hook installed and one commit that passed it."""
    clone, commit = hooks
    repository = tmp_path_factory.mktemp("user")
    git(repository, "init", "--quiet")
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {clone}\n  rev: {commit}\n  hooks:\n  - id: regreen-syntax\n"
    )
    installed = run(repository, sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    assert installed.returncode == 0, installed.stdout
    (repository / "good.py").write_text("x = 1\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--message", "good")
    return repository


def test_a_broken_file_is_not_committed(user: Path) -> None:
    before = git(user, "rev-parse", "HEAD")
    (user / "bad.py").write_text("def f(:\n")
    git(user, "add", "bad.py")
    refused = run(user, "git", "commit", "--message", "bad")
    assert refused.returncode == 1
    assert "bad.py:1:7: syntax_error: invalid syntax" in refused.stdout
    assert git(user, "rev-parse", "HEAD") == before
    git(user, "rm", "--force", "--quiet", "bad.py")


def test_what_is_staged_counts_and_not_the_work_tree(user: Path) -> None:
    (user / "good.py").write_text("x = 2\n")
    git(user, "add", "good.py")
    (user / "good.py").write_text("x = (\n")
    git(user, "commit", "--message", "staged is right")
    assert (user / "good.py").read_text() == "x = (\n"
    git(user, "checkout", "--", "good.py")


def test_a_half_resolved_merge_is_not_committed(user: Path) -> None:
    doc = user / "doc.py"
    doc.write_text('"""\none\n"""\n')
    git(user, "add", "doc.py")
    git(user, "commit", "--message", "doc")
    git(user, "checkout", "--quiet", "-b", "theirs")
    doc.write_text('"""\ntheirs\n"""\n')
    git(user, "commit", "--all", "--message", "theirs")
    git(user, "checkout", "--quiet", "-")
    doc.write_text('"""\nours\n"""\n')
    git(user, "commit", "--all", "--message", "ours")
    assert run(user, "git", "merge", "theirs").returncode == 1
    git(user, "add", "doc.py")
    refused = run(user, "git", "commit", "--message", "merged")
    assert refused.returncode == 1
    assert "doc.py:2:1: syntax_error: a merge conflict is still in this file" in refused.stdout
    git(user, "merge", "--abort")
