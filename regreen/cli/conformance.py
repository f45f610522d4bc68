"""``regreen conformance``: GitHub's published test vectors, run against regreen's own readers."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from regreen.cli.app import app
from regreen.cli.options import JsonOption
from regreen.cli.output import show
from regreen.errors import ExitCode

if TYPE_CHECKING:
    from regreen.jobs.conformance import Result

conformance_app = typer.Typer(
    help="Run GitHub's published test vectors against regreen's readers.", no_args_is_help=True
)
app.add_typer(conformance_app, name="conformance")

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the vectors.")]


@conformance_app.command("expressions")
def expressions(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Run the vectors of the expression language: the ``*.json`` files of a folder."""
    from regreen.jobs.conformance import expression_results

    _end("expressions", expression_results(folder), as_json=as_json)


@conformance_app.command("workflows")
def workflows(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Run the vectors of the workflow reader: the ``*.yml`` files of a folder."""
    from regreen.jobs.conformance import workflow_results

    _end("workflows", workflow_results(folder), as_json=as_json)


def _end(kind: str, results: tuple[Result, ...], *, as_json: bool) -> NoReturn:
    """Print what came of the vectors; end with 0 only if all passed."""
    failures = [result for result in results if not result.passed]
    passed = len(results) - len(failures)
    if as_json:
        rows = [
            {name: value for name, value in asdict(one).items() if name != "passed"}
            for one in failures
        ]
        counts = {"kind": kind, "passed": passed, "failed": len(failures), "failures": rows}
        show(json.dumps({"schema": 1, **counts}, indent=2, ensure_ascii=False))
    else:
        for one in failures:
            show(f"{one.file}: {one.name}\n  expected: {one.expected}\n  came:     {one.came}")
        show(f"{kind}: {passed} passed, {len(failures)} failed")
    raise typer.Exit(ExitCode.NO_PATCH if failures else ExitCode.DONE)
