"""Which tests come and go without a change, how often, and what makes the difference.

The failing step is run again from a snapshot before it: as it is, with the tests in another order
or alone, with fixed seeds of Python's hashes, in other time zones and locales, and once with the
network the other way round. All of it is bounded by a time and a number of runs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from regreen.errors import RegreenError
from regreen.git import Tree
from regreen.jobs.runner import JobRun, UnsupportedStep
from regreen.jobs.workflow import StepSpec
from regreen.jobs.workshop import Checkpoint, Workshop
from regreen.model import Failure, FlakyTest, StepOutcome
from regreen.verify.limit import Limit
from regreen_sandbox.errors import EngineDied, SandboxError
from regreen_sandbox.network import Policy

Key: TypeAlias = tuple[str | None, str | None, str]

SECONDS = 600.0
"""How long the search for a cause may take."""
_RUNS = 30
_PLAIN = 3
_AGAIN = 3
_ELSEWHERE = 2
_TESTS = 20
_FOLDER = "regreen-order"
_PLUGIN = "regreen_order"
_PROGRAM = """\
import os


def pytest_collection_modifyitems(items):
    how = os.environ["REGREEN_ORDER"]
    if how == "reversed":
        items.reverse()
    else:
        wanted = set(how.split("\\n"))
        items[:] = [item for item in items if item.nodeid in wanted] or items
