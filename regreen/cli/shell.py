"""``regreen shell``."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regreen.cli.app import app
from regreen.cli.asked import asked
from regreen.cli.interrupt import INTERRUPTS
from regreen.cli.options import (
    OutOption,
    QuietOption,
    RepeatOption,
    SandboxFlags,
    VerboseOption,
)
from regreen.cli.output import show
from regreen.cli.recover import CODES, begin_transcript, shown
from regreen.cli.signature import taking
from regreen.errors import ExitCode, RegreenError, UsageError
from regreen.model import Budget
from regreen_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from regreen.shell.changes import Changes

_PIPED_BYTES = 16 << 20
_SHOWN_LINES = 60

AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="STEP", help="Stop before this step: name, id, line or number."),
]
CommandOption = Annotated[
    str | None,
    typer.Option(
        "-c", "--command", help="Run this there and leave; without a terminal: what is piped in."
    ),
]
VerifyOption = Annotated[
    bool | None,
    typer.Option(
        "--verify/--no-verify",
        help="Prove what was changed inside as a patch [default: ask; without a terminal: no].",
    ),
]


@dataclass(frozen=True, slots=True)
class ShellOptions(SandboxFlags):
    """The options of ``regreen shell``."""

    at: AtOption = None
    command: CommandOption = None
    verify: VerifyOption = None
    repeat: RepeatOption = None
    out: OutOption = None
    quiet: QuietOption = False
    verbose: VerboseOption = False


@app.command()
@taking(ShellOptions)
def shell(options: ShellOptions) -> None:
    """Land in the sandbox at the failing step; what you change there can become a patch."""
    from regreen import config
    from regreen.deliver import Console
    from regreen.report import Tee
    from regreen.shell import Stay, visit

    if options.quiet and options.verbose:
        raise UsageError("--quiet and --verbose exclude each other", "give one of them")
    request = asked(options, budget=Budget(), repeat=options.repeat, out=options.out)
    stay = Stay(options.at, _command(options.command), _wanted(options.verify), _ask)
    console = Console(quiet=options.quiet, verbose=options.verbose)
    transcript = begin_transcript(console)
    words = "ended"
    try:
        with INTERRUPTS.heard(console.hush):
            reporter = Tee(console, transcript) if transcript else console
            ended = visit(request, config.load(Path.cwd()), reporter, stay)
    except (RegreenError, SandboxError) as error:
        words = f"{error.message}\nnext: {error.next_step}"
        raise
    finally:
        console.close()
        if transcript:
            transcript.close(words)
    if ended.summary is not None:
        log = str(transcript.path) if transcript else None
        shown(replace(ended.summary, log=log), as_json=False)
        raise typer.Exit(CODES[ended.summary.status])
    raise typer.Exit(ended.code if stay.command is not None and ended.code else ExitCode.DONE)


def _command(given: str | None) -> str | None:
    """Return what to run: as given, or what is piped in; ``None`` for a person at a terminal."""
    from regreen_sandbox.terminal import is_terminal

    if given is not None or is_terminal():
        return given
    if sys.stdin.isatty():
        raise UsageError(
            "the output is no terminal, so nobody can be put into a shell",
            "name what to run there with -c COMMAND",
        )
    piped = sys.stdin.buffer.read(_PIPED_BYTES + 1)
    if len(piped) > _PIPED_BYTES:
        raise UsageError("more than 16 MiB are piped in", "pipe in a shorter script")
    return piped.decode("utf-8", "surrogateescape")


def _wanted(verify: bool | None) -> bool | None:
    """Without a terminal nobody can be asked."""
    return verify if verify is not None or sys.stdin.isatty() else False


def _ask(changes: Changes) -> bool:
    show(changes.stat.rstrip())
    lines = changes.diff.decode("utf-8", "replace").splitlines()
    if len(lines) <= _SHOWN_LINES:
        show("\n".join(lines))
    try:
        return typer.confirm("Verify this as a patch?", default=True, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
