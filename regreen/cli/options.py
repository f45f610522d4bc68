"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RepoOption = Annotated[Path, typer.Option("--repo", help="The git repository, bare or not.")]
CommitOption = Annotated[
    str | None,
    typer.Option("--commit", help="The commit that CI tested [default: the log's, else HEAD]."),
]
LogOption = Annotated[Path | None, typer.Option("--log", help="The failed job's log.")]
RunOption = Annotated[
    str | None,
    typer.Option(
        "--run", metavar="RUN", help="A failed run: its web address, owner/name#ID, or its id."
    ),
]
LatestOption = Annotated[bool, typer.Option("--latest", help="Take the newest failed run.")]
BranchOption = Annotated[
    str | None, typer.Option("--branch", help="With --latest: of this branch only.")
]
WorkflowOption = Annotated[
    str | None, typer.Option("--workflow", help="The workflow: a file of the commit, or any file.")
]
JobOption = Annotated[str | None, typer.Option("--job", help="The job's id or name.")]
StepOption = Annotated[
    str | None, typer.Option("--step", help="The failed step: its name, id or first line.")
]
MatrixOption = Annotated[
    list[str] | None,
    typer.Option("--matrix", metavar="K=V", help="A matrix value; may be repeated."),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Serve the package index as of this day or time (ISO 8601, UTC).",
    ),
]
BudgetOption = Annotated[
    str,
    typer.Option("--budget", metavar="TIME", help="How long to search for a fix: 90s, 10m, 1h."),
]
RepeatOption = Annotated[
    int | None,
    typer.Option(
        "--repeat",
        min=1,
        help="Runs without and with a patch, each [default: 2; 3 where tests run].",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Where patch and evidence go [default: .regreen/fixes/…]."),
]
MendOption = Annotated[bool, typer.Option("--fix", help="Go on and mend it, as `regreen fix`.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="The form: table, json, markdown, sarif or github [default: by the file's suffix].",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", help="Write the report to this file; the table is printed."),
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--log", help="The failed job's log (-: standard input), or a pulled run: its folder or id."
    ),
]
SourceArgument = Annotated[
    str | None, typer.Argument(metavar="[FILE]", help="The same as --log FILE.")
]
PipedOption = Annotated[
    str | None, typer.Option("--log", help="The failed job's log (-: standard input).")
]
OfWorkflowOption = Annotated[
    str | None, typer.Option("--workflow", help="The workflow's name or file, for the report.")
]
LogsOption = Annotated[
    str, typer.Option("--logs-dir", help="A folder of logs and pulled runs, or a pulled run.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Logs read at a time [default: one a processor]."),
]