"""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """One way to run the step again: variables that are set, or the network turned round."""

    cause: str
    env: Mapping[str, str] = field(default_factory=dict)
    order: str = ""
    network: bool = False


def circumstances(tests: Sequence[Key]) -> tuple[Circumstance, ...]:
    """Return the ways to run a step again, those of one cause beside one another.

    ``tests`` are those that failed; without names there is only the network to be turned round, and
    only pytest can be told to take them in another order.
    """
    network = Circumstance("network", network=True)
    if not tests:
        return (network,)
    ids = "\n".join(f"{file}::{name}" for file, _, name in tests if file)
    order = (Circumstance("order", order="reversed"), Circumstance("order", order=ids))
    return (
        *(order if ids else ()),
        Circumstance("randomness", {"PYTHONHASHSEED": "1"}),
        Circumstance("randomness", {"PYTHONHASHSEED": "2"}),
        # POSIX's form needs no time zone files; its signs are the other way round.
        Circumstance("time zone", {"TZ": "EAST-14"}),
        Circumstance("time zone", {"TZ": "WEST+11"}),
        Circumstance("locale", {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"}),
        network,
    )


@dataclass(slots=True)
class Tally:
    """What each run showed: which of the tests failed, as the step is and in each circumstance."""

    plain: list[frozenset[Key]] = field(default_factory=list)
    other: dict[int, list[frozenset[Key]]] = field(default_factory=dict)

    def result(
        self, tests: Mapping[Key, str], ways: Sequence[Circumstance]
    ) -> tuple[FlakyTest, ...]:
        """Return how often each of ``tests`` (with their names) failed, and why."""
        return tuple(
            FlakyTest(
                name,
                sum(key in failed for failed in self.plain),
                len(self.plain),
                self._cause(key, ways),
            )
            for key, name in tests.items()
        )

    def _cause(self, key: Key, ways: Sequence[Circumstance]) -> str:
        """Return the first cause whose circumstances decide it.

        Where the test always passes or always fails as it is, one circumstance must always turn it
        round; where it comes and goes, two of one cause must each settle it, in opposite ways.
        """
        plain = {key in failed for failed in self.plain}
        for cause in dict.fromkeys(way.cause for way in ways):
            ends = [
                {key in failed for failed in runs}
                for at, runs in self.other.items()
                if ways[at].cause == cause and len(runs) > 1
            ]
            settled = {next(iter(end)) for end in ends if len(end) == 1}
            if len(plain) == 1 and settled - plain:
                return cause
            if len(plain) == 2 and len(settled) == 2:
                return cause
        return ""

    def differs(self, failed: frozenset[Key]) -> bool:
        """Whether a run ended unlike at least one run of the step as it is."""
        return any(failed != one for one in self.plain)


@dataclass(slots=True)
class _Trial:
    workshop: Workshop
    commit: str
    step: StepSpec
    tests: dict[Key, str]
    limit: Limit
    checkpoint: Checkpoint
    runs: int = 0

    def spent(self) -> bool:
        return self.limit.left() <= 0 or self.runs >= _RUNS

    def run(self, way: Circumstance | None = None) -> frozenset[Key]:
        """Run the step once and return which tests failed."""
        self.runs += 1
        if way is not None and way.network:
            return self._elsewhere()
        with self.workshop.resume(self.checkpoint) as run:
            step = self.step if way is None else self._under(run, way)
            outcome = run.step(step, max(self.limit.left(), 1.0))
        return self._failed(outcome)

    def _elsewhere(self) -> frozenset[Key]:
        """Run the job from its start with the network where it was off, or without it."""
        now = self.workshop.conditions
        policy = Policy.PACKAGES if now.policy is Policy.ON else Policy.ON
        other = self.workshop.under(replace(now, policy=policy))
        with other.fresh(self.commit, cached=True) as run:
            outcome = run.proceed(
                stop_at_failure=True, until=self.step.index + 1, seconds=max(self.limit.left(), 1.0)
            )
        failed = outcome.failed
        if failed is not None and failed.index != self.step.index:
            raise RegreenError("with the network so the job does not come to this step", "")
        return frozenset() if failed is None else self._failed(failed)

    def _under(self, run: JobRun, way: Circumstance) -> StepSpec:
        env = {**self.step.env, **way.env}
        if way.order:
            folder = posixpath.join(run.job.layout.temp, _FOLDER)
            run.sandbox.write(f"{folder}/{_PLUGIN}.py", _PROGRAM.encode())
            known = run.view.environment(self.step)
            paths = (folder, *filter(None, [known.get("PYTHONPATH")]))
            options = f"{known.get('PYTEST_ADDOPTS', '')} -p {_PLUGIN}".strip()
            env |= {"PYTHONPATH": ":".join(paths), "PYTEST_ADDOPTS": options}
            env["REGREEN_ORDER"] = way.order
        return replace(self.step, env=env)

    def _failed(self, outcome: StepOutcome) -> frozenset[Key]:
        if outcome.conclusion != "failure":
            return frozenset()
        found = _tests(self.workshop.failures(outcome), self.step)
        whole = {_whole(self.step)}
        if set(found) == whole and set(self.tests) != whole:
            return frozenset()  # it did not come to the tests: that is another matter
        for key, name in found.items():
            if len(self.tests) < _TESTS:
                self.tests.setdefault(key, name)
        return frozenset(found)


def examine(
    workshop: Workshop,
    commit: str,
    tree: Tree,
    step: int,
    expected: Sequence[Failure],
    *,
    seconds: float = SECONDS,
) -> tuple[FlakyTest, ...]:
    """Return what is known of the tests that failed in ``step`` of a job that also passes.

    ``expected`` are the failures that were seen (CI's, or an earlier run's), ``tree`` the files of
    ``commit``. Empty when the step is not reached. Raises what the engine raises when it died.
    """
    limit, spec = Limit.begin(seconds), workshop.job.steps[step]
    tests = _tests(expected, spec)
    workshop.setting.reporter.stage("Look for what makes the difference")
    try:
        with ExitStack() as stack:
            checkpoint = _before(workshop, commit, tree, spec, stack)
            if checkpoint is None:
                return ()
            return _examined(_Trial(workshop, commit, spec, tests, limit, checkpoint))
    except EngineDied:
        raise
    except (RegreenError, SandboxError, UnsupportedStep) as error:
        workshop.setting.reporter.note(str(getattr(error, "message", error)))
        return ()


def _examined(trial: _Trial) -> tuple[FlakyTest, ...]:
    tally = Tally()
    ways = circumstances([key for key in trial.tests if key != _whole(trial.step)])
    for _ in range(_PLAIN):
        if tally.plain and trial.spent():
            break
        tally.plain.append(trial.run())
    for at, way in enumerate(ways):
        tally.other[at] = list(_tried(trial, way, tally))
    return tally.result(trial.tests, ways)


def _tried(trial: _Trial, way: Circumstance, tally: Tally) -> Iterator[frozenset[Key]]:
    """Yield what a circumstance does; more than once only where it does something."""
    for number in range(_ELSEWHERE if way.network else _AGAIN):
        if trial.spent():
            return
        try:
            found = trial.run(way)
        except EngineDied:
            raise
        except (RegreenError, SandboxError, UnsupportedStep):
            return
        yield found
        if number == 0 and not tally.differs(found):
            return


def _before(
    workshop: Workshop, commit: str, tree: Tree, spec: StepSpec, stack: ExitStack
) -> Checkpoint | None:
    """Return the job as it stands before the step; ``None`` when it does not come to it."""
    with workshop.begin(commit, at_most=spec.index) as begun:
        outcome = begun.run.proceed(stop_at_failure=True, until=spec.index)
        if outcome.failed is not None:
            return None
        made = workshop.checkpoint(begun.run, tree, spec, keep=True, earlier=None)
    if made.snapshot is not None:
        stack.enter_context(made.snapshot)
    return made


def _tests(failures: Sequence[Failure], step: StepSpec) -> dict[Key, str]:
    """Return the failed tests by their keys; the step itself where no test is named."""
    found: dict[Key, str] = {}
    for failure in failures:
        if failure.tool in ("pytest", "unittest"):
            for one in failure.diagnostics[:_TESTS]:
                # A test that fails in its set-up now and in itself then is one test.
                key = (one.file, None, one.key[2])
                found[key] = f"{one.file}::{one.message}" if one.file else one.message
    return found or {_whole(step): f"step {step.title!r}"}


def _whole(step: StepSpec) -> Key:
    return (None, None, step.title)
