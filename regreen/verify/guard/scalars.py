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
from regreen.verify.guard.expressions import CONTEXTS, same_claim

_WORDS = re.compile(r"\w+")
_BARE = re.compile(r"(?<!\$)\{\{")
_CODE = re.compile(r"(\$\{\{.*?\}\})", re.DOTALL)
_NUMBERS = re.compile(r"\d+")
_LABEL = re.compile(r"^(?P<family>ubuntu|macos|windows)-(?:latest|[\d.]+(?:-\w+)?)$")


def is_valid(text: str) -> bool:
    """Whether every ``${{ }}`` of a text, or the text as an expression, can be read."""
    known = {**status_functions(Status.SUCCESS), **hash_files_function(lambda *_: "")}
    try:
        for part in split(text):
            if isinstance(part, Code):
                parse(part.text, CONTEXTS, known)
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
    if not broken or not is_valid(new):
        return False
    return (same and _signs(old) == _signs(new)) or _same_but_code(old, new)


def is_mended(old: str, new: str) -> bool:
    """Whether a script differs only in expressions that could not be read, and now can be."""
    return not is_valid(old) and is_valid(new) and _same_but_code(old, new)


def _same_but_code(old: str, new: str) -> bool:
    """The same text, with expressions in the same places that claim the same."""
    first, second = (_CODE.split(text) for text in (old, new))
    return len(first) == len(second) and all(
        same_claim(a, b) if at % 2 else a == b
        for at, (a, b) in enumerate(zip(first, second, strict=True))
    )


def _signs(text: str) -> Counter[str]:
    """Return the signs that decide what is compared or hidden."""
    return Counter(re.findall(r"[!<>]=?|\|\||&&|[;|&]", text))


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
