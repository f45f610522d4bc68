"""Which changed lines the tests reach, as it is put together for the proof."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from regreen.git import Repository, Scratch
from regreen.model import Coverage, JobOutcome
from regreen.report import Silent
from regreen.verify.guard.observed import Statement
from regreen.verify.limit import Limit
from regreen.verify.reaching import Reaching
from regreen.verify.watching import Seen, Wanted, coverage, seen_in, watch
from regreen_sandbox.errors import SandboxGone
from tests.repositories import commit

A, B = "src/a.py", "src/b.py"
NO_PRODUCT = ("setup.py", "docs/source/conf.py", "tests/test_a.py", "noxfile.py", "a.pyi")
WANTED = Wanted({A: (Statement(1, 1, 1), Statement(4, 4, 6)), B: (Statement(7, 7, 7),)})


def test_a_line_that_the_tests_of_any_job_reach_is_reached() -> None:
    seen = [
        ("one", Seen({A: frozenset([1])})),
        ("two", Seen({A: frozenset([1]), B: frozenset([7])})),
    ]
    found = coverage(WANTED, seen)
    assert found == Coverage(3, 2, {A: (4,)}, ("one", "two"))
    assert not found.in_vain


def test_what_no_test_reaches_is_said_to_be_so_only_where_that_is_known() -> None:
    assert coverage(WANTED, [("one", Seen())]).in_vain
    partly = coverage(WANTED, [("one", Seen(unknown=frozenset([B]), reason="not watched"))])
    assert partly.missed == {A: (1, 4)}
    assert (partly.in_vain, partly.reason) == (False, "one: not watched")
    assert not coverage(replace(WANTED, unread=("new.py",)), [("one", Seen())]).in_vain
    assert not Coverage(0).in_vain
    failed = coverage(WANTED, [("one", Seen({}, frozenset([A, B]), "no time"))])
    assert (failed.missed, failed.jobs, failed.in_vain) == ({}, (), False)


@pytest.mark.parametrize(
    ("lines", "reason", "unknown", "words"),
    [
        (["tests", "loaded 0", "reached 0 1"], "", [], ""),
        (["tests"], "", [], ""),
        ([], "", [A, B], "could not be watched"),
        (["reached 0 1", "reached 0 2", "reached 9 1", "reached x", "rm -rf"], "", [A, B], "could"),
        (["tests", "reached 0 1", "unseen 1"], "", [B], "src/b.py is loaded in a way"),
        (["tests", "reached 0 1"], "too slow", [A, B], "too slow"),
    ],
)
def test_what_the_watcher_writes_is_read_as_a_stranger_s(
    lines: list[str], reason: str, unknown: list[str], words: str
) -> None:
    seen = seen_in(lines, WANTED, reason)
    assert seen.unknown == frozenset(unknown)
    assert words in seen.reason
    assert bool(words) is bool(seen.reason)
    assert dict(seen.reached) == ({A: frozenset([1])} if "reached 0 1" in lines else {})


def test_only_product_code_has_to_be_reached(tmp_path: Path) -> None:
    old = dict.fromkeys((A, *NO_PRODUCT), "x = 1\n")
    first = commit(tmp_path / "r", old)
    second = commit(tmp_path / "r", dict.fromkeys(old, "x = 2\n") | {"new.py": "y = 1\n"})
    third = commit(tmp_path / "r", {A: "x = (\n", "README.md": "new\n"})
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        before, after, broken = map(scratch.tree, (first, second, third))
        one = Statement(1, 1, 1)
        assert Wanted.of(before, after) == Wanted({"new.py": (one,), A: (one,)})
        assert Wanted.of(after, after) == Wanted()
        assert Wanted.of(after, broken) == Wanted({}, (A,))


def fake(read: Callable[..., bytes | None]) -> Any:
    job = SimpleNamespace(name="unit", layout=SimpleNamespace(temp="/t"), steps=())
    return SimpleNamespace(job=job, sandbox=SimpleNamespace(read=read))


def dead(*_: object, **__: object) -> bytes | None:
    raise SandboxGone("the container is gone", next_step="")


def test_watching_that_fails_is_told_and_raises_nothing() -> None:
    outcome = JobOutcome((), 1.0)
    late = watch(fake(lambda *_, **__: None), outcome, WANTED, seconds=0.0)
    assert late == Seen({}, frozenset([A, B]), "there was no time left for it (--verify-limit)")
    gone = watch(fake(dead), outcome, WANTED, seconds=0.0)
    assert gone == Seen({}, frozenset([A, B]), "the tests cannot be watched: the container is gone")


def test_a_job_is_watched_as_long_as_something_is_not_reached() -> None:
    with ExitStack() as held:
        limit = Limit.begin(0.0)
        reaching = Reaching(WANTED, limit, Silent(), held)
        assert (reaching.found(), reaching.in_vain()) == (None, "")
        reaching.beside(fake(lambda *_, **__: None), JobOutcome((), 1.0))
        reaching.beside(fake(lambda *_, **__: None), JobOutcome((), 1.0))
        found = reaching.found()
        assert found is not None
        assert (found.jobs, found.reason.count("no time left")) == ((), 2)
        unread = Reaching(Wanted({}, (A,)), limit, Silent(), held)
        unread.beside(fake(dead), JobOutcome((), 1.0))
        assert unread.found() == Coverage(0, reason="src/a.py cannot be parsed")
        nothing = Reaching(Wanted(), limit, Silent(), held)
        nothing.beside(fake(dead), JobOutcome((), 1.0))
        assert nothing.found() is None
