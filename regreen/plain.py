"""Text from outside, made harmless for a terminal and for a CI runner that reads what is printed.

Step names, file names, log lines and matrix values are chosen by whoever wrote the repository. A
terminal obeys escape sequences in them, a reader is deceived by characters that cannot be seen or
that turn the direction of writing, and the hosted runner takes a printed line such as
``::error::…`` or ``##[error]…`` for a command. Everything printed goes through here last.

The escapes are those of JSON, so a JSON text that passes through remains the same value.
"""

from __future__ import annotations

import re

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_LINE_COMMAND = re.compile(r"^(\s*):(?=:)")
_OLD_COMMAND = re.compile(r"##(?=[A-Za-z]*\[)")
"""The runner looks for ``##[`` (and its relatives for ``##vso[``) anywhere in a line."""


_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"
    "\ufe00-\ufe0d\U000e0100-\U000e01ef]"
)
_LOOK = re.compile("(?<![\u00a9-\ufdff\ufe10-\U000e00ff#*0-9])[\ufe0e\ufe0f]")
"""What Python calls printable and nobody sees: fillers, blanks and variation selectors (Unicode's
``Default_Ignorable_Code_Point``); the two that choose how an emoji looks may follow one."""


def visible(text: str) -> str:
    r"""Return ``text`` as one line in which every character is seen and nothing is a command.

    Controls (line ends and tabs too), formatting and zero-width characters, turns of direction,
    line separators, surrogates and unassigned characters become ``\n``, ``\u001b`` and the like;
    ``::`` at the beginning and ``##[`` lose their first sign in the same way. Doing it twice
    changes nothing more.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _escape(c) for c in text)
    if not text.isascii():
        text = _UNSEEN.sub(lambda found: _escape(found[0]), text)
        text = _LOOK.sub(lambda found: _escape(found[0]), text)
    text = _LINE_COMMAND.sub(r"\1\\u003a", text)
    return _OLD_COMMAND.sub(r"#\\u0023", text)


def visible_lines(text: str) -> str:
    """Return ``text`` with every line of it ``visible``; only line feeds part lines."""
    return "\n".join(visible(line) for line in text.split("\n"))


def fitting(text: str, encoding: str | None) -> str:
    """Return ``text`` with escapes for what ``encoding`` (none: ASCII) has no character for."""
    encoding = encoding or "ascii"
    if _fits(text, encoding):
        return text
    return "".join(c if _fits(c, encoding) else _escape(c) for c in text)


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
