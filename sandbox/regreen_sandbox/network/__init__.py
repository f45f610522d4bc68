"""What a sandbox can reach, by policy.

``Network`` connects the sandboxes of a run: with nothing (``off``), with the package index and the
hosts that the user names (``packages``), or with every public address (``on``). Never with this
machine, its neighbours, private networks or a cloud's metadata.
"""

from regreen_sandbox.network.connection import Network
from regreen_sandbox.network.policy import Access, Policy

__all__ = ["Access", "Network", "Policy"]
