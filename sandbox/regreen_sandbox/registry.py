"""Pulling an image, with a limit on how long a registry may stay silent."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, EngineDied, ImageUnavailable, SandboxError

PULL_SECONDS = 1800.0
"""How long a pull may take in all, however steadily it moves."""

_END = object()


def pull(
    engine: Engine, reference: str, *, silence: float, report: Callable[[str], None]
) -> str | None:
    """Pull ``reference`` and return the digest that the registry gave it, if it said one.

    Raises `ImageUnavailable` with the reason when the registry cannot be reached, does not have
    the image, or says nothing for ``silence`` seconds; `DiskFull` and `EngineDied` as they are.
    """
    report(f"pulling {reference}")
    events: queue.SimpleQueue[object] = queue.SimpleQueue()
    # The engine gives a pull up when its reader goes away; the thread dies with the process, so a
    # registry that never answers costs nothing but the silence.
    threading.Thread(target=_read, args=(engine, reference, events), daemon=True).start()
    deadline = time.monotonic() + PULL_SECONDS
    digest: str | None = None
    while True:
        try:
            event = events.get(timeout=min(silence, max(0.0, deadline - time.monotonic())))
        except queue.Empty:
            raise ImageUnavailable(
                f"{reference} could not be pulled: the registry was silent for {silence:g} seconds"
            ) from None
        if event is _END:
            return digest
        digest = _look(event, reference) or digest


def _look(event: object, reference: str) -> str | None:
    """Return the digest that an event brings; raise what it says went wrong."""
    if isinstance(event, (DiskFull, EngineDied)):
        raise event
    if isinstance(event, Exception):
        raise ImageUnavailable(f"{reference} could not be pulled: {event}") from event
    if not isinstance(event, Mapping):
        return None
    if "error" in event:
        reason = str(event["error"])
        if "no space left on device" in reason.lower():
            raise DiskFull(f"the disk is full: pulling {reference} failed ({reason})")
        raise ImageUnavailable(f"{reference} could not be pulled: {reason}")
    status = str(event.get("status", ""))
    return status.removeprefix("Digest: ") if status.startswith("Digest: ") else None


def _read(engine: Engine, reference: str, events: queue.SimpleQueue[object]) -> None:
    name, _, tag = reference.rpartition(":")
    try:
        with engine.guard("it"):
            for event in engine.client.api.pull(name, tag=tag, stream=True, decode=True):
                events.put(event)
    except SandboxError as error:
        events.put(error)
    finally:
        events.put(_END)
