"""Make sure that a container engine answers before a session needs it.

Run by ``nox -s reproduce`` with the session's Python. Where no engine answers, a person at a
terminal is asked first; without a terminal, ``CI`` or ``REGREEN_INSTALL_ENGINE=1`` is the consent.
Exits with 5 (see ``regreen.errors``) when there is still no engine afterwards.
"""

from __future__ import annotations

import os
import sys

from regreen_sandbox.install import ensure_engine

from regreen_sandbox.errors import SandboxError

NO_ENGINE = 5


def consent(question: str) -> bool:
    """Return whether the machine's owner agrees to ``question``, and say why."""
    for name, granted in (
        ("REGREEN_INSTALL_ENGINE", os.environ.get("REGREEN_INSTALL_ENGINE") == "1"),
        ("CI", os.environ.get("CI", "").lower() in {"1", "true"}),
    ):
        if granted:
            report(f"{question} yes, because {name}={os.environ[name]} is set")
            return True
    if not sys.stdin.isatty():
        report(f"{question} no: nobody to ask here; set REGREEN_INSTALL_ENGINE=1 to agree")
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def report(line: str) -> None:
    """Show one line of progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Return 0 when an engine answers, else 5 with the next step on standard error."""
    try:
        ensure_engine(consent, report)
    except SandboxError as error:
        report(f"{error}\n  next: {error.next_step}")
        return NO_ENGINE
    return 0


if __name__ == "__main__":
    sys.exit(main())
