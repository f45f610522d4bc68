"""Runs in the sandbox: list the distributions that are installed where a job's tools look.

Called as ``python3 - FOLDER...`` with the repository and folders to look below. Prints a line of
JSON for each distribution: name, version, its folder, the modules it brings, its requirements,
whether it was installed from a folder. Nothing is imported; standard library only, from Python 3.7.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from email.parser import BytesHeaderParser
from pathlib import Path

_DEPTH = 7
_BELOW = (".tox", ".nox", ".venv", "venv", ".hatch", ".pdm-build", "env")
_HOME = (
    ".local", ".cache/pypoetry/virtualenvs", ".cache/hatch", ".cache/uv/environments-v2",
    ".cache/pre-commit", ".virtualenvs", "pipx",
)  # fmt: skip
_ASK = "import sys; print('\\n'.join(sys.path))"


def site_folders(roots: list[Path]) -> list[Path]:
    """Return the ``site-packages`` folders of the pythons on the path and below ``roots``."""
    found: dict[Path, None] = {}
    for name in ("python", "python3"):
        try:
            done = subprocess.run([name, "-c", _ASK], stdout=subprocess.PIPE, timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            continue
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            if line.endswith("site-packages") and Path(line).is_dir():
                found[Path(line).resolve()] = None
    for root in roots:
        for folder, names, _ in os.walk(root):
            path = Path(folder)
            if path.name == "site-packages":
                found[path.resolve()] = None
                names[:] = []
            elif len(path.parts) - len(root.parts) >= _DEPTH:
                names[:] = []
    return list(found)


def distributions(folder: Path) -> list[dict[str, object]]:
    """Return what is installed in one ``site-packages`` folder."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".dist-info", ".egg-info")):
            one = distribution(path)
            if one is not None:
                found.append({**one, "folder": str(folder)})
    return found


def distribution(path: Path) -> dict[str, object] | None:
    """Return what a ``.dist-info`` folder tells ("Recording installed projects")."""
    metadata = next((p for p in (path / "METADATA", path / "PKG-INFO", path) if p.is_file()), None)
    if metadata is None:
        return None
    head = BytesHeaderParser().parsebytes(metadata.read_bytes())
    if not head["Name"] or not head["Version"]:
        return None
    return {
        "name": str(head["Name"]),
        "version": str(head["Version"]),
        "modules": modules(path),
        "requires": [str(one) for one in head.get_all("Requires-Dist", [])],
        "local": (path / "direct_url.json").is_file(),
    }


def modules(path: Path) -> list[str]:
    """Return the top-level modules of a distribution."""
    record = path / "RECORD"
    if not record.is_file():
        top = path / "top_level.txt"
        return top.read_text("utf-8").split() if top.is_file() else []
    found: dict[str, None] = {}
    for line in record.read_text("utf-8", "replace").splitlines():
        first = line.split(",")[0].split("/")[0]
        name = re.sub(r"(?:\.[\w-]+)?\.(?:py|so|pyd)$", "", first)
        if re.fullmatch(r"\w+", name) and name != "__pycache__":
            found[name] = None
    return list(found)


def main(repository: str) -> None:
    """Print what is installed."""
    roots = [Path(repository) / name for name in _BELOW]
    roots += [Path.home() / name for name in _HOME]
    for folder in site_folders([root for root in roots if root.is_dir()]):
        for one in distributions(folder):
            sys.stdout.write(json.dumps(one) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
