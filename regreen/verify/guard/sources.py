"""Where packages come from: an index, an address or a folder that was not asked before is refused.

Whoever serves the packages decides what is tested and what tests. Sources of the names: the
references of pip, uv, Poetry, PDM, Pipenv, conda and npm.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"[a-z+]+://(?:[^/\s@\"']*@)?(?P<host>[\w.-]+)")
_OPTION = re.compile(
    r"^(?:--(?:index-url|extra-index-url|index|default-index|find-links|trusted-host|no-index"
    r"|registry|allow-insecure-host|channel|override-channels|override|overrides|proxy|cert"
    r"|no-deps|dry-run|no-dependencies|target|prefix|root|ignore-requires-python"
    r"|config-file|no-dev|without|only|no-group|no-extra|only-group|no-default-groups|production"
    r"|omit|exclude-newer|no-install-project|no-install-workspace|no-root|only-deps|only-root"
    r")(?:=|$)"
    r"|-i$|-f$|-t$)"
)
"""Options by which an installer takes other packages, others of them, or none."""
_CHANNELS = frozenset(["conda", "mamba", "micromamba"])
_VARIABLE = re.compile(
    r"^(?:PIP_(?!CACHE|NO_CACHE|DISABLE_PIP|PROGRESS|ROOT_USER|TIMEOUT|DEFAULT_TIMEOUT|RETRIES"
    r"|UPGRADE|PREFER|NO_INPUT|QUIET|VERBOSE|BREAK_SYSTEM|NO_PYTHON_VERSION|NO_COLOR|NO_WARN|USER"
    r"|CONSTRAINT)\w+"
    r"|UV_(?!SYSTEM|CACHE|NO_CACHE|FROZEN|LOCKED|HTTP_TIMEOUT|LINK_MODE|COMPILE|NO_PROGRESS"
    r"|CONCURRENT|PUBLISH|TOOL|REQUEST|VERSION|BREAK|NATIVE_TLS)\w+"
    r"|(?:NPM|npm)_(?:CONFIG|config)_\w+|\w*(?:INDEX_URL|REGISTRY)|CONDA_CHANNELS|CONDA_OVERRIDE\w*"
    r"|POETRY_(?:REPOSITORIES|SOURCE|VIRTUALENVS_OPTIONS)\w*|PIPENV_PYPI_MIRROR|PDM_\w*PYPI\w*)$"
)
_KEYS = frozenset(
    [
        "url",
        "git",
        "path",
        "file",
        "index-url",
        "extra-index-url",
        "find-links",
        "default-index",
        "no-index",
        "editable",
    ]
)
_TABLES = (
    ("tool", "uv", "sources"),
    ("tool", "uv", "index"),
    ("tool", "uv", "pip"),
    ("tool", "poetry", "source"),
    ("tool", "poetry", "dependencies"),
    ("tool", "poetry", "dev-dependencies"),
    ("tool", "poetry", "group"),
    ("tool", "pdm", "source"),
    ("tool", "pixi"),
    ("sources",),
    ("index",),
    ("source",),
    ("packages",),
    ("dev-packages",),
    ("package",),
    ("channels",),
)
"""Tables in which an installer finds where to take packages from."""


def is_option(word: str) -> bool:
    """Whether an installer with this option takes other packages, fewer of them, or none."""
    return bool(_OPTION.match(word))


def is_variable(name: str) -> bool:
    """Whether a variable of this name tells an installer where, or what, to install."""
    return bool(_VARIABLE.match(name))


def channels(words: tuple[str, ...]) -> set[str]:
    """Return the channels that a command of conda names."""
    if not words or words[0] not in _CHANNELS:
        return set()
    pairs = itertools.pairwise(words)
    return {b for a, b in pairs if a in {"-c", "--channel"}} - {"conda-forge", "defaults"}


def new_hosts(old: str, new: str) -> list[str]:
    """Return the hosts that ``new`` names more than ``old``, save those everybody uses."""
    before, after = ({m["host"].lower() for m in _ADDRESS.finditer(t)} for t in (old, new))
    return sorted(after - before - _usual())


def is_usual(text: str) -> bool:
    """Whether a text names a host, and only such as everybody takes packages from."""
    hosts = {m["host"].lower() for m in _ADDRESS.finditer(text)}
    return bool(hosts) and hosts <= _usual()


def added(before: Any, after: Any, path: str) -> list[str]:
    """Return which sources of packages a configuration names that it did not name before."""
    first, second = (Counter(_named(data)) for data in (before, after))
    more = sorted((second - first).elements())
    return [f"it takes packages from elsewhere, {row[:60]}: {path}" for row in more]


def _named(data: Any) -> Iterator[str]:
    for table in _TABLES:
        value = data
        for key in table:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            yield from _origins(value, table == ("channels",))
    for key in ("index-url", "extra-index-url", "default-index", "find-links", "no-index"):
        for place in (data, _inside(data, "global"), _inside(data, "install"), _uv(data)):
            if isinstance(place, Mapping) and key in place:
                yield from _shown(key, place[key])


def _inside(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, Mapping) else None


def _uv(data: Any) -> Any:
    return _inside(_inside(data, "tool"), "uv")


def _origins(value: Any, plain: bool) -> Iterator[str]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            for key, inner in item.items():
                if key in _KEYS and not isinstance(inner, Mapping):
                    yield from _shown(str(key), inner)
                else:
                    stack.append(inner)
        elif isinstance(item, list):
            stack += item
        elif plain and item not in {"conda-forge", "defaults", "nodefaults"}:
            yield f"channel {item}"


def _shown(key: str, value: Any) -> Iterator[str]:
    for text in map(str, value if isinstance(value, list) else [value]):
        host = _ADDRESS.match(text)
        if not (host and host["host"].lower() in _usual()):
            yield f"{key} {text}"


@cache
def _usual() -> frozenset[str]:
    """Return the host that everybody takes packages from: the public index of Python packages."""
    from pypi_simple import PYPI_SIMPLE_ENDPOINT  # late: it takes a quarter of a second

    return frozenset(filter(None, [urlsplit(PYPI_SIMPLE_ENDPOINT).hostname]))
