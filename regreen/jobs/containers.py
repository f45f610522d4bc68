"""What a workflow asks of a container: the values of ``container:`` and of each of ``services:``.

Keys follow GitHub's documentation "Workflow syntax", ``jobs.<job_id>.container`` and
``jobs.<job_id>.services``. Expressions are resolved before: what comes in is what GitHub hands to
its runner.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from regreen.jobs.expressions import Value, to_string
from regreen.model import Unsupported

_PREFIX = "docker://"
_KEYS = frozenset({"image", "credentials", "env", "ports", "volumes", "options"})
_ALWAYS: Mapping[str, str] = {"CI": "true", "GITHUB_ACTIONS": "true"}
"""What GitHub's runner gives every container (actions/runner, ``DockerCommandManager``)."""
_SERVICE_KEYS = frozenset({"entrypoint", "command"})


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container as asked for, rendered, ``env`` with what GitHub gives to every one.

    ``ports``, ``volumes`` and ``options`` are as written. ``entrypoint`` and ``command`` are
    ``None`` where the image's own count. ``credentials`` says that a login for the registry is
    named; it is never used.
    """

    image: str
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    options: str = ""
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    credentials: bool = False


def container_spec(
    value: Value, what: str = "the container", *, service: bool = False
) -> ContainerSpec | Unsupported | None:
    """Return the container that a rendered ``container:`` or service asks for.

    ``None`` when it names no image, which is how a workflow leaves a container out (GitHub starts
    none then). ``what`` names it in the words of `Unsupported`. Only a ``service`` may have an
    ``entrypoint`` and a ``command``.
    """
    if value is None or isinstance(value, str):
        value = {"image": value}
    if not isinstance(value, dict):
        return Unsupported(f"{what} is neither an image's name nor a mapping")
    image = _image(value.get("image"))
    if not image:
        return None
    known = _KEYS | (_SERVICE_KEYS if service else frozenset())
    if unknown := sorted(set(value) - known):
        return Unsupported(f"{what}: {', '.join(unknown)}")
    env, ports, volumes = value.get("env"), value.get("ports"), value.get("volumes")
    if not isinstance(env, dict | None):
        return Unsupported(f"{what}: env is no mapping")
    if not isinstance(ports, list | None) or not isinstance(volumes, list | None):
        return Unsupported(f"{what}: ports and volumes are lists")
    try:
        return ContainerSpec(
            image=image,
            env={**_ALWAYS} | {name: to_string(text) for name, text in (env or {}).items()},
            ports=tuple(to_string(port) for port in ports or ()),
            volumes=tuple(to_string(volume) for volume in volumes or ()),
            options=to_string(value.get("options")).strip(),
            entrypoint=_words(value.get("entrypoint"), split=False),
            command=_words(value.get("command"), split=True),
            credentials=bool(value.get("credentials")),
        )
    except ValueError as error:
        return Unsupported(f"{what}: command: {error}")


def _image(value: Value) -> str:
    return to_string(value).strip().removeprefix(_PREFIX)


def _words(value: Value, *, split: bool) -> tuple[str, ...] | None:
    """Return a command's words; one text is split as a shell does, an entry point is one word."""
    if isinstance(value, list):
        return tuple(to_string(word) for word in value) or None
    text = to_string(value)
    if not text:
        return None
    return tuple(shlex.split(text)) if split else (text,)
