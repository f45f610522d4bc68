"""Removing the base images and Pythons that nothing needs any more.

Stale is a base that was made by an older recipe and replaced since, a root file system of older
packages, a Python on a base that goes or has gone, an image that lost its name to a newer one, and,
when asked for, whatever was not used for long. What a living process uses stays, and so does
everything that does not bear regreen's labels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import docker.errors
from docker.models.images import Image

from regreen_sandbox import uses
from regreen_sandbox.bootstrap import REPOSITORY as ROOTFS
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.images import BASE, LOCK, ORIGIN, SYSTEM, ImageSettings, current_references
from regreen_sandbox.labels import KIND, LASTING, OWNER, Kind, Owner, alive
from regreen_sandbox.locks import exclusive
from regreen_sandbox.stored import images_here

Layers = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """An image that is to go: its name (or id), why, and how much of the disk it alone holds."""

    reference: str
    id: str
    reason: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be, and what could not be, with the engine's reason."""

    images: tuple[Stale, ...]
    busy: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        """How much was freed."""
        return sum(image.size_bytes for image in self.images)


def prune(
    engine: Engine,
    settings: ImageSettings,
    *,
    older_than: float | None = None,
    dry_run: bool = False,
    report: Callable[[str], None],
) -> Pruned:
    """Remove stale images, and those that were not used for ``older_than`` seconds.

    With ``dry_run`` nothing is removed. Raises `SandboxError` when the engine does not answer.
    """
    with exclusive(LOCK, report=report):
        found = find_stale(engine, settings, older_than=older_than)
        if dry_run:
            return Pruned(found, ())
        gone: list[Stale] = []
        busy: list[str] = []
        for image in found:
            try:
                with engine.guard(f"removing {image.reference}"):
                    _remove(engine, image)
            except SandboxError as error:
                busy.append(error.message)
            else:
                uses.forget(image.id)
                gone.append(image)
        return Pruned(tuple(gone), tuple(busy))


def find_stale(
    engine: Engine, settings: ImageSettings, *, older_than: float | None = None
) -> tuple[Stale, ...]:
    """Return what `prune` would remove, newest first, so that an image goes before its parent."""
    everything = [_Seen.of(image) for image in images_here(engine)]
    with engine.guard("listing containers"):
        used = {c["ImageID"] for c in engine.client.api.containers(all=True)}
    ours = [image for image in everything if image.kind in LASTING]
    reasons = _reasons(everything, current_references(settings), older_than)
    held = _held(ours, used)
    stale = [image for image in ours if image.id in reasons and image.id not in held]
    stale.sort(key=lambda image: image.created, reverse=True)
    sizes = _sizes(stale, everything)
    return tuple(Stale(s.name, s.id, reasons[s.id], sizes[s.id]) for s in stale)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An image as the engine tells of it."""

    id: str
    tags: tuple[str, ...]
    labels: dict[str, str]
    created: str
    size: int
    layers: Layers
    parent: str

    @classmethod
    def of(cls, image: Image) -> _Seen:
        layers = tuple((image.attrs.get("RootFS") or {}).get("Layers") or ())
        return cls(
            str(image.id),
            tuple(image.tags),
            dict(image.labels),
            str(image.attrs["Created"]),
            int(image.attrs["Size"]),
            layers,
            str(image.attrs.get("Parent") or ""),
        )

    @property
    def kind(self) -> Kind | None:
        kind = self.labels.get(KIND)
        return Kind(kind) if kind in set(Kind) else None

    @property
    def name(self) -> str:
        return self.tags[0] if self.tags else self.id

    @property
    def group(self) -> tuple[str, ...] | None:
        """Of what the newest stands for all: a base's name and ground, the packages' suite."""
        repository, _, tag = self.name.rpartition(":")
        if not self.tags or self.kind is not Kind.BASE:
            return None
        if repository == ROOTFS:
            return (repository, tag.rpartition("-")[0])
        ground = self.labels.get(BASE, "").partition("@")[0]
        return (repository, self.labels.get(ORIGIN, ""), ground)

    @property
    def used_at(self) -> float:
        """When it was last used, in seconds; made counts as used."""
        made = datetime.fromisoformat(self.created[:19] + "+00:00").timestamp()
        return max(made, uses.last(self.id) or 0.0)


def _reasons(
    everything: Sequence[_Seen], current: frozenset[str], older_than: float | None
) -> dict[str, str]:
    """Return why each stale image is to go."""
    ours = [image for image in everything if image.kind in LASTING]
    newest: dict[tuple[str, ...], _Seen] = {}
    for image in sorted(ours, key=lambda image: image.created):
        if image.group is not None:
            newest[image.group] = image
    reasons: dict[str, str] = {}
    for image in ours:
        if not image.tags:
            reasons[image.id] = "a newer one has its name"
        elif older_than is not None and time.time() - image.used_at > older_than:
            reasons[image.id] = f"not used for {(time.time() - image.used_at) / 86_400:.0f} days"
        elif image.group and newest[image.group] is not image and not current & {*image.tags}:
            reasons[image.id] = "made by an older recipe"
    for image in sorted(ours, key=lambda image: image.created):
        if image.kind is Kind.TOOL and not _grounded(image, everything, reasons):
            reasons.setdefault(image.id, "its base image is stale or gone")
    return reasons


def _grounded(tool: _Seen, everything: Sequence[_Seen], reasons: Mapping[str, str]) -> bool:
    """Return whether the image that a Python was put into stays.

    Not every engine tells which one that was; its layers do, though several can have the same.
    """
    staying = [image for image in everything if image.id not in reasons and image is not tool]
    if tool.parent:
        return any(image.id == tool.parent for image in staying)
    return any(SYSTEM in i.labels and i.layers and _on(tool.layers, i.layers) for i in staying)


def _held(ours: Sequence[_Seen], used: set[str]) -> set[str]:
    """Return the images that are in use, and those that they were made from."""
    own = Owner.current()
    held: list[_Seen] = []
    for image in ours:
        maker = Owner.parse(image.labels.get(OWNER, ""))
        making = maker is not None and maker != own and alive(maker)
        if image.id in used or making or uses.in_use(image.id):
            held.append(image)
    return {i.id for i in ours if any(h.id == i.id or _on(h.layers, i.layers) for h in held)}


def _on(layers: Layers, base: Layers) -> bool:
    """Return whether an image of ``layers`` was made from one of ``base``."""
    return layers[: len(base)] == base


def _sizes(stale: Sequence[_Seen], everything: Sequence[_Seen]) -> dict[str, int]:
    """Return how much goes with each: what it has beyond the image below it, if nobody else has it.

    Images of the same layers (two names, two sets of labels) are counted once.
    """
    going = {image.id for image in stale}
    sizes: dict[str, int] = {}
    counted: set[Layers] = set()
    for image in stale:
        stays = any(_on(o.layers, image.layers) for o in everything if o.id not in going)
        below = [
            other.size
            for other in everything
            if other.layers != image.layers and _on(image.layers, other.layers)
        ]
        alone = not stays and image.layers not in counted
        sizes[image.id] = max(0, image.size - max(below, default=0)) if alone else 0
        counted.add(image.layers)
    return sizes


def _remove(engine: Engine, image: Stale) -> None:
    """Remove every name of an image, and with the last one itself; somebody may be ahead of us."""
    try:
        tags = engine.client.images.get(image.id).tags
        for name in tags or [image.id]:
            engine.client.api.remove_image(name)
    except docker.errors.ImageNotFound:
        return
