"""The package index as it was on a date, for containers without a network.

``IndexProxy`` serves on a Unix socket; ``relay.py``, the container's main process, carries
``http://127.0.0.1:3141`` there. Below ``/simple/`` lies the index as of the date, below
``/today/simple/`` the index as it is.

What the date does: files uploaded later are left out, and versions without any file left with
them. What it cannot do: yanked marks are today's, deleted files stay gone, and files whose
upload time the upstream does not tell (plain HTML indexes) are served whatever the date;
``IndexProxy.undated`` names their projects.

What the sandbox can reach: the pages of the one upstream and the files that these link to, by
project and file name; no address of its own choosing. Bounds: 128 connections at once, 30 s idle,
32 KiB for a request's head, 2 KiB for its target, 64 MiB for an upstream's page, 10 GiB of cache.
"""

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
