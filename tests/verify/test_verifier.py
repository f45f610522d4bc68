"""The judge, in real sandboxes: what is proven, what is not, and why."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import pytest

from regreen.errors import UnsupportedError
from regreen.jobs import Job, find_job, plan, read_workflow
from regreen.jobs.workshop import Workshop
from regreen.logs import classify
from regreen.model import Coverage, Fared, Patch, Selection, Severity, VerifiedPatch
from regreen.report import Silent
from regreen.verify import Claim, NotProven, verify
from regreen.verify.known import KnownFailures
from regreen.verify.limit import Limit, LimitSpent
from regreen.verify.neighbours import Neighbour, Rooms
from regreen_sandbox.engine import Engine
from tests.repositories import commit
from tests.verify.support import HEAD, Red, red_job

pytestmark = pytest.mark.docker

SUITE = """\
#!/bin/sh
# A suite that prints as pytest does; one of its tests needs what no sandbox has.
failed=0 lines= passed=4
echo "==================== test session starts ===================="
grep -q 'VALUE = 2' value.py ||
  { failed=1 passed=3; lines='FAILED test_one.py::test_value - assert 1 == 2'; }
case "$PYTEST_ADDOPTS" in
  *--deselect=test_net.py::test_get*) gone=', 1 deselected' ;;
  *) failed=$((failed + 1)); lines="$lines
FAILED test_net.py::test_get - OSError: unreachable" ;;
esac
[ "$failed" = 0 ] && { echo "==== $passed passed$gone in 0.10s ===="; exit; }
echo "==================== short test summary info ===================="
echo "$lines"
echo "==== $failed failed, $passed passed in 0.10s ===="
exit 1
"""
TEST = """\
import unittest, value
class T(unittest.TestCase):
    def test_value(self):
        self.assertIn(value.VALUE, {values})
