"""The engine's own build: a context in, an image out, and what system that image really is."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import DiskFull, ImageUnavailable, SandboxError
from regreen_sandbox.workbench import execute, scratch

SILENT_SECONDS = 900
"""How long a build may say nothing."""
_TELL_SECONDS = 2.0
_CONTROL = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f]")
_BUILT = re.compile(r"Successfully built ([0-9a-f]{12,64})")


def run_build(
    engine: Engine,
    context: io.BytesIO,
    arguments: dict[str, str],
    labels: dict[str, str],
    *,
    tag: str | None = None,
    fresh: bool = False,
    network: str | None = "none",
    report: Callable[[str], None],
) -> str:
    """Build a context (a tar with its Dockerfile) and return the image's id.

    With ``fresh`` no layer of an earlier build is used; ``network`` is the engine's name for what
    the steps may reach (``None``: what containers ordinarily do). Raises `DiskFull`, and
    `ImageUnavailable` with the last lines of output when a step fails.
    """
    last: list[str] = []
    image = ""
    told = time.monotonic()
    with engine.guard("building an image"):
        events = engine.client.api.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            buildargs=arguments,
            labels=labels,
            nocache=fresh,
            network_mode=network,
            rm=True,
            forcerm=True,
            decode=True,
            timeout=SILENT_SECONDS,
        )
        for event in events:
            text = _CONTROL.sub("", str(event.get("stream", ""))).strip()
            if text:
                last = [*last[-7:], text]
            if text and time.monotonic() - told > _TELL_SECONDS:
                report(text.splitlines()[-1][:100])
                told = time.monotonic()
            if "error" in event:
                raise _failed(str(event["error"]), last)
            image = image or _named(event, text)
    if not image:
        raise ImageUnavailable("the engine ended the build without naming an image")
    return image


@dataclass(frozen=True, slots=True)
class Identity:
    """What an image is: ``Debian 12 (bookworm)``, its Python's version, the day of its packages."""

    system: str
    python: str
    dated: str


def identify(engine: Engine, image: str) -> Identity:
    """Return what an image really is. Raises `ImageUnavailable` when it does not run."""
    with scratch(engine, image) as container:
        done = execute(engine, container, ["/usr/bin/python3", "-c", _FACTS])
    try:
        name, release, codename, python, dated = json.loads(done.output)
        day = datetime.fromtimestamp(int(dated), UTC).date().isoformat()
    except ValueError:
        raise ImageUnavailable(f"the built image does not run: {done.output[-300:]}") from None
    return Identity(f"{str(name).split()[0]} {release} ({codename})", str(python), day)


_FACTS = """
import json, platform, shlex
rows = (line.partition("=") for line in open("/etc/os-release"))
system = {name: "".join(shlex.split(value)) for name, _, value in rows}
print(json.dumps([system.get("NAME", ""), system.get("VERSION_ID", ""),
                  system.get("VERSION_CODENAME", ""), platform.python_version(),
                  open("/usr/lib/regreen/dated").read().strip()]))
"""


def _named(event: Mapping[str, object], text: str) -> str:
    """Return the image's id if this event of the build brings it, in either of the two ways."""
    aux = event.get("aux")
    if isinstance(aux, Mapping):
        return str(aux.get("ID", ""))
    built = _BUILT.fullmatch(text)
    return built[1] if built else ""


def _failed(error: str, last: list[str]) -> SandboxError:
    words = " | ".join(last)
    if "no space left on device" in f"{error} {words}".lower():
        return DiskFull(f"the disk is full: building an image failed ({error})")
    return ImageUnavailable(f"building an image failed: {error}; it last said: {words[-600:]}")
