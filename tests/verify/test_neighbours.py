"""Whether other jobs are redder with a patch than without it."""

from __future__ import annotations

import pytest

from regreen.verify.neighbours import Ran, redder


def ran(red: dict[str, set[str]], passed: int = 0, green: tuple[str, ...] = ()) -> Ran:
    return Ran({k: frozenset(v) for k, v in red.items()}, frozenset(green), passed)


GREEN = ran({}, 5, ("Install", "Test"))


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (GREEN, GREEN, ()),
        (GREEN, ran({"Test": {"t.py::a"}}, 4), ("t.py::a",)),
        (ran({"Test": {"t.py::a"}}, 4), GREEN, ()),
        (ran({"Test": {"t.py::a"}}, 4), ran({"Test": {"t.py::a"}}, 4), ()),
        (ran({"Test": {"t.py::a"}}, 4), ran({"Test": {"t.py::a", "t.py::b"}}, 3), ("t.py::b",)),
        (ran({"Test": {"t.py::a"}}, 4), ran({"Test": {"t.py::b"}}, 4), ("t.py::b",)),
        # a step before it fails now
        (ran({"Test": {"t.py::a"}}, 4, ("Install",)), ran({"Install": {"x"}}), ("x",)),
        # a step that was not reached before tells nothing
        (ran({"Install": {"x"}}), ran({"Test": {"t.py::a"}}, 4, ("Install",)), ()),
        (GREEN, ran({}, 4, ("Install", "Test")), ("4 tests pass, 5 did before",)),
    ],
)
def test_only_what_was_not_red_before_is_worse(
    before: Ran, after: Ran, worse: tuple[str, ...]
) -> None:
    assert redder(before, after) == worse
