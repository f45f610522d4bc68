"""What connects the sandboxes of a job: package indexes and networks, each opened once."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from regreen.jobs.conditions import Conditions
from regreen.jobs.packages import Packages
from regreen_sandbox.engine import Engine
from regreen_sandbox.index import IndexProxy, Sources, Upstream
from regreen_sandbox.labels import Owner
from regreen_sandbox.network import Access, Network, Policy


@dataclass(slots=True)
class Links:
    """Opens package indexes and networks when they are first asked for; threads may share it.

    ``upstream`` is what is served: a package index alone, or all that this machine has.
    ``carrier_image`` is a base image of regreen's own, for what carries connections. All that was
    opened ends with ``resources``.
    """

    engine: Engine
    owner: Owner
    upstream: Upstream | Sources
    cache: Path
    carrier_image: str
    resources: ExitStack
    _indexes: dict[datetime | None, IndexProxy] = field(default_factory=dict)
    _packages: dict[datetime | None, Packages] = field(default_factory=dict)
    _networks: dict[tuple[datetime | None, Conditions], Network] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def network(self, as_of: datetime | None, conditions: Conditions) -> Network:
        """Return the network under ``conditions``, its index as of a date (``None``: today's).

        Raises SandboxError, in particular for a host that is none.
        """
        with self._lock:
            if (as_of, conditions) not in self._networks:
                index = None if conditions.policy is Policy.OFF else self._index(as_of)
                network = Network(
                    self.engine,
                    Access(conditions.policy, conditions.hosts),
                    index.socket if index else None,
                    owner=self.owner,
                    carrier_image=self.carrier_image,
                    front=index.front if index else None,
                )
                self._networks[as_of, conditions] = self.resources.enter_context(network)
            return self._networks[as_of, conditions]

    def packages(self, as_of: datetime | None) -> Packages:
        """Return what can be asked of the package index on the host, as of a date."""
        from regreen_sandbox.index.lookup import Lookup  # late: a reproduction asks nothing

        with self._lock:
            if as_of not in self._packages:
                source = self.upstream
                upstream = source.upstream if isinstance(source, Sources) else source
                lookup = self.resources.enter_context(Lookup(upstream, self.cache, as_of))
                self._packages[as_of] = Packages(lookup)
            return self._packages[as_of]

    def index_errors(self) -> tuple[str, ...]:
        """Return what the package index could not answer so far."""
        return tuple(e for index in self._indexes.values() for e in index.errors)

    def undated(self) -> tuple[str, ...]:
        """Return the projects that the index served whole, since it tells no upload times."""
        return tuple(dict.fromkeys(u for index in self._indexes.values() for u in index.undated))

    def refused(self) -> tuple[str, ...]:
        """Return the hosts that jobs asked for in vain, as far as that can be seen."""
        return tuple(dict.fromkeys(r for one in self._networks.values() for r in one.refused))

    def _index(self, as_of: datetime | None) -> IndexProxy:
        if as_of not in self._indexes:
            all_of = self.upstream
            if isinstance(all_of, Upstream):
                all_of = Sources(all_of)
            proxy = IndexProxy(
                all_of.upstream, self.cache, as_of, others=all_of.others, names=all_of.names
            )
            self._indexes[as_of] = self.resources.enter_context(proxy)
        return self._indexes[as_of]
