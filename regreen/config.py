"""Settings: flags win over ``REGREEN_*`` variables, those over files, those over the defaults.

Files are, the later ones winning, ``regreen/regreen.toml`` in the user's configuration folder
(``XDG_CONFIG_HOME``, else ``~/.config``), ``[tool.regreen]`` of ``pyproject.toml`` and
``regreen.toml`` in the current folder. Settings of the sandbox may stand in a table ``sandbox`` of
their own. In a git repository the last two only decide the sandbox's bounds and how logs are read;
images, network, privileges and the cache are for variables and for files outside of one.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regreen.durations import seconds
from regreen.errors import UsageError
from regreen.model import SandboxOptions
from regreen_sandbox.limits import GIB, Limits

if TYPE_CHECKING:
    from regreen_sandbox.images import ImageSettings, Source

SOURCES: tuple[Source, ...] = ("auto", "registry", "bootstrap")
NETWORKS = ("auto", "on", "packages", "off")
INDEXES = ("as-of", "today")


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be configured.

    ``image_source``: auto, registry or bootstrap; ``registry``: a prefix for the base image's name;
    ``suite``: the Debian suite to bootstrap; ``image``: what every job runs in instead of what its
    runner label means. ``network``: auto, on, packages or off; ``hosts``: names that are reached
    besides the package index (``*.example.org`` too); ``index``: as-of (the run's start) or today;
    ``extra_indexes``: addresses of package indexes that jobs name themselves; ``sudo``: whether a
    job that needs it gets it; ``runtime``: the engine's name of another runtime. ``memory_gib``,
    ``cpus``, ``pids``, ``disk_gib``: the sandbox's bounds (``None``: the default for this machine);
    ``jobs``: how many candidates are tried at once (``None``: one a processor). ``verify_limit``:
    how long a verification may take (``90s``, ``60m``, ``2h``). ``cache``: where
    fetched packages are kept; ``cache_gib``: how much prepared environments and tools' caches may
    take. ``mask``: values to hide in logs (``env:NAME``: a variable's content); ``rules`` and
    ``categories``: tables as
    ``regreen.logs.rules.custom`` describes them; ``runners``: what stands for a runner's label or
    group (in lower case), a hosted label or an image. ``history``: whether what was tried and
    proven is kept, and orders later searches; ``actions``: tables as ``regreen.fixers.actions`` has
    them, the user's own ways to mend a failure.
    """

    image_source: Source = "auto"
    registry: str = ""
    suite: str = "bookworm"
    image: str = ""
    network: str = "auto"
    hosts: tuple[str, ...] = ()
    index: str = "as-of"
    extra_indexes: tuple[str, ...] = ()
    sudo: bool = True
    runtime: str = ""
    memory_gib: float | None = None
    cpus: float | None = None
    pids: int | None = None
    disk_gib: float | None = None
    jobs: int | None = None
    verify_limit: str = "60m"
    cache: Path = Path()
    cache_gib: float = 20.0
    mask: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    categories: Mapping[str, Any] = field(default_factory=dict)
    runners: Mapping[str, str] = field(default_factory=dict)
    history: bool = True
    actions: tuple[Mapping[str, Any], ...] = ()

    def images(self) -> ImageSettings:
        """Return where base images come from."""
        from regreen_sandbox.images import ImageSettings  # brings Docker's library along

        return ImageSettings(source=self.image_source, registry=self.registry, suite=self.suite)

    def limits(self) -> Limits:
        """Return the sandbox's bounds."""
        given: dict[str, Any] = {}
        if self.memory_gib is not None:
            given["memory_bytes"] = int(self.memory_gib * GIB)
        if self.cpus is not None:
            given["cpus"] = self.cpus
        if self.pids is not None:
            given["pids"] = self.pids
        if self.disk_gib is not None:
            given["disk_bytes"] = int(self.disk_gib * GIB)
        return Limits(**given)

    def verify_seconds(self, asked: str | None = None) -> float:
        """Return how long a verification may take: as ``asked``, or as it is set."""
        return seconds(asked or self.verify_limit)

    def given(self, flags: SandboxOptions) -> Settings:
        """Return the settings with what was asked for on the command line in their place.

        Raises UsageError for a network or an index that is none.
        """
        asked = {
            name: value
            for name in ("network", "index", "sudo", "image", "runtime", "jobs")
            if (value := getattr(flags, name)) is not None
        }
        if flags.hosts:
            asked["hosts"] = (*self.hosts, *flags.hosts)
        if flags.extra_indexes:
            asked["extra_indexes"] = (*self.extra_indexes, *flags.extra_indexes)
        return replace(self, **{name: _typed(name, value) for name, value in asked.items()})


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings for ``folder``. Raises UsageError naming the file or variable at fault."""
    env = os.environ if environment is None else environment
    own = _table(_config(env), ())
    found = _table(folder / "pyproject.toml", ("tool", "regreen"))
    found |= _table(folder / "regreen.toml", ())
    if any((place / ".git").exists() for place in (folder, *folder.parents)):
        found = {name: value for name, value in found.items() if name not in _OWNER_ONLY}
        found |= {name: _lowered(name, found[name], own) for name in _BOUNDS & found.keys()}
        if "runners" in found:
            found["runners"] = _hosted_only(_tables("runners", found["runners"]))
        if "actions" in found:
            found["actions"] = [_reviewed(one) for one in _tables("actions", found["actions"])]
    if own.get("actions") and found.get("actions"):
        found["actions"] = [*_tables("actions", own["actions"]), *found["actions"]]
    if own.get("runners") and found.get("runners"):
        found["runners"] = {
            **_tables("runners", found["runners"]),
            **_tables("runners", own["runners"]),
        }
    found = own | found
    found |= {
        name: env[variable] for name in _KINDS if (variable := f"REGREEN_{name.upper()}") in env
    }
    cache = found.pop("cache", None) or _cache(env)
    return Settings(**{k: _typed(k, v) for k, v in found.items()}, cache=Path(cache).expanduser())


_KINDS: Mapping[str, type] = {
    "image_source": str,
    "registry": str,
    "suite": str,
    "image": str,
    "network": str,
    "hosts": tuple,
    "index": str,
    "extra_indexes": tuple,
    "sudo": bool,
    "runtime": str,
    "memory_gib": float,
    "cpus": float,
    "pids": int,
    "disk_gib": float,
    "jobs": int,
    "verify_limit": str,
    "cache": str,
    "cache_gib": float,
    "mask": tuple,
    "history": bool,
}
_TABLES = ("rules", "categories", "runners", "actions")
_LISTS = ("rules", "actions")
_HOSTED = re.compile(r"ubuntu-(?:latest|\d\d\.04)", re.IGNORECASE)
_SANDBOX = "sandbox"
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "image_source": SOURCES,
    "network": NETWORKS,
    "index": INDEXES,
}
_NUMBERS = {int: "whole number", float: "number", str: "text"}
_RANGES = {"memory_gib": (0.0625, 1 << 20), "cpus": (0.01, 1 << 14), "pids": (8, 1 << 22)}
"""What an engine takes: for the processes the kernel's own bound (proc(5), pid_max)."""
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


