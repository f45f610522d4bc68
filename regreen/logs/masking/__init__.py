"""Secrets out of a text, before it is stored, printed or sent.

Tokens known by their form, assignments to names that promise a secret, headers, cookies, passwords
in addresses, private keys, the values that a log itself declares with ``::add-mask::``, and the
values that the caller gives. Scanners such as detect-secrets look for secrets in files and report
them; they do not rewrite text, and they keep global settings.
"""

from __future__ import annotations

from collections.abc import Sequence

from regreen.logs.masking.following import Beyond
from regreen.logs.masking.lines import mask_lines
from regreen.logs.masking.live import LiveMask
from regreen.logs.masking.stream import masked_chunks
from regreen.logs.masking.values import Values, declared

__all__ = ["LiveMask", "mask", "masked_chunks", "masked_values"]


def mask(text: str, secrets: Sequence[str] = ()) -> str:
    """Return ``text`` with every secret replaced by ``***``; the number of lines stays the same.

    ``secrets`` are values to hide wherever they stand, in any of the forms that programs print
    them in. Masking a masked text changes nothing; the time is linear in the length of the text.
    """
    handler = _handler(text)
    data = text.encode("utf-8", handler)
    given = (secret.encode("utf-8", _handler(secret)) for secret in secrets)
    data = Values((*given, *declared(data))).mask(data)
    return Beyond().mask(mask_lines(data)).decode("utf-8", handler)


def masked_values(text: str) -> tuple[str, ...]:
    """The values that a raw output asks to be masked (``::add-mask::VALUE`` and its like)."""
    handler = _handler(text)
    return tuple(v.decode("utf-8", handler) for v in declared(text.encode("utf-8", handler)))


def _handler(text: str) -> str:
    """How ``text`` becomes bytes and these the same text again, surrogates included."""
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return "strict"
    try:
        same = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == text
    except UnicodeEncodeError:
        same = False
    return "surrogateescape" if same else "surrogatepass"
