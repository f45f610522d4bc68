"""``regreen history``: what was found, tried and proven on this machine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regreen.cli.app import app
from regreen.cli.options import JsonOption
from regreen.cli.output import complain, show
from regreen.errors import UsageError

if TYPE_CHECKING:
    from regreen.history import History, Recovery

SCHEMA = 1
_NEXT = "regreen history list"
history_app = typer.Typer(
    help="What was found, tried and proven before; it orders later searches.", no_args_is_help=True
)
app.add_typer(history_app, name="history")

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="A number of the list.")]
GoneArgument = Annotated[
    int | None, typer.Argument(metavar="[NUMBER]", help="A number of the list.")
]
OfRepositoryOption = Annotated[
    str | None,
    typer.Option("--of", metavar="OWNER/NAME", help="Of this repository only."),
]
MostOption = Annotated[int, typer.Option("--most", min=1, help="How many are listed: the newest.")]
AllOption = Annotated[bool, typer.Option("--all", help="All of it, of all repositories.")]


@history_app.command("list")
def listed(
    of: OfRepositoryOption = None, most: MostOption = 20, as_json: JsonOption = False
) -> None:
    """List the newest recoveries, and how each ended."""
    with _open() as history:
        found = history.recoveries(of, most)
    if as_json:
        shown = {"schema": SCHEMA, "recoveries": [_listed(one) for one in found]}
        show(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    for one in found:
        tool = f" ({one.tool})" if one.tool else ""
        how = f" by {', '.join(one.fixers)}" if one.fixers else ""
        show(
            f"{one.id:>5}  {one.at:%Y-%m-%d %H:%M}  {one.status:<14} {one.category}{tool}{how}  "
            f"{one.repository} {one.commit[:12]} {one.job}"
        )
    if not found:
        show("the history is empty")


@history_app.command("show")
def shown(number: NumberArgument, as_json: JsonOption = False) -> None:
    """Show one recovery: what failed, what was tried, which patch was proven."""
    with _open() as history:
        found = history.one(number)
    if found is None:
        raise UsageError(f"the history has no number {number}", _NEXT)
    if as_json:
        whole = {"schema": SCHEMA, **_listed(found), "tries": [asdict(t) for t in found.tries]}
        show(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    show("\n".join(_lines(found)))


@history_app.command("forget")
def forget(
    number: GoneArgument = None,
    of: OfRepositoryOption = None,
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Remove one recovery from the history, those of a repository, or all."""
    if sum((number is not None, of is not None, everything)) != 1:
        raise UsageError(
            "it is not said what to forget, or said twice",
            "give a NUMBER, or --of OWNER/NAME, or --all",
        )
    with _open() as history:
        try:
            gone = history.forget(number, of)
        except (sqlite3.Error, OverflowError) as error:
            raise UsageError(f"the history cannot be changed: {error}", "try it again") from error
    if as_json:
        show(json.dumps({"schema": SCHEMA, "forgotten": gone}))
    else:
        show(f"forgot {gone} {'recovery' if gone == 1 else 'recoveries'}")


@contextmanager
def _open() -> Iterator[History]:
    from regreen import config
    from regreen.history import open_history

    settings = config.load(Path.cwd())
    with open_history(settings.cache, lambda words: complain(words, "")) as history:
        yield history


def _listed(one: Recovery) -> dict[str, Any]:
    found = asdict(one)
    del found["tries"]
    return {"id": found.pop("id"), **found, "at": one.at.isoformat()}


def _lines(one: Recovery) -> Iterator[str]:
    tool = f" ({one.tool})" if one.tool else ""
    codes = f" {', '.join(one.codes)}" if one.codes else ""
    yield f"{one.repository} at {one.commit[:12]}, job {one.job} of {one.workflow}"
    yield f"failed     {one.category}{tool}{codes}"
    yield f"ended      {one.status} in {one.seconds:.1f} s ({one.at:%Y-%m-%d %H:%M} UTC)"
    if one.patch:
        there = "" if Path(one.patch).exists() else " (no longer there)"
        yield f"patch      {one.patch}{there}, {one.severity}, sha256 {one.sha256}"
    for number, tried in enumerate(one.tries, start=1):
        reason = f": {tried.reason}" if tried.reason else ""
        label = "tried" if number == 1 else ""
        yield f"{label:<10} {tried.fixer}: {tried.ending}, {tried.seconds:.1f} s{reason}"
