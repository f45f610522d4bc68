"""The smallest part that still does it, and changes in parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from regreen.git import Repository, Scratch
from regreen.verify.parts import Part, split
from regreen.verify.shrinking import smallest
from tests.repositories import commit

SETS = st.integers(1, 40).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1))
)


@given(SETS)
def test_what_is_needed_is_found_and_nothing_else(case: tuple[int, set[int]]) -> None:
    size, needed = case
    found = smallest(range(size), lambda rest: needed <= set(rest), most=10_000)
    assert found == tuple(sorted(needed))


@given(SETS, st.integers(0, 20))
def test_it_is_asked_no_more_often_than_allowed_and_the_rest_works(
    case: tuple[int, set[int]], most: int
) -> None:
    size, needed = case
    asked: list[Sequence[int]] = []

    def works(rest: Sequence[int]) -> bool:
        asked.append(rest)
        return needed <= set(rest)

    found = smallest(range(size), works, most=most)
    assert needed <= set(found)
    assert len(asked) <= most
    assert tuple(range(size)) not in asked


def test_a_change_is_made_in_parts(tmp_path: Path) -> None:
    lines = [f"line {n}\n" for n in range(9)]
    before: dict[str, str | bytes] = {
        "a.txt": "".join(lines),
        "gone.txt": "x\n",
        "b.bin": b"\xff\x00",
        "same": "s\n",
    }
    head = commit(tmp_path / "r", before)
    after = [*lines]
    after[1], after[7] = "one\n", "seven\nmore\n"
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        old = scratch.tree(head)
        new = scratch.replace(old, {"a.txt": "".join(after), "new.txt": "n\n"})
        new = scratch.restored(new, scratch.replace(old, {}), ["same"])
        change = split(scratch, old, new)
        assert change.parts == (Part("a.txt", 0), Part("a.txt", 1), Part("new.txt"))
        assert change.with_only(change.parts) == new
        assert change.with_only([]) == old
        one = change.with_only([Part("a.txt", 1)])
        assert one.text("a.txt") == "".join([*lines[:7], "seven\nmore\n", lines[8]])
        assert "new.txt" not in one.entries
        back = split(scratch, new, old)
        assert "new.txt" not in back.with_only([Part("new.txt")]).entries
        assert change.of_files() == (change.parts[:2], change.parts[2:])


def test_a_mode_is_a_part_of_its_own(tmp_path: Path) -> None:
    head = commit(tmp_path / "r", {"run.sh": "#!/bin/sh\n"})
    with Scratch.borrow(Repository.open(tmp_path / "r")) as scratch:
        old = scratch.tree(head)
        new = scratch.replace(old, {}, {"run.sh": True})
        assert new.entries["run.sh"].mode == "100755"
        change = split(scratch, old, new)
        assert change.parts == (Part("run.sh"),)
        assert change.with_only(change.parts) == new
