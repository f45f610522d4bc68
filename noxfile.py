"""The clone's entry points: ``nox -s reproduce``, ``tests``, ``lint``, ``build``, ``bench``.

``nox`` alone, or ``nox -s reproduce`` with nothing after it, does the main job on the bundled red
run. Dependencies come from ``pyproject.toml``; sessions keep their environment and install again
only when that file changed, so a second call starts at once and needs no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["reproduce"]
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
PYPROJECT = ROOT / "pyproject.toml"
EXAMPLE = ROOT / "examples" / "red-run"


@nox.session
def reproduce(session: nox.Session) -> None:
    """Reproduce a failed job here; without arguments, mend the bundled red run."""
    _install(session)
    arguments = session.posargs or _bundled_red_run(session)
    if not {"--help", "-h"} & set(arguments):
        session.run("python", str(ROOT / ".ci" / "engine.py"))
    _run_to_its_end(session, "regreen", "reproduce", *arguments)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, several files at a time; what follows ``--`` goes to pytest."""
    _install(session, "tests")
    # Tests with containers wait half of their time, so that one more than the processors has work.
    workers = str((os.cpu_count() or 1) + 1)
    _run_to_its_end(session, "pytest", "-n", workers, "--dist", "loadfile", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, types and which room imports which."""
    _install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def build(session: nox.Session) -> None:
    """Build wheel and sdist into ``dist/`` and check what is inside them."""
    _install(session, "tests")
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist), str(ROOT))
    session.run("pytest", "tests/test_packaging.py", env={"REGREEN_DIST": str(dist)})


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks, or those whose names follow ``--``."""
    _install(session)
    for script in sorted((ROOT / "benchmarks").glob("bench_*.py")):
        if not session.posargs or script.stem.removeprefix("bench_") in session.posargs:
            session.run("python", str(script))


def _install(session: nox.Session, *groups: str) -> None:
    """Install the project, editable, and ``groups``, unless exactly that is already there."""
    wanted = hashlib.sha256(PYPROJECT.read_bytes() + repr(groups).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed-from"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    requirements = nox.project.dependency_groups(nox.project.load_toml(PYPROJECT), *groups)
    session.install("--quiet", "--editable", str(ROOT), *requirements, silent=False)
    stamp.write_text(wanted)


def _run_to_its_end(session: nox.Session, *command: str) -> None:
    """Run ``command``; after Ctrl-C it has the time that cleaning up containers takes."""
    session.run(*command, interrupt_timeout=60, terminate_timeout=30)


def _bundled_red_run(session: nox.Session) -> list[str]:
    """Clone the example's repository afresh and return the arguments that select its red job."""
    clone = ROOT / ".regreen" / "red-run"
    shutil.rmtree(clone, ignore_errors=True)
    clone.parent.mkdir(exist_ok=True)
    session.run(
        "git", "clone", "--quiet", str(EXAMPLE / "repository.bundle"), str(clone), external=True
    )
    return ["--repo", str(clone), "--log", str(EXAMPLE / "failed-lint.log"), "--fix"]
