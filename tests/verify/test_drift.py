"""Which release broke a job: few tries, the smallest set, the first release that breaks it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packaging.version import Version

from regreen.model import AutoFixable, Category, Diagnostic, Failure, Severity, Signature
from regreen.scene import Release
from regreen.verify import drift_listing
from regreen.verify.drift import chosen_of, first_bad, searched, truest
from regreen.verify.drift_before import Before
from regreen.verify.drift_suspects import Put, Suspect, lately, suspects
from regreen.verify.installed import Installed
from tests.fixers.indexes import Known, Memory

NOW = datetime(2024, 6, 1, tzinfo=UTC)
SINCE = NOW - timedelta(days=60)


@dataclass
class Answers:
    """A step that passes when ``works`` says so of the releases that were put back."""

    works: Callable[[Mapping[str, str]], bool]
    most: int = 99
    drags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def passes(self, versions: Mapping[str, str], /) -> bool:
        if dict(versions) not in self.asked:
            self.asked.append(dict(versions))
        return self.works(versions)

    def moved(self, versions: Mapping[str, str], /) -> Mapping[str, str]:
        return {k: v for name in versions for k, v in self.drags.get(name, {}).items()}

    def spent(self) -> bool:
        return len(self.asked) >= self.most


def dated(*rows: tuple[str, int]) -> tuple[Release, ...]:
    return tuple(Release(version, NOW - timedelta(days=ago)) for version, ago in rows)


def suspect(name: str, *rows: tuple[str, int], rank: tuple[int, ...] = (0, 0, 0)) -> Suspect:
    releases = dated(*rows)
    version = Version(releases[-1].version)
    place = Installed(name, version, "/env", "3.11", (name,), (), False)
    return Suspect(name, version, releases, (place,), rank)


def back(late: Iterable[Suspect]) -> list[Put]:
    return [Put(one, good) for one in late if (good := one.before(SINCE)) is not None]


def test_where_nothing_that_came_lately_helps_one_try_tells() -> None:
    late = [suspect(f"p{n}", ("1.0", 400), ("2.0", 10)) for n in range(40)]
    answers = Answers(lambda _: False)
    assert chosen_of(back(late), answers) is None
    assert len(answers.asked) == 1


def test_what_the_traceback_goes_through_is_tried_first_and_alone() -> None:
    late = [suspect("a", ("1.0", 400), ("2.0", 9)), suspect("b", ("1.0", 400), ("2.0", 9))]
    late[0] = suspect("a", ("1.0", 400), ("2.0", 9), rank=(-2, 0, 0))
    answers = Answers(lambda v: v.get("a") == "1.0")
    chosen = chosen_of(back(late), answers)
    assert chosen is not None
    assert [one.suspect.name for one in chosen] == ["a"]
    assert answers.asked == [{"a": "1.0"}]


def test_two_releases_that_break_it_together_are_both_found() -> None:
    late = [suspect(f"p{n}", ("1.0", 400), ("2.0", 10)) for n in range(16)]
    answers = Answers(lambda v: "p5" in v and "p11" in v)
    chosen = chosen_of(back(late), answers)
    assert chosen is not None
    assert [one.suspect.name for one in chosen] == ["p5", "p11"]
    assert len(answers.asked) <= 15


def test_a_release_that_only_held_another_back_is_not_to_blame() -> None:
    held = suspect("filelock", ("3.11", 400), ("3.12", 9))
    guilty = suspect("poetry", ("1.4", 400), ("1.5", 9))
    core = suspect("poetry-core", ("1.5", 400), ("1.6", 9))
    drags = {
        "filelock": {"poetry": "1.4", "poetry-core": "1.5"},
        "poetry": {"poetry-core": "1.5"},
        "poetry-core": {"poetry": "1.4"},
    }
    answers = Answers(lambda _: True, drags=drags)
    [one] = truest(back([held]), [core, guilty, held], answers)
    assert one.suspect.name == "poetry-core"
    [one] = truest(back([held]), [guilty, core, held], answers)
    assert (one.suspect.name, one.good.version) == ("poetry", "1.4")


def test_a_release_that_makes_the_other_one_older_itself_is_to_blame() -> None:
    library, pins = suspect("lib", ("1.0", 400), ("2.0", 9)), suspect("app", ("3", 400), ("4", 9))
    drags = {"lib": {"app": "3"}, "app": {"lib": "1.0"}}
    answers = Answers(lambda _: True, drags=drags)
    [one] = truest(back([library]), [library, pins], answers)
    assert one.suspect.name == "lib"


def test_the_first_release_that_breaks_it_is_named_and_not_only_the_installed_one() -> None:
    one = suspect("lib", ("2.1", 300), ("2.2", 200), ("2.2.5", 90), ("2.3.0", 20), ("2.3.2", 5))
    answers = Answers(lambda v: Version(v["lib"]) < Version("2.3.0"))
    [put] = chosen_of(back([one]), answers) or []
    blame = first_bad(put, [put], answers)
    assert (blame.good, blame.bad, blame.installed) == ("2.2.5", "2.3.0", "2.3.2")


def test_a_break_within_a_series_is_found_by_halves() -> None:
    rows = [("1.0.0", 200), *((f"1.0.{n}", 40 - n) for n in range(1, 20))]
    one = suspect("lib", *rows)
    answers = Answers(lambda v: Version(v["lib"]) < Version("1.0.13"))
    [put] = chosen_of(back([one]), answers) or []
    blame = first_bad(put, [put], answers)
    assert (blame.good, blame.bad) == ("1.0.12", "1.0.13")
    assert len(answers.asked) <= 6


def failure(tool: str | None = None) -> Failure:
    return Failure(
        Category.TEST_FAILURE, Severity.LOW, 1.0, AutoFixable.YES, "step", None, 1, tool,
        (Diagnostic(None, None, "x"),), (), Signature(Category.TEST_FAILURE, tool),
    )  # fmt: skip


def put(name: str, version: str, *requires: str, local: bool = False) -> Installed:
    return Installed(name, Version(version), "/env", "3.8", (name,), requires, local)


def test_suspects_are_those_with_an_older_release_the_named_and_the_tool_s_own_first() -> None:
    known = Known(
        {v: frozenset() for v in ("1.0", "2.0", "3.0", "4.0a1")},
        dates={"2.0": NOW - timedelta(days=10)},
        pythons={"1.0": ">=3.6", "3.0": ">=3.9"},
    )
    index = Memory(dict.fromkeys(("quiet", "named", "tool", "needed", "own"), known))
    found = [
        put("quiet", "2.0"),
        put("named", "2.0"),
        put("tool", "2.0", "needed>=1"),
        put("needed", "2.0"),
        put("own", "2.0", local=True),
        put("unknown", "2.0"),
    ]
    output = 'File "/env/lib/python3.8/site-packages/named/core.py", line 1, in f\n'
    made = suspects(found, index, [failure("tool")], output)
    assert [one.name for one in made] == ["named", "tool", "needed", "quiet"]
    assert [r.version for r in made[0].releases] == ["1.0", "2.0"]
    assert len(lately(made, SINCE)) == 4
    assert lately(made, NOW - timedelta(days=5)) == []


def test_the_listing_tells_what_is_installed_here(tmp_path: Path) -> None:
    """It is a program for the sandbox; run by itself it lists the environment of these tests."""
    site = tmp_path / ".tox" / "py" / "lib" / "python3.8" / "site-packages"
    info = site / "Some_Lib-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: Some_Lib\nVersion: 1.2\nRequires-Dist: dep>=1\n")
    (info / "RECORD").write_text("some_lib/__init__.py,,\nfast.cpython-38.so,,\n")
    program = Path(drift_listing.__file__)
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    [row] = [json.loads(x) for x in done.stdout.splitlines() if '"Some_Lib"' in x]
    assert row == {
        "name": "Some_Lib",
        "version": "1.2",
        "modules": ["some_lib", "fast"],
        "requires": ["dep>=1"],
        "local": False,
        "folder": str(site),
    }


TRACEBACK = """\
Traceback (most recent call last):
  File "app.py", line 1, in <module>
    lib.go()
  File "/env/lib/python3.8/site-packages/lib/core.py", line 7, in go
    other.Client(proxies=None)
