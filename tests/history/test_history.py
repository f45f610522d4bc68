"""The history orders searches, names earlier patches, and never stands in the way."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from regreen.history import FILE, Attempted, Ordering, Recovery, open_history
from regreen.model import Category, Diagnostic, Ending, Failure, Severity, Try
from tests.fixers.support import failure

FIXERS = ("safe", "other", "unsafe")


def lint(code: str = "F401", file: str = "a.py") -> Failure:
    return failure(Category.LINTING_ERROR, "ruff", Diagnostic(file, code, "bad"))


def tried(fixer: str, ending: Ending, severity: Severity = Severity.LOW, code: str = "F401") -> Try:
    return Try(
        1, None, fixer, "why", "linting_error (ruff)", "Lint", ending, severity=severity,
        category=str(Category.LINTING_ERROR), tool="ruff", codes=(code,),
    )  # fmt: skip


def recovery(
    *tries: Try, of: Failure | None = None, status: str = "verified", repository: str = "o/n"
) -> Recovery:
    return Recovery.of(
        of or lint(), repository=repository, commit="c" * 40, workflow="ci.yml", job="lint",
        status=status, tries=tries, fixers=("other",), severity="low", patch="x.patch", mail=b"x",
    )  # fmt: skip


def learnt(*tries: Try) -> Ordering:
    return Ordering(tuple(map(Attempted.of, tries)))


def test_nothing_known_leaves_the_built_in_order() -> None:
    assert Ordering()(lint(), FIXERS) == FIXERS


def test_who_failed_and_was_bettered_comes_later() -> None:
    order = learnt(
        *[tried("safe", Ending.NO_PROGRESS)] * 2,
        *[tried("other", Ending.GREEN)] * 2,
    )
    assert order(lint(), FIXERS) == ("other", "safe", "unsafe")
    assert order(lint("E501"), FIXERS) == FIXERS, "another code is another matter"
    assert order(failure(Category.TYPE_ERROR, "mypy"), FIXERS) == FIXERS


def test_one_failure_is_no_habit_and_help_given_before_counts() -> None:
    assert (
        learnt(tried("safe", Ending.FAILED), tried("other", Ending.GREEN))(lint(), FIXERS) == FIXERS
    )
    helps = [tried("safe", Ending.GREEN)] * 5 + [tried("safe", Ending.NO_PROGRESS)] * 2
    assert learnt(*helps, tried("other", Ending.GREEN))(lint(), FIXERS) == FIXERS


def test_a_fix_that_asks_for_more_review_never_passes_one_that_asks_for_less() -> None:
    order = learnt(
        *[tried("safe", Ending.NO_PROGRESS)] * 5,
        *[tried("unsafe", Ending.GREEN, Severity.MEDIUM)] * 5,
    )
    assert order(lint(), ("safe", "unsafe")) == ("safe", "unsafe")
    both = learnt(
        *[tried("safe", Ending.NO_PROGRESS, Severity.MEDIUM)] * 5,
        *[tried("unsafe", Ending.GREEN, Severity.MEDIUM)] * 5,
    )
    assert both(lint(), ("safe", "unsafe")) == ("unsafe", "safe")
    assert both(lint(), FIXERS) == FIXERS, "what the other would ask for is not known"


def test_those_that_had_no_idea_are_passed_by_what_needs_no_review() -> None:
    order = learnt(*[tried("safe", Ending.FAILED)] * 2, tried("last", Ending.GREEN))
    assert order(lint(), ("safe", "a", "b", "last", "c")) == ("last", "safe", "a", "b", "c")
    assert order(lint(), ("a", "b", "last")) == ("a", "b", "last"), "nothing failed before it"


def test_an_idea_that_was_held_back_says_nothing() -> None:
    order = learnt(*[tried("safe", Ending.HELD_BACK)] * 5, tried("other", Ending.GREEN))
    assert order(lint(), FIXERS) == FIXERS


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    one = recovery(tried("safe", Ending.FAILED), tried("other", Ending.GREEN))
    notes: list[str] = []
    with open_history(tmp_path, notes.append) as history:
        number = history.remember(one)
    with open_history(tmp_path, notes.append) as history:
        assert number is not None
        assert history.one(number) == replace(one, id=number)
        assert [found.id for found in history.recoveries()] == [number]
        assert history.recoveries("o/else") == ()
        assert len(history.ordering().tries) == 2
    assert notes == []
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0, "only for the user's own eyes"


def test_the_same_failure_names_the_patch_that_mended_it(tmp_path: Path) -> None:
    with open_history(tmp_path, pytest.fail) as history:
        history.remember(recovery(repository="o/else"))
        own = history.remember(recovery())
        history.remember(recovery(status="no-fix"))
        history.remember(recovery(repository="o/third"))
        found = history.earlier(lint(), "o/n")
        assert found is not None
        assert (found.here, found.recovery.id) == (True, own)
        assert "x.patch" in found.words
        assert history.earlier(lint(file="b.py"), "o/n") is None
        elsewhere = history.earlier(lint(), "o/new")
        assert elsewhere is not None
        assert not elsewhere.here
        assert "in o/third" in elsewhere.words
        assert history.earlier(failure(Category.UNKNOWN, None), "o/n") is None


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"x" * 50])
def test_a_broken_file_is_set_aside_and_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    notes: list[str] = []
    with open_history(tmp_path, notes.append) as history:
        assert history.remember(recovery()) == 1
    assert "set aside" in notes[0]
    [aside] = [p for p in tmp_path.iterdir() if ".broken-" in p.name]
    assert aside.read_bytes() == content


def test_other_tables_are_set_aside_too(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("PRAGMA user_version = 1")
    other.close()
    notes: list[str] = []
    with open_history(tmp_path, notes.append) as history:
        assert history.remember(recovery()) == 1
    assert "set aside" in notes[0]


def test_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as newer:
        newer.execute("PRAGMA user_version = 99")
        newer.execute("CREATE TABLE theirs (x)")
    newer.close()
    notes: list[str] = []
    with open_history(tmp_path, notes.append) as history:
        assert history.remember(recovery()) is None
        assert history.ordering() == Ordering()
    assert "newer regreen" in notes[0]
    with sqlite3.connect(tmp_path / FILE) as newer:
        assert newer.execute("SELECT count(*) FROM theirs").fetchone() == (0,)
    newer.close()


def test_where_nothing_can_be_written_the_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    notes: list[str] = []
    with open_history(tmp_path / "file", notes.append) as history:
        assert history.remember(recovery()) is None
    assert "no history is kept" in notes[0]


def test_unwanted_it_makes_no_file(tmp_path: Path) -> None:
    with open_history(tmp_path, pytest.fail, wanted=False) as history:
        assert history.remember(recovery()) is None
    assert not list(tmp_path.iterdir())


def test_several_may_write_at_once(tmp_path: Path) -> None:
    notes: list[str] = []

    def work() -> None:
        for _ in range(5):
            with open_history(tmp_path, notes.append) as history:
                history.remember(recovery(tried("safe", Ending.FAILED)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notes == []
    with open_history(tmp_path, pytest.fail) as history:
        assert len(history.recoveries(most=100)) == 20


def test_what_is_forgotten_is_gone_from_the_file(tmp_path: Path) -> None:
    hidden = replace(recovery(tried("safe", Ending.FAILED)), job="a-name-to-forget")
    with open_history(tmp_path, pytest.fail) as history:
        history.remember(hidden)
        history.remember(recovery(repository="o/else"))
        assert history.forget(repository="o/n") == 1
        assert history.forget(number=77) == 0
        assert history.ordering() == Ordering()
        assert history.forget() == 1
    with open_history(tmp_path, pytest.fail):
        pass
    assert b"a-name-to-forget" not in (tmp_path / FILE).read_bytes()


def test_a_row_that_is_nested_too_deeply_is_told_and_not_read(tmp_path: Path) -> None:
    with open_history(tmp_path, pytest.fail) as history:
        history.remember(recovery(tried("safe", Ending.FAILED)))
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute("UPDATE attempt SET codes = ?", ("[" * 100_000,))
    notes: list[str] = []
    with open_history(tmp_path, notes.append) as history:
        assert history.ordering() == Ordering()
    assert "is not read" in notes[0]
