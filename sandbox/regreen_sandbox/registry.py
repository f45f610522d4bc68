"""Pulling an image: how far it is, and a limit on how long a registry may bring nothing."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, EngineDied, ImageUnavailable, SandboxError

PULL_SECONDS = 1800.0
"""How long a pull may take in all, however steadily it moves."""
TELL_SECONDS = 3.0

_END = object()
_RETRYING = "Retrying in"
_LOADED = frozenset({"Download complete", "Pull complete", "Already exists", "Verifying Checksum"})


def pull(
    engine: Engine, reference: str, *, silence: float, report: Callable[[str], None]
) -> str | None:
    """Pull ``reference`` and return the digest that the registry gave it, if it said one.

    Raises `ImageUnavailable` with the reason when the registry cannot be reached, does not have
    the image, or brings nothing for ``silence`` seconds; `DiskFull` and `EngineDied` as they are.
    """
    report(f"pulling {reference}")
    events: queue.SimpleQueue[object] = queue.SimpleQueue()
    # The engine gives a pull up when its reader goes away; the thread dies with the process, so a
    # registry that never answers costs nothing but the silence.
    threading.Thread(target=_read, args=(engine, reference, events), daemon=True).start()
    started = moved = told = time.monotonic()
    progress = _Progress()
    while True:
        left = min(moved + silence, started + PULL_SECONDS) - time.monotonic()
        try:
            event = events.get(timeout=max(0.0, left))
        except queue.Empty:
            raise _given_up(reference, progress, silence, time.monotonic() - started) from None
        if event is _END:
            return progress.digest
        now = time.monotonic()
        if progress.take(event, reference):
            moved = now
        if now - told > TELL_SECONDS and progress.total:
            report(f"pulling {reference}: {progress}")
            told = now


@dataclass(slots=True)
class _Progress:
    """What the engine told of a pull so far; sizes in bytes, by layer."""

    digest: str | None = None
    done: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How much there is to load, as far as the registry has said."""
        return sum(self.sizes.values())

    def __str__(self) -> str:
        return f"{sum(self.done.values()) / 1e6:.0f} of {self.total / 1e6:.0f} MB"

    def take(self, event: object, reference: str) -> bool:
        """Note an event, and return whether it is a step forward; raise what it says went wrong."""
        if isinstance(event, (DiskFull, EngineDied)):
            raise event
        if isinstance(event, Exception):
            raise ImageUnavailable(f"{reference} could not be pulled: {event}") from event
        if not isinstance(event, Mapping):
            return True
        if "error" in event:
            raise _refused(reference, str(event["error"]))
        status, layer = str(event.get("status", "")), str(event.get("id", ""))
        if status.startswith("Digest: "):
            self.digest = status.removeprefix("Digest: ")
        if status in _LOADED and layer in self.sizes:
            self.done[layer] = self.sizes[layer]
        detail = event.get("progressDetail")
        if status == "Downloading" and isinstance(detail, Mapping) and detail.get("total"):
            self.sizes[layer] = int(detail["total"])
            self.done[layer] = int(detail.get("current") or 0)
        return not status.startswith(_RETRYING)


def _given_up(
    reference: str, progress: _Progress, silence: float, seconds: float
) -> ImageUnavailable:
    if seconds >= PULL_SECONDS:
        words = f"it was not here after {PULL_SECONDS / 60:.0f} minutes ({progress})"
    elif progress.total:
        words = f"the registry stopped half-way ({progress}), for {silence:g} seconds"
    else:
        words = f"the registry was silent for {silence:g} seconds"
    return ImageUnavailable(f"{reference} could not be pulled: {words}")


def _refused(reference: str, reason: str) -> SandboxError:
    if "no space left on device" in reason.lower():
        return DiskFull(f"the disk is full: pulling {reference} failed ({reason})")
    return ImageUnavailable(f"{reference} could not be pulled: {reason}")


def _read(engine: Engine, reference: str, events: queue.SimpleQueue[object]) -> None:
    name, tag = parts(reference)
    try:
        with engine.guard("it"):
            for event in engine.client.api.pull(name, tag=tag, stream=True, decode=True):
                events.put(event)
    except SandboxError as error:
        events.put(error)
    finally:
        events.put(_END)


def parts(reference: str) -> tuple[str, str]:
    """Return an image's name and its tag, ``latest`` if it has none, or its digest.

    ``localhost:5000/a`` has a port and no tag; ``a@sha256:…`` is told by its digest.
    """
    name, _, digest = reference.partition("@")
    folder, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{folder}{slash}{last}", digest or tag or "latest"
