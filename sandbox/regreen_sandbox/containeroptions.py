"""``options:`` of a workflow's container or service: what ``docker create`` is told on GitHub.

Names and formats: Docker's reference of ``docker container create``. GitHub's runner hands the text
over as one command line, which .NET takes apart: double quotes and backslashes count, single quotes
are ordinary characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from regreen_sandbox.optionvalues import WrongValue, count, duration, number, size, switch
from regreen_sandbox.profiles import Profile


@dataclass(frozen=True, slots=True)
class Refused:
    """What a workflow asks of a container and does not get, and why, in words for a person."""

    what: str


@dataclass(frozen=True, slots=True)
class Health:
    """A health check; ``None`` is the image's own, or Docker's default. Times are in seconds."""

    command: str | None = None
    interval: float | None = None
    timeout: float | None = None
    start_period: float | None = None
    retries: int | None = None
    none: bool = False


@dataclass(frozen=True, slots=True)
class CreateOptions:
    """What of ``docker create``'s options counts here; empty and ``None`` are the image's own."""

    env: Mapping[str, str] = field(default_factory=dict)
    entrypoint: str | None = None
    hostname: str = ""
    user: str = ""
    workdir: str = ""
    shm_bytes: int | None = None
    memory_bytes: int | None = None
    cpus: float | None = None
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    ulimits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    volumes: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    stop_signal: str = ""
    init: bool = False
    read_only: bool = False
    health: Health = Health()


def parse_options(text: str) -> CreateOptions | Refused:
    """Return what the options say, or the first one that is not to be had."""
    options = CreateOptions()
    try:
        for name, value in _pairs(_arguments(text)):
            if name in _IGNORED:
                continue
            if name not in _TABLE:
                reason = _REFUSED.get(name, "is none that regreen knows of docker create")
                return Refused(f"the container option --{name} {reason}")
            changed = _TABLE[name](options, value)
            if isinstance(changed, Refused):
                return changed
            options = changed
    except WrongValue as wrong:
        return Refused(f"the container options: {wrong}")
    return options


def _arguments(text: str) -> Iterator[str]:
    """Take a command line apart as .NET does (``ProcessStartInfo.Arguments``), newlines too."""
    current, quoted, begun, slashes = "", False, False, 0
    for char in text:
        if char == "\\":
            slashes, begun = slashes + 1, True
            continue
        if char == '"':
            current += "\\" * (slashes // 2)
            if slashes % 2:
                current += '"'
            else:
                quoted = not quoted
            begun, slashes = True, 0
            continue
        current, slashes = current + "\\" * slashes, 0
        if char.isspace() and not quoted:
            if begun:
                yield current
            current, begun = "", False
        else:
            current, begun = current + char, True
    if begun:
        yield current + "\\" * slashes


def _pairs(arguments: Iterator[str]) -> Iterator[tuple[str, str]]:
    for argument in arguments:
        if argument.startswith("--") and len(argument) > 2:
            name, equals, value = argument[2:].partition("=")
            name = _ALIASES.get(name, name)
        elif argument.startswith("-") and len(argument) > 1:
            name = _SHORT.get(argument[1], argument[1])
            value = argument[2:].removeprefix("=")
            equals = value
        else:
            raise WrongValue(f"docker create takes {argument!r} for the name of an image")
        if name in _SWITCHES:
            yield name, value if equals else "true"
        elif equals:
            yield name, value
        else:
            following = next(arguments, None)
            if following is None:
                raise WrongValue(f"--{name} needs a value")
            yield name, following


_Apply = Callable[[CreateOptions, str], "CreateOptions | Refused"]


def _set(name: str, convert: Callable[[str], Any] = str) -> _Apply:
    return lambda options, value: replace(options, **{name: convert(value)})


def _health(name: str, convert: Callable[[str], Any] = str) -> _Apply:
    return lambda options, value: replace(
        options, health=replace(options.health, **{name: convert(value)})
    )


def _append(name: str) -> _Apply:
    def apply(options: CreateOptions, value: str) -> CreateOptions:
        changed: Any = (*getattr(options, name), value)
        return replace(options, **{name: changed})

    return apply


def _add_env(options: CreateOptions, value: str) -> CreateOptions:
    name, equals, text = value.partition("=")
    # Without a value Docker takes the host's, and no workflow variable is there on GitHub either.
    return replace(options, env={**options.env, name: text}) if equals else options


def _add_tmpfs(options: CreateOptions, value: str) -> CreateOptions:
    path, _, how = value.partition(":")
    return replace(options, tmpfs={**options.tmpfs, path: how})


def _add_ulimit(options: CreateOptions, value: str) -> CreateOptions:
    found = re.fullmatch(r"([a-z]+)=(-?\d{1,18})(?::(-?\d{1,18}))?", value)
    if not found:
        raise WrongValue(f"--ulimit {value!r} is not of the form name=soft:hard")
    soft = int(found[2])
    hard = int(found[3]) if found[3] else soft
    return replace(options, ulimits={**options.ulimits, found[1]: (soft, hard)})


def _add_capability(options: CreateOptions, value: str) -> CreateOptions | Refused:
    if _capability(value) in Profile.SERVICE.rights.capabilities:
        return options
    return Refused(f"the container option --cap-add {value}: no sandbox gets that right")


def _drop_capability(options: CreateOptions, value: str) -> CreateOptions:
    return replace(options, dropped=options.dropped | {_capability(value)})


def _capability(value: str) -> str:
    return value.upper().removeprefix("CAP_")


_TABLE: Mapping[str, _Apply] = {
    "cap-add": _add_capability,
    "cap-drop": _drop_capability,
    "cpus": _set("cpus", number),
    "entrypoint": _set("entrypoint"),
    "env": _add_env,
    "health-cmd": _health("command"),
    "health-interval": _health("interval", duration),
    "health-retries": _health("retries", count),
    "health-start-period": _health("start_period", duration),
    "health-timeout": _health("timeout", duration),
    "hostname": _set("hostname"),
    "init": _set("init", switch),
    "memory": _set("memory_bytes", size),
    "network-alias": _append("aliases"),
    "no-healthcheck": _health("none", switch),
    "publish": _append("ports"),
    "read-only": _set("read_only", switch),
    "shm-size": _set("shm_bytes", size),
    "stop-signal": _set("stop_signal"),
    "tmpfs": _add_tmpfs,
    "ulimit": _add_ulimit,
    "user": _set("user"),
    "volume": _append("volumes"),
    "workdir": _set("workdir"),
}
_SWITCHES = frozenset(
    {
        "init",
        "interactive",
        "no-healthcheck",
        "oom-kill-disable",
        "privileged",
        "publish-all",
        "read-only",
        "rm",
        "sig-proxy",
        "tty",
    }
)
_SHORT = {
    "c": "cpu-shares",
    "e": "env",
    "h": "hostname",
    "i": "interactive",
    "l": "label",
    "m": "memory",
    "p": "publish",
    "t": "tty",
    "u": "user",
    "v": "volume",
    "w": "workdir",
}
_ALIASES = {"net": "network", "net-alias": "network-alias"}
_IGNORED = frozenset(
    {
        "cidfile",
        "cpu-shares",
        "expose",
        "health-start-interval",
        "interactive",
        "label",
        "log-driver",
        "log-opt",
        "memory-reservation",
        "memory-swap",
        "memory-swappiness",
        "name",
        "oom-score-adj",
        "pids-limit",
        "pull",
        "restart",
        "rm",
        "stop-timeout",
        "tty",
    }
)
"""What changes nothing that a job can see here, or is the sandbox's own to say."""
_HOST = "would reach this machine, and no sandbox does"
_REFUSED = {
    **dict.fromkeys(("device", "gpus", "ipc", "pid", "uts", "userns", "privileged"), _HOST),
    **dict.fromkeys(("cgroup-parent", "cgroupns", "runtime", "security-opt", "sysctl"), _HOST),
    "add-host": "is not to be had: a sandbox's names are its network's",
    "env-file": "names a file of the runner's machine",
    "link": "is not to be had: there is one network",
    "mount": "is not to be had: write it as a volume",
    "network": "is not to be had: GitHub gives the container its own network",
    "volumes-from": "is not to be had: write it as a volume",
}
