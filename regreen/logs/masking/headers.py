"""Secrets in HTTP headers and cookies, ``.netrc`` lines and the runner's own mask command."""

from __future__ import annotations

import re

from regreen.logs.expressions import expression
from regreen.logs.masking.caseless import Caseless
from regreen.logs.masking.values import DECLARATION
from regreen.logs.masking.words import alphanumeric, code, harmless, random, wordy

_COLOUR = rb"(?:\x1b\[[0-9;]*m)*+"
_GAP = rb"[\"'\\]{0,3}[^\S\n]{0,4}[:=,][^\S\n]{0,4}" + _COLOUR + rb"[\"'\\\[(]{0,3}" + _COLOUR
_AUTHORIZATION = Caseless(
    rb"(authorization" + _GAP + rb")"
    rb"((?:basic|bearer|token|digest|negotiate|apikey|key|bot|aws4-hmac-sha256)[^\S\n]{1,4})?"
    + _COLOUR
    + rb"([^\s\"'\\;\x1b]++)"
)
_SIGNED = expression(rb"(\bresponse=\"|\bSignature=)([0-9a-fA-F]{32,}+)")
_KEYED = Caseless(
    rb"((?:x-api-key|api-key|apikey|x-auth-token|x-access-token|private-token|job-token"
    rb"|deploy-token|x-gitlab-token|x-vault-token|x-amz-security-token|x-github-token"
    rb"|x-goog-api-key|x-jfrog-art-api|x-nuget-apikey|ocp-apim-subscription-key|x-csrf-token"
    rb"|x-registry-auth)" + _GAP + rb")([^\s\"'\\,;\x1b]++)"
)
_COOKIES = Caseless(
    rb"(cookie[\"'\\]{0,3}[^\S\n]{0,4}:[^\S\n]{0,4}[\"'\\\[]{0,3})([^\n\"'\]\x1b]++)"
)
_COOKIE = expression(rb"([\w.$-]{1,128}+=)([^\s;,\\]++)")
_ATTRIBUTES = (
    b"path=", b"domain=", b"expires=", b"max-age=", b"samesite=", b"version=", b"priority=",
)  # fmt: skip
_NETRC = Caseless(
    rb"((?<![a-z0-9])(?:machine[^\S\n]{1,8}[^\s]{1,256}|default)[^\S\n]{1,8}login[^\S\n]{1,8}"
    rb"[^\s]{1,256}[^\S\n]{1,8}password[^\S\n]{1,8})([^\s\"'\\]++)"
)

_NETRC_LINE = Caseless(
    rb"((?:^|(?<=[\nz\t]))[^\S\n]{0,16}password[^\S\n]{1,8})([^\s\"'\\]{6,256})(?=[^\S\n]*(?:\n|$))"
)


def mask_headers(block: bytes) -> bytes:
    """Return ``block`` with the values of secret headers and cookies replaced."""
    low = block.lower()
    if b"uthorization" in low:
        block = _AUTHORIZATION.sub(_authorized, block)
        block = _SIGNED.sub(rb"\1***", block)
    if b"key" in low or b"token" in low or b"-auth" in low:
        block = _KEYED.sub(_keyed, block)
    if b"cookie" in low:
        block = _COOKIES.sub(_cookies, block)
    if b"login" in low and b"password" in low:
        block = _NETRC.sub(_declared, block)
    if b"password" in low:
        block = _NETRC_LINE.sub(_alone, block)
    if b"add-mask" in low or b"##vso[task.set" in low:
        block = DECLARATION.sub(_declared, block)
    return block


def _authorized(found: re.Match[bytes]) -> bytes:
    scheme, value = found[2], found[3]
    if scheme and scheme.lower().startswith((b"aws4", b"digest")):
        return found[0]
    if harmless(value) or (value.isalpha() and value.islower() and len(value) < 16):
        return found[0]
    if not scheme and (b"," in found[1] or len(value) < 8 or not alphanumeric(value)):
        return found[0]
    return found[0][: found.start(3) - found.start()] + b"***"


def _keyed(found: re.Match[bytes]) -> bytes:
    value = found[2]
    if found.string[max(0, found.start() - 1) : found.start()].isalnum():
        return found[0]
    if harmless(value) or (b":" not in found[1] and not random(value)):
        return found[0]
    return found[1] + b"***"


def _declared(found: re.Match[bytes]) -> bytes:
    return found[0] if harmless(found[2]) else found[1] + b"***"


def _alone(found: re.Match[bytes]) -> bytes:
    value = found[2]
    fits = alphanumeric(value) and not wordy(value) and not code(value) and not harmless(value)
    return found[1] + b"***" if fits else found[0]


def _cookies(found: re.Match[bytes]) -> bytes:
    return found[1] + _COOKIE.sub(_cookie, found[2])


def _cookie(found: re.Match[bytes]) -> bytes:
    if found[1].lower() in _ATTRIBUTES or harmless(found[2]):
        return found[0]
    return found[1] + b"***"
