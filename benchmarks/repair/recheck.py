"""Check a patch where regreen has no hand in it: a plain clone, ``git am``, the case's own command.

The virtual environment is uv's, with packages as of the case's day. What the machine's own
environment could lend to the command (other tools on the path, Python's variables) is kept away.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from packaging.version import Version

from benchmarks.repair.rows import Case
from benchmarks.repair.tools import Tools
from regreen_sandbox.toolchains import find_pythons

PASS = "pass"
NOT_MADE = "not made: "
"""How the words begin where no verdict could be had."""

_GIT = ("git", "-c", "user.name=check", "-c", "user.email=check@localhost")
_SETUP_SECONDS = 900.0
_CHECK_SECONDS = 1800.0
_WORDS = 400
_PATIENCE = 5.0
_SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def recheck(case: Case, repository: Path, patch: Path, folder: Path, tools: Tools) -> str:
    """Return `PASS`, or what went wrong; `NOT_MADE` where the check could not be set up."""
    clone, venv = folder / "clone", folder / "venv"
    _clone(repository, case["red_commit"], clone)
    applied = subprocess.run(
        [*_GIT, "am", str(patch)], cwd=clone, capture_output=True, text=True, check=False
    )
    if applied.returncode:
        return f"git am: {applied.stderr.strip()[-_WORDS:]}"
    python = _python(case["python"])
    if python is None:
        return f"{NOT_MADE}no Python {case['python']} on this machine"
    env = _environment(case, venv, folder / "bin", tools)
    make = f"uv venv -q --python {shlex.quote(str(python))} {shlex.quote(str(venv))}"
    for line in (make, *case["setup"]):
        code, said = _run(["bash", "-c", line], clone, env, _SETUP_SECONDS)
        if code:
            return f"{NOT_MADE}set-up: {said}"
    work = clone / case["cwd"]
    code, said = _run(["bash", "-e", "-c", case["check"]], work, env, _CHECK_SECONDS)
    return PASS if code == 0 else f"check: {said}"


def _environment(case: Case, venv: Path, tools_path: Path, tools: Tools) -> Mapping[str, str]:
    """Return the variables of the case's commands: the machine's, its Python and tools left out."""
    tools_path.mkdir()
    for name in ("uv", "uvx"):
        found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        if found is not None:
            (tools_path / name).symlink_to(Path(found).resolve())
    ours = ("PYTHON", "UV_", "VIRTUAL_ENV", "CONDA", "GIT_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return {
        **kept,
        "VIRTUAL_ENV": str(venv),
        "PATH": f"{venv}/bin:{tools_path}:{_SYSTEM}",
        "UV_EXCLUDE_NEWER": case["as_of"],
        **tools.variables(),
        **{key: str(value) for key, value in case["env"].items()},
    }


def _run(words: list[str], cwd: Path, env: Mapping[str, str], seconds: float) -> tuple[int, str]:
    """Return the exit code and the last words of a command, which is ended with its children."""
    process = subprocess.Popen(
        words,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=_PATIENCE)
        return 1, f"not done in {seconds:.0f} s"
    return process.returncode, said.strip()[-_WORDS:]


def _python(version: str) -> Path | None:
    """Return the interpreter of the newest release of ``version`` on this machine."""
    found = [p for p in find_pythons() if p.version.startswith(f"{version}.")]
    if not found:
        return None
    return max(found, key=lambda p: Version(p.version)).prefix / "bin" / f"python{version}"


def _clone(repository: Path, commit: str, clone: Path) -> None:
    """Clone with all objects, and check out what the repository holds of the commit."""

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*_GIT, *words], cwd=clone, check=True, capture_output=True)

    clone.mkdir()
    run("init", "-q")
    alternates = clone / ".git" / "objects" / "info" / "alternates"
    alternates.write_text(f"{repository.resolve() / 'objects'}\n")
    run("update-ref", "--no-deref", "HEAD", commit)
    run("read-tree", commit)
    listing = run("rev-list", "--objects", "--no-walk", "--missing=print", commit).stdout
    missing = {line[1:].decode() for line in listing.splitlines() if line.startswith(b"?")}
    entries = run("ls-tree", "-r", "-z", commit).stdout.decode().split("\0")
    absent = [e.split("\t")[1] for e in entries if e and e.split()[2] in missing]
    if absent:
        run("rm", "--cached", "--quiet", "--", *absent)
        run("commit", "--quiet", "--message", "without what the repository at hand lacks")
    run("checkout-index", "--all", "--index", "--quiet")
