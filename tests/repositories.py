"""Real git repositories for tests, made with git itself."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

_WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")


def git(folder: Path, *words: str) -> str:
    """Run git in ``folder`` and return its output; fails the test when git fails."""
    done = subprocess.run(["git", *_WHO, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path, files: Mapping[str, str | bytes], message: str = "change") -> str:
    """Write ``files``, commit them and return the commit's id; makes the repository if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def fingerprint(folder: Path) -> dict[str, bytes | str]:
    """Return every file and link of ``folder``, ``.git`` included, by name with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else str(path.readlink())
        for path in sorted(folder.rglob("*"))
        if path.is_file() or path.is_symlink()
    }
