"""Does the failing step pass with other releases installed? Tried from the snapshot before it.

A try costs the step and an installation, not a set-up. What the step itself installs (tox, nox,
pip) is held by constraints in the environment. It is a trial and no more: what is delivered is an
edit of the repository's files, tried and proven like every other.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from regreen.jobs.bring import DoesNotApply
from regreen.jobs.runner import JobRun
from regreen.model import Ending, Failure, Try
from regreen.report import Reporter, Silent
from regreen.verify.attempt import Bench
from regreen.verify.installed import Installed, installed
from regreen.verify.stand import Stand, kind, progress
from regreen_sandbox.errors import SandboxError

ID = "release put back"
"""Under this name trials stand in the search tree; it is no fixer's."""

_FILE = "/tmp/regreen-constraints.txt"
_CONSTRAINTS = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT")
_VARIABLES = {**dict.fromkeys(_CONSTRAINTS, _FILE), "UV_NO_SYNC": "1"}
_TOX_3 = {"TOX_TESTENV_PASSENV": " ".join(_CONSTRAINTS)}
_INSTALL_SECONDS = 300.0


@dataclass(slots=True)
class Trials:
    """Tries releases at the failing step of ``stand``; ``most`` bounds how many tries there are.

    ``known`` are the distributions that may be changed, by canonical name. ``tell`` gets each try
    that was run.
    """

    bench: Bench
    stand: Stand
    reporter: Reporter
    most: int
    tell: Callable[[Try], None] = lambda _: None
    runs: int = 0
    known: dict[str, tuple[Installed, ...]] = field(default_factory=dict)
    answers: dict[tuple[tuple[str, str], ...], bool] = field(default_factory=dict)
    others: dict[tuple[tuple[str, str], ...], dict[str, str]] = field(default_factory=dict)

    def spent(self) -> bool:
        """Whether no further try is allowed."""
        return self.runs >= self.most or self.bench.left() <= 0

    def installed(self, *, after: bool) -> tuple[Installed, ...]:
        """Return what is installed before the step, or ``after`` it, with what it made."""
        with self.stand.workshop.resume(self.stand.checkpoint) as run:
            self._bring(run)
            if after:
                at = self.stand.step.index + 1
                run.setting = replace(run.setting, reporter=Silent())
                run.proceed(stop_at_failure=True, until=at, seconds=self._bound())
            return installed(run, self.stand.step)

    def passes(self, versions: Mapping[str, str]) -> bool:
        """Return whether the step passes, or fails later, with ``versions`` by canonical name.

        They are the newest that may be taken: what another one requires may be older still.
        """
        key = tuple(sorted(versions.items()))
        if key not in self.answers:
            if self.spent():
                return False
            self.runs += 1
            shown = ", ".join(f"{name} {version}" for name, version in key[:3])
            more = f" and {len(key) - 3} more" if len(key) > 3 else ""
            self.reporter.note(f"trying the step with {shown}{more}")
            began = time.monotonic()
            try:
                self.answers[key] = self._passes(versions)
            except (SandboxError, DoesNotApply):
                self.answers[key] = False
            self.tell(self._try(key, self.answers[key], time.monotonic() - began))
        return self.answers[key]

    def moved(self, versions: Mapping[str, str]) -> Mapping[str, str]:
        """Return what else had another release when the step passed with ``versions``, by name."""
        return self.others.get(tuple(sorted(versions.items())), {})

    def _try(self, key: Sequence[tuple[str, str]], passes: bool, seconds: float) -> Try:
        """Return a trial as a node of the search tree."""
        failure, step = self.stand.failures[0], self.stand.outcome.name
        return Try(
            number=0,
            parent=self.stand.number,
            fixer=ID,
            why=f"does the step pass with {', '.join(f'{n} {v}' for n, v in key)}?",
            failure=kind(failure),
            step=step,
            ending=Ending.PROGRESS if passes else Ending.NO_PROGRESS,
            reason="the step passes: a trial, and no patch" if passes else "the step still fails",
            seconds=round(seconds, 2),
            category=str(failure.category),
            tool=failure.tool,
        )

    def _passes(self, versions: Mapping[str, str]) -> bool:
        workshop, step = self.stand.workshop, self.stand.step
        with workshop.resume(self.stand.checkpoint) as run:
            self._bring(run)
            lines = "".join(f"{name}<={version}\n" for name, version in sorted(versions.items()))
            run.sandbox.write(_FILE, lines.encode())
            for command in self._installs(versions):
                folder = run.view.directory(step)
                bound = min(_INSTALL_SECONDS, self._bound())
                if not run.script(command, step, folder=folder, seconds=bound).ok:
                    return False
            held = {**run.state.env, **_VARIABLES, **_TOX_3}
            run.state = replace(run.state, env=held)
            run.setting = replace(run.setting, reporter=Silent())
            outcome = run.proceed(stop_at_failure=True, seconds=self._bound())
            failed = outcome.failed
            passed = failed is None or self._further(failed.index, workshop.failures(failed))
            if passed:
                self.others[tuple(sorted(versions.items()))] = self._moved(run, versions)
        return passed

    def _moved(self, run: JobRun, versions: Mapping[str, str]) -> dict[str, str]:
        """Return what has a release in ``run`` that none of its places had, but ``versions``."""
        now = {one.key: one.version for one in installed(run, self.stand.step)}
        had = {name: {place.version for place in places} for name, places in self.known.items()}
        return {
            name: str(version)
            for name, version in now.items()
            if name in had and name not in versions and version not in had[name]
        }

    def _further(self, now: int, failures: tuple[Failure, ...]) -> bool:
        before = self.stand.step.index
        return now > before and progress(self.stand.failures[0], before, now, failures)

    def _installs(self, versions: Mapping[str, str]) -> Sequence[str]:
        """Return the commands that put ``versions`` into the environments that have others."""
        prefixes: dict[str, list[str]] = {}
        for name, version in sorted(versions.items()):
            for one in (place for place in self.known.get(name, ()) if place.prefix):
                prefixes.setdefault(one.prefix, []).append(f"{name}<={version}")
        return [_install(prefix, wanted) for prefix, wanted in sorted(prefixes.items())]

    def _bring(self, run: JobRun) -> None:
        self.stand.workshop.bring(run, self.stand.checkpoint, self.stand.tree)

    def _bound(self) -> float:
        return max(1.0, min(self.bench.left(), 3 * self.stand.outcome.seconds + 300.0))


def _install(prefix: str, wanted: Sequence[str]) -> str:
    """Return a command that installs releases in one environment, by whichever tool is there.

    What they require comes with them, as in a set-up; where that does not fit together, they alone.
    """
    python = shlex.quote(f"{prefix}/bin/python")
    words = shlex.join(wanted)
    return (
        f"[ -x {python} ] || exit 0\n"
        f"if command -v uv >/dev/null; then install='uv pip install --python {python}'\n"
        f"else install='{python} -m pip --disable-pip-version-check install'; fi\n"
        f"$install -q {words} || $install -q --no-deps {words}\n"
    )
