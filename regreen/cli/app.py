"""The application: its group, its errors turned into words and exit codes."""

from __future__ import annotations

import errno
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from regreen.cli.output import complain
from regreen.errors import ExitCode, RegreenError
from regreen_sandbox.errors import DiskFull, SandboxError


class Commands(TyperGroup):
    """The subcommands, with the errors that people may meet turned into words and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand that was named."""
        try:
            return super().invoke(ctx)
        except (RegreenError, SandboxError) as error:
            complain(error.message, error.next_step)
            code = error.exit_code if isinstance(error, RegreenError) else ExitCode.ENGINE
            raise typer.Exit(code) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            complain(f"the disk is full: {error}", DiskFull.default_next_step)
            raise typer.Exit(ExitCode.ENGINE) from error
        except KeyboardInterrupt as stop:
            words = "interrupted; no process and no half-written file was left behind"
            complain(words, "run the command again")
            raise typer.Exit(ExitCode.INTERRUPTED) from stop


app = typer.Typer(
    cls=Commands,
    help="Take a red CI run and get back a patch that is proven to turn it green.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"regreen {version('regreen')}")
        raise typer.Exit(ExitCode.DONE)


@app.callback()
def options(
    _show_version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Take a red CI run and get back a patch that is proven to turn it green."""
