"""Secrets in addresses: user and password before the host, tokens and signatures in the query."""

from __future__ import annotations

import re

from regreen.logs.expressions import expression
from regreen.logs.masking.words import alphanumeric, harmless, wordy

_PASSWORD = expression(
    rb"(://[^/\s:@'\"?#<>`\x1b]{0,256}:)"
    rb"([^/\s@'\"<>`\x1b]{1,512}(?:@[^/\s@'\"<>`\x1b,;|?&]{1,256}(?=@)){0,8})@"
)
_SLASHED = expression(
    rb"(://[^/\s:@'\"?#<>`\x1b]{1,256}:)(?!\d{0,5}/)([^\s@'\"<>`\x1b]{1,512})"
    rb"(?=@[\w.-]{1,253}(?::\d{1,5})?(?:[/\s'\"?#]|$))",
    re.MULTILINE,
)
_ENCODED = expression(
    rb"(%(?:25){0,3}3a%(?:25){0,3}2f%(?:25){0,3}2f[^%\s]{0,256}%(?:25){0,3}3a)"
    rb"((?:[^%\s&\"'<>]|%(?!(?:25){0,3}(?:2f|40|26|3a)))(?:[^%\s&\"'<>]|%(?!(?:25){0,3}(?:2f|40|26))){0,512})"
    rb"(?=%(?:25){0,3}40)",
    re.IGNORECASE,
)
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
        block = _SLASHED.sub(_slashed, block)
        block = _USER.sub(_user, block)
    if b"%3a" in block or b"%3A" in block or b"%253" in block:
        block = _ENCODED.sub(_encoded, block)
    if b"=" in block and (b"?" in block or b"&" in block or b";" in block):
        block = _QUERY.sub(_query, block)
    return block


def _password(found: re.Match[bytes]) -> bytes:
    return found[0] if harmless(found[2]) else found[1] + b"***@"


def _slashed(found: re.Match[bytes]) -> bytes:
    """A slash in a password is to be written ``%2F``; where it is not, the rest must be none."""
    value = found[2]
    fits = b"/" in value and alphanumeric(value) and not wordy(value) and not harmless(value)
    return found[1] + b"***" if fits else found[0]


def _encoded(found: re.Match[bytes]) -> bytes:
    return found[0] if harmless(found[2]) else found[1] + b"***"


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
