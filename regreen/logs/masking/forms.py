"""Tokens that are known by their form: a prefix that one provider gives out, and what follows it.

The prefixes and lengths are those that the providers document (GitHub, GitLab, AWS, Slack, PyPI,
npm, Stripe, …) and that public secret scanners agree on. Every form holds at least ``_RUN``
characters of ``[A-Za-z0-9_-]`` in a row: only such runs, a small part of a log, are looked at.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from regreen.logs.expressions import expression

MASK = b"***"
EDGE = rb"(?:(?<![A-Za-z0-9_])|(?<=[\[;0-9]m)|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
"""No word character before; a colour sequence, an escaped line end or ``%3D`` is none."""
_RUN = 20
_BEFORE = 10
"""Bytes before a run in which its prefix may stand when a dot or colon parts the two."""
_END = rb"(?![A-Za-z0-9_-])"
_MIXED = rb"(?=[\w-]*?\d)(?=[\w-]*?[A-Z])"

_ANYWHERE: tuple[bytes, ...] = (
    rb"gh[pousr]_[A-Za-z0-9]{20,}+",
    rb"ghs_(?:[A-Za-z0-9]{1,16}_)?eyJ[\w-]{6,}+(?:\.[\w-]++)*+",
    rb"github_pat_\w{20,}+",
    rb"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|soat|imt|agent|ffct|oas|wt)-[\w-]{16,}+(?:\.[\w-]{2,}+)*+",
    rb"pypi-AgE[\w-]{16,}+",
    rb"npm_[A-Za-z0-9]{30,}+",
    rb"rubygems_[0-9a-f]{40,}+",
    rb"dckr_[po]at_[\w-]{20,}+",
    rb"do[opr]_v1_[0-9a-f]{40,}+",
    rb"AGE-SECRET-KEY-1[0-9A-Z]{40,}+",
    rb"[0-9A-Za-z]{14}\.atlasv1\.[\w-]{40,}+",
    rb"GOCSPX-[\w-]{20,}+",
    rb"sntry[su]_[\w+/=-]{20,}+",
    rb"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}+",
    rb"xapp-\d-[A-Za-z0-9-]{16,}+",
    rb"HRKU-[\w-]{36,}+",
    rb"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
)
_BOUNDED: tuple[bytes, ...] = (
    rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    rb"AIza[\w-]{35}" + _END,
    rb"ya29\.[\w-]{20,}+",
    rb"eyJ[\w-]{8,}+\.eyJ[\w-]{8,}+(?:\.[\w-]*+)?",
    rb"eyJ[\w-]{17,}+\.[\w-]*+\.[\w-]{16,}+\.[\w-]{16,}+\.[\w-]{16,}+",
    rb"[rsp]k_(?:live|test|prod)_[A-Za-z0-9]{16,}+",
    rb"whsec_[A-Za-z0-9+/]{24,}+",
    rb"sk-" + _MIXED + rb"[\w-]{20,}+",
    rb"SG\.[\w-]{16,}+\.[\w-]{20,}+",
    rb"hf_[A-Za-z0-9]{30,}+" + _END,
    rb"cio(?=[A-Za-z]*+\d)[A-Za-z0-9]{32}" + _END,
    rb"oy2[a-z0-9]{43}" + _END,
    rb"SK[0-9a-f]{32}" + _END,
    rb"dapi[0-9a-f]{32}(?:-\d+)?" + _END,
    rb"hv[sbr]\." + _MIXED + rb"[\w-]{20,}+",
    rb"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}" + _END,
    rb"v1\.[0-9a-f]{40}" + _END,
    rb"\d{8,10}:AA[\w-]{33}" + _END,
    rb"[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,38}" + _END,
)
_FORMS = expression(b"|".join(_ANYWHERE) + b"|" + EDGE + b"(?:" + b"|".join(_BOUNDED) + b")")
_HOOKS = expression(
    rb"(hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/)"
    rb"([\w/-]{8,}+)"
)
_HINTS = tuple(
    expression(hint)
    for hint in (
        rb"gh[pousr]_(?:[A-Za-z0-9]{15}|[A-Za-z0-9]{1,16}_eyJ)",
        rb"github_pat_", rb"gl(?:pat|dt|rtr?|cbt|ptt|ft|soat|imt|agent|ffct|oas|wt|sa)[-_]",
        rb"pypi-AgE", rb"npm_[A-Za-z0-9]{20}", rb"rubygems_[0-9a-f]{20}", rb"dckr_[po]at_",
        rb"do[opr]_v1_", rb"AGE-SECRET-KEY-1", rb"\.atlasv1\.", rb"GOCSPX-", rb"sntry[su]_",
        rb"xox[a-z][.-]", rb"xapp-\d", rb"HRKU-", rb"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16}",
        rb"AKIA[A-Z0-9]{16}", rb"ASIA[A-Z0-9]{16}", rb"ABIA[A-Z0-9]{16}", rb"ACCA[A-Z0-9]{16}",
        rb"AIza", rb"ya29\.", rb"eyJ", rb"k_(?:live|test|prod)_", rb"whsec_", rb"sk-[\w-]{20}",
        rb"SG\.", rb"hf_[A-Za-z0-9]{20}", rb"cio[A-Za-z0-9]{32}(?![\w-])", rb"oy2[a-z0-9]{43}",
        rb"SK[0-9a-f]{32}", rb"dapi[0-9a-f]{32}", rb"hv[sbr]\.", rb"v1\.[0-9a-f]{40}", rb":AA[\w-]",
        rb"\.[\w-]{6}\.[\w-]{27}",
    )
)  # fmt: skip
"""What must stand in or before a run; each begins with a literal, which makes it quick to find."""
_CLASSES = bytes(
    ord("a" if code < 128 and (chr(code).isalnum() or chr(code) in "-_") else " ")
    for code in range(256)
)
_FAR = 4096
_TOKEN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+=:-"
_EXTENT = expression(rb"[\w./+=:-]*+")
"""All that a token's characters, of any form, can be."""
_LONG = expression(b"a" * _RUN + b"a*+")


