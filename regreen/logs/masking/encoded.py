"""Secrets inside Base64, as Kubernetes, Docker and ``base64 < token`` print them.

A secret's first letters look one of three ways in Base64, by their place in a group of three. A run
of Base64 that holds such letters is decoded, and hidden when its text holds a secret.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import re2

from regreen.logs.expressions import expression
from regreen.logs.masking.literals import automaton

_PREFIXES = (
    b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_", b"glpat-", b"gldt-", b"glrt-",
    b"glcbt-", b"pypi-AgE", b"npm_", b"AKIA", b"ASIA", b"dckr_pat_", b"dop_v1_", b"xoxb-", b"xoxp-",
    b"sk-proj-", b"sk-ant-", b"sk_live_", b"rubygems_", b"hvs.", b"GOCSPX-", b"AIza",
    b"password=", b"password:", b"PASSWORD=", b"Password=",
)  # fmt: skip
_MOST = 1 << 20
_ORDINARY = bytes.maketrans(b"-_", b"+/")
_RUN = expression(rb"[A-Za-z0-9+/]{24,}+={0,2}|[A-Za-z0-9_-]{24,}+={0,2}")


@cache
def _hint() -> Any:
    return automaton(b"|".join(sorted({re2.escape(c) for p in _PREFIXES for c in _codes(p)})))


def _codes(prefix: bytes) -> Iterator[bytes]:
    """The characters that ``prefix`` alone decides, at each place in a group of three bytes."""
    for offset in range(3):
        code = base64.b64encode(bytes(offset) + prefix)
        yield code[-(-offset * 8 // 6) : (offset + len(prefix)) * 8 // 6]


def encoded(data: bytes, at: int = 0) -> int:
    """Return where from ``at`` on ``data`` may hold a secret in Base64, -1 for nowhere."""
    found = _hint().search(data, at)
    return int(found.start()) if found else -1


def mask_encoded(block: bytes, mask: Callable[[bytes], bytes]) -> bytes:
    """Return ``block`` with the Base64 replaced in whose text ``mask`` would replace something."""
    if encoded(block) < 0:
        return block
    return _RUN.sub(lambda found: b"***" if _secret(found[0], mask) else found[0], block)


def _secret(code: bytes, mask: Callable[[bytes], bytes]) -> bool:
    """A run may begin with what is no Base64, as the ``n`` of an escaped line end before it."""
    if len(code) > _MOST or encoded(code) < 0:
        return False
    body = code.rstrip(b"=").translate(_ORDINARY)
    for start in range(4):
        part = body[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        text = base64.b64decode(part + b"=" * (-len(part) % 4))
        if mask(text) != text:
            return True
    return False
