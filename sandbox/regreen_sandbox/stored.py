"""The images of regreen's that are in the engine, as ``regreen image list`` shows them."""

from __future__ import annotations

from dataclasses import dataclass

from regreen_sandbox.bootstrap import REPOSITORY as ROOTFS
from regreen_sandbox.engine import Engine
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


def list_images(engine: Engine) -> tuple[StoredImage, ...]:
    """Return regreen's base and tool images, newest first."""
    with engine.guard("listing images"):
        images = engine.client.images.list(filters={"label": KIND})
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
        for image in images
        for tag in image.tags
        if image.labels.get(KIND) in LASTING and not tag.startswith(f"{ROOTFS}:")
    ]
    return tuple(sorted(stored, key=lambda image: image.created, reverse=True))
