"""A failure in one to three plain sentences: what failed, how much of it, where, what can be done.

Nothing is said that the ``Failure`` does not carry; words of the log are quoted as it has them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from regreen.deliver.account_tests import tests_said
from regreen.deliver.account_words import (
    CIRCUMSTANCES,
    EMPTY,
    GENERAL,
    KINDS,
    OPENINGS,
    PHRASES,
    PROBLEM,
    REWRITERS,
    Kind,
    called,
    number,
    plural,
)
from regreen.deliver.quotes import own_words, short, without_command
from regreen.deliver.remedies import (
    COMMANDS,
    hook_changed,
    is_permanent,
    may_pass_again,
    menders,
    regreen_tries,
)
from regreen.model import AutoFixable, Category, Diagnostic, Failure
from regreen.plain import visible

LONGEST = 300
"""Characters of an account, at most."""
_MESSAGE = 150
_PLACE = 90
_TOOL = 40
_KINDS_NAMED = 2
_ONLY_CODE = re.compile(r"exit code (-?\d+)$")
_NO_CODE = frozenset({"message", "error", "ERROR"})
"""What some rules take for a code, and is only the word before the message."""


def account(
    failure: Failure,
    also: Sequence[Failure] = (),
    provider: str | None = None,
    *,
    remedy: bool = True,
) -> str:
    """Return what a person who reads nothing else should know, in at most 300 characters.

    ``also`` are further failures of the same step, ``provider`` is whose log it is; ``remedy`` is
    false where it is mended already, so that nobody need be told who can. One line,
    without control characters; the same failure always gives the same words.
    """
    can = _remedy(failure, provider) if remedy else ""
    sentences = [_what(failure), can, _others(failure, also)]
    told = visible(" ".join(sentences[0].split()))
    if len(told) > LONGEST:
        told = told[: LONGEST - 1] + "…"
    for sentence in filter(None, sentences[1:]):
        longer = f"{told} {visible(sentence)}"
        told = longer if len(longer) <= LONGEST else told
    return told


def _what(failure: Failure) -> str:
    if failure.category == Category.UNKNOWN:
        return _unknown(failure)
    if failure.category == Category.TEST_FAILURE and (told := tests_said(failure)):
        return told
    placed = [d for d in failure.diagnostics if d.file]
    if failure.category == Category.TEST_FAILURE:
        return _said(failure)
    if placed and hook_changed(failure):
        return f"{called(failure)} changed {_files(placed)}."
    rewrites = REWRITERS.get(failure.tool or "")
    if rewrites and placed:
        return f"{called(failure)} {rewrites} {_files(placed)}."
    if placed and failure.category != Category.DEPENDENCY_ISSUE:
        return _counted(failure, placed)
    return _said(failure)


def _unknown(failure: Failure) -> str:
    words = [d.message for d in failure.diagnostics] or [e.text for e in failure.evidence]
    last = next((word for word in reversed(words) if word.strip()), None)
    if last is None:
        return "The log says nothing of why the step failed."
    if (code := _ONLY_CODE.match(last)) and not failure.evidence:
        return f"The step ended with exit code {code[1]} and said nothing of why."
    quote = short(own_words(last, failure.evidence), _MESSAGE)
    return f"regreen has no rule for what the log says; its last words are “{quote}”."


def _counted(failure: Failure, placed: Sequence[Diagnostic]) -> str:
    subject = called(failure) if failure.tool else "The step"
    kinds = Counter(_kind(failure, d) for d in placed)
    where = _where(placed)
    general = GENERAL.get(failure.category, PROBLEM)
    if len(kinds) == 1:
        ((kind, count),) = kinds.items()
        codes = {d.code for d in placed} - _NO_CODE
        code = next(iter(codes)) if len(codes) == 1 and kind is general else None
        told = f"{subject} found {number(count, kind)}{f' ({short(code, 30)})' if code else ''}"
        said = own_words(placed[0].message, failure.evidence)
        return _ended(f"{told}{where}" + (f": {short(said, _MESSAGE)}" if count == 1 else ""))
    return f"{subject} found {number(len(placed), general)}{where}: {_parts(kinds, general)}."


def _kind(failure: Failure, found: Diagnostic) -> Kind:
    return KINDS.get(found.code or "", GENERAL.get(failure.category, PROBLEM))


def _parts(kinds: Counter[Kind], general: Kind) -> str:
    """The commonest kinds by name, the others by number."""
    known = sorted((-count, kind) for kind, count in kinds.items() if kind != general)
    named = known[:_KINDS_NAMED]
    words = [number(-count, kind) for count, kind in named]
    rest = sum(kinds.values()) + sum(count for count, _ in named)
    if rest:
        words.append(plural(rest, "1 other", f"{rest} others"))
    return " and ".join([", ".join(words[:-1]), words[-1]]) if words[1:] else words[0]


def _said(failure: Failure) -> str:
    """The tool's own words, where there is nothing to count."""
    bare, with_tool = OPENINGS.get(failure.category, OPENINGS[Category.UNKNOWN])
    opening = with_tool.format(called(failure)) if failure.tool else bare
    messages = list(dict.fromkeys(d.message for d in failure.diagnostics if d.message.strip()))
    words = [own_words(one, failure.evidence) for one in messages]
    words = [one for one in words if not EMPTY.fullmatch(one)]
    if not words:
        return f"{opening}."
    more = f" (and {len(words) - 1} more)" if words[1:] else ""
    for pattern, phrase in PHRASES:
        if match := re.search(pattern, words[0]):
            found = {name: short(text, _PLACE) for name, text in match.groupdict().items()}
            return f"{phrase.format(**found, tool=called(failure) or 'The installer')}{more}."
    first = short(words[0], _MESSAGE).rstrip(" .:!")
    if words[0].startswith("the "):
        return f"{first[:1].upper() + first[1:]}{more}."
    return _ended(f"{opening}: {first}{more}")


