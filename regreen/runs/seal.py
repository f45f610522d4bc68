"""The seal on what was pulled here: a repository can bring a folder that only looks like it.

``run.json`` carries an HMAC-SHA256 (RFC 2104) over the rest of the record, made with a key that
never leaves the user's cache. Whoever has no key cannot write a record that is believed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regreen.errors import UsageError

FIELD = "seal"
_KEY_BYTES = 32


def own_key(cache: Path) -> bytes:
    """Return the user's key from ``cache``, made there at the first call.

    Raises UsageError when it cannot be had, or when what lies there may be known to others: a
    link, another user's file, or one that others may read.
    """
    path = cache / "key"
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.path.lexists(path):
            _make(path)
        return _read(path)
    except OSError as error:
        raise UsageError(
            f"cannot use the key {path}: {error.strerror or error}",
            f"remove {path} (runs are pulled again then), or name another cache: "
            "export REGREEN_CACHE=…",
        ) from error


def sealed(record: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """Return ``record`` with its seal."""
    return {**record, FIELD: _seal(record, key)}


def fits(record: Mapping[str, Any], key: bytes) -> bool:
    """Whether ``record`` carries the seal that this key makes of the rest of it."""
    told = record.get(FIELD)
    if not isinstance(told, str) or not told.isascii():
        return False
    return hmac.compare_digest(told, _seal(record, key))


def _seal(record: Mapping[str, Any], key: bytes) -> str:
    rest = {name: value for name, value in record.items() if name != FIELD}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _make(path: Path) -> None:
    """Write a new key: whole or not at all, and never over one that another process made."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # O_EXCL, mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path, follow_symlinks=False)
        except FileExistsError:
            return
    finally:
        Path(name).unlink()


def _read(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is no file")
        if found.st_uid != os.geteuid():
            raise OSError(0, "it belongs to somebody else")
        if found.st_mode & 0o077:
            raise OSError(0, "others may read or write it")
        key = file.read(_KEY_BYTES + 1)
    if len(key) != _KEY_BYTES:
        raise OSError(0, f"it has not {_KEY_BYTES} bytes")
    return key
