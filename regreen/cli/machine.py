"""``regreen doctor``, ``image`` and ``clean``: what this machine has, and has to lose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from regreen.cli.app import app
from regreen.cli.options import JsonOption
from regreen.cli.output import show
from regreen.errors import ExitCode

image_app = typer.Typer(help="The sandbox's base images.", no_args_is_help=True)
app.add_typer(image_app, name="image")


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


@image_app.command("build")
def image_build(
    label: Annotated[str, typer.Argument(help="The runner's label.")] = "ubuntu-latest",
    as_json: JsonOption = False,
) -> None:
    """Pull or bootstrap a base image, anew."""
    from regreen import config
    from regreen.deliver import Console
    from regreen_sandbox.engine import connect
    from regreen_sandbox.images import build

    wanted = config.load(Path.cwd()).images()
    console = Console()
    with connect() as engine:
        base = build(engine, label, settings=wanted, report=console.note)
    if as_json:
        found = {"reference": base.reference, "id": base.id, "substitution": base.substitution}
        show(json.dumps({"schema": 1, **found}))
    else:
        show(
            f"{base.reference} {base.id}" + (f"\n{base.substitution}" if base.substitution else "")
        )


@image_app.command("list")
def image_list(as_json: JsonOption = False) -> None:
    """List the base images that are here."""
    from regreen_sandbox.engine import connect
    from regreen_sandbox.images import list_images

    with connect() as engine:
        found = list_images(engine)
    if as_json:
        rows = [{"reference": i.reference, "id": i.id} for i in found]
        show(json.dumps({"schema": 1, "images": rows}))
        return
    for image in found:
        size = f"{image.size_bytes / 1e6:.0f} MB"
        show(f"{image.kind:<5} {image.reference}  {image.system}  {size}  {image.created[:10]}")


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
