"""Settings: flags win over ``REGREEN_*`` variables, those over files, those over the defaults.

Files are ``regreen.toml`` and ``[tool.regreen]`` of ``pyproject.toml`` in the current folder. In a
git repository they only decide the sandbox's bounds; images and the cache are for variables and for
files outside of one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regreen.errors import UsageError
from regreen_sandbox.limits import GIB, Limits

if TYPE_CHECKING:
    from regreen_sandbox.images import ImageSettings, Source

SOURCES: tuple[Source, ...] = ("auto", "registry", "bootstrap")


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be configured.

    ``image_source``: auto, registry or bootstrap; ``registry``: a prefix for the base image's name;
    ``suite``: the Debian suite to bootstrap; ``memory_gib``, ``cpus``, ``pids``: the sandbox's
    bounds (``None``: the default for this machine); ``cache``: where fetched packages are kept;
    ``mask``: values to hide in logs (``env:NAME``: a variable's content); ``rules`` and
    ``categories``: tables as ``regreen.logs.rules.custom`` describes them.
    """

    image_source: Source = "auto"
    registry: str = ""
    suite: str = "bookworm"
    memory_gib: float | None = None
    cpus: float | None = None
    pids: int | None = None
    cache: Path = Path()
    mask: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    categories: Mapping[str, Any] = field(default_factory=dict)

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
        return Limits(**given)


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings for ``folder``. Raises UsageError naming the file or variable at fault."""
    env = os.environ if environment is None else environment
    found = _table(folder / "pyproject.toml", ("tool", "regreen"))
    found |= _table(folder / "regreen.toml", ())
    if any((place / ".git").exists() for place in (folder, *folder.parents)):
        found = {name: value for name, value in found.items() if name not in _OWNER_ONLY}
    found |= {
        name: env[variable] for name in _KINDS if (variable := f"REGREEN_{name.upper()}") in env
    }
    cache = found.pop("cache", None) or _cache(env)
    return Settings(**{k: _typed(k, v) for k, v in found.items()}, cache=Path(cache).expanduser())


_KINDS: Mapping[str, type] = {
    "image_source": str,
    "registry": str,
    "suite": str,
    "memory_gib": float,
    "cpus": float,
    "pids": int,
    "cache": str,
    "mask": tuple,
}
_TABLES = ("rules", "categories")


_OWNER_ONLY = frozenset({"image_source", "registry", "suite", "cache"})
"""What a file in a git repository does not decide: it may be a stranger's, and these choose the
image that a proof rests on, or where on this machine files are written."""


def _table(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if names:
            return {}
        raise UsageError(f"{path} is not valid TOML: {error}", f"correct {path}") from error
    for name in names:
        data = data.get(name, {})
    unknown = sorted(set(data) - {*_KINDS, *_TABLES})
    if unknown:
        known = ", ".join(sorted((*_KINDS, *_TABLES)))
        raise UsageError(f"{path}: unknown setting {unknown[0]!r}", f"use one of: {known}")
    return dict(data)


def _typed(name: str, value: Any) -> Any:
    if name == "mask":
        return _values(value)
    if name in _TABLES:
        return _tables(name, value)
    kind = _KINDS[name]
    try:
        typed = kind(value)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"setting {name} is not a {kind.__name__}: {value!r}", "correct it"
        ) from error
    if name == "image_source" and typed not in SOURCES:
        raise UsageError(f"image_source is {typed!r}", f"use one of: {', '.join(SOURCES)}")
    if kind is not str and typed <= 0:
        raise UsageError(f"setting {name} must be above 0, not {value!r}", "correct it")
    return typed


def _values(value: Any) -> tuple[str, ...]:
    """A list of texts; of a variable, its lines."""
    given = value.splitlines() if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise UsageError("setting mask is no list of texts", 'write mask = ["env:NAME"]')
    return tuple(given)


def _tables(name: str, value: Any) -> Any:
    if name == "rules" and isinstance(value, list) and all(isinstance(v, dict) for v in value):
        return tuple(value)
    if name == "categories" and isinstance(value, dict):
        return value
    head = "[[tool.regreen.rules]]" if name == "rules" else "[tool.regreen.categories.NAME]"
    raise UsageError(f"setting {name} is not understood", f"write tables: {head}")


def _cache(env: Mapping[str, str]) -> str:
    base = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME", "~")) / ".cache")
    return str(Path(base) / "regreen")
