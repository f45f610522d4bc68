"""The images of regreen's that are in the engine, as ``regreen image list`` shows them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from docker.models.images import Image

from regreen_sandbox.bootstrap import REPOSITORY as ROOTFS
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineRefused, ImageUnavailable
from regreen_sandbox.images import ORIGIN, PYTHONS, SYSTEM
from regreen_sandbox.labels import KIND, LASTING, Kind


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One of regreen's images in the engine, as ``regreen image list`` shows it.

    ``pythons`` are those that were put into it, the last one first.
    """

    reference: str
    id: str
    kind: Kind
    system: str
    origin: str
    size_bytes: int
    created: str
    pythons: tuple[str, ...] = ()


def images_here(engine: Engine, **filters: str) -> list[Image]:
    """Return the engine's images less what is just being removed. Raises `SandboxError`."""
    with engine.guard("listing images"):
        ids = [str(image["Id"]) for image in engine.client.api.images(filters=filters)]
    found = []
    for identity in dict.fromkeys(ids):
        # An image that is just going answers with a missing layer, and no longer with its absence.
        with suppress(ImageUnavailable, EngineRefused), engine.guard("looking at an image"):
            found.append(engine.client.images.get(identity))
    return found


def list_images(engine: Engine) -> tuple[StoredImage, ...]:
    """Return regreen's base and tool images, newest first."""
    stored = [
        StoredImage(
            reference=tag,
            id=str(image.id),
            kind=Kind(image.labels[KIND]),
            system=image.labels.get(SYSTEM, ""),
            origin=image.labels.get(ORIGIN, ""),
            size_bytes=int(image.attrs["Size"]),
            created=str(image.attrs["Created"]),
            pythons=tuple(image.labels.get(PYTHONS, "").split()),
        )
        for image in images_here(engine, label=KIND)
        for tag in image.tags
        if image.labels.get(KIND) in LASTING and not tag.startswith(f"{ROOTFS}:")
    ]
    return tuple(sorted(stored, key=lambda image: image.created, reverse=True))
