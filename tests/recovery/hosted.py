"""A hosted runner's log, written for a test."""

from __future__ import annotations


def log_of(command: str, *output: str, code: int = 1) -> str:
    """Return a hosted runner's log of one failed ``run`` step of the job ``check``."""
    lines = [
        "Complete job name: check",
        f"##[group]Run {command.splitlines()[0]}",
        *(f"\x1b[36;1m{line}\x1b[0m" for line in command.splitlines()),
        "shell: /usr/bin/bash -e {0}",
        "##[endgroup]",
        *output,
        f"##[error]Process completed with exit code {code}.",
    ]
    return "".join(f"2025-07-01T12:00:00.0000000Z {line}\n" for line in lines)