TypeError: Client.__init__() got an unexpected keyword argument 'proxies'
"""


def test_what_the_raising_library_requires_comes_before_the_others() -> None:
    known = Known({"1.0": frozenset(), "2.0": frozenset()})
    index = Memory(dict.fromkeys(("a", "lib", "other"), known))
    found = [put("a", "2.0"), put("lib", "2.0", "other>=1"), put("other", "2.0")]
    made = suspects(found, index, [failure()], TRACEBACK)
    assert [(one.name, one.rank[0]) for one in made] == [("lib", -2), ("other", 0), ("a", 0)]


def many(count: int) -> list[Suspect]:
    rows = (("1.0", 400), ("1.5", 30), ("2.0", 10))
    return [suspect(f"p{n}", *rows) for n in range(count)]


def look(found: list[Suspect], answers: Answers, *green: Before) -> list[str] | None:
    put = searched(found, green, [SINCE], answers, lambda _: None)
    return None if put is None else [f"{one.suspect.name} {one.good.version}" for one in put]


def test_only_what_a_green_run_had_otherwise_is_put_back() -> None:
    had = {f"p{n}": ("2.0",) for n in range(40)} | {"p7": ("1.5",), "p9": ("1.0", "2.0")}
    answers = Answers(lambda v: v.get("p7") == "1.5")
    assert look(many(40), answers, Before("the green log", had, sure=True)) == ["p7 1.5"]
    assert answers.asked == [{"p7": "1.5"}]
    by_dates = Answers(lambda v: "p7" in v)
    assert look(many(40), by_dates) == ["p7 1.0"]
    assert len(by_dates.asked) > 5


def test_where_a_green_run_had_all_as_it_is_no_release_is_tried() -> None:
    answers = Answers(lambda _: True)
    green = Before("the green log", {f"p{n}": ("2.0.0",) for n in range(9)}, sure=True)
    assert look(many(9), answers, green) is None
    assert answers.asked == []


def test_what_a_green_run_does_not_name_is_looked_for_by_dates() -> None:
    answers = Answers(lambda v: "p1" in v)
    green = Before("the green log", {"p0": ("1.5",)}, sure=True)
    assert look(many(3), answers, green) == ["p1 1.0"]
    assert all("p0" not in asked for asked in answers.asked[1:])


def test_of_locks_the_one_that_names_most_is_a_guess_and_dates_follow() -> None:
    docs = Before("docs/requirements.txt", {"p0": ("1.0",)}, sure=False)
    lock = Before("uv.lock", {"p0": ("2.0",), "p2": ("1.5",), "odd": ("x",)}, sure=False)
    answers = Answers(lambda v: v.get("p2") == "1.5")
    assert look(many(3), answers, docs, lock) == ["p2 1.5"]
    assert answers.asked == [{"p2": "1.5"}]
    other = Answers(lambda v: "p0" in v)
    assert look(many(3), other, docs, lock) == ["p0 1.0"]
    assert other.asked[0] == {"p2": "1.5"}
