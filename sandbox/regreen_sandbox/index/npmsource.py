"""Which npm registry this machine uses, with the user's token for it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from regreen_sandbox.index.upstream import Upstream
from regreen_sandbox.npm import npm_registry, npm_settings

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def upstream_registry() -> Upstream:
    """Return the registry that npm uses on this machine.

    Its token and CA file are those of the user's own settings (npmrc(5), "Auth related
    configuration"). Raises `regreen_sandbox.errors.ImageUnavailable` when none is configured.
    """
    address, settings = npm_registry(), npm_settings()
    place = urlsplit(address)
    nerf = f"//{place.netloc.rpartition('@')[2]}{place.path.rstrip('/')}/"
    token = re.search(rf"^\s*{re.escape(nerf)}:_authToken\s*=\s*(\S+)", settings, re.MULTILINE)
    bundle = re.search(r"^\s*cafile\s*=\s*(.+?)\s*$", settings, re.MULTILINE)
    return Upstream(
        address,
        Path(_expanded(bundle[1])).expanduser() if bundle else None,
        _expanded(token[1].strip("\"'")) if token else None,
    )


def _expanded(text: str) -> str:
    """Put variables in, as npm does: one that is not set stays as it is."""
    return _VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), text)
