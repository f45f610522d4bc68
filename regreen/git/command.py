"""One way to call git: argument lists, a time limit, an environment without the user's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from shutil import disk_usage
from tempfile import gettempdir

from regreen.errors import UsageError
from regreen_sandbox.errors import DiskFull
from regreen_sandbox.process import Completed, run

SECONDS = 300.0
_NEARLY_FULL = 4 << 20
"""Bytes: with less free, a git that fails without a word failed for lack of space."""

_FULL = ("No space left on device", "Disk quota exceeded")

_BOUNDED = 'ulimit -S -v "$0" 2> /dev/null; exec "$@"'
"""A lower bound than ours may be there already; then that one holds."""

_CUT = 'ulimit -S -f "$0" 2> /dev/null; exec "$@"'
"""In units of 512 bytes (POSIX, ulimit)."""

# A large pack mapped as a whole would count against the bound.
_SMALL_WINDOWS = ("-c", "core.packedGitWindowSize=32m", "-c", "core.packedGitLimit=512m")

_TAMED = (
    *("-c", "safe.directory=*"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.alternateRefsCommand="),
)
"""No repository's setting makes git run a program."""

_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "SYSTEMROOT")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which git reads no configuration but the repository's own.

    No transport is allowed, so that a partial clone's missing objects are never fetched behind
    the user's back (a fetch could run a program which that repository's configuration names).
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
        **(extra or {}),
    }


def git(
    *arguments: str,
    cwd: Path,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    memory: int | None = None,
    largest: int | None = None,
) -> Completed:
    """Run ``git`` in ``cwd`` and return how it ended; a non-zero exit is a value.

    ``memory`` is how many bytes of address space it may take, ``largest`` how many one file or its
    output may have.
    """
    line = ["git", *_TAMED]
    if largest is not None:
        line = ["/bin/sh", "-c", _CUT, str(largest >> 9), *line]
    if memory is not None:
        line = ["/bin/sh", "-c", _BOUNDED, str(memory >> 10), *line, *_SMALL_WINDOWS]
    return run(
        [*line, *arguments],
        cwd=cwd,
        stdin=stdin,
        env=environment(env),
        timeout=seconds,
    )


def must(
    *arguments: str,
    cwd: Path,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    memory: int | None = None,
    next_step: str = "run the command again",
) -> bytes:
    """Run ``git`` and return its output.

    Raises UsageError with git's own words and ``next_step`` when it fails, DiskFull when there is
    no space.
    """
    done = git(*arguments, cwd=cwd, stdin=stdin, env=env, seconds=seconds, memory=memory)
    if not done.ok:
        words = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.exit_code}"
        full = any(told in words for told in _FULL)
        if full or disk_usage(gettempdir()).free < _NEARLY_FULL:
            raise DiskFull(f"the disk is full: git {arguments[0]} could not write ({words})")
        raise UsageError(f"git {arguments[0]} failed: {words}", next_step)
    return done.stdout
