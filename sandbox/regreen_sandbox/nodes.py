"""Putting the Node.js of JavaScript actions into an image, so that no sandbox has to be given it.

Each major version is one program at ``<externals>/node<major>/bin/node``, as GitHub's runner keeps
its own. All of them are one layer, an image of its own kept under a content key.
"""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from docker.models.images import Image

from regreen_sandbox import uses
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import ImageUnavailable
from regreen_sandbox.images import LOCK
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.locks import exclusive

__all__ = ["COMPLETE", "program", "with_nodes"]

REPOSITORY = "regreen/node"
COMPLETE = ".complete"
"""Lies beside ``bin`` once the program is there whole."""
_LAYOUT = "1"
_OWNER = 1001
_IN_MEMORY = 8 << 20


def program(externals: str, major: int) -> str:
    """Return where the Node.js of ``major`` lies below the folder ``externals``."""
    return f"{externals}/node{major}/bin/node"


def with_nodes(
    engine: Engine,
    image: str,
    binaries: Mapping[int, Path],
    externals: str,
    report: Callable[[str], None],
) -> str:
    """Return the id of ``image`` with a Node.js for each major version in ``binaries``.

    ``binaries`` are the programs, on this machine; ``externals`` is the folder that they go below.
    Raises `SandboxError`.
    """
    if not binaries:
        return image
    key = hashlib.sha256()
    for word in (_LAYOUT, image, externals, *(f"{m}={binaries[m].name}" for m in sorted(binaries))):
        key.update(word.encode() + b"\0")
    reference = f"{REPOSITORY}:{key.hexdigest()[:16]}"
    found = _get(engine, reference)
    if found is None:
        with exclusive(LOCK, report=report):
            found = _get(engine, reference)
            if found is None:
                found = _make(engine, image, binaries, externals, reference, report)
    uses.note(str(found.id))
    return str(found.id)


def _get(engine: Engine, reference: str) -> Image | None:
    try:
        with engine.guard("looking for an image"):
            return engine.client.images.get(reference)
    except ImageUnavailable:
        return None


def _make(
    engine: Engine,
    parent: str,
    binaries: Mapping[int, Path],
    externals: str,
    reference: str,
    report: Callable[[str], None],
) -> Image:
    started = time.monotonic()
    names = ", ".join(f"Node.js {major}" for major in sorted(binaries))
    with engine.guard(f"making a container to put {names} into"):
        config = engine.client.images.get(parent).attrs["Config"]
        container = engine.client.containers.create(
            parent,
            ["true"],
            entrypoint=[],
            network_mode="none",
            labels=Owner.current().labels(Kind.BUILD),
            use_config_proxy=False,
        )
    try:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            _pack(spool, binaries, externals)
            spool.seek(0)
            with engine.guard(f"copying {names}"):
                container.put_archive("/", spool)
        repository, _, tag = reference.rpartition(":")
        with engine.guard("committing an image"):
            container.commit(repository=repository, tag=tag, changes=_changes(config))
            made = engine.client.images.get(reference)
    finally:
        with engine.guard("removing a container"):
            container.remove(force=True, v=True)
    report(f"added {names} to the image: {time.monotonic() - started:.1f} s")
    return made


def _changes(config: Mapping[str, Any]) -> str:
    """Return the changes that label an image, with the commands of the one it was made from."""
    labels = Owner.current().labels(Kind.TOOL)
    lines = [f'LABEL "{name}"="{value}"' for name, value in labels.items()]
    lines += [
        f"{name.upper()} {json.dumps(config.get(name) or [])}" for name in ("Entrypoint", "Cmd")
    ]
    return "\n".join(lines)


def _pack(file: IO[bytes], binaries: Mapping[int, Path], externals: str) -> None:
    """Write a tar with the programs, and the folders that lead to them, the job's user's."""
    with tarfile.open(fileobj=file, mode="w") as tar:
        for major in sorted(binaries):
            place = posixpath.dirname(posixpath.dirname(program(externals, major)))
            for name in (externals, place, f"{place}/bin"):
                entry = _entry(name, 0o755)
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            entry = _entry(program(externals, major), 0o755)
            entry.size = binaries[major].stat().st_size
            with binaries[major].open("rb") as content:
                tar.addfile(entry, content)
            tar.addfile(_entry(f"{place}/{COMPLETE}", 0o644), io.BytesIO())


def _entry(path: str, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.strip("/"))
    entry.mode, entry.uid, entry.gid = mode, _OWNER, _OWNER
    return entry
