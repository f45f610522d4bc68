"""A failure in one to three plain sentences: what failed, how much of it, where, what can be done.

Nothing is said that the ``Failure`` does not carry.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from regreen.deliver.account_words import (
    CIRCUMSTANCES,
    GENERAL,
    HOOK_CHANGED,
    KINDS,
    MENDS_ITSELF,
    OPENINGS,
    PHRASES,
    PROBLEM,
    RETRIED,
    REWRITERS,
    TOOLS,
    Kind,
)
from regreen.model import AutoFixable, Category, Diagnostic, Failure
from regreen.plain import visible

LONGEST = 300
"""Characters of an account, at most."""
_MESSAGE = 150
_PLACE = 90
_TOOL = 40
_KINDS_NAMED = 2

_NO_TEST = re.compile(r"task \S+ failed$|\d+ failed$")
"""What a runner says of all its tests together."""
_PYTEST = re.compile(r"(?<!\d)(\d+) (failed|passed|errors?)\b")
_TOTALS = (
    re.compile(r"Tests?:? +(?P<failed>\d+) failed\b.*?\b(?P<total>\d+) total"),
    re.compile(r"Tests run: (?P<total>\d+), Failures: (?P<f>\d+), Errors: (?P<e>\d+)(?!.*Time)"),
    re.compile(r"(?P<total>\d+) tests completed, (?P<failed>\d+) failed"),
    re.compile(r"test result: FAILED\. (?P<passed>\d+) passed; (?P<failed>\d+) failed"),
)


def account(failure: Failure, also: Sequence[Failure] = ()) -> str:
    """Return what a person who reads nothing else should know, in at most 300 characters.

    ``also`` are further failures of the same step. One line, without control characters; the same
    failure always gives the same words.
    """
    sentences = [_what(failure), _remedy(failure), _others(failure, also)]
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
    if failure.category == Category.TEST_FAILURE:
        return _tests(failure)
    placed = [d for d in failure.diagnostics if d.file]
    if placed and all(HOOK_CHANGED in d.message for d in placed):
        return f"{_tool(failure)} changed {_files(placed)}."
    rewrites = REWRITERS.get(failure.tool or "")
    if rewrites and placed:
        return f"{_tool(failure)} {rewrites} {_files(placed)}."
    if placed and failure.category != Category.DEPENDENCY_ISSUE:
        return _counted(failure, placed)
    return _said(failure)


def _unknown(failure: Failure) -> str:
    words = [d.message for d in failure.diagnostics] or [e.text for e in failure.evidence]
    last = next((word for word in reversed(words) if word.strip()), None)
    if last is None:
        return "Nothing in the log says why the step failed."
    return f"Nothing in the log says why the step failed; its last words are “{_short(last)}”."


def _tests(failure: Failure) -> str:
    tests = [d for d in failure.diagnostics if not _NO_TEST.match(d.message)]
    first = next(iter(tests or failure.diagnostics), None)
    counts = _totals(failure)
    if counts is None and first is None:
        return _said(failure)
    if counts is not None:
        failed, total = counts
        said = f"{failed} of {total} {_plural(total, 'test', 'tests')} failed"
    else:
        failed = len(tests)
        if not failed:
            return _said(failure)
        said = _number(failed, Kind("failure", "failures"))
    told = f"{_tool(failure)}: {said}" if failure.tool else said[:1].upper() + said[1:]
    if first is None:
        return f"{told}."
    name = f"{first.file}::{first.message}" if first.file else first.message
    if first.code and first.code in first.message:
        name = first.code
    name = _short(name, _PLACE + 20)
    reason = _reason(failure, first)
    return _ended(f"{told}, {'first' if failed > 1 else 'namely'} {name}{reason}")


def _reason(failure: Failure, first: Diagnostic) -> str:
    """What pytest's short summary says behind the first test's name."""
    for evidence in failure.evidence:
        name, dash, why = evidence.text.partition(" - ")
        if dash and name.endswith(f"::{first.message}"):
            return f": {_short(re.sub(r'[.]{3}$', '…', why), 80)}"
    return ""


def _totals(failure: Failure) -> tuple[int, int] | None:
    """How many tests of how many failed, when exactly one line of the proof says both."""
    found = {pair for e in failure.evidence if (pair := _counts(e.text)) is not None}
    return found.pop() if len(found) == 1 else None


def _counts(text: str) -> tuple[int, int] | None:
    for pattern in _TOTALS:
        if match := pattern.search(text):
            part = {name: int(number) for name, number in match.groupdict().items()}
            failed = part["failed"] if "failed" in part else part["f"] + part["e"]
            return failed, part.get("total", part.get("passed", 0) + failed)
    if re.search(r"(?:failed|errors?)\b.* in \d", text) is None:
        return None
    numbers = {word.rstrip("s"): int(number) for number, word in _PYTEST.findall(text)}
    failed = numbers.get("failed", 0) + numbers.get("error", 0)
    return (failed, failed + numbers.get("passed", 0)) if failed else None


def _counted(failure: Failure, placed: Sequence[Diagnostic]) -> str:
    subject = _tool(failure) if failure.tool else "The step"
    kinds = Counter(_kind(failure, d) for d in placed)
    where = _where(placed)
    general = GENERAL.get(failure.category, PROBLEM)
    if len(kinds) == 1:
        ((kind, count),) = kinds.items()
        codes = {d.code for d in placed}
        code = next(iter(codes)) if len(codes) == 1 and kind is general else None
        told = f"{subject} found {_number(count, kind)}{f' ({_short(code, 30)})' if code else ''}"
        return _ended(f"{told}{where}" + (f": {_short(placed[0].message)}" if count == 1 else ""))
    return f"{subject} found {_number(len(placed), general)}{where}: {_parts(kinds, general)}."


def _kind(failure: Failure, found: Diagnostic) -> Kind:
    return KINDS.get(found.code or "", GENERAL.get(failure.category, PROBLEM))


def _parts(kinds: Counter[Kind], general: Kind) -> str:
    """The commonest kinds by name, the others by number."""
    known = sorted((-count, kind) for kind, count in kinds.items() if kind != general)
    named = known[:_KINDS_NAMED]
    words = [_number(-count, kind) for count, kind in named]
    rest = sum(kinds.values()) + sum(count for count, _ in named)
    if rest:
        words.append(_plural(rest, "1 other", f"{rest} others"))
    return " and ".join([", ".join(words[:-1]), words[-1]]) if words[1:] else words[0]


def _said(failure: Failure) -> str:
    """The tool's own words, where there is nothing to count."""
    bare, with_tool = OPENINGS.get(failure.category, OPENINGS[Category.UNKNOWN])
    opening = with_tool.format(_tool(failure)) if failure.tool else bare
    words = list(dict.fromkeys(d.message for d in failure.diagnostics if d.message.strip()))
    if not words:
        return f"{opening}."
    more = f" (and {len(words) - 1} more)" if words[1:] else ""
    for pattern, phrase in PHRASES:
        if match := re.search(pattern, words[0]):
            found = {name: _short(text, _PLACE) for name, text in match.groupdict().items()}
            return f"{phrase.format(**found, tool=_tool(failure) or 'The installer')}{more}."
    if words[0].startswith("the "):
        return f"{_short(words[0][:1].upper() + words[0][1:])}{more}."
    return _ended(f"{opening}: {_short(words[0])}{more}")


