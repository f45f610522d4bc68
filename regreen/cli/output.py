"""What the commands print: results to stdout, complaints to stderr."""

from __future__ import annotations

import sys

import typer

from regreen.plain import fitting, visible, visible_lines


def show(text: str) -> None:
    """Print a result, tamed for the terminal."""
    typer.echo(fitting(visible_lines(text), sys.stdout.encoding))


def complain(message: str, next_step: str) -> None:
    """Say on stderr what went wrong and what to do next."""
    lines = [f"regreen: {message}"] + ([f"  next: {next_step}"] if next_step else [])
    text = "\n".join(visible(line) for line in lines)
    typer.echo(fitting(text, sys.stderr.encoding), err=True)
