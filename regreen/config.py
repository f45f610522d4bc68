"""Settings: flags win over ``REGREEN_*`` variables, those over files, those over the defaults.

Files are, the later ones winning, ``regreen/regreen.toml`` in the user's configuration folder
(``XDG_CONFIG_HOME``, else ``~/.config``), ``[tool.regreen]`` of ``pyproject.toml`` and
``regreen.toml`` in the current folder. Settings of the sandbox may stand in a table ``sandbox`` of
their own. In a git repository the last two only decide the sandbox's bounds and how logs are read;
images, network, privileges and the cache are for variables and for files outside of one.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regreen.durations import seconds
from regreen.errors import UsageError
from regreen.model import SandboxOptions
from regreen.setting_values import KINDS, TABLES, tables, typed
from regreen_sandbox.limits import GIB, Limits

if TYPE_CHECKING:
    from regreen_sandbox.images import ImageSettings, Source


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
    them, the user's own ways to mend a failure; ``actions_first``: whether those of a repository's
    file may come before regreen's fixers.
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
    actions_first: bool = False

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
        return replace(self, **{name: typed(name, value) for name, value in asked.items()})


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings for ``folder``. Raises UsageError naming the file or variable at fault."""
    env = os.environ if environment is None else environment
    own = _table(_config(env), ())
    first = typed("actions_first", env.get(_FIRST, own.get("actions_first", False)))
    found = _table(folder / "pyproject.toml", ("tool", "regreen"))
    found |= _table(folder / "regreen.toml", ())
    if any((place / ".git").exists() for place in (folder, *folder.parents)):
        found = {name: value for name, value in found.items() if name not in _OWNER_ONLY}
        found |= {name: _lowered(name, found[name], own) for name in _BOUNDS & found.keys()}
        if "runners" in found:
            found["runners"] = _hosted_only(tables("runners", found["runners"]))
        if "actions" in found:
            found["actions"] = _of_a_stranger(tables("actions", found["actions"]), first=first)
    if own.get("actions") and found.get("actions"):
        found["actions"] = [*tables("actions", own["actions"]), *found["actions"]]
    if own.get("runners") and found.get("runners"):
        found["runners"] = {
            **tables("runners", found["runners"]),
            **tables("runners", own["runners"]),
        }
    found = own | found
    found |= {
        name: env[variable] for name in KINDS if (variable := f"REGREEN_{name.upper()}") in env
    }
    cache = found.pop("cache", None) or _cache(env)
    return Settings(**{k: typed(k, v) for k, v in found.items()}, cache=Path(cache).expanduser())


_HOSTED = re.compile(r"ubuntu-(?:latest|\d\d\.04)", re.IGNORECASE)
_SANDBOX = "sandbox"


_FIRST = "REGREEN_ACTIONS_FIRST"
_MOST_ACTIONS = 20
"""Actions that a repository's own file may bring: each costs the failing step of a search."""

_OWNER_ONLY = frozenset(
    {"image_source", "registry", "suite", "image", "network", "hosts", "sudo", "runtime"}
    | {"index", "extra_indexes"}
    | {"cache", "cache_gib", "history", "verify_limit", "actions_first"}
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
    return min(typed(name, value), typed(name, own.get(name, most[name])))


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
    unknown = sorted(set(data) - {*KINDS, *TABLES})
    if unknown:
        known = ", ".join(sorted((*KINDS, *TABLES)))
        raise UsageError(f"{path}: unknown setting {unknown[0]!r}", f"use one of: {known}")
    return dict(data)


def _hosted_only(table: Mapping[str, str]) -> dict[str, str]:
    """Return what a stranger's file may say of runners: which of regreen's own images stands."""
    return {label: meant for label, meant in table.items() if _HOSTED.fullmatch(meant)}


def _of_a_stranger(actions: Sequence[Mapping[str, Any]], *, first: bool) -> list[dict[str, Any]]:
    """Return the actions of a stranger's file, without what is not his to say.

    That is that a patch needs no review, and, unless the user lets it (``first``), that his actions
    spend the budget before regreen's fixers are asked. Raises UsageError for too many of them.
    """
    if len(actions) > _MOST_ACTIONS:
        raise UsageError(
            f"the repository's settings have {len(actions)} actions, and may have {_MOST_ACTIONS}",
            "write those that you want into your own file: ~/.config/regreen/regreen.toml",
        )
    made = []
    for one in actions:
        table = {**one, "severity": "medium"} if one.get("severity") == "low" else dict(one)
        made.append(table if first or table.get("first") is not True else {**table, "first": False})
    return made


def _config(env: Mapping[str, str]) -> Path:
    base = env.get("XDG_CONFIG_HOME") or str(Path(env.get("HOME", "~")) / ".config")
    return Path(base).expanduser() / "regreen" / "regreen.toml"


def _cache(env: Mapping[str, str]) -> str:
    base = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME", "~")) / ".cache")
    return str(Path(base) / "regreen")
