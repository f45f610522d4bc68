"""Make the bundled red run anew: ``python examples/red-run/make_red_run.py``.

The repository comes from ``history/``, one patch a commit, so its commits have the same names
wherever it is made. The log is put together from what the linters and pip really print for its
last commit, and from what a hosted runner prints around them. Run it with the Python that the log
is to name. Packages are installed as of the run's day, so the index must tell upload times.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import venv
from datetime import UTC, datetime
from pathlib import Path

from runner_log import RunnerLog

HERE = Path(__file__).parent
BUNDLE = HERE / "repository.bundle"
LOG = HERE / "failed-lint.log"

REPOSITORY = "tidetable/tidetable"
WORKSPACE = "/home/runner/work/tidetable/tidetable"
STARTED = datetime(2024, 11, 20, 9, 14, 2, 817_402, tzinfo=UTC)
ENVIRONMENT = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_PROGRESS_BAR": "off"}
INSTALL = "pip install black==24.10.0 isort==5.13.2 ruff==0.7.4"
LINT = "isort --check-only src tests\nblack --check src tests\nruff check src tests"
_NETWORK = ("PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY")


def build_repository(target: Path) -> str:
    """Make the repository in ``target``, which must not exist, and return its last commit."""
    target.mkdir()
    _git(target, "init", "--quiet", "--initial-branch=main")
    patches = sorted(str(path) for path in (HERE / "history").glob("*.patch"))
    _git(target, "am", "--quiet", "--committer-date-is-author-date", *patches)
    return _git(target, "rev-parse", "HEAD")


def install_linters(environment: Path) -> str:
    """Make a virtual environment that holds what the job installs, and return pip's output.

    Packages are those of the day of the run, whenever this is called.
    """
    venv.create(environment, with_pip=True, clear=True)
    index = _index(environment / "bin" / "pip")
    _shell("pip install --quiet --upgrade pip", environment, environment, **index)
    as_of = {"PIP_UPLOADED_PRIOR_TO": STARTED.isoformat(), "PIP_NO_CACHE_DIR": "1"}
    output, exit_code = _shell(INSTALL, environment, environment, **index, **as_of)
    if exit_code:
        raise SystemExit(f"{INSTALL} failed:\n{output}")
    # A machine's own index is no part of what a hosted runner says.
    return "".join(line for line in output.splitlines(True) if not line.startswith("Looking in "))


def lint(repository: Path, environment: Path) -> tuple[str, int]:
    """Run the step that failed and return what it prints on a hosted runner, and its exit code."""
    output, exit_code = _shell(LINT, repository, environment)
    return output.replace(str(repository.resolve()), WORKSPACE), exit_code


def main() -> None:
    """Write the bundle and the log."""
    with tempfile.TemporaryDirectory() as folder:
        repository, environment = Path(folder, "tidetable"), Path(folder, "venv")
        commit = build_repository(repository)
        installed = install_linters(environment)
        output, exit_code = lint(repository, environment)
        _git(repository, "bundle", "create", "--quiet", str(BUNDLE), "main", "HEAD")
    log = RunnerLog(STARTED, REPOSITORY, WORKSPACE, ENVIRONMENT)
    log.preamble(job="lint")
    log.checkout(commit)
    log.setup_python(requested="3.x", version=platform.python_version())
    log.run(INSTALL, installed, seconds=3.1)
    log.run(LINT, output, seconds=0.7, exit_code=exit_code)
    log.cleanup()
    LOG.write_text(log.text(), encoding="utf-8-sig", newline="\n")
    sys.stdout.write(f"{commit}\n")


def _shell(script: str, directory: Path, environment: Path, **variables: str) -> tuple[str, int]:
    """Run ``script`` as the runner's default shell does, with ``environment``'s programs first."""
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=directory,
        env={
            "PATH": f"{environment / 'bin'}:{os.environ['PATH']}",
            "HOME": str(environment),
            "LANG": "C.UTF-8",
            **ENVIRONMENT,
            **variables,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    return done.stdout, done.returncode


def _index(pip: Path) -> dict[str, str]:
    """Return the machine's package index for pip, without its further indexes and links.

    Those often tell no upload times, so that pip would take today's packages from them.
    """
    found = {"PIP_CONFIG_FILE": os.devnull}
    for key in ("index-url", "cert"):
        done = subprocess.run(
            (pip, "config", "get", f"global.{key}"), capture_output=True, text=True, timeout=60
        )
        if done.returncode == 0:
            found[f"PIP_{key.upper().replace('-', '_')}"] = done.stdout.strip()
    return found | {name: os.environ[name] for name in _NETWORK if name in os.environ}


def _git(directory: Path, *arguments: str) -> str:
    """Run git apart from the user's configuration and return what it prints."""
    environment = {name: v for name, v in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_COMMITTER_NAME": "Ines Varga",
        "GIT_COMMITTER_EMAIL": "ines@example.invalid",
    }
    done = subprocess.run(
        ("git", *arguments),
        cwd=directory,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