def _remedy(failure: Failure) -> str:
    """What can be done, as the failure's own verdict on that has it."""
    many = len(failure.diagnostics) > 1
    them = "them" if many else "it"
    if failure.category == Category.UNKNOWN:
        return ""
    if failure.auto_fixable is AutoFixable.NO:
        return "That needs a person."
    if failure.category in RETRIED and failure.auto_fixable is AutoFixable.YES:
        return "A new run may pass."
    if failure.category in CIRCUMSTANCES:
        return ""
    if failure.auto_fixable is AutoFixable.PARTIAL:
        return f"regreen can try to mend {'some of them' if many else 'it'}."
    if failure.tool in REWRITERS:
        return "It can do that itself."
    if failure.tool in MENDS_ITSELF:
        verbs = {_kind(failure, d).verb for d in failure.diagnostics}
        return f"It can {verbs.pop() if len(verbs) == 1 else 'mend'} {them} itself."
    return f"regreen can try to mend {them}."


def _others(failure: Failure, also: Sequence[Failure]) -> str:
    others = [f for f in also if (f.category, f.tool) != (failure.category, failure.tool)]
    names = [f.tool or str(f.category).replace("_", " ") for f in others]
    names = [_short(name, _TOOL) for name in dict.fromkeys(names)]
    if not names:
        return ""
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"The same step also failed otherwise: {', '.join(names[:2])}{more}."


def _where(placed: Sequence[Diagnostic]) -> str:
    files = {d.file for d in placed}
    first = placed[0]
    position = f":{first.line}" if first.line else ""
    place = f"{_short(first.file or '', _PLACE)}{position}"
    if len(placed) == 1:
        return f" in {place}"
    return f" in {len(files)} files, first {place}" if len(files) > 1 else f" in 1 file, {place}"


def _files(placed: Sequence[Diagnostic]) -> str:
    files = list(dict.fromkeys(d.file for d in placed if d.file))
    first = _short(files[0], _PLACE)
    return first if len(files) == 1 else f"{len(files)} files, first {first}"


def _tool(failure: Failure) -> str:
    name = failure.tool or ""
    return TOOLS.get(name) or _short(name, _TOOL)


def _ended(sentence: str) -> str:
    """``sentence`` with its full stop, unless its last words were cut off."""
    sentence = sentence.rstrip(" .:")
    return sentence if sentence.endswith("…") else f"{sentence}."


def _number(count: int, kind: Kind) -> str:
    return f"{count} {_plural(count, kind.one, kind.many)}"


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _short(text: str, most: int = _MESSAGE) -> str:
    """``text`` on one line, cut at ``most`` characters, harmless to print."""
    text = visible(" ".join(text.split()))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
