"""Settings: flags win over ``REGREEN_*`` variables, those over files, those over the defaults.

Files are ``regreen.toml`` and ``[tool.regreen]`` of ``pyproject.toml`` in the current folder. In a
git repository they only decide the sandbox's bounds; images and the cache are for variables and for
files outside of one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from regreen.errors import UsageError
from regreen_sandbox.images import ImageSettings, Source
from regreen_sandbox.limits import GIB, Limits

SOURCES: tuple[Source, ...] = get_args(Source)


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be configured.

    ``image_source``: auto, registry or bootstrap; ``registry``: a prefix for the base image's name;
    ``suite``: the Debian suite to bootstrap; ``memory_gib``, ``cpus``, ``pids``: the sandbox's
    bounds (``None``: the default for this machine); ``cache``: where fetched packages are kept.
    """

    image_source: Source = "auto"
    registry: str = ""
    suite: str = "bookworm"
    memory_gib: float | None = None
    cpus: float | None = None
    pids: int | None = None
    cache: Path = Path()

    def images(self) -> ImageSettings:
        """Return where base images come from."""
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
}


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
    unknown = sorted(set(data) - set(_KINDS))
    if unknown:
        raise UsageError(
            f"{path}: unknown setting {unknown[0]!r}", f"use one of: {', '.join(sorted(_KINDS))}"
        )
    return dict(data)


def _typed(name: str, value: Any) -> Any:
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


def _cache(env: Mapping[str, str]) -> str:
    base = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME", "~")) / ".cache")
    return str(Path(base) / "regreen")
