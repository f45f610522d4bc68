"""Adds those authorities of a PEM bundle that this image does not trust yet.

Run inside the image while it is built: ``python3 trust.py BUNDLE``. One file per authority goes to
``/usr/local/share/ca-certificates``, where ``update-ca-certificates`` looks for them. Authorities
that the distribution ships are left alone, so that the image's bundle holds each one once.
"""

import hashlib
import re
import ssl
import sys
from pathlib import Path

SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")
LOCAL = Path("/usr/local/share/ca-certificates")
BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def authorities(bundle: Path) -> dict[bytes, str]:
    """Return the certificates of a PEM file, keyed by their DER form."""
    if not bundle.exists():
        return {}
    text = bundle.read_text(encoding="utf-8", errors="replace")
    return {ssl.PEM_cert_to_DER_cert(block): block for block in BLOCK.findall(text)}


def main(bundle: Path) -> None:
    """Write the bundle's new authorities, one file each."""
    known = authorities(SYSTEM)
    LOCAL.mkdir(parents=True, exist_ok=True)
    for der, pem in authorities(bundle).items():
        if der not in known:
            name = f"host-{hashlib.sha256(der).hexdigest()[:16]}.crt"
            (LOCAL / name).write_text(pem + "\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
