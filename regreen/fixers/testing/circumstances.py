"""Tests that pass under other circumstances: alone, in another time zone, with another locale.

The failing tests are run again by themselves, each way once; what makes the difference is told to a
person, since which side is at fault (the test, or what runs before it) no run can say.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from regreen.fixers.testing.commands import Runner, runner
from regreen.model import Advice, Category, Failure, Idea, Probe
from regreen.scene import Scene

ID = "circumstances of tests"
DOCS = "https://docs.pytest.org/en/stable/explanation/flaky.html"

_SECONDS = 60
_MOST_TESTS = 2
_ROW = re.compile(r"^REGREEN-WAY (\w+) (\d+)$", re.MULTILINE)
_TIME = re.compile(r"tz|[Tt]ime ?zone|UTC|datetime|timestamp|strftime|localtime")
_WORDS = re.compile(r"locale|LANG|UnicodeDecodeError|UnicodeEncodeError|codec can't|ascii")
_WAYS = (
    ("alone", ""),
    ("seed", "PYTHONHASHSEED=0"),
    ("utc", "TZ=UTC"),
    ("berlin", "TZ=Europe/Berlin"),
    ("locale", "LC_ALL=C.UTF-8 LANG=C.UTF-8 PYTHONUTF8=1"),
)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Ask whether the failing tests pass by themselves or under other circumstances."""
    call = runner(scene)
    if failure.category != Category.TEST_FAILURE or call is None or call.tool != "pytest":
        return
    tests = [
        f"{d.file}::{d.message}"
        for d in failure.diagnostics
        if d.file and re.fullmatch(r"[\w:.\[\]-]+", d.message)
    ]
    if not tests or len(tests) > 20:
        return
    ways = [way for way in _WAYS if _is_likely(way[0], scene.output)]
    command = "\n".join(_lines(call, tests[:_MOST_TESTS], ways))

    def read(output: str) -> Iterator[Idea]:
        codes = dict(_ROW.findall(output))
        passed = [way for way, _ in ways if codes.get(way) == "0"]
        if passed:
            yield Advice(_told(passed[0], tests[0], "randomly" in scene.output), ID, action="rerun")

    why = "do the failing tests pass alone, or under other circumstances?"
    yield Probe(ID, why, command, read, scene.directory, before_step=not call.wrapped)


def _is_likely(way: str, output: str) -> bool:
    if way in ("utc", "berlin"):
        return bool(_TIME.search(output))
    return way != "locale" or bool(_WORDS.search(output))


def _lines(call: Runner, tests: list[str], ways: list[tuple[str, str]]) -> Iterator[str]:
    run = call.command(tests, ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly"))
    for way, env in ways:
        prefix = f"export {env}; " if env else ""
        yield f"timeout {_SECONDS} bash -c {shlex.quote(f'{prefix}{run}')} > /dev/null 2>&1"
        yield f"echo REGREEN-WAY {way} $?"


def _told(way: str, test: str, randomly: bool) -> str:
    if way == "alone":
        order = " (pytest-randomly: run with its seed, or -p no:randomly)" if randomly else ""
        return (
            f"{test} passes when it is run alone: it depends on the order of tests, on what one"
            f" before it leaves behind{order}. Find that one with: pytest --setup-show, halving the"
            " list of tests before it"
        )
    causes = {
        "seed": "it depends on the order of sets and dictionaries' hashes (PYTHONHASHSEED)",
        "utc": "it depends on the time zone: it passes with TZ=UTC",
        "berlin": "it depends on the time zone: it passes with TZ=Europe/Berlin",
        "locale": "it depends on the locale: it passes with LC_ALL=C.UTF-8",
    }
    return f"{test}: {causes[way]}. Set that in the job's env, or make the test independent of it"
