"""Values that stand beside a name which promises a secret: assignments, mappings, options.

A name in capitals (an environment variable) hides nearly any value. Other names occur in prose and
in program text just as often, so there the value must look like a secret itself: a digit and a
letter for a password, a random-looking text for a token or a key.
"""

from __future__ import annotations

import re

from regreen.logs.expressions import expression
from regreen.logs.masking.caseless import Caseless
from regreen.logs.masking.words import alphanumeric, code, digest, entropy, harmless, random, wordy

KEYWORD = (
    rb"(token|passw(?:or)?d|passphrase|pwd|[_-]pass|secret|credentials?"
    rb"|(?:api|access|private|account|signing|encryption|auth|master|deploy|secret|license|ssh"
    rb"|storage|subscription|service|webhook|hmac)[_-]?key)"
)
_COLOUR = rb"(?:\x1b\[[0-9;]*m)*+"
_VALUE = rb"(\"[^\"\n]+\"|'[^'\n]+'|(?:[^\s\"',;\\\x1b]|\\(?!\\{0,6}[\"']|[nrt]))++)"
_ASSIGNED = Caseless(
    KEYWORD
    + rb"([a-z0-9_.-]{0,40}+)(\\{0,7}[\"']?\]?[^\S\n]{0,40}+"
    + _COLOUR
    + rb"(?:=>|:=|(?<![=:!<>])[=:](?![=:]))[^\S\n]{0,3}"
    + _COLOUR
    + rb"\\{0,7})"
    + _COLOUR
    + rb"(?:(?<=\\)[\"'])?(?:[bBuUrRfF]{1,2}(?=[\"']))?+"
    + _VALUE
)
_OPTION = Caseless(
    rb"(-(?<![\w-]-)-?(?:[a-z0-9]{1,20}-){0,4}"
    rb"(?:token|password|passwd|passphrase|secret|api-?key|access-?key|secret-key|auth-key|pass)"
    rb"(?:-[a-z0-9]{1,12})?)([^\S\n]{1,3}|=)" + _VALUE
)
_TOOLS = expression(
    rb"((?:login\b|twine[^\S\n]+upload|sshpass|mysql(?:dump|admin)?\b)[^\n|;&]{0,160}?[^\S\n]-p"
    rb"[^\S\n]{0,3})(\"[^\"\n]+\"|'[^'\n]+'|[^\s\"'\-/][^\s\"']*+)"
)
_LOGIN = (b"login", b"twine", b"sshpass", b"mysql")
_USER = expression(
    rb"(\bcurl\b[^\n|;]{0,200}?[^\S\n](?:-u|--user)[^\S\n=]{0,2}[\"']?[^\s:\"'$]{1,64}:)([^\s\"']++)"
)
_AWS = Caseless(rb"((?:aws|amazon)[^\n]{0,60}?[\s\"'=:])([a-z0-9/+]{40})(?![a-z0-9/+=])")
HARMLESS_SUFFIX = expression(
    rb"(?:s?[_.-]?(?:file|path|url|uri|name|type|len|length|count|dir|directory|host|mode|policy"
    rb"|expiry|expires(?:[_-]?(?:in|at))?|expiration|ttl|scopes?|fields?|header|env|var|algorithm|prefix|required"
    rb"|enabled|disabled|size|limit|index|range|class|position|pos|stdin|version|usage|rule"
    rb"|lifetime|endpoint|source|store|provider|manager|helper|hash|format|kind|status|state|error"
    rb"|exception|py|js|ts|go|rs|java|yml|yaml|json|toml|md|txt|html|tsx|jsx|rb|arn|ref|keyref"
    rb"|prompt|strength|validator|reset|change|parallelism|per[_-]?second|limiter|bucket))s?\Z"
    rb"|\A(?:iz|ise|ize)[a-z]*",
    re.IGNORECASE,
)
_CALL = expression(rb"[()\[\]{}<>]")
_WORD_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."


