"""How a sandbox comes to the indexes under their own names: what it needs for that, as one value.

The names lead to the sandbox's own loopback (``/etc/hosts``), where the relay listens on the port
of HTTPS and carries the connection out to the proxy's secure socket. The sandbox trusts the proxy's
authority through the variables by which tools are told of authorities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PORT = 443
_TRUST = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "DENO_CERT",
    "CARGO_HTTP_CAINFO",
)
_INDEX = ("PIP_INDEX_URL", "UV_INDEX_URL", "PDM_PYPI_URL", "PIPENV_PYPI_MIRROR")


@dataclass(frozen=True, slots=True)
class Front:
    """``names`` are served by the socket of that name, which lies beside the plain one.

    ``index`` is the address that tools have for the package index unasked; ``authorities`` the file
    of those that vouch for the names and for all the world's; ``settle`` waits until it is written.
    """

    names: tuple[str, ...]
    socket: str
    index: str
    authorities: Path
    settle: Callable[[], None] = lambda: None

    def environment(self, trusted: str) -> Mapping[str, str]:
        """What is set in a sandbox where the authorities' file is at ``trusted``.

        The index is named as tools name it unasked, so that nothing they write differs from what
        they write in CI: an image may name another one.
        """
        return {**dict.fromkeys(_TRUST, trusted), **dict.fromkeys(_INDEX, self.index)}
