"""``regreen cache``: what is kept between runs, and how it goes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regreen.cli.app import app
from regreen.cli.options import JsonOption
from regreen.cli.output import show
from regreen_sandbox.limits import GIB, MIB

if TYPE_CHECKING:
    from regreen_sandbox.eviction import Row
    from regreen_sandbox.keep import Keep

cache_app = typer.Typer(help="Prepared environments and installers' caches.", no_args_is_help=True)
app.add_typer(cache_app, name="cache")

_HEAD = ("REPOSITORY", "JOB", "KIND", "SIZE", "LAST USED")


@cache_app.command("list")
def cache_list(as_json: JsonOption = False) -> None:
    """List what is kept between runs, the last used first."""
    from regreen_sandbox.eviction import rows, total

    with _keep() as keep:
        found = rows(keep)
        taken, limit = total(found), keep.limit_bytes
    if as_json:
        kept = [_as_json(row) for row in found]
        show(json.dumps({"schema": 1, "kept": kept, "bytes": taken, "limit_bytes": limit}))
        return
    for line in _table(found):
        show(line)
    show(f"{_size(taken)} of {_size(limit)} (cache_gib)")


@cache_app.command("prune")
def cache_prune(
    everything: Annotated[
        bool, typer.Option("--all", help="Everything, not what is over.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove what was not used for longest, until the rest is within the limit."""
    from regreen_sandbox.eviction import prune

    with _keep() as keep:
        pruned = prune(keep, everything=everything)
    if as_json:
        names: dict[str, Any] = {
            "removed": [_as_json(row) for row in pruned.removed],
            "busy": [_as_json(row) for row in pruned.busy],
        }
        show(json.dumps({"schema": 1, **names, "bytes": pruned.left_bytes}))
        return
    for row in pruned.busy:
        show(f"in use, and stays: {row.kind} of {row.repository}")
    show(f"removed {len(pruned.removed)}; {_size(pruned.left_bytes)} are left")


@contextmanager
def _keep() -> Iterator[Keep]:
    from regreen import config
    from regreen_sandbox.engine import connect
    from regreen_sandbox.keep import FOLDER_NAME, Keep

    settings = config.load(Path.cwd())
    with connect() as engine:
        yield Keep(engine, settings.cache / FOLDER_NAME, int(settings.cache_gib * GIB))


def _table(found: Sequence[Row]) -> Iterator[str]:
    cells = [_HEAD, *(_cells(row) for row in found)] if found else []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    used = f"{row.used:%Y-%m-%d %H:%M} UTC"
    return row.repository, row.job or "-", row.kind, _size(row.size_bytes), used


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "repository": row.repository,
        "job": row.job or None,
        "kind": row.kind,
        "bytes": row.size_bytes,
        "used": row.used.isoformat(timespec="seconds"),
        "name": row.name,
    }


def _size(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.1f} MiB"
