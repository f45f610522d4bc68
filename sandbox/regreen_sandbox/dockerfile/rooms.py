"""Where a stage of a Dockerfile is built: a sandbox if it runs anything, else a container at rest.

A stage that only copies needs no shell in its image, which is how the smallest images are made.
"""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from regreen_sandbox.archives import get_file, get_tree, header
from regreen_sandbox.container import Sandbox, start
from regreen_sandbox.dockerfile.context import Context, Item
from regreen_sandbox.dockerfile.patterns import has_wildcard
from regreen_sandbox.inside import send_all
from regreen_sandbox.labels import Kind, label_changes
from regreen_sandbox.limits import GIB
from regreen_sandbox.making import finish
from regreen_sandbox.posture import Posture
from regreen_sandbox.starting import remove_container

_NAMES_BYTES = 1 << 20
_MOST_LINKS = 20
_FOLDER = stat.S_IFDIR | 0o755


@dataclass(frozen=True, slots=True)
class Room:
    """One stage's container; ``sandbox`` is there when commands can be run in it."""

    posture: Posture
    container: str
    sandbox: Sandbox | None

    def at(self, path: str) -> tuple[str, tarfile.TarInfo | None]:
        """Return what is at ``path``, links followed, and where that is."""
        entry = None
        for _ in range(_MOST_LINKS):
            if path.rstrip("/") == "":
                entry = tarfile.TarInfo("/")
                entry.type = tarfile.DIRTYPE
                return "/", entry
            entry = header(self.posture.engine, self.container, path)
            if entry is None or not entry.issym():
                break
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.linkname))
        return path, entry

    def tree(self, path: str) -> Context | None:
        """Return what lies in the folder at ``path``; ``None`` when there is none."""
        wanted = f"{path.rstrip('/')}/."
        content = get_tree(self.posture.engine, self.container, wanted, GIB)
        return None if content is None else Context.of_tar(content, owners=True)

    def raw(self, path: str) -> bytes:
        """Return what is at ``path`` as a tar."""
        return get_tree(self.posture.engine, self.container, path, GIB) or b""

    def put(self, files: Iterable[tuple[str, Item]]) -> None:
        """Put files, folders and links at absolute paths; links on the way are followed."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path, item in files:
                entry = tarfile.TarInfo(path.strip("/"))
                entry.mode, entry.uid, entry.gid = item.mode & 0o7777, item.uid, item.gid
                entry.mtime = item.mtime or int(time.time())
                if item.is_folder:
                    entry.type = tarfile.DIRTYPE
                    tar.addfile(entry)
                elif item.is_link:
                    entry.type, entry.linkname = tarfile.SYMTYPE, item.link
                    tar.addfile(entry)
                else:
                    entry.size = item.size
                    with item.opened() as content:
                        tar.addfile(entry, content)
        buffer.seek(0)
        engine = self.posture.engine
        with engine.guard("writing into an image that is built"):
            engine.client.api.put_archive(self.container, "/", buffer)

    def user(self, name: str) -> tuple[int, int, str] | None:
        """Return a user's number, group and home folder, as passwd(5) has them.

        A number that it does not have is a user of its own; ``None`` for a name that it lacks.
        """
        for row in self._rows("/etc/passwd", 6):
            if name in (row[0], row[2]) and row[2].isdecimal() and row[3].isdecimal():
                return int(row[2]), int(row[3]), row[5]
        return (int(name), 0, "/") if name.isdecimal() else None

    def group(self, name: str) -> int | None:
        """Return a group's number from the image's file of groups."""
        if name.isdecimal():
            return int(name)
        rows = self._rows("/etc/group", 3)
        return next((int(row[2]) for row in rows if row[0] == name and row[2].isdecimal()), None)

    def _rows(self, file: str, columns: int) -> list[list[str]]:
        content = get_file(self.posture.engine, self.container, file, _NAMES_BYTES) or b""
        rows = [line.split(":") for line in content.decode(errors="replace").splitlines()]
        return [row for row in rows if len(row) >= columns]

    def settle(self) -> None:
        """End what a command left running, as it ends with its container in Docker."""
        if self.sandbox is not None and self.sandbox.processes():
            send_all(self.sandbox.inside, "KILL")

    def commit(self, labels: Mapping[str, str], changes: list[str]) -> str:
        """Make an image of it as it is now; return its id."""
        engine = self.posture.engine
        told = label_changes(labels)

        def make() -> str:
            with engine.guard("making an image"):
                made = engine.client.api.commit(self.container, changes=[*told, *changes])
            return str(made["Id"])

        return finish(make, otherwise=lambda: None)


def open_room(posture: Posture, image: str, resources: ExitStack, *, runs: bool) -> Room:
    """Return a container of ``image``, removed with ``resources``. Raises `SandboxError`."""
    if runs:
        sandbox = start(
            posture.engine,
            image,
            limits=posture.limits,
            owner=posture.owner,
            network=posture.network,
            profile=posture.profile,
            runtime=posture.runtime,
        )
        resources.callback(sandbox.close)
        return Room(posture, sandbox.name, sandbox)
    engine, name = posture.engine, f"regreen-{uuid.uuid4().hex}"
    resources.callback(remove_container, engine, name)

    def make() -> None:
        with engine.guard(f"making a container of {image[:19]}"):
            engine.client.api.create_container(
                image,
                ["/"],
                name=name,
                entrypoint=[],
                labels=posture.owner.labels(Kind.SANDBOX),
                host_config=engine.client.api.create_host_config(network_mode="none"),
                use_config_proxy=False,
            )

    finish(make, otherwise=lambda: remove_container(engine, name))
    return Room(posture, name, None)


def gathered(room: Room, path: str) -> dict[str, Item]:
    """Return what is at ``path`` in a room, and in it, by names from the root."""
    if has_wildcard(path):
        fixed = path.split("/")
        while any(has_wildcard(part) for part in fixed):
            fixed.pop()
        path = "/".join(fixed) or "/"
    real, entry = room.at(path)
    if entry is None:
        return {}
    name = path.strip("/")
    if not entry.isdir():
        content = Context.of_tar(room.raw(real), owners=True)
        return dict.fromkeys((name,), next(iter(content.items.values())))
    tree = room.tree(real)
    found = {posixpath.join(name, n): item for n, item in (tree.items if tree else {}).items()}
    if name:
        found[name] = Item(_FOLDER | entry.mode & 0o777, uid=entry.uid, gid=entry.gid)
    return found