def _remedy(failure: Failure, provider: str | None) -> str:
    """What can be done, and by whom."""
    if failure.category == Category.UNKNOWN:
        return ""
    if failure.auto_fixable is not AutoFixable.NO and may_pass_again(failure):
        return "A new run may pass." if failure.auto_fixable is AutoFixable.YES else ""
    if failure.category in CIRCUMSTANCES and failure.auto_fixable is not AutoFixable.NO:
        return ""
    if failure.category == Category.NETWORK_ERROR and not is_permanent(failure):
        return ""
    if hook_changed(failure) and not regreen_tries(failure, provider):
        return "Commit what the hook changes."
    whole = failure.auto_fixable is AutoFixable.YES and not hook_changed(failure)
    several = len(failure.diagnostics) > 1
    what = ("them" if whole else "some of them") if several else "it"
    tries = regreen_tries(failure, provider)
    command = COMMANDS.get(failure.tool or "")
    if command and whole:
        itself = _itself(failure, "them" if several else "it")
        return f"{itself}: {command}." if not tries or failure.tool in menders() else f"{itself}."
    if tries and not (command and failure.tool in menders()):
        return f"regreen can try to mend {what}."
    if command and failure.auto_fixable is AutoFixable.PARTIAL:
        return f"{command} {'can' if several else 'may'} mend {what}."
    return "That needs a person."


def _itself(failure: Failure, them: str) -> str:
    if failure.tool in REWRITERS:
        return "It can do that itself"
    verbs = {_kind(failure, d).verb for d in failure.diagnostics}
    return f"It can {verbs.pop() if len(verbs) == 1 else 'mend'} {them} itself"


def _others(failure: Failure, also: Sequence[Failure]) -> str:
    others = [f for f in also if (f.category, f.tool) != (failure.category, failure.tool)]
    names = [f.tool or str(f.category).replace("_", " ") for f in others]
    names = [short(name, _TOOL) for name in dict.fromkeys(names)]
    if not names:
        return ""
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"The same step also failed otherwise: {', '.join(names[:2])}{more}."


def _where(placed: Sequence[Diagnostic]) -> str:
    files = {d.file for d in placed}
    first = placed[0]
    position = f":{first.line}" if first.line else ""
    place = f"{short(without_command(first.file or ''), _PLACE)}{position}"
    if len(placed) == 1:
        return f" in {place}"
    return f" in {len(files)} files, first {place}" if len(files) > 1 else f" in 1 file, {place}"


def _files(placed: Sequence[Diagnostic]) -> str:
    files = list(dict.fromkeys(d.file for d in placed if d.file))
    first = short(without_command(files[0]), _PLACE)
    return first if len(files) == 1 else f"{len(files)} files, first {first}"


def _ended(sentence: str) -> str:
    """``sentence`` with its full stop, unless its last words were cut off."""
    sentence = sentence.rstrip(" .:")
    return sentence if sentence.endswith("…") else f"{sentence}."
