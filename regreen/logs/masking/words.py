"""What a value looks like: a secret, or a word, a placeholder, a piece of code."""

from __future__ import annotations

import math
import re
from collections import Counter

from regreen.logs.expressions import expression

_HARMLESS = expression(
    rb"[\"']?(?:-----[\s\S]*+|\*++[^A-Za-z0-9]*+|true|false|none|null|nil|undefined|yes|no|(?:x{3,}+[-_]?)++|[|>][+-]?|\.{3,}+"
    rb"|\$[\s\S]*+|%\w++%|%[sdr]|<[^>]*+>?|\[[^\]]*+\]?|\{[\s\S]*+|\([\s\S]*+"
    rb"|required|optional|inherit|hidden|masked|redacted|secret|password|token|write|read|string"
    rb"|bytes|str)[\"',;.]*$",
    re.IGNORECASE,
)
_UUID = expression(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DIGEST = expression(
    rb"(?:sha(?:1|224|256|384|512)|md5|blake2b?|blake3|h1)[-:=$][A-Za-z0-9+/=$]{16,}"
)
_PARTS = expression(rb"[-_./:+@,|]+")
_WORD = expression(
    rb"[A-Z]{1,24}|(?:[A-Z]?[a-z]{1,24}+){1,5}+(?:\d{1,3})?|v?\d{1,4}|[A-Z]{2,12}\d{1,2}|"
)
_CODE = expression(rb"[()\[\]{}<>`$|]|::|//|->")
_LENGTH = 4096


def harmless(value: bytes) -> bool:
    """Say whether ``value`` is masked already, a placeholder, a reference or a plain answer."""
    return len(value) <= _LENGTH and _HARMLESS.match(value) is not None


def digest(value: bytes) -> bool:
    """Say whether ``value`` names its own hash function, as ``sha256:…`` does."""
    return _DIGEST.match(value) is not None


def entropy(value: bytes) -> float:
    """Return the Shannon entropy of ``value`` in bits a byte."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def alphanumeric(value: bytes) -> bool:
    """Say whether ``value`` holds both a digit and a letter."""
    head = value[:_LENGTH]
    return any(48 <= c < 58 for c in head) and any(65 <= c | 32 <= 122 and c > 64 for c in head)


def wordy(value: bytes) -> bool:
    """Say whether ``value`` is made of words and small numbers: a name, a path, a version."""
    return all(_WORD.fullmatch(part[:64]) for part in _PARTS.split(value[:_LENGTH]))


def code(value: bytes) -> bool:
    """Say whether ``value`` has brackets, scopes or expansions, as program text has."""
    return _CODE.search(value[:_LENGTH]) is not None


def random(value: bytes) -> bool:
    """Say whether ``value`` looks drawn at random: a UUID, or long, mixed and no words."""
    if _UUID.fullmatch(value):
        return True
    head = value[:_LENGTH]
    return len(head) >= 16 and alphanumeric(head) and not wordy(head) and entropy(head) >= 3.0