_OWNER_ONLY = frozenset(
    {"image_source", "registry", "suite", "image", "network", "hosts", "sudo", "runtime"}
    | {"index", "extra_indexes"}
    | {"cache", "cache_gib", "history", "verify_limit"}
)
"""What a file in a git repository does not decide: it may be a stranger's, and these choose the
image that a proof rests on, what its jobs reach and may do, or where on this machine files are
written."""


_BOUNDS = frozenset({"memory_gib", "cpus", "pids", "disk_gib", "jobs"})
"""What such a file may lower and not raise: enough of the machine is to be left."""


def _lowered(name: str, value: Any, own: Mapping[str, Any]) -> Any:
    usual = Limits()
    most = {
        "memory_gib": usual.memory_bytes / GIB,
        "cpus": usual.cpus,
        "pids": usual.pids,
        "disk_gib": usual.disk_bytes / GIB,
        "jobs": len(os.sched_getaffinity(0)),
    }
    return min(_typed(name, value), _typed(name, own.get(name, most[name])))


def _table(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        if names:
            return {}
        raise UsageError(f"{path} is not valid TOML: {error}", f"correct {path}") from error
    for name in names:
        data = data.get(name, {}) if isinstance(data, dict) else {}
    if not isinstance(data, dict):
        raise UsageError(f"{path}: tool.regreen is no table", "write [tool.regreen]")
    sandbox = data.get(_SANDBOX, {})
    if not isinstance(sandbox, dict):
        raise UsageError(f"{path}: sandbox is no table", "write [tool.regreen.sandbox]")
    data = {name: value for name, value in data.items() if name != _SANDBOX} | sandbox
    unknown = sorted(set(data) - {*_KINDS, *_TABLES})
    if unknown:
        known = ", ".join(sorted((*_KINDS, *_TABLES)))
        raise UsageError(f"{path}: unknown setting {unknown[0]!r}", f"use one of: {known}")
    return dict(data)


def _typed(name: str, value: Any) -> Any:
    if name in _TABLES:
        return _tables(name, value)
    kind = _KINDS[name]
    if kind is tuple:
        return _values(name, value)
    if kind is bool:
        return _truth(name, value)
    try:
        typed = kind(value)
        if kind is float and not math.isfinite(typed):
            raise ValueError(typed)
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(
            f"setting {name} is {value!r}, and no {_NUMBERS[kind]}", _where(name)
        ) from error
    if name == "verify_limit":
        seconds(typed)
    if name in _CHOICES and typed not in _CHOICES[name]:
        raise UsageError(f"{name} is {typed!r}", f"use one of: {', '.join(_CHOICES[name])}")
    if kind is not str and typed <= 0:
        raise UsageError(f"setting {name} must be above 0, not {value!r}", _where(name))
    least, most = _RANGES.get(name, (typed, typed))
    if not least <= typed <= most:
        words = f"setting {name} must be from {least:g} to {most:g}, not {value!r}"
        raise UsageError(words, _where(name))
    return typed


def _where(name: str) -> str:
    return f"correct {name} where it is set: REGREEN_{name.upper()}, an option or a file"


def _values(name: str, value: Any) -> tuple[str, ...]:
    """A list of texts; of a variable, its lines (and, for names and addresses, its words)."""
    if isinstance(value, str):
        words = name in ("hosts", "extra_indexes")
        value = value.replace(",", " ").split() if words else value.splitlines()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        example = '["env:NAME"]' if name == "mask" else '["files.example.org"]'
        raise UsageError(f"setting {name} is no list of texts", f"write {name} = {example}")
    return tuple(value)


def _truth(name: str, value: Any) -> bool:
    known = value if isinstance(value, bool) else _WORDS.get(str(value).lower())
    if known is None:
        raise UsageError(f"setting {name} is {value!r}", f"write {name} = true, or false")
    return known


def _tables(name: str, value: Any) -> Any:
    if name in _LISTS and isinstance(value, list) and all(isinstance(v, dict) for v in value):
        return tuple(value)
    if name == "categories" and isinstance(value, dict):
        return value
    if name == "runners" and isinstance(value, dict):
        return _runners(value)
    heads = {"runners": "[tool.regreen.runners]", "categories": "[tool.regreen.categories.NAME]"}
    head = heads.get(name, f"[[tool.regreen.{name}]]")
    raise UsageError(f"setting {name} is not understood", f"write tables: {head}")


def _runners(value: Mapping[str, Any]) -> dict[str, str]:
    for label, meant in value.items():
        if not isinstance(meant, str) or not meant.strip() or not label.strip():
            words = f"runners: {label!r} is to mean {meant!r}, which is no label and no image"
            raise UsageError(words, f'write "{label}" = "ubuntu-24.04"')
    return {label.strip().lower(): meant.strip() for label, meant in value.items()}


def _hosted_only(table: Mapping[str, str]) -> dict[str, str]:
    """Return what a stranger's file may say of runners: which of regreen's own images stands."""
    return {label: meant for label, meant in table.items() if _HOSTED.fullmatch(meant)}


def _reviewed(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action of a stranger's file: that its patch needs no review is not his to say."""
    return {**table, "severity": "medium"} if table.get("severity") == "low" else dict(table)


def _config(env: Mapping[str, str]) -> Path:
    base = env.get("XDG_CONFIG_HOME") or str(Path(env.get("HOME", "~")) / ".config")
    return Path(base).expanduser() / "regreen" / "regreen.toml"


def _cache(env: Mapping[str, str]) -> str:
    base = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME", "~")) / ".cache")
    return str(Path(base) / "regreen")
