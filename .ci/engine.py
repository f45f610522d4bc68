"""Make sure that a container engine answers before a session needs it.

Run by ``nox -s reproduce`` with the session's Python. Where no engine answers, a person at a
terminal is asked first; without a terminal, ``CI`` or ``REGREEN_INSTALL_ENGINE=1`` is the consent.
Exits with 5 (see ``regreen.errors``) when there is still no engine afterwards.
"""

from __future__ import annotations

import os
import sys

from regreen_sandbox.engine import connect
from regreen_sandbox.errors import EngineMissing, SandboxError
from regreen_sandbox.install import ensure_engine

NO_ENGINE = 5
_QUESTION = "No container engine answers. Install docker.io where it is missing, and start it?"


def consent() -> bool:
    """Return whether the machine's owner agrees to an engine here, and say why."""
    for name, granted in (
        ("REGREEN_INSTALL_ENGINE", os.environ.get("REGREEN_INSTALL_ENGINE") == "1"),
        ("CI", os.environ.get("CI", "").lower() in {"1", "true"}),
    ):
        if granted:
            report(f"{_QUESTION} yes, because {name}={os.environ[name]} is set")
            return True
    if not sys.stdin.isatty():
        report(f"{_QUESTION} no: nobody to ask here; set REGREEN_INSTALL_ENGINE=1 to agree")
        return False
    sys.stderr.write(f"{_QUESTION} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def report(line: str) -> None:
    """Show one line of progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Return 0 when an engine answers, else 5 with the next step on standard error."""
    try:
        connect()
    except EngineMissing:
        agreed = consent()
    else:
        return 0
    try:
        ensure_engine(consent=agreed, report=report)
    except SandboxError as error:
        report(f"{error}\n  next: {error.next_step}")
        return NO_ENGINE
    return 0


if __name__ == "__main__":
    sys.exit(main())
