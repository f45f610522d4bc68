"""Which package index this machine uses, read from pip's own configuration.

Only addresses of indexes and the CA bundle count. An ``extra-index-url`` lends its login where the
user asks for that very index, and is never mixed into the index itself: CI did not have it.
``find-links`` are left out, for they know no dates.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from regreen_sandbox.asking import remembered
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.process import run

_SETTING = re.compile(r"(?P<section>[^=]+?)\.(?P<key>[A-Za-z-]+)=(?P<value>.*)")
_SECTIONS = ("global", "install", "download", ":env:")  # the later one wins
_PIP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Upstream:
    """A package index: the address of its simple API and the CA bundle to check it with.

    ``simple_url`` may hold credentials (``https://user:password@...``), so it is never part of
    the ``repr``; ``address`` is the same without them. ``token`` goes with every request to that
    address's origin instead. An npm registry is named by the address below which its packages lie.
    """

    simple_url: str = field(repr=False)
    cert: Path | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """The address without credentials, ending in a slash."""
        parts = urlsplit(self.simple_url)
        bare = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, bare, parts.path.rstrip("/") + "/", parts.query, ""))

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User name and password from the address, or ``None``."""
        parts = urlsplit(self.simple_url)
        if parts.username is None:
            return None
        return unquote(parts.username), unquote(parts.password or "")


def upstream_index() -> Upstream:
    """Return the index that pip uses on this machine; pypi_simple's default without a setting.

    Raises ``SandboxError`` when the configured index is not one reached over HTTP.
    """
    return pip_indexes()[0]


def pip_indexes() -> tuple[Upstream, tuple[Upstream, ...]]:
    """Return the index as ``upstream_index`` does, and pip's extra ones that have a host."""
    settings = _pip_settings()
    url = settings.get("index-url", "").split()
    cert = settings.get("cert")
    bundle = Path(cert).expanduser() if cert else None
    upstream = Upstream(url[0] if url else _public(), bundle)
    if urlsplit(upstream.simple_url).scheme not in ("http", "https"):
        raise SandboxError(
            "pip's index-url on this machine is not an http or https address, so it cannot be "
            "served to the sandbox",
            next_step="set another one: pip config set global.index-url URL",
        )
    addresses = dict.fromkeys(settings.get("extra-index-url", "").split())
    return upstream, tuple(Upstream(a, upstream.cert) for a in addresses if urlsplit(a).hostname)


def _public() -> str:
    """Return the public index's address: a constant of a library that is slow to import."""
    found = importlib.util.find_spec("pypi_simple")
    library = str(found.origin) if found else "pypi_simple"
    return remembered([library], _endpoint, files=(), variables=()) or _endpoint()


def _endpoint() -> str:
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    return PYPI_SIMPLE_ENDPOINT


def _pip_settings() -> Mapping[str, str]:
    for command in _pip_commands():
        ask = partial(_listed, [*command, "config", "list"])
        told = remembered(command, ask, files=_pip_files(), variables=("pip_", "xdg_", "home"))
        if told is not None:
            return parse_settings(told)
    return {}


def _listed(command: list[str]) -> str | None:
    try:
        listed = run(command, timeout=_PIP_SECONDS)
    except SandboxError:
        return None
    return listed.stdout.decode("utf-8", "replace") if listed.exit_code == 0 else None


def _pip_files() -> Iterator[Path]:
    """Yield the files that pip reads its settings from (pip's "Configuration", Unix)."""
    for folder in (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
        yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield Path.home() / ".pip" / "pip.conf"
    own = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    yield Path(own) / "pip" / "pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if named := os.environ.get("PIP_CONFIG_FILE"):
        yield Path(named)


def _pip_commands() -> Iterator[list[str]]:
    # -P: the current folder may be a stranger's repository, with a pip of its own.
    yield [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check"]
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            yield [found]


def parse_settings(listing: str) -> Mapping[str, str]:
    """Read the output of ``pip config list`` into one value a key, as ``pip install`` sees it.

    Lines look like ``global.index-url='https://...'``, where the value is a Python literal and
    ``:env:`` stands for the environment. Lines that do not are passed over.
    """
    ranked: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        match = _SETTING.fullmatch(line.strip())
        if match is None or match["section"] not in _SECTIONS:
            continue
        try:
            value = ast.literal_eval(match["value"])
        except (SyntaxError, ValueError):
            continue
        rank = _SECTIONS.index(match["section"])
        if rank >= ranked.get(match["key"], (-1, ""))[0]:
            ranked[match["key"]] = (rank, str(value))
    return {key: value for key, (_, value) in ranked.items()}
