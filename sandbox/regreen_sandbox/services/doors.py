"""Leads ports to other ports: what stands before a service whose port is another one outside.

Runs by itself in a container of regreen's own, in a base image, with the standard library only.
Each argument is ``LISTEN=TARGET``; each of the two is ``tcp:ADDRESS:PORT`` or ``unix:PATH``. It
prints one line when all of them listen, and ends at SIGTERM.

Bounds: ``BUFFER`` bytes on the way in each direction, ``MAX_CONNECTIONS`` at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

BUFFER = 64 * 1024
MAX_CONNECTIONS = 1024


async def connect(target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection to a target."""
    kind, _, where = target.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(where, limit=BUFFER)
    address, _, port = where.rpartition(":")
    return await asyncio.open_connection(address, int(port), limit=BUFFER)


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction to its end, and pass the end on."""
    with contextlib.suppress(OSError):
        while data := await reader.read(BUFFER):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def listen(door: str) -> None:
    """Listen at a door for ever."""
    here, _, target = door.partition("=")
    kind, _, where = here.partition(":")
    slots = asyncio.Semaphore(MAX_CONNECTIONS)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with slots:
            with contextlib.suppress(OSError):
                far_reader, far_writer = await connect(target)
                await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
                far_writer.close()
        # A door to nowhere is shut in the face of who knocks, as a port that nobody listens at.
        writer.close()

    if kind == "unix":
        await asyncio.start_unix_server(serve, where, limit=BUFFER)
        return
    address, _, port = where.rpartition(":")
    await asyncio.start_server(serve, address, int(port), limit=BUFFER)
    if address == "127.0.0.1":
        with contextlib.suppress(OSError):
            await asyncio.start_server(serve, "::1", int(port), limit=BUFFER)


async def main() -> None:
    """Open every door."""
    for door in sys.argv[1:]:
        await listen(door)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    asyncio.run(main())
