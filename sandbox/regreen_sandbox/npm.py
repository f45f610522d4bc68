"""npm's own release, from the registry that the user's npm is configured for.

The registry is named by ``npm_config_registry``, by ``registry=`` in ``~/.npmrc`` (or the file that
``npm_config_userconfig`` names), else by the npm of this machine, whose own default it may be; see
npmrc(5) and config(7) of npm. What comes is checked against the recipe's integrity, so that it does
not matter who gave it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from functools import partial
from pathlib import Path

import requests

from regreen_sandbox.asking import remembered
from regreen_sandbox.errors import ImageUnavailable, SandboxError
from regreen_sandbox.process import run
from regreen_sandbox.programs import find_program

_SECONDS = 30
_NOWHERE = (
    "no npm registry is configured on this machine (npm config set registry ADDRESS names one)"
)
_MOST_BYTES = 32 << 20


def fetch_npm(release: str) -> bytes:
    """Return the archive of ``release`` (``npm 8.19.4 sha512-…``), from the cache if it is there.

    Raises `ImageUnavailable` when it cannot be had, or is something else.
    """
    name, version, integrity = release.split()
    path = _cache() / f"{name}-{version}.tgz"
    try:
        kept = path.read_bytes()
    except OSError:
        kept = b""
    if kept and _is(kept, integrity):
        return kept
    content = _download(f"{npm_registry()}/{name}/-/{name}-{version}.tgz", name)
    if not _is(content, integrity):
        raise ImageUnavailable(f"{name} {version} is not what the recipe says it is")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(content)
    part.rename(path)
    return content


def _download(address: str, name: str) -> bytes:
    try:
        with requests.get(address, timeout=_SECONDS, stream=True) as answer:
            answer.raise_for_status()
            content = b""
            for chunk in answer.iter_content(1 << 16):
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise ImageUnavailable(f"{name} is larger than it can be")
            return content
    except requests.RequestException as error:
        reason = type(error).__name__
        raise ImageUnavailable(f"{name} could not be fetched ({reason})") from error


def npm_registry() -> str:
    """Return the address of the registry, without a slash at its end.

    Raises `ImageUnavailable` when none is configured.
    """
    named = _setting("registry")
    if named is None:
        found = re.search(r"^\s*registry\s*=\s*(https?://\S+)", npm_settings(), re.MULTILINE)
        named = found[1] if found else _told()
    return named.rstrip("/")


def npm_settings() -> str:
    """Return the user's own settings of npm, empty where there are none that can be read."""
    file = Path(_setting("userconfig") or Path.home() / ".npmrc")
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _told() -> str:
    """Ask this machine's npm, where no repository's settings lie. Raises `ImageUnavailable`."""
    npm = find_program("npm")
    if npm is None:
        raise ImageUnavailable(_NOWHERE)
    program = Path(npm).resolve()
    files = [folder / "etc" / "npmrc" for folder in (*program.parents[:5], Path("/"))]
    files += [folder / "npmrc" for folder in program.parents[:3]]
    ask = partial(_asked, npm)
    address = remembered([npm], ask, files=files, variables=("npm_config_", "home", "prefix")) or ""
    if not address.startswith(("https://", "http://")):
        raise ImageUnavailable(_NOWHERE)
    return address


def _asked(npm: str) -> str:
    try:
        done = run([npm, "config", "get", "registry"], timeout=_SECONDS, cwd=Path("/"))
    except SandboxError as error:
        raise ImageUnavailable(f"npm does not tell its registry: {error.message}") from error
    return done.stdout.decode(errors="replace").strip()


def _setting(name: str) -> str | None:
    variables = (f"npm_config_{name}", f"NPM_CONFIG_{name.upper()}")
    return next((value for v in variables if (value := os.environ.get(v))), None)


def _is(content: bytes, integrity: str) -> bool:
    algorithm, _, wanted = integrity.partition("-")
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode() == wanted


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regreen" / "npm"
