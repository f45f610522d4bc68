"""Secrets out of a text, before it is stored, printed or sent.

Known token formats (as their providers document them), assignments to names that promise a secret,
``Authorization`` headers, passwords in URLs, private keys, the values that a log itself declares
with ``::add-mask::``, and the values that the caller gives. Scanners such as detect-secrets look
for secrets in files and report them; they do not rewrite text, and they keep global settings.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

MASK = "***"

_TOKENS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (literals, re.compile(expression))
    for literals, expression in (
        (("gh", "github_pat_"), r"(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{20,}"),
        (("gl",), r"(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent)-[\w.-]{16,}"),
        (("AKIA", "ASIA"), r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        (("pypi-AgE",), r"pypi-AgE[\w-]{16,}"),
        (("xox", "xapp-"), r"(?<![A-Za-z0-9])(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]{10,}"),
        (("hooks.slack.com",), r"(?<=hooks\.slack\.com/)(?:services|workflows)/[\w/-]{8,}"),
        (("npm_",), r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}"),
        (("eyJ",), r"(?<![\w-])eyJ[\w-]{8,}+\.eyJ[\w-]{8,}+(?:\.[\w-]*+)?"),
        (("AIza",), r"(?<![A-Za-z0-9])AIza[\w-]{35}"),
        (("_live_", "_test_"), r"(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
        (("sk-",), r"(?<![\w-])sk-[\w-]{20,}"),
        (("SG.",), r"(?<![\w-])SG\.[\w-]{16,}+\.[\w-]{16,}"),
        (("hf_", "dckr_pat_", "dop_v1_"), r"(?<![A-Za-z0-9])(?:hf|dckr_pat|dop_v1)_[\w-]{25,}"),
    )
)
_URL = re.compile(r"(?<=://)([^/\s:@'\"]{0,256}):([^/\s@'\"]{1,512})@")
_URL_TOKEN = re.compile(r"(?<=://)[^/\s:@'\"]{20,512}@")
_HEADER = re.compile(
    r"(authorization[\"']?[^\S\n]*[:=][^\S\n]*[\"']?"
    r"(?:(?:basic|bearer|token|digest|negotiate|apikey)[^\S\n]+)?)([^\s\"',;]+)",
    re.IGNORECASE,
)
_LOUD = re.compile(
    r"((?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS)"
    r"[A-Z0-9_]{0,40}[\"']?[^\S\n]?[=:][^\S\n]?)(\"[^\"\n]+\"|'[^'\n]+'|[^\s\"',;]+)"
)
_QUIET = re.compile(
    r"((?:token|password|passwd|passphrase|secret|api[_-]?key|access[_-]?key|client[_-]?secret)"
    r"[a-z0-9_-]{0,40}[\"']?[^\S\n]?[=:][^\S\n]?[\"']?)"
    r"(?=[^\s\"',;]{0,200}\d)(?=[^\s\"',;]{0,200}[A-Za-z])([^\s\"',;(){}\[\]<>]{8,})",
    re.IGNORECASE,
)
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = "-----END"
_PEM_BODY = re.compile(r"[A-Za-z0-9+/=]{16,}|(?<=[\s>])[A-Za-z0-9+/=]+$")
_PEM_LINES = 400
_ADD_MASK = re.compile(r"::add-mask::([^\n]*)")
_HARMLESS = re.compile(
    r"[\"']?(?:\*+|true|false|none|null|yes|no|\$\{?\{?[^\n]*|%\w+%|<[^>\n]*>|\[[^\]\n]*)[\"']?$",
    re.IGNORECASE,
)


def mask(text: str, secrets: Sequence[str] = ()) -> str:
    """Return ``text`` with every secret replaced by ``***``; the number of lines stays the same.

    ``secrets`` are values to hide wherever they stand, also in their Base64 and URL-encoded forms.
    Masking a masked text changes nothing; the time is linear in the length of the text.
    """
    text = _values(text, (*secrets, *masked_values(text)))
    for literals, expression in _TOKENS:
        if any(literal in text for literal in literals):
            text = expression.sub(MASK, text)
    if "://" in text:
        text = _URL.sub(rf"\1:{MASK}@", text)
        text = _URL_TOKEN.sub(f"{MASK}@", text)
    text = _HEADER.sub(_assigned, text)
    text = _LOUD.sub(_assigned, text)
    text = _QUIET.sub(_assigned, text)
    return _keys(text) if "PRIVATE KEY" in text else text


def masked_values(text: str) -> tuple[str, ...]:
    """The values that a raw output asks to be masked (``::add-mask::VALUE``)."""
    if "::add-mask::" not in text:
        return ()
    values = (match[1].strip().replace("%25", "%") for match in _ADD_MASK.finditer(text))
    return tuple(dict.fromkeys(value for value in values if len(value) > 2))


def _values(text: str, secrets: Iterable[str]) -> str:
    forms: set[str] = set()
    for secret in secrets:
        for line in secret.splitlines():
            plain = line.strip()
            if plain.strip("*"):
                encoded = base64.b64encode(plain.encode()).decode()
                forms |= {plain, encoded, encoded.rstrip("="), quote(plain, safe="")}
    if not forms:
        return text
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.sub("|".join(map(re.escape, longest_first)), MASK, text)


def _assigned(match: re.Match[str]) -> str:
    value = match[2]
    if _HARMLESS.match(value):
        return match[0]
    mark = value[0] if value[0] in "\"'" and value[-1] == value[0] and len(value) > 1 else ""
    return f"{match[1]}{mark}{MASK}{mark}"


def _keys(text: str) -> str:
    lines = text.split("\n")
    left = 0
    for index, line in enumerate(lines):
        begin = _PEM_BEGIN.search(line)
        if begin:
            left = _PEM_LINES
            head, tail = line[: begin.end()], line[begin.end() :]
            lines[index] = head + _PEM_BODY.sub(MASK, tail)
        elif left and _PEM_END in line:
            left = 0
        elif left:
            left -= 1
            lines[index] = _PEM_BODY.sub(MASK, line)
        if left and _PEM_END in lines[index]:
            left = 0
    return "\n".join(lines)
