"""``regreen image``: the images that jobs run in, and the Pythons in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regreen.cli.app import app
from regreen.cli.options import JsonOption
from regreen.cli.output import show

if TYPE_CHECKING:
    from regreen_sandbox.images import BaseImage
    from regreen_sandbox.prune import Pruned

image_app = typer.Typer(help="The sandbox's images.", no_args_is_help=True)
app.add_typer(image_app, name="image")

LabelArgument = Annotated[str, typer.Argument(help="The runner's label.")]
_DAY = 86_400


@image_app.command("build")
def image_build(label: LabelArgument = "ubuntu-latest", as_json: JsonOption = False) -> None:
    """Pull or bootstrap a base image, anew."""
    from regreen import config
    from regreen.deliver import Console
    from regreen_sandbox.engine import connect
    from regreen_sandbox.images import build

    wanted = config.load(Path.cwd()).images()
    console = Console()
    with connect() as engine:
        base = build(engine, label, settings=wanted, report=console.note)
    _show_base(base, as_json)


def _show_base(base: BaseImage, as_json: bool) -> None:
    if as_json:
        found = {
            "reference": base.reference,
            "id": base.id,
            "substitution": base.substitution,
            "dated": base.dated,
        }
        show(json.dumps({"schema": 1, **found}))
    else:
        show(
            f"{base.reference} {base.id}" + (f"\n{base.substitution}" if base.substitution else "")
        )


@image_app.command("list")
def image_list(as_json: JsonOption = False) -> None:
    """List the base images that are here, and those with Pythons."""
    from regreen_sandbox.engine import connect
    from regreen_sandbox.stored import list_images

    with connect() as engine:
        found = list_images(engine)
    if as_json:
        rows = [
            {
                "reference": image.reference,
                "id": image.id,
                "kind": image.kind.value,
                "system": image.system,
                "pythons": list(image.pythons),
                "size_bytes": image.size_bytes,
                "created": image.created,
            }
            for image in found
        ]
        show(json.dumps({"schema": 1, "images": rows}))
        return
    for image in found:
        size = f"{image.size_bytes / 1e6:.0f} MB"
        pythons = f"  Python {', '.join(image.pythons)}" if image.pythons else ""
        words = f"{image.system}{pythons}  {size}  {image.created[:10]}"
        show(f"{image.kind:<5} {image.reference}  {words}")


@image_app.command("prune")
def image_prune(
    older_than: Annotated[
        float | None,
        typer.Option("--older-than", min=0, help="Those not used for so many days, too."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove the images that nothing needs any more: of older recipes, on bases that are gone."""
    from regreen import config
    from regreen.deliver import Console
    from regreen_sandbox.engine import connect
    from regreen_sandbox.prune import prune

    settings = config.load(Path.cwd()).images()
    seconds = None if older_than is None else older_than * _DAY
    with connect() as engine:
        pruned = prune(engine, settings, older_than=seconds, dry_run=dry_run, report=Console().note)
    _show_pruned(pruned, dry_run, as_json)


def _show_pruned(pruned: Pruned, dry_run: bool, as_json: bool) -> None:
    if as_json:
        rows = [
            {"reference": i.reference, "id": i.id, "reason": i.reason, "size_bytes": i.size_bytes}
            for i in pruned.images
        ]
        words = {"dry_run": dry_run, "images": rows, "busy": list(pruned.busy)}
        show(json.dumps({"schema": 1, "size_bytes": pruned.size_bytes, **words}))
        return
    for image in pruned.images:
        show(f"{image.reference}  {image.size_bytes / 1e6:.0f} MB  {image.reason}")
    for reason in pruned.busy:
        show(f"stays: {reason}")
    done = "would free" if dry_run else "freed"
    show(f"{done} {pruned.size_bytes / 1e6:.0f} MB, {len(pruned.images)} images")


@image_app.command("add-python")
def image_add_python(
    version: Annotated[str, typer.Argument(help="The version, as at setup-python.")],
    label: LabelArgument = "ubuntu-latest",
    as_json: JsonOption = False,
) -> None:
    """Put a Python into a base image, fetched with uv where this machine has none that fits."""
    from regreen import config
    from regreen.deliver import Console
    from regreen_sandbox.addpython import add_python
    from regreen_sandbox.engine import connect
    from regreen_sandbox.images import ensure_base

    settings = config.load(Path.cwd()).images()
    console = Console()
    with connect() as engine:
        base = ensure_base(engine, label, settings=settings, report=console.note)
        image = add_python(engine, base, version, report=console.note)
    exact = image.pythons[version]
    if as_json:
        words = {"python": exact, "substitutions": list(image.substitutions)}
        show(json.dumps({"schema": 1, "reference": image.reference, "id": image.id, **words}))
        return
    show(f"{image.reference} {image.id}\nPython {exact}")
    for substitution in image.substitutions:
        show(substitution)