"""
FILES = {
    "value.py": "VALUE = 1\n",
    "suite": SUITE,
    "a/test_one.py": TEST.format(values=(1, 2)),
    "b/test_two.py": TEST.format(values=(1,)),
}
CHECK = "      - run: python3 -c 'import value; assert value.VALUE == 2'\n"
UNITTEST = "      - run: python3 -m unittest discover -s {folder} -t {folder}\n"
LOG = """\
==================== test session starts ====================
==================== short test summary info ====================
FAILED test_one.py::test_value - assert 1 == 2
==== 1 failed, 4 passed in 0.10s ====
"""


@pytest.fixture(scope="module")
def red(engine: Engine, base_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Red]:
    folder = tmp_path_factory.mktemp("red")
    commit(folder / "r", FILES | {"value.py": "VALUE = 2\n"})
    with red_job(engine, base_image, folder, FILES, CHECK) as red:
        yield red


def room(red: Red, steps: str) -> Workshop:
    """Return what another job, of these steps, runs in."""
    workflow = read_workflow(HEAD + steps, "ci.yml")
    found = find_job({"ci.yml": workflow}, Selection(), None)
    job: Job = plan(found, repository="owner/name", commit=red.commit)
    setting = replace(red.workshop.setting, job=job)
    return replace(red.workshop, setting=setting, reached={})


def claim(red: Red, **more: Any) -> Claim:
    base = red.scratch.tree(red.commit)
    tree = red.scratch.replace(base, {"value.py": "VALUE = 2\n"})
    patched = red.workshop.commit_of(red.commit, tree, "Mend it\n")
    patch = Patch(red.scratch.diff(base, tree), ("fixer",), ("why",), ("value.py",))
    mail = red.scratch.format_patch(patched)
    assert red.attempt.failed is not None
    step = red.attempt.failed.index
    failures = tuple(replace(one, severity=Severity.LOW) for one in red.attempt.failures)
    return replace(Claim(patch, mail, red.commit, tree.sha, step, failures), **more)


@dataclass(frozen=True)
class Others:
    """Neighbours that run in these rooms."""

    tests: Sequence[Workshop | None] = ()
    beside: Sequence[Workshop | None] = ()

    def test_jobs(self) -> Sequence[Neighbour]:
        return [neighbour(one) for one in self.tests]

    def siblings(self) -> Sequence[Neighbour]:
        return [neighbour(one) for one in self.beside]


def neighbour(shop: Workshop | None) -> Neighbour:
    def opened(_: str) -> AbstractContextManager[Rooms]:
        if shop is None:
            raise UnsupportedError("it needs a Mac", "")
        return nullcontext(Rooms(shop))

    return Neighbour("other", "ci.yml", {}, opened)


Judged = Callable[..., VerifiedPatch | NotProven]


@pytest.fixture
def judged(red: Red) -> Judged:
    def call(what: Claim | None = None, **more: Any) -> VerifiedPatch | NotProven:
        given: dict[str, Any] = {"repeat": 1, "reporter": Silent()} | more
        return verify(what or claim(red), red.workshop, red.scratch, **given)

    return call


def test_changed_code_needs_a_test_job_that_vouches(red: Red, judged: Judged) -> None:
    tests = room(red, UNITTEST.format(folder="a"))
    proven = judged(neighbours=Others([None, tests]))
    assert isinstance(proven, VerifiedPatch)
    assert proven.severity is Severity.LOW
    assert "as severe as the failure" in proven.proof.severity_reason
    assert [(one.ended, one.vouches) for one in proven.proof.vouched] == [
        (Fared.NOT_RUN, False),
        (Fared.GREEN, True),
    ]
    assert "it needs a Mac" in proven.proof.vouched[0].reason
    assert "1 tests pass" in proven.proof.vouched[1].reason
    assert proven.proof.coverage == Coverage(1, 1, {}, ("job",))


def test_without_one_the_severity_is_high_and_says_why(red: Red, judged: Judged) -> None:
    for others in (None, Others([room(red, "      - run: 'true'\n")])):
        proven = judged(neighbours=others)
        assert isinstance(proven, VerifiedPatch)
        assert proven.severity is Severity.HIGH
        assert "no test job vouches" in proven.proof.severity_reason


def test_the_job_s_own_tests_vouch(red: Red, judged: Judged) -> None:
    own = room(red, CHECK + UNITTEST.format(folder="a"))
    proven = verify(claim(red), own, red.scratch, repeat=1, reporter=Silent())
    assert isinstance(proven, VerifiedPatch)
    assert proven.severity is Severity.LOW
    assert proven.proof.vouched[0].vouches
    assert proven.proof.coverage == Coverage(1, 1, {}, ("job",))


def test_tests_that_reach_nothing_of_the_change_do_not_vouch(red: Red) -> None:
    idle = "import unittest\n\nclass T(unittest.TestCase):\n    def test_x(self): pass\n"
    steps = f"      - run: echo {b64encode(idle.encode()).decode()} | base64 -d > idle.py\n"
    own = room(red, f"{CHECK}{steps}      - run: python3 -m unittest idle\n")
    proven = verify(claim(red), own, red.scratch, repeat=1, reporter=Silent())
    assert isinstance(proven, VerifiedPatch)
    assert proven.severity is Severity.HIGH
    assert "no test of job reaches value.py:1" in proven.proof.severity_reason
    assert not proven.proof.vouched[0].vouches
    assert proven.proof.coverage == Coverage(1, 0, {"value.py": (1,)}, ("job",))


def test_a_test_job_that_gets_redder_refuses_the_patch(red: Red, judged: Judged) -> None:
    found = judged(neighbours=Others([room(red, UNITTEST.format(folder="b"))]))
    assert isinstance(found, NotProven)
    assert found.refused
    assert "test_two.T.test_value" in found.reason


def test_siblings_are_asked_for_and_are_in_the_proof(red: Red, judged: Judged) -> None:
    shop = room(red, "      - run: exit 3\n")
    others = Others((), [shop, None])
    proven = judged(neighbours=others, siblings=True)
    assert isinstance(proven, VerifiedPatch)
    assert [one.ended for one in proven.proof.siblings] == [Fared.NO_REDDER, Fared.NOT_RUN]
    assert not any(one.vouches for one in proven.proof.siblings)


def test_a_run_that_the_time_limit_cuts_off_proves_nothing(red: Red) -> None:
    slow = room(red, "      - run: sleep 300\n")
    found = verify(claim(red), slow, red.scratch, repeat=1, reporter=Silent(), seconds=3.0)
    assert isinstance(found, NotProven)
    assert found.spent
    assert {found.flaky, found.refused} == {False}


def test_nothing_is_begun_when_time_is_out() -> None:
    nowhere: Any = None
    with pytest.raises(LimitSpent):
        Limit(1.0, deadline=0.0).run(nowhere, "HEAD", stop_at_failure=True)


def test_a_patched_job_is_held_against_the_job_by_what_its_steps_are(
    red: Red, judged: Judged
) -> None:
    more = room(red, "      - run: 'true'\n" + CHECK)
    proven = judged(claim(red, patched=more), neighbours=None)
    assert isinstance(proven, VerifiedPatch)
    assert [step.conclusion for step in proven.proof.after[0].steps] == ["success"] * 3
    less = judged(claim(red, patched=room(red, "")))
    assert isinstance(less, NotProven)
    assert less.refused
    assert "checks less" in less.reason


def test_what_github_refuses_is_not_run_and_must_be_green_then(red: Red, judged: Judged) -> None:
    refused = claim(red, refused="ci.yml:3: unknown key", patched=red.workshop, step=-1)
    proven = judged(refused)
    assert isinstance(proven, VerifiedPatch)
    assert (proven.proof.before, len(proven.proof.after)) == ((), 1)
    assert proven.proof.refused == "ci.yml:3: unknown key"
    still = judged(replace(refused, patched=room(red, "      - run: 'false'\n")))
    assert isinstance(still, NotProven)


def test_tests_that_the_parent_fails_here_too_are_left_out_by_name(red: Red) -> None:
    shop = room(red, "      - run: sh suite\n      - run: echo behind\n")
    with shop.fresh(red.commit) as run:
        failed = run.proceed(stop_at_failure=True).failed
    assert failed is not None
    what = claim(red, step=failed.index, failures=shop.failures(failed))

    def proven(log: str) -> VerifiedPatch | NotProven:
        expected = classify("sh suite", "Run sh suite", log, 1) if log else ()
        known = KnownFailures(shop, red.scratch, red.commit, expected)
        return verify(what, shop, red.scratch, repeat=1, reporter=Silent(), known=known)

    found = proven(LOG)
    assert isinstance(found, VerifiedPatch)
    assert found.proof.excused == ("test_net.py::test_get",)
    assert not found.proof.complete
    assert [step.conclusion for step in found.proof.after[0].steps] == ["success"] * 3
    for log in ("", LOG.replace("test_one.py::test_value", "test_net.py::test_get")):
        assert isinstance(proven(log), NotProven)
