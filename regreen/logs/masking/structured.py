"""Secrets whose name stands apart from them: XML, pairs, encoded assignments, sentences.

``<password>…</password>``, ``<add key="DbPassword" value="…"/>``, ``('PASSWORD', '…')``,
``auth=('user', '…')``, ``password%3D…``, npm's ``_auth=`` and the ``"auth"`` of Docker's
configuration (both Base64 of ``user:password``), ``password is …`` and ``vault login …``.
"""

from __future__ import annotations

import base64
import binascii
import re

from regreen.logs.expressions import expression
from regreen.logs.masking.caseless import Caseless
from regreen.logs.masking.names import HARMLESS_SUFFIX, KEYWORD, secret_value
from regreen.logs.masking.words import code, entropy, harmless, random

_QUOTE = rb"\\{0,7}[\"']"
_INNER = rb"((?:[^\s\"'\\<>]|\\(?!\\{0,6}[\"']))++)"
_ELEMENT = Caseless(
    rb"(<(?:[a-z0-9_.-]{1,40}:)?[a-z0-9_.-]{0,40}?"
    + KEYWORD
    + rb"([a-z0-9_.-]{0,40}+)(?:[^\S\n][^<>\n]{0,200})?>)([^\s<>]{1,4096})(?=</)"
)
_VALUED = Caseless(
    rb"((?:key|name|id)" + rb"(?:" + _QUOTE + rb")?[^\S\n]{0,2}[:=][^\S\n]{0,2}" + _QUOTE
    + rb"[a-z0-9_.:-]{0,60}?" + KEYWORD + rb"([a-z0-9_.-]{0,40}+)" + _QUOTE
    + rb",?[^\S\n]{1,3}(?:" + _QUOTE + rb")?value(?:" + _QUOTE + rb")?[^\S\n]{0,2}[:=]"
    rb"[^\S\n]{0,2}" + _QUOTE + rb")" + _INNER + rb"(?=" + _QUOTE + rb")"
)  # fmt: skip
_PAIR = Caseless(
    rb"([(\[][^\S\n]{0,2}[bu]?" + _QUOTE + rb"[a-z0-9_.-]{0,40}?" + KEYWORD
    + rb"([a-z0-9_.-]{0,40}+)" + _QUOTE + rb",[^\S\n]{0,2}[bu]?" + _QUOTE + rb")"
    + _INNER + rb"(?=" + _QUOTE + rb"[^\S\n]{0,2}[)\]])"
)  # fmt: skip
_LOGIN = expression(
    rb"(\bauth[^\S\n]?=[^\S\n]?\([^\S\n]?[\"'][^\"'\n]{1,128}[\"'],[^\S\n]{0,2}[bu]?[\"'])([^\s\"']++)"
)
_BASIC = expression(
    rb"((?<![A-Za-z0-9])_auth[\"']?[^\S\n]{0,3}[=:][^\S\n]{0,3}[\"']?|[\"']auth\\?[\"']:[^\S\n]{0,2}\\?[\"'])"
    rb"([A-Za-z0-9+/_-]{8,4096}=*+)"
)
_ENCODED = Caseless(
    KEYWORD + rb"([a-z0-9_.-]{0,40}+)(%(?:25){0,3}(?:3d|3a))"
    rb"((?:[a-z0-9_.~+!$*()-]|%(?!(?:25){0,3}(?:26|3b|20|0a|0d|22|27))(?:25){0,3}[0-9a-f]{2})++)"
)
_SAID = Caseless(
    rb"(\b(?:password|passphrase|passwd|token|secret|api[ _-]?key)"
    rb"(?:[^\S\n](?:is|was|for[^\S\n]['\"][^'\"\n]{1,200}['\"])):?[^\S\n]{1,2}[\"'`]?)"
    rb"([^\s\"'`]{8,}+)"
)
_VAULT = expression(rb"(\bvault login (?:-[\w=/.-]+ ){0,4})([^\s\"'-][^\s\"']{9,})")


def mask_structured(block: bytes) -> bytes:
    """Return ``block`` with secrets replaced whose name is not right before them."""
    low = block.lower()
    if b"</" in block:
        block = _ELEMENT.sub(_named, block)
    if b"value" in low:
        block = _VALUED.sub(_named, block)
    if b"," in block:
        block = _PAIR.sub(_named, block)
    if b"auth" in low:
        block = _BASIC.sub(_basic, _LOGIN.sub(_plain, block))
    if b"%3" in low or b"%25" in low:
        block = _ENCODED.sub(_encoded, block)
    block = _SAID.sub(_said, block)
    return _VAULT.sub(_said, block) if b"vault login" in block else block


def _named(found: re.Match[bytes]) -> bytes:
    """``found``: all before the value, the name's keyword, what follows that, the value."""
    before, keyword, suffix, value = found.groups()
    if HARMLESS_SUFFIX.search(suffix) or not secret_value(keyword, value):
        return found[0]
    return before + b"***"


def _encoded(found: re.Match[bytes]) -> bytes:
    keyword, suffix, sign, value = found.groups()
    value = value.rstrip(b".,:)")
    if HARMLESS_SUFFIX.search(suffix) or not secret_value(keyword, value):
        return found[0]
    return keyword + suffix + sign + b"***" + found[4][len(value) :]


def _plain(found: re.Match[bytes]) -> bytes:
    return found[1] + b"***" if secret_value(b"password", found[2]) else found[0]


def _basic(found: re.Match[bytes]) -> bytes:
    value = found[2]
    if harmless(value) or not (random(value) or _credentials(value)):
        return found[0]
    return found[1] + b"***"


def _credentials(value: bytes) -> bool:
    """Say whether ``value`` is Base64 of ``user:password`` (RFC 7617)."""
    try:
        text = base64.b64decode(value + b"=" * (-len(value) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in text and text.isascii() and text.decode().isprintable()


def _said(found: re.Match[bytes]) -> bytes:
    value = found[2].rstrip(b".,;:)!")
    if not random(value) or code(value) or entropy(value) < 3.5:
        return found[0]
    return found[1] + b"***" + found[2][len(value) :]
