"""What a log itself says, fit to be quoted in a sentence.

A diagnostic's message is normalised, so that two runs of one failure compare equal: times, hashes
and folders are gone from it. A person is told the log's own words instead, without what the runner
or a build tool put before them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from regreen.model import Evidence, normalise
from regreen.plain import visible

_LONGEST_LINE = 2000
_WORDS = re.compile(r"\w+|[^\w\s]")
_PLACEHOLDER = re.compile(r"<(?:time|hash)>")
_PREFIX = re.compile(
    r"""\s*(?:
        \[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?
        \s?(?:Z|UTC|[+-]\d\d:?\d\d)?\]?(?=\s|$)
      | \[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?(?=\s|$)
      | (?:\#|\\u0023){2}\[[A-Za-z]+\]
      | (?:::|\\u003a:)(?:error|warning|notice)[^:]*::
      | \[[A-Za-z][\w.-]{0,23}\](?=\s)
      | (?:stderr|stdout|fatal|[Ee]rror|ERROR|FATAL|panic)(?:\[\w+\])?[:!](?=\s)
      | (?:[-!>*•✗✘✖❌\u00d7]|[Xx](?=\s[A-Z]))\s
    )""",
    re.VERBOSE,
)
_JSON_GOES_ON = re.compile(r"""["'],\s*["'][\w-]+["']\s*:.*$""", re.DOTALL)
_MASK_AT_END = re.compile(r"\*{3,}$")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))


def own_words(message: str, evidence: Sequence[Evidence]) -> str:
    """Return what the log said where a diagnostic says ``message``, as a person quotes it.

    The words are looked for in ``evidence``, which is masked; where they are not to be found what
    ``message`` leaves out becomes ``…``.
    """
    return bare(_original(message, evidence) or _PLACEHOLDER.sub("…", message))


def is_line_of(message: str, evidence: Sequence[Evidence]) -> bool:
    """Whether ``message`` is no name but a whole line of the proof."""
    return any(normalise(one.text) == message for one in evidence)


def bare(text: str) -> str:
    """Return ``text`` on one line, without prefixes, and without what was left open at its end."""
    text = " ".join(text.split())
    while match := _PREFIX.match(text):
        rest = text[match.end() :].lstrip()
        if not rest:
            break
        text = rest
    return _closed(_JSON_GOES_ON.sub("", text))


def short(text: str, most: int) -> str:
    """Return ``text`` on one line, cut at ``most`` characters with …, harmless to print."""
    text = visible(" ".join(text.split()))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def cut(text: str, most: int) -> str:
    """Return ``text``, with … where it was longer than ``most`` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def without_command(path: str) -> str:
    """Return a file's name without the runner's mark that a rule may have taken for its part."""
    return re.sub(r"^##\[[A-Za-z]+\](?:\./)?", "", path)


def _original(message: str, evidence: Sequence[Evidence]) -> str | None:
    """The shortest part of a line that is ``message`` once it is normalised."""
    wanted = message.strip()
    if not wanted:
        return None
    lines = [" ".join(one.text[:_LONGEST_LINE].split()) for one in evidence]
    if any(wanted in line for line in lines):
        return wanted
    for line in lines:
        if wanted not in normalise(line):
            continue
        places = list(_WORDS.finditer(line))
        starts = (p.start() for p in reversed(places))
        first = next((s for s in starts if normalise(line[s:]).startswith(wanted)), None)
        if first is None:
            continue
        ends = (p.end() for p in places if p.end() > first)
        found = (line[first:end] for end in ends if normalise(line[first:end]) == wanted)
        return next(found, None)
    return None


def _closed(text: str) -> str:
    """Drop brackets and quotes that were opened or closed elsewhere in the line."""
    text = _MASK_AT_END.sub("", text) if not text.startswith("*") else text
    text = text.rstrip(" ,;")
    for opening, closing in _PAIRS:
        while text.count(closing) > text.count(opening) and text.endswith(closing):
            text = text[:-1].rstrip(" ,;")
        at = text.rfind(opening)
        if text.count(opening) > text.count(closing) and len(text) - at < 16 and at > 0:
            text = text[:at].rstrip(" ,;:")
    for sign in ("'", '"'):
        if text.endswith(sign) and text.count(sign) % 2:
            text = text[:-1]
    return text.rstrip(" ,;")