def suspects(data: bytes) -> Iterator[int]:
    """Yield places of ``data``, in no order, whose lines may hold a token known by its form."""
    spans = [found.span() for found in _LONG.finditer(data.translate(_CLASSES))]
    if not spans:
        return
    parts = [data[max(0, start - _BEFORE) : end] for start, end in spans]
    unique = list(dict.fromkeys(parts))
    joined = b"\n".join(unique)
    places = [found.start() for hint in _HINTS for found in hint.finditer(joined)]
    if places:
        offsets = list(accumulate((len(part) + 1 for part in unique), initial=0))
        chosen = {unique[bisect_right(offsets, place) - 1] for place in places}
        yield from (start for part, (start, _) in zip(parts, spans, strict=True) if part in chosen)


def mask_forms(block: bytes) -> bytes:
    """Return ``block`` with the tokens known by their form replaced."""
    pieces: list[bytes] = []
    at = 0
    for start, end in tokens(block):
        pieces += (block[at:start], MASK)
        at = end
    if pieces:
        block = b"".join((*pieces, block[at:]))
    return _HOOKS.sub(rb"\1***", block) if b"hooks" in block else block


def tokens(block: bytes) -> list[tuple[int, int]]:
    """Where tokens known by their form stand in ``block``, in order."""
    spans: list[tuple[int, int]] = []
    at = 0
    for place in sorted(suspects(block)):
        if place >= at:
            before = block[max(at, place - _FAR) : place]
            start = place - len(before) + len(before.rstrip(_TOKEN))
            found = _EXTENT.match(block, place)
            at = found.end() if found else place
            spans += [match.span() for match in _FORMS.finditer(block, start, at)]
    return spans
