"""The certificate authorities of this machine's own, for images that cannot know them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from regreen_sandbox.recipe import ca_bundle

PLACE = "/usr/local/share/regreen/ca.pem"
_NAMED_BY = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_ADDED = ("/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors")
"""Where Debian's update-ca-certificates(8) and Fedora's update-ca-trust(8) look for more."""
VARIABLES: Mapping[str, str] = dict.fromkeys(
    (
        "SSL_CERT_FILE",
        "PIP_CERT",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "NODE_EXTRA_CA_CERTS",
    ),
    PLACE,
)
"""What a container's tools find the bundle by, as in regreen's own images."""


def own_bundle() -> bytes | None:
    """Return this machine's bundle when it trusts more than its system does, else ``None``."""
    named = any(os.environ.get(variable) for variable in _NAMED_BY)
    added = any(Path(folder).is_dir() and any(Path(folder).iterdir()) for folder in _ADDED)
    bundle = ca_bundle() if named or added else None
    try:
        return bundle.read_bytes() if bundle is not None else None
    except OSError:
        return None
