"""The container of a Docker action: an image run to its end beside the job's sandbox.

It shares the sandbox's network. GitHub mounts the runner's folders into it; here they are copied
into it before, and what it changed in them is brought back after (see `regreen_sandbox.transfer`).
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from regreen_sandbox.authorities import VARIABLES
from regreen_sandbox.capture import Capture, Frames
from regreen_sandbox.container import Sandbox
from regreen_sandbox.containeroptions import CreateOptions
from regreen_sandbox.disk import kill, require_room
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.execution import Command, ExecResult, stream
from regreen_sandbox.guests import Guest, Made, make
from regreen_sandbox.imagefacts import is_ours
from regreen_sandbox.posture import bundle_tar
from regreen_sandbox.transfer import Copied, Shared, bring_back, copy_in

__all__ = ["ActionRun", "Shared", "run_container"]

_LOOK_EVERY = 0.3


@dataclass(frozen=True, slots=True)
class ActionRun:
    """What is run: an image that is here, and how; ``None`` is the image's own.

    ``folders`` are the sandbox's that it gets, and where. ``timeout`` is in seconds, its copying
    not counted.
    """

    image: str
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    workdir: str = ""
    user: str = ""
    folders: tuple[Shared, ...] = ()
    timeout: float = 3600.0


def run_container(
    sandbox: Sandbox, wanted: ActionRun, on_output: Callable[[bytes], None] | None = None
) -> ExecResult:
    """Run a container to its end in the sandbox's network and return what it did.

    What it changed in its folders is brought back whether it failed or not, and also after a
    time-out, at which it is killed (137). It is gone when the sandbox is closed. ``env`` goes
    beside the image's and what the sandbox's network needs. Raises `SandboxError`: an image or
    program that is not there, the disk full.
    """
    posture = sandbox.posture
    require_room(posture.engine, posture.limits)
    # The checks of an environment are those of any command.
    checked = Command(wanted.command or (), wanted.env, "/", wanted.timeout)
    bundle = _bundle(sandbox, wanted.image)
    guest = Guest(
        wanted.image,
        f"container:{sandbox.network_holder}",
        {**sandbox.network_environment, **(VARIABLES if bundle else {}), **checked.env},
        CreateOptions(workdir=wanted.workdir, user=wanted.user),
        wanted.entrypoint,
        wanted.command,
    )
    made = make(posture, guest)
    try:
        if bundle:
            with made.engine.guard("filling an action's container"):
                made.engine.client.api.put_archive(made.name, "/", bundle)
        copies = [copy_in(sandbox, made, shared) for shared in wanted.folders]
        result = _run(made, min(wanted.timeout, posture.limits.step_seconds), sandbox, on_output)
        _bring_back(sandbox, made, copies)
    except BaseException:
        with suppress(SandboxError):
            made.close()
        raise
    # To remove many files takes the engine seconds, which the next step need not wait for.
    removal = threading.Thread(target=_removed, args=(made,))
    removal.start()
    sandbox.before_close(removal.join)
    return result


def _bundle(sandbox: Sandbox, image: str) -> bytes:
    """Return the tar of this machine's authorities for an image that is not regreen's own."""
    engine = sandbox.posture.engine
    with engine.guard(f"looking for the image {image[:80]}"):
        labels = engine.client.images.get(image).labels
    return b"" if is_ours(labels) else bundle_tar()


def _removed(made: Made) -> None:
    with suppress(SandboxError):
        made.close()


def _bring_back(sandbox: Sandbox, made: Made, copies: list[Copied]) -> None:
    for copied in copies:
        bring_back(sandbox, made, copied)


def _run(
    made: Made, seconds: float, sandbox: Sandbox, on_output: Callable[[bytes], None] | None
) -> ExecResult:
    capture, frames = Capture(sandbox.posture.limits.output_bytes), Frames()
    path = f"/containers/{made.name}/attach?stream=1&stdout=1&stderr=1"
    killed = False
    with stream(made.engine, path) as pieces:
        made.start()
        started = time.monotonic()
        look_at = started + _LOOK_EVERY
        while True:
            try:
                piece = pieces.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                piece = b""
            if piece is None:
                break
            for payload in frames.feed(piece):
                capture.add(payload)
                if on_output is not None and payload:
                    on_output(payload)
            now = time.monotonic()
            if now >= look_at:
                look_at = now + _LOOK_EVERY
                made.disk.check()
                if now - started > seconds and not killed:
                    killed = True
                    kill(made.engine, made.name)
    while (state := made.state()).running:
        time.sleep(0.02)
        if time.monotonic() - started > seconds and not killed:
            killed = True
            kill(made.engine, made.name)
    took = time.monotonic() - started
    return ExecResult(state.exit_code, capture.output, capture.dropped > 0, took, killed)
