"""COPY and ADD: which files go where, as Docker's "Dockerfile reference" has it."""

from __future__ import annotations

import io
import lzma
import posixpath
import re
import stat
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from regreen_sandbox.dockerfile.context import Context, Item
from regreen_sandbox.dockerfile.errors import DockerfileError, UnsupportedInstruction
from regreen_sandbox.dockerfile.parsing import Instruction
from regreen_sandbox.dockerfile.patterns import has_wildcard, matcher
from regreen_sandbox.dockerfile.rooms import Room

_REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@|\S+\.git(?:[#?].*)?$", re.IGNORECASE)
_KNOWN = frozenset({"from", "chown", "chmod", "link"})
_FOLDER = stat.S_IFDIR | 0o755
_UNPACKED_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Order:
    """A COPY or ADD read: ``destination`` is absolute, and ends with ``/`` where written so."""

    step: Instruction
    sources: tuple[str, ...]
    destination: str
    inline: Mapping[str, bytes]

    @property
    def flags(self) -> Mapping[str, str]:
        """The flags by name."""
        return dict(self.step.flags)


def order(
    step: Instruction, given: tuple[str, ...], workdir: str, inline: Mapping[str, bytes]
) -> Order:
    """Return what the words ``given`` of a COPY or ADD mean; ``inline`` are its here-documents."""
    if len(given) < 2:
        raise DockerfileError(step.line, f"{step.name} requires at least two arguments")
    *sources, last = given
    destination = posixpath.join(workdir, last)
    tidy = posixpath.normpath(destination)
    if destination.endswith(("/", "/.")) and tidy != "/":
        tidy += "/"
    for source in sources:
        _require_local(step, source)
    return Order(step, tuple(sources), tidy, inline)


def require_known(step: Instruction) -> None:
    """Raise `UnsupportedInstruction` for what of a COPY or ADD is not to be had, as written."""
    for flag, _ in step.flags:
        if flag not in _KNOWN:
            raise UnsupportedInstruction(step.line, f"{step.name} --{flag}")
    for source in step.text.split()[:-1]:
        _require_local(step, source)


def _require_local(step: Instruction, source: str) -> None:
    if step.name == "ADD" and _REMOTE.match(source):
        raise UnsupportedInstruction(step.line, f"ADD of {source}")


def copy(room: Room, source: Context, asked: Order) -> None:
    """Carry it out; ``source`` is the context, or the tree of another stage. Raises."""
    found = [pair for name in asked.sources for pair in _found(source, name, asked)]
    several = len(found) > 1 or len(asked.sources) > 1
    into = asked.destination.endswith("/")
    if several and not into and asked.destination != "/":
        raise DockerfileError(
            asked.step.line,
            f"{asked.step.name} of more than one file needs a destination that ends with /",
        )
    put: dict[str, Item] = {}
    for name, item in found:
        put |= _placed(room, source, asked, name, item)
    room.put(_with_folders(room, _owned(room, put, asked)))


def _found(source: Context, name: str, asked: Order) -> Iterator[tuple[str, Item]]:
    """Yield what a source means by name; one without a wildcard must be there."""
    if name in asked.inline:
        data = asked.inline[name]
        yield name, Item(stat.S_IFREG | 0o644, len(data), opened=lambda: io.BytesIO(data))
        return
    tidy = posixpath.normpath(posixpath.join("/", name)).lstrip("/")
    if has_wildcard(tidy):
        pattern = matcher(tidy)
        yield from ((n, source.items[n]) for n in sorted(source.items) if pattern.fullmatch(n))
        return
    real = source.followed(tidy)
    if real == "":
        yield "", Item(_FOLDER)
        return
    item = source.items.get(real)
    if item is None:
        raise DockerfileError(
            asked.step.line, f'failed to calculate checksum of ref: "/{tidy}": not found'
        )
    yield (tidy if not item.is_folder else real), item


def _placed(room: Room, source: Context, asked: Order, name: str, item: Item) -> dict[str, Item]:
    """Return where a source goes: a folder's content into the destination, a file to or into it."""
    real, there = room.at(asked.destination.rstrip("/") or "/")
    if item.is_link:
        target = source.items.get(source.followed(name))
        item = target if target is not None else item
    if item.is_folder:
        if there is not None and not there.isdir():
            raise DockerfileError(asked.step.line, f"{asked.destination} is no folder")
        top = {} if there is not None else {real: item}
        return top | {posixpath.join(real, n): i for n, i in source.below(name)}
    if asked.step.name == "ADD" and name not in asked.inline and "from" not in asked.flags:
        unpacked = _unpacked(item)
        if unpacked is not None:
            return {posixpath.join(real, n): i for n, i in unpacked.items.items()}
    if asked.destination.endswith("/") or (there is not None and there.isdir()):
        return {posixpath.join(real, posixpath.basename(name)): item}
    return {real: item}


def _unpacked(item: Item) -> Context | None:
    """Return what a local archive holds, ``None`` when it is none that ADD unpacks."""
    try:
        with item.opened() as file, tarfile.open(fileobj=file, mode="r:*") as tar:
            out = io.BytesIO()
            size = 0
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as plain:
                for entry in tar:
                    size += entry.size
                    if size > _UNPACKED_BYTES:
                        return None
                    plain.addfile(entry, tar.extractfile(entry) if entry.isreg() else None)
    except (tarfile.TarError, EOFError, OSError, ValueError, lzma.LZMAError, zlib.error):
        return None
    return Context.of_tar(out.getvalue(), owners=True)


def _owned(room: Room, put: Mapping[str, Item], asked: Order) -> dict[str, Item]:
    """Apply --chown and --chmod."""
    owner = _owner(room, asked)
    chmod = asked.flags.get("chmod")
    if chmod is not None and not re.fullmatch(r"[0-7]{1,4}", chmod):
        raise UnsupportedInstruction(asked.step.line, f"--chmod={chmod}")
    done = {}
    for path, item in put.items():
        if owner is not None:
            item = replace(item, uid=owner[0], gid=owner[1])
        if chmod is not None and not item.is_link:
            item = replace(item, mode=stat.S_IFMT(item.mode) | int(chmod, 8))
        done[path] = item
    return done


def _owner(room: Room, asked: Order) -> tuple[int, int] | None:
    written = asked.flags.get("chown")
    if not written:
        return None
    user, _, group = written.partition(":")
    found = room.user(user)
    if found is None:
        raise DockerfileError(asked.step.line, f"unable to find user {user}: no matching entries")
    if not group:
        # A number alone is both (Dockerfile reference, "COPY --chown").
        return found[0], found[0] if user.isdecimal() else found[1]
    known = room.group(group)
    if known is None:
        raise DockerfileError(asked.step.line, f"unable to find group {group}")
    return found[0], known


def _with_folders(room: Room, put: Mapping[str, Item]) -> Iterator[tuple[str, Item]]:
    """Yield it all in order, with the folders that lack on the way.

    A folder that is there, or a link to one, stays what it is: to unpack a folder over a link would
    take the link's place.
    """
    there: dict[str, bool] = {"/": True}

    def is_there(path: str) -> bool:
        if path not in there:
            above = is_there(posixpath.dirname(path))
            there[path] = above and room.at(path)[1] is not None
        return there[path]

    done: set[str] = set()
    owner = next(iter(put.values()), Item(_FOLDER))
    for path in sorted(put):
        above = posixpath.dirname(path)
        lacking = []
        while above not in done and above not in put and not is_there(above):
            lacking.append(above)
            above = posixpath.dirname(above)
        for folder in reversed(lacking):
            done.add(folder)
            yield folder, Item(_FOLDER, uid=owner.uid, gid=owner.gid)
        item = put[path]
        if item.is_folder and is_there(path):
            continue
        yield path, item
