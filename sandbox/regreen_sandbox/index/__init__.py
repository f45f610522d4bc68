"""The package indexes as they were on a date, for containers without a network.

``IndexProxy`` serves on Unix sockets, and ``relay.py``, the container's main process, carries its
loopback there. There are two doors. The plain one is ``http://127.0.0.1:3141``: ``/simple/``,
``/pypi/NAME/json`` and ``/npm/`` as of the date, the same below ``/today`` as they are. At the
secure one, on the port of HTTPS, the public indexes stand under their own names (``names.py``, for
which the container's ``/etc/hosts`` and authorities are made: ``front.py``), so that every tool
finds them unconfigured and lock files come out as everywhere.

What the date does: files and npm versions that came later are left out, and projects without any
left; npm's tags are worked out anew (``packument.py``). What it cannot do: yanked and deprecated
marks are today's, for nobody tells when they were made; deleted files stay gone; and files whose
upload time the upstream does not tell (plain HTML indexes, npm mirrors that tell their own times)
are served whatever the date; ``IndexProxy.undated`` names their projects.

What is asked of the upstreams: a file once, however many ask for it; a project's page once for all
dates that lie behind it, and for today every ten minutes, with its validators.

What the sandbox can reach: the pages of these upstreams and the files that they link to, by
project and file name; no address of its own choosing. Bounds: 128 connections at once for each
door, 30 s idle, 32 KiB for a request's head, 2 KiB for its target, 64 MiB for an upstream's page,
256 MiB for an npm document, 10 GiB of cache.

The names below are imported when they are first asked for (PEP 562): most jobs that run never ask
an index for anything, and a sandbox must not wait for what it may not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regreen_sandbox.index.client import Patience
    from regreen_sandbox.index.front import Front
    from regreen_sandbox.index.names import Names
    from regreen_sandbox.index.proxy import IndexProxy, Others
    from regreen_sandbox.index.sources import Sources, machine_sources, require_servable
    from regreen_sandbox.index.upstream import Upstream, upstream_index

__all__ = [
    "Front",
    "IndexProxy",
    "Names",
    "Others",
    "Patience",
    "Sources",
    "Upstream",
    "machine_sources",
    "require_servable",
    "upstream_index",
]

_MODULES = {
    "Front": "front",
    "IndexProxy": "proxy",
    "Names": "names",
    "Others": "proxy",
    "Patience": "client",
    "Sources": "sources",
    "Upstream": "upstream",
    "machine_sources": "sources",
    "require_servable": "sources",
    "upstream_index": "upstream",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
