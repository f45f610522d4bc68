"""Where the host's programs are."""

from __future__ import annotations

import os
import shutil

_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def search_path() -> str:
    """Return ``PATH`` with the folders added that only root's ordinarily has."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *_SBIN])


def find_program(name: str) -> str | None:
    """Return the path of a program that this machine has, else ``None``."""
    return shutil.which(name, path=search_path())
