"""Files and folders put into a running container as its job's user."""

from __future__ import annotations

import posixpath
import uuid

from regreen_sandbox import archives
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.execution import Command, ExecResult, execute
from regreen_sandbox.inside import Inside
from regreen_sandbox.placing import place

_HOUSEKEEPING_SECONDS = 600.0
_TREE_FILES = 2_000_000
_UNPACK = """\
mkdir -p -- "$2" && "$3" -xof "$1" -C "$2"
code=$?
rm -f -- "$1"
exit $code
"""


def make_folders(inside: Inside, *paths: str) -> None:
    """Make folders and those on the way to them. Raises `SandboxError`."""
    if not inside.facts.mkdir:
        for path in paths:
            place(inside, path)
        return
    made = _sh(inside, 'exec "$@"', inside.facts.mkdir, "-p", "--", *paths)
    if not made.ok:
        said = made.output.decode(errors="replace").strip()
        raise SandboxError(
            f"a folder cannot be made in the container: {said}",
            next_step=f"choose a folder that {_user(inside)} can write to",
        )


def put(inside: Inside, path: str, content: archives.BinarySource, mode: int) -> None:
    """Write a file, replacing what is there, with the folders on the way. Raises `SandboxError`."""
    with archives.as_file(content) as source:
        begin_at = source.tell()
        where = (inside.engine, inside.container, path)
        if archives.put_file(*where, source, mode, inside.owner):
            return
        make_folders(inside, posixpath.dirname(path))
        source.seek(begin_at)
        if not archives.put_file(*where, source, mode, inside.owner):
            raise SandboxError(
                f"{path} cannot be written in the container",
                next_step=f"choose a folder that {_user(inside)} can write to",
            )


def put_tree(inside: Inside, path: str, tar: archives.BinarySource) -> None:
    """Check a tar and unpack it into a folder. Raises `UnsafeArchive`, `SandboxError`."""
    facts = inside.facts
    with archives.as_file(tar) as source:
        begin_at = source.tell()
        size = inside.limits.disk_bytes
        for _ in archives.checked(source, files=_TREE_FILES, bytes=size):
            pass
        source.seek(begin_at)
        if not (facts.tar and facts.mkdir):
            place(inside, path, source)
            return
        staged = f"/tmp/.regreen-{uuid.uuid4().hex}.tar"
        put(inside, staged, source, 0o600)
    result = _sh(inside, _UNPACK, staged, path, facts.tar)
    if not result.ok:
        said = result.output.decode(errors="replace").strip()[-500:]
        raise SandboxError(
            f"a tree could not be unpacked into {path}: {said}", next_step="regreen doctor"
        )


def _user(inside: Inside) -> str:
    return f"uid {inside.owner}" if inside.user else "the image's user"


def _sh(inside: Inside, script: str, *arguments: str) -> ExecResult:
    argv = ("/bin/sh", "-c", script, "sh", *arguments)
    environment = {"PATH": "/usr/bin:/bin"}
    return execute(inside, Command(argv, environment, "/", _HOUSEKEEPING_SECONDS), None)