def mask_names(block: bytes) -> bytes:
    """Return ``block`` with the values of names and options that promise a secret replaced."""
    block = _ASSIGNED.sub(_assigned, block)
    if b"-" in block:
        block = _OPTION.sub(_option, block)
    if b" -p" in block and any(tool in block for tool in _LOGIN):
        block = _TOOLS.sub(_tool, block)
    if b"curl" in block:
        block = _USER.sub(_tool, block)
    if b"aws" in block or b"AWS" in block:
        block = _AWS.sub(_aws, block)
    return block


def _assigned(found: re.Match[bytes]) -> bytes:
    keyword, suffix, sign, value = found.groups()
    start = found.start()
    before = found.string[max(0, start - 64) : start]
    opening = before.rstrip(_WORD_BYTES)
    name = before[len(opening) :] + keyword + suffix
    bare = value.strip(b"\"'")
    quoted = value[:1] in (b'"', b"'")
    if not bare or harmless(value) or digest(bare) or HARMLESS_SUFFIX.search(suffix):
        return found[0]
    if quoted and opening[-1:] == value[:1] and value[:1] not in sign:
        return found[0]
    following = found.string[found.end() : found.end() + 1]
    loud = name.isupper() and (b"_" in name or b"=" in sign or b"-" not in name)
    hidden = _loud(name, sign, bare) if loud else _quiet(keyword, sign, bare, quoted=quoted)
    if not hidden or (following and following in b"([{" and not quoted):
        return found[0]
    head = found[0][: found.start(4) - start]
    return head + (value[:1] + b"***" + value[:1] if quoted else b"***")


def secret_value(keyword: bytes, value: bytes, *, loud: bool = False) -> bool:
    """Say whether ``value`` is a secret, in a place where it is surely ``keyword``'s value."""
    if harmless(value) or digest(value):
        return False
    if loud:
        return _loud(keyword, b"=", value)
    return _quiet(keyword, b"=", value, quoted=True)


def _loud(name: bytes, sign: bytes, value: bytes) -> bool:
    """An environment variable's value; a lone capital word before a colon may be a heading."""
    if _path(value) or (value.isdigit() and len(value) < 4):
        return False
    if b"=" in sign or (b"_" in name and not name.endswith(b"_PASS")):
        return True
    return alphanumeric(value) and not code(value)


def _quiet(keyword: bytes, sign: bytes, value: bytes, *, quoted: bool) -> bool:
    """A value in prose, in program text or in a configuration file."""
    if not alphanumeric(value) or len(value) < 8 or b" " in value or _path(value):
        return False
    if random(value) and (not code(value) or (entropy(value) >= 3.6 and not _CALL.search(value))):
        return True
    weak = keyword.lower().startswith((b"pass", b"pwd", b"secret", b"_pass", b"-pass"))
    tight = quoted or b"=" in sign or weak
    return tight and not code(value) and (weak or not wordy(value)) and not _name(value)


def _name(value: bytes) -> bool:
    return b"_" in value and wordy(value.replace(b"_", b"-"))


def _path(value: bytes) -> bool:
    return value.startswith((b"/", b"./", b"~/", b"../")) and value.count(b"/") > 1 and wordy(value)


def _option(found: re.Match[bytes]) -> bytes:
    option, gap, value = found.groups()
    bare = value.strip(b"\"'").rstrip(b".,:)`]")
    if not bare or harmless(value) or HARMLESS_SUFFIX.search(option) or bare.startswith(b"-"):
        return found[0]
    if bare.replace(b"_", b"").replace(b"-", b"").isupper() and not alphanumeric(bare):
        return found[0]
    if gap != b"=" and value == value.strip(b"\"'") and bare.isalpha() and len(bare) < 16:
        return found[0]
    if gap != b"=" and (_path(bare) or code(bare)):
        return found[0]
    mark = value[:1] if value[:1] in (b'"', b"'") else b""
    return option + gap + mark + b"***" + mark


def _tool(found: re.Match[bytes]) -> bytes:
    return found[0] if harmless(found[2]) else found[1] + b"***"


def _aws(found: re.Match[bytes]) -> bytes:
    value = found[2]
    mixed = value != value.lower() and value != value.upper() and alphanumeric(value)
    return found[1] + b"***" if mixed and not wordy(value) else found[0]
