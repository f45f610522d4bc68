"""Candidates side by side in real sandboxes, in every order of ending."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Sequence

import pytest

from regreen.model import Budget, Edit, Failure, Proposal, ToolRun, Try
from regreen.report import Silent
from regreen.scene import Scene
from regreen.verify import Found, NothingFound, search
from regreen.verify.attempt import Bench
from regreen.verify.stand import Stand, red_stand
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.labels import OWNER, Owner
from tests.verify.support import Red, red_job

pytestmark = pytest.mark.docker

STEPS = """\
      - run: . ./orders.py; echo "it is worth $WORTH"; sleep $SLEEP; test $WORTH -ge 1
      - run: . ./orders.py; test $WORTH -ge 2
"""


def orders(worth: int, sleep: float = 0, word: str = "") -> str:
    return f"WORTH={worth}\nSLEEP={sleep}\n# {word}\n"


@pytest.fixture(scope="module")
def red(engine: Engine, base_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Red]:
    files = {"orders.py": orders(0), "test_a.py": "def test_a(): pass\n"}
    with red_job(engine, base_image, tmp_path_factory.mktemp("red"), files, STEPS) as red:
        yield red


def edit(name: str, worth: int, sleep: float = 0) -> Edit:
    return Edit(name, f"why {name}", {"orders.py": orders(worth, sleep, name)})


def scene(stand: Stand) -> Scene:
    return Scene(stand.tree, "", stand.outcome.log, ".")


def look(
    red: Red,
    *stages: Sequence[Proposal],
    jobs: int,
    tries: int = 50,
    reporter: Silent | None = None,
) -> Found | NothingFound:
    """Search with the ideas of ``stages``, those of one for each stand that is reached."""
    left = iter(stages)

    def ideas(failures: Sequence[Failure], _: Scene) -> Iterable[tuple[Failure, Proposal]]:
        return ((failures[0], proposal) for proposal in next(left))

    bench = Bench.of(red.workshop, red.scratch, red.commit, 120)
    return search(
        ideas,
        scene,
        bench,
        red_stand(red.attempt, red.workshop, bench.base),
        budget=Budget(seconds=120, tries=tries, jobs=jobs),
        reporter=reporter or Silent(),
        memory=64 << 20,
    )


def containers(engine: Engine) -> list[str]:
    return [
        c["Id"]
        for c in engine.client.api.containers(all=True, filters={"label": OWNER})
        if c["Labels"][OWNER] == str(Owner.current())
    ]


def summed(found: Found | NothingFound) -> object:
    if isinstance(found, Found):
        return found.tree.sha, found.patch, found.rejected
    return found


class Heard(Silent):
    """Everything that is told, in its order."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)

    def output(self, piece: str) -> None:
        self.told.append(piece.strip())

    def tried(self, attempt: Try) -> None:
        self.told.append(f"tried {attempt.fixer}")


def test_the_result_and_what_is_told_do_not_depend_on_which_ends_first(
    red: Red, engine: Engine
) -> None:
    results, told = [], []
    before = containers(engine)
    for jobs, sleeps in [(1, (0, 0, 0)), (4, (3, 0, 1)), (2, (0, 3, 0))]:
        ideas: list[Proposal] = [
            ToolRun("no", "", f"sleep {sleeps[0]}; echo '# no' >> orders.py"),
            Edit("forbidden", "", {"test_a.py": "\n"}),
            ToolRun("first", "", f"sleep {sleeps[1]}; sed -i s/WORTH=0/WORTH=1/ orders.py"),
            ToolRun("second", "", f"sleep {sleeps[2]}; sed -i s/WORTH=0/WORTH=2/ orders.py"),
        ]
        heard = Heard()
        found = look(red, ideas, [edit("green", 2)], jobs=jobs, reporter=heard)
        results.append(summed(found))
        told.append(heard.told)
        assert containers(engine) == before
    assert isinstance(found, Found)
    assert found.patch.fixers == ("first", "green")
    assert [r.fixer for r in found.rejected] == ["no", "forbidden"]
    assert results[1:] == results[:-1]
    assert told[1:] == told[:-1]
    assert told[0][:4] == ["trying no", "it is worth 0", "tried no", "trying forbidden"]


def test_the_same_files_are_tried_once_and_tries_are_counted_in_order(red: Red) -> None:
    same = "sed -i s/WORTH=0/WORTH=-1/ orders.py"
    ideas: list[Proposal] = [
        ToolRun("one", "", f"sleep 1; {same}"),
        ToolRun("the same", "", same),
        ToolRun("nothing", "", "touch orders.py new.txt"),
        edit("two", 0),
        edit("three", 0),
        edit("good, but too late", 2),
    ]
    results = [look(red, ideas, jobs=jobs, tries=3) for jobs in (1, 4)]
    assert isinstance(results[0], NothingFound)
    assert results[0].spent
    assert [r.fixer for r in results[0].rejected] == ["one", "nothing", "two", "three"]
    assert results[1:] == results[:-1]


def test_what_is_still_running_behind_a_winner_is_removed_at_once(red: Red, engine: Engine) -> None:
    before = containers(engine)
    started = time.monotonic()
    found = look(red, [edit("quick", 2, 1), edit("long", 2, 100), edit("longer", 2, 110)], jobs=3)
    assert isinstance(found, Found)
    assert found.patch.fixers == ("quick",)
    assert time.monotonic() - started < 60
    assert containers(engine) == before
    assert not [t for t in threading.enumerate() if t.name.startswith("ThreadPoolExecutor")]


def test_an_error_in_one_ends_all_and_is_raised(
    red: Red, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = containers(engine)
    original = type(red.workshop).bring

    def bring(self: object, run: object, checkpoint: object, tree: object) -> None:
        if tree == bad:
            raise SandboxError("the disk is full")
        original(self, run, checkpoint, tree)  # type: ignore[arg-type]

    assert red.attempt.checkpoint is not None
    bad = red.scratch.replace(red.attempt.checkpoint.tree, {"orders.py": orders(0, 0, "bad")})
    monkeypatch.setattr(type(red.workshop), "bring", bring)
    started = time.monotonic()
    with pytest.raises(SandboxError, match="the disk is full"):
        look(red, [edit("bad", 0), edit("long", 2, 100)], jobs=2)
    assert time.monotonic() - started < 60
    assert containers(engine) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_everything_soon(
    red: Red, engine: Engine, number: signal.Signals
) -> None:
    def interrupted(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = containers(engine)
    known = signal.signal(number, interrupted)
    sent: list[float] = []

    def interrupt() -> None:
        while len(containers(engine)) < len(before) + 2:
            time.sleep(0.1)
        time.sleep(1)
        sent.append(time.monotonic())
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=interrupt)
    sender.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            look(red, [edit("long", 0, 100), edit("longer", 0, 110)], jobs=2)
        took = time.monotonic() - sent[0]
    finally:
        sender.join()
        signal.signal(number, known)
    assert containers(engine) == before
    assert not [t for t in threading.enumerate() if t.name.startswith("ThreadPoolExecutor")]
    assert took < 20
