"""A search that goes back when stuck, makes patches smaller, and names the culprit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from regreen.git import Tree
from regreen.model import (
    Advice,
    Budget,
    Culprit,
    Edit,
    Ending,
    Failure,
    Idea,
    Probe,
    Severity,
)
from regreen.report import Silent
from regreen.scene import Scene
from regreen.verify import Bench, Found, Guiltless, NothingFound, Rerun, minimise, red_stand, search
from regreen.verify.culprit import find_culprit
from regreen.verify.stand import Stand
from regreen_sandbox.engine import Engine
from tests.repositories import commit
from tests.verify.support import Red, red_job

pytestmark = pytest.mark.docker

STEPS = """\
      - run: . ./a.py; test $A -ge 1
      - run: . ./a.py; . ./b.py; test $A -ge 2 && test $B -ge 1
"""
FILES = {"a.py": "A=0\n", "b.py": "B=0\n", "c.py": "C=0\n"}
Ideas = Mapping[str, Sequence[Idea]]


@pytest.fixture(scope="module")
def red(engine: Engine, base_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Red]:
    folder = tmp_path_factory.mktemp("red")
    commit(folder / "r", {**FILES, "a.py": "A=2\n", "b.py": "B=1\n"})
    with red_job(engine, base_image, folder, FILES, STEPS) as red:
        yield red


def bench_of(red: Red) -> Bench:
    return Bench.of(red.workshop, red.scratch, red.commit, 120)


def look(
    red: Red, ideas: Callable[[Stand], Iterable[Idea]], *, allow: Severity = Severity.MEDIUM,
    judge: Callable[[Found], str | None] | None = None,
) -> Found | NothingFound:  # fmt: skip
    """Search with the ideas that ``ideas`` has for each stand."""
    bench = replace(bench_of(red), allow=allow)
    stands: list[Stand] = []

    def scene(stand: Stand) -> Scene:
        stands.append(stand)
        return Scene(stand.tree, "", "", ".")

    def of(failures: Sequence[Failure], _: Scene) -> Iterable[tuple[Failure, Idea]]:
        return ((failures[0], idea) for idea in ideas(stands[-1]))

    root = red_stand(red.attempt, red.workshop, bench.base)
    budget = Budget(seconds=120, tries=50, jobs=2)
    return search(of, scene, bench, root, budget=budget, reporter=Silent(), judge=judge)


def a(value: int, name: str = "a") -> Edit:
    return Edit(name, "", {"a.py": f"A={value}\n"})


def b(value: int) -> Edit:
    return Edit("b", "", {"b.py": f"B={value}\n"})


def by_step(*stages: Sequence[Idea]) -> Callable[[Stand], Iterable[Idea]]:
    return lambda stand: stages[stand.step.index - 1]


def test_it_returns_from_a_dead_end_and_tells_the_whole_tree(red: Red) -> None:
    dead, good = a(1, "dead end"), a(2, "good")
    found = look(red, by_step([dead, good], [b(1)]))
    assert isinstance(found, Found)
    assert found.patch.fixers == ("good", "b")
    told = [(t.number, t.parent, t.fixer, t.ending) for t in found.tries]
    assert told == [
        (1, None, "dead end", Ending.PROGRESS),
        (2, 1, "b", Ending.NO_PROGRESS),
        (3, None, "good", Ending.PROGRESS),
        (4, 3, "b", Ending.GREEN),
    ]


def test_what_asks_for_more_review_than_allowed_is_held_back(red: Red) -> None:
    ideas = by_step([replace(a(2), severity=Severity.HIGH)], [b(1)])
    held = look(red, ideas)
    assert isinstance(held, NothingFound)
    assert held.held
    assert [t.ending for t in held.tries] == [Ending.HELD_BACK]
    found = look(red, ideas, allow=Severity.HIGH)
    assert isinstance(found, Found)
    assert found.patch.severity is Severity.HIGH
    critical = by_step([replace(a(2), severity=Severity.CRITICAL)], [b(1)])
    assert isinstance(look(red, critical, allow=Severity.HIGH), NothingFound)


def test_a_probe_is_asked_and_advice_is_told(red: Red) -> None:
    def read(said: str) -> Iterable[Idea]:
        assert said == "A=0 in the job\n"
        yield a(2)

    probe = Probe("asks", "", 'echo "$(cat a.py) in the job"; echo A=9 > a.py', read)
    found = look(red, by_step([Advice("see to it"), probe], [b(1)]))
    assert isinstance(found, Found)
    assert found.patch.files == ("a.py", "b.py")
    assert [one.text for one in found.advice] == ["see to it"]


def test_where_the_judge_does_not_take_it_the_search_goes_on(red: Red) -> None:
    two = [b(1), Edit("better", "", {"b.py": "B=2\n"})]
    found = look(red, by_step([a(2)], two), judge=lambda f: "no" if "b" in f.patch.fixers else None)
    assert isinstance(found, Found)
    assert found.patch.fixers == ("a", "better")
    refused = [(t.fixer, t.reason) for t in found.tries if t.ending is Ending.REFUSED]
    assert refused == [("b", "no")]


def test_a_patch_loses_what_the_job_does_not_need(red: Red) -> None:
    first = Edit("needed in part", "", {"a.py": "A=2\n", "c.py": "C=1\n"})
    found = look(red, by_step([first], [b(1)]))
    assert isinstance(found, Found)
    assert found.patch.files == ("a.py", "b.py", "c.py")
    bench = bench_of(red)
    root = red_stand(red.attempt, red.workshop, bench.base)
    smaller = minimise(found, Rerun(bench, root, 20))
    assert smaller.patch.files == ("a.py", "b.py")
    assert smaller.tree.text("c.py") == FILES["c.py"]
    assert minimise(found, Rerun(bench, root, 0)) == found


def test_a_whole_idea_is_left_out(red: Red) -> None:
    both = Edit("both", "", {"a.py": "A=2\n", "b.py": "B=1\n"})
    found = look(red, by_step([a(1, "partly")], [both]))
    assert isinstance(found, Found)
    assert found.patch.fixers == ("partly", "both")
    bench = bench_of(red)
    smaller = minimise(found, Rerun(bench, red_stand(red.attempt, red.workshop, bench.base), 20))
    assert smaller.patch.fixers in {("both",), ("partly", "both")}
    assert smaller.tree == found.tree


def culprit(red: Red, parent: Tree) -> Culprit | Guiltless:
    bench = bench_of(red)
    root = red_stand(red.attempt, red.workshop, bench.base)
    return find_culprit(parent, Rerun(bench, root, 30))


def test_the_culprit_is_the_smallest_part_of_the_commit(red: Red) -> None:
    base = red.scratch.tree(red.commit)
    parent = red.scratch.replace(base, {"a.py": "A=2\n", "b.py": "B=1\n", "c.py": "C=7\n"})
    found = culprit(red, parent)
    assert isinstance(found, Culprit)
    assert "a.py, b.py" in found.text
    assert "-A=2\n+A=0" in found.diff
    assert "c.py" not in found.diff


def test_a_parent_that_is_red_too_leaves_the_commit_without_guilt(red: Red) -> None:
    base = red.scratch.tree(red.commit)
    found = culprit(red, red.scratch.replace(base, {"c.py": "C=7\n"}))
    assert isinstance(found, Guiltless)
    assert "before" in found.reason
