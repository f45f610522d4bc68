"""The ``regreen`` command: one thin function a subcommand.

Results go to stdout, progress to stderr; every failure message ends with the next step. Each
command imports what it needs itself, so that ``--help`` and ``analyze`` start at once.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import typer

from regreen.cli import (
    cache,
    conformance,
    history,
    images,
    jobs,
    logs,
    machine,
    patches,
    plan,
    pull,
    recover,
    rules,
    seed,
    shell,
    verify,
)
from regreen.cli.app import app
from regreen.cli.interrupt import INTERRUPTS
from regreen.cli.output import complain
from regreen.errors import ExitCode
from regreen.plain import fitting, visible_lines

__all__ = [
    "app",
    "cache",
    "conformance",
    "history",
    "images",
    "jobs",
    "logs",
    "machine",
    "main",
    "patches",
    "plan",
    "pull",
    "recover",
    "rules",
    "seed",
    "shell",
    "verify",
]


def main() -> NoReturn:
    """Run the command and end with one of the exit codes of ``regreen.errors``."""
    INTERRUPTS.install()
    _open_streams()
    try:
        app()
    except Exception:  # noqa: BLE001 - whatever was not foreseen is a bug, and has its exit code
        typer.echo(fitting(visible_lines(traceback.format_exc()), sys.stderr.encoding), err=True)
        complain("this is a bug of regreen", "report it with the lines above")
    sys.exit(ExitCode.BUG)


def _open_streams() -> None:
    """Give streams that whoever started this has closed a place to write to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
            setattr(sys, name, nowhere)
