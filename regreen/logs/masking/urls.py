"""Secrets in addresses: user and password before the host, tokens and signatures in the query."""

from __future__ import annotations

import re

from regreen.logs.expressions import expression
from regreen.logs.masking.words import harmless

_PASSWORD = expression(rb"(://[^/\s:@'\"?#<>`\x1b]{0,256}:)([^/\s@'\"<>`\x1b]{1,512})@")
_USER = expression(rb"(://)([^/\s:@'\"?#<>`\x1b$]{20,512})@")
_QUERY = expression(
    rb"([?&;](?:[a-z0-9_.-]{0,24}[_-])?(?:token|key|secret|password|passwd|pwd|sig|signature"
    rb"|apikey|accesskey|credential|access_token|auth|jwt|code_verifier)=)"
    rb"([^\s&\"'<>#`\\|)\]]{6,})",
    re.IGNORECASE,
)
_PLAIN_KEY = expression(rb"[?&;](?:[a-z0-9_.-]*[_-])?(?:key|auth)=$", re.IGNORECASE)


def mask_urls(block: bytes) -> bytes:
    """Return ``block`` with passwords and tokens in addresses replaced."""
    if b"://" in block and b"@" in block:
        block = _PASSWORD.sub(_password, block)
        block = _USER.sub(_user, block)
    if b"=" in block and (b"?" in block or b"&" in block or b";" in block):
        block = _QUERY.sub(_query, block)
    return block


def _password(found: re.Match[bytes]) -> bytes:
    return found[0] if harmless(found[2]) else found[1] + b"***@"


def _user(found: re.Match[bytes]) -> bytes:
    """A long user name with a digit is a token; ``my-organisation@dev.azure.com`` is none."""
    user = found[2]
    if not any(c in b"0123456789" for c in user) or harmless(user):
        return found[0]
    return found[1] + b"***@"


def _query(found: re.Match[bytes]) -> bytes:
    value = found[2]
    if harmless(value) or (_PLAIN_KEY.search(found[1]) and not any(48 <= c < 58 for c in value)):
        return found[0]
    return found[1] + b"***"
