"""What ``account`` says of failing tests and of coverage: how many of how many, and which first."""

from __future__ import annotations

import re

from regreen.deliver.account_words import Kind, called, number, plural
from regreen.deliver.quotes import bare, is_line_of, own_words, short
from regreen.model import Diagnostic, Failure

_NAME = 110
_REASON = 80
_FAILURE = Kind("failure", "failures")
_NO_TEST = re.compile(
    r"(?i:task \S+ failed|(?:tests? )?failed|\d+ failed|errors? +\d+ errors?|\d+ scenarios? \(.*"
    r"|.*\btests? failed\b.*|.*\bcoverage\b.*|segmentation fault.*|the program .*|aborted.*)"
)
"""What a runner says of all its tests together."""
_COVERAGE = re.compile(r"(?i).*\bcoverage\b")
_NEEDED = (
    re.compile(r"coverage(?: \((?P<is>[\d.]+)%\) is)? below(?: the required)? (?P<least>[\d.]+)%"),
    re.compile(r"for (?P<what>\w+) \((?P<least>[\d.]+)%\) not met: (?P<is>[\d.]+)%"),
)
_PYTEST = re.compile(r"(?<!\d)(\d+) (failed|passed|errors?)\b")
_TOTALS = (
    re.compile(r"Tests?:? +(?P<failed>\d+) failed\b.*?\b(?P<total>\d+) total"),
    re.compile(r"Tests run: (?P<total>\d+), Failures: (?P<f>\d+), Errors: (?P<e>\d+)(?!.*Time)"),
    re.compile(r"(?P<total>\d+) tests completed, (?P<failed>\d+) failed"),
    re.compile(r"test result: FAILED\. (?P<passed>\d+) passed; (?P<failed>\d+) failed"),
    re.compile(r"(?P<total>\d+) scenarios? \((?P<failed>\d+) failed"),
)


def tests_said(failure: Failure) -> str | None:
    """Return a sentence on failing tests or low coverage; ``None`` where no test is named."""
    found = failure.diagnostics
    if found and all(_COVERAGE.match(d.message) and not d.file for d in found):
        return _coverage(failure)
    tests = [d for d in found if _is_test(failure, d)]
    counts = _totals(failure)
    if counts is not None:
        failed, total = counts
        said = f"{failed} of {total} {plural(total, 'test', 'tests')} failed"
    elif tests:
        failed = len(tests)
        said = number(failed, _FAILURE)
    else:
        return None
    told = f"{called(failure)}: {said}" if failure.tool else said[:1].upper() + said[1:]
    if not tests:
        return f"{told}."
    order = "first" if failed > 1 else "namely"
    whole = f"{told}, {order} {_name(tests[0])}{_reason(failure, tests[0])}".rstrip(" .:")
    return whole if whole.endswith("…") else f"{whole}."


def _is_test(failure: Failure, found: Diagnostic) -> bool:
    """Whether a finding names a test, and is no line of the log that stands in for one."""
    if _NO_TEST.fullmatch(found.message):
        return False
    stands_in = len(failure.diagnostics) == 1 and not (found.file or found.code)
    return not (stands_in and " " in found.message and is_line_of(found.message, failure.evidence))


def _name(first: Diagnostic) -> str:
    if first.code and first.code in first.message:
        return short(first.code, _NAME)
    if first.message.startswith("diff --git"):
        return short(first.file or first.message, _NAME)
    name = bare(first.message)
    return short(f"{first.file}::{name}" if first.file else name, _NAME)


def _coverage(failure: Failure) -> str:
    said = own_words(failure.diagnostics[0].message, failure.evidence)
    for pattern in _NEEDED:
        if match := pattern.search(said) or pattern.search(failure.diagnostics[0].message):
            got = match.groupdict()
            value = f" ({got['is']}%)" if got.get("is") else ""
            what = f" of {got['what']}" if got.get("what") else ""
            return f"Test coverage{what}{value} is below the required {got['least']}%."
    if said.startswith("coverage below"):
        return "Test coverage is too low."
    return f"Test coverage could not be judged: {short(said, _NAME).rstrip(' .')}."


def _reason(failure: Failure, first: Diagnostic) -> str:
    """What pytest's short summary says behind the first test's name."""
    for evidence in failure.evidence:
        name, dash, why = evidence.text.partition(" - ")
        if dash and name.endswith(f"::{first.message}"):
            return f": {short(re.sub(r'[.]{3}$', '…', why), _REASON)}"
    return ""


def _totals(failure: Failure) -> tuple[int, int] | None:
    """How many tests of how many failed, when exactly one line of the proof says both."""
    found = {pair for e in failure.evidence if (pair := _counts(e.text)) is not None}
    return found.pop() if len(found) == 1 else None


def _counts(text: str) -> tuple[int, int] | None:
    for pattern in _TOTALS:
        if match := pattern.search(text):
            part = {name: int(count) for name, count in match.groupdict().items()}
            failed = part["failed"] if "failed" in part else part["f"] + part["e"]
            return failed, part.get("total", part.get("passed", 0) + failed)
    if re.search(r"(?:failed|errors?)\b.* in \d", text) is None:
        return None
    numbers = {word.rstrip("s"): int(count) for count, word in _PYTEST.findall(text)}
    failed = numbers.get("failed", 0) + numbers.get("error", 0)
    return (failed, failed + numbers.get("passed", 0)) if failed else None
