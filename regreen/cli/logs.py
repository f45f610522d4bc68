"""``regreen analyze``: what a log says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from regreen.cli.app import app
from regreen.cli.options import JsonOption, StepOption
from regreen.cli.output import show
from regreen.errors import ExitCode


@app.command()
def analyze(
    log: Annotated[Path, typer.Option("--log", help="The failed job's log.")],
    step: StepOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what failed in a log and what kind of failure it is."""
    from regreen.deliver import analysis_json, analysis_text
    from regreen.logs import analyze as analysed
    from regreen.runs import read_file

    analysis = analysed(read_file(log), step=step)
    show(json.dumps(analysis_json(analysis), indent=2) if as_json else analysis_text(analysis))
    raise typer.Exit(ExitCode.NO_PATCH if analysis.failure else ExitCode.DONE)
