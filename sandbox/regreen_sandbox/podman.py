"""Where Podman's Docker API differs from Docker's own (found with Podman 4.3).

It follows a link when asked for what is at a path, and makes missing folders, as root, when a file
is put into one; Docker does neither.
"""

from __future__ import annotations

import base64
import io
import json
import tarfile
from collections.abc import Mapping

from regreen_sandbox.engine import Engine

STAT = "X-Docker-Container-Path-Stat"
"""The header that tells what is at a path; see ``HEAD /containers/{id}/archive`` in the API."""
NOT_RUNNING = "container state improper"
NO_CONTAINER = ("No such container", "no container with name or ID")
_SYMLINK = 1 << 27  # os.ModeSymlink of Go's io/fs, which the header's mode is
_known: dict[str, bool] = {}


def is_podman(engine: Engine) -> bool:
    """Say whether Podman answers as the engine; asked once for each engine."""
    key = f"{engine.client.api.base_url} {engine.root}"
    if key not in _known:
        with engine.guard("asking for the engine's name"):
            parts = engine.client.version().get("Components") or ()
        _known[key] = any("podman" in str(part.get("Name")).lower() for part in parts)
    return _known[key]


def image_id(made: str) -> str:
    """Return the id that a commit answered, in the form that it can be asked for by."""
    return made if ":" in made else f"sha256:{made}"


def link_at(path: str, headers: Mapping[str, str]) -> bytes | None:
    """Return the tar of the link that is at ``path``; ``None`` when it is none."""
    try:
        stat = json.loads(base64.b64decode(headers.get(STAT, "")))
        if not int(stat["mode"]) & _SYMLINK:
            return None
    except (ValueError, KeyError, TypeError):
        return None
    entry = tarfile.TarInfo(path.rpartition("/")[2])
    entry.type, entry.linkname = tarfile.SYMTYPE, str(stat.get("linkTarget", ""))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(entry)
    return buffer.getvalue()
