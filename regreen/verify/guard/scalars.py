"""When two scalars of CI's definition mean the same: repaired expressions, raised versions."""

from __future__ import annotations

import re
from collections import Counter

from regreen.jobs.expressions import (
    Code,
    ExpressionError,
    Status,
    hash_files_function,
    parse,
    split,
    status_functions,
)

_WORDS = re.compile(r"\w+")
_BARE = re.compile(r"(?<!\$)\{\{")
_NUMBERS = re.compile(r"\d+")
_LABEL = re.compile(r"^(?P<family>ubuntu|macos|windows)-(?:latest|[\d.]+(?:-\w+)?)$")


def is_valid(text: str) -> bool:
    """Whether every ``${{ }}`` of a text, or the text as an expression, can be read."""
    known = {**status_functions(Status.SUCCESS), **hash_files_function(lambda *_: "")}
    try:
        for part in split(text):
            if isinstance(part, Code):
                parse(part.text, None, known)
            elif _BARE.search(part):
                return False
    except (ExpressionError, RecursionError):
        return False
    return True


def is_valid_condition(text: str) -> bool:
    """Whether the value of an ``if`` can be read."""
    return is_valid(text if "${{" in text else f"${{{{ {text} }}}}")


def is_repaired(old: str, new: str) -> bool:
    """Whether ``new`` says in readable expressions what ``old`` wanted to say: the same words."""
    broken = (
        not (is_valid(old) and is_valid_condition(old)) if "{{" not in old else not is_valid(old)
    )
    same = Counter(_WORDS.findall(old)) == Counter(_WORDS.findall(new))
    return broken and same and is_valid(new)


def is_raised(old: str, new: str) -> bool:
    """Whether both are versions and ``new`` is the later one; a commit id counts as later."""
    if re.fullmatch(r"[0-9a-f]{40}", new):
        return True
    if not (re.fullmatch(r"[vV]?[\d.]+\w*", old) and re.fullmatch(r"[vV]?[\d.]+\w*", new)):
        return bool(re.fullmatch(r"main|master|latest|release/v\d+", old))
    before, after = ([int(n) for n in _NUMBERS.findall(t)] for t in (old, new))
    size = min(len(before), len(after))
    return after[:size] >= before[:size] if size else False


def family(label: str) -> str:
    """Return the kind of machine that a runner's label names; other labels stand for themselves."""
    match = _LABEL.match(label)
    return match["family"] if match else label
