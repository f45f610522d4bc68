"""``regreen doctor`` and ``clean``: what this machine has, and has to lose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from regreen.cli.app import app
from regreen.cli.options import JsonOption
from regreen.cli.output import show
from regreen.errors import ExitCode


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what this machine has and lacks, each with the command that mends it."""
    from regreen import config
    from regreen_sandbox.doctor import check

    findings = check(config.load(Path.cwd()).images())
    if as_json:
        rows = [{"name": f.name, "ok": f.ok, "detail": f.detail, "mend": f.mend} for f in findings]
        show(json.dumps({"schema": 1, "findings": rows}, indent=2))
    else:
        for finding in findings:
            show(f"{'ok  ' if finding.ok else 'MISS'} {finding.name}: {finding.detail}")
            if finding.mend:
                show(f"     mend: {finding.mend}")
    raise typer.Exit(ExitCode.DONE if all(f.ok for f in findings) else ExitCode.ENGINE)


@app.command("clean")
def clean(
    everything: Annotated[bool, typer.Option("--all", help="The images too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove what regreen left in Docker."""
    from regreen_sandbox.engine import clean as clean_engine
    from regreen_sandbox.engine import connect

    with connect() as engine:
        swept = clean_engine(engine, everything=everything)
    words = {
        name: len(getattr(swept, name)) for name in ("containers", "networks", "volumes", "images")
    }
    if as_json:
        show(json.dumps({"schema": 1, **words}))
    else:
        show("removed " + ", ".join(f"{count} {name}" for name, count in words.items()))
