"""The options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from regreen.model import SandboxOptions

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
    str | None,
    typer.Option("--workflow", help="The workflow: a file of the commit, its name, or any file."),
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
EventOption = Annotated[
    str | None,
    typer.Option(
        "--event",
        metavar="NAME",
        help="The event that starts the run, such as pull_request [default: the run's, or the "
        "likeliest of the workflow's].",
    ),
]
EventFileOption = Annotated[
    Path | None,
    typer.Option(
        "--event-file", metavar="FILE", help="A JSON object to lay over the event's payload."
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input", metavar="NAME=VALUE", help="An input of a manual start; may be repeated."
    ),
]
VarOption = Annotated[
    list[str] | None,
    typer.Option(
        "--var", metavar="NAME=VALUE", help="A configuration variable (vars); may be repeated."
    ),
]
SecretOption = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="NAME[=VALUE]",
        help="A secret of the run, its value taken from the environment variable of that name; "
        "may be repeated [default: secrets are empty].",
    ),
]
AssumeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--assume",
        metavar="JOB.OUTPUT=VALUE",
        help="What a needed job gave out, or how it ended (JOB=success), instead of running it; "
        "may be repeated.",
    ),
]
AllowActionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-action",
        metavar="OWNER/NAME",
        help="Run an action (actions/github-script) or a reporting command (coveralls) that is "
        "left out otherwise; may be repeated.",
    ),
]
BudgetOption = Annotated[
    str,
    typer.Option("--budget", metavar="TIME", help="How long to search for a fix: 90s, 10m, 1h."),
]
TriesOption = Annotated[
    int, typer.Option("--tries", min=1, help="How many candidates to try for a fix.")
]
AllowOption = Annotated[
    str,
    typer.Option(
        "--allow",
        metavar="SEVERITY",
        help="Try ideas that ask for no more review than this: low, medium or high.",
    ),
]
RepeatOption = Annotated[
    int | None,
    typer.Option(
        "--repeat",
        min=1,
        help="Runs without and with a patch, each [default: 2; 3 where tests run].",
    ),
]
SiblingsOption = Annotated[
    bool,
    typer.Option(
        "--siblings",
        help="Run the other combinations of the job's matrix without and with the patch too: it "
        "must leave none redder.",
    ),
]
GreenLogOption = Annotated[
    Path | None,
    typer.Option(
        "--green-log",
        metavar="FILE",
        help="The job's log of when it was last green: only releases that it does not show are "
        "suspected of having broken the job [default: a pulled run's last green one].",
    ),
]
VerifyLimitOption = Annotated[
    str | None,
    typer.Option(
        "--verify-limit",
        metavar="TIME",
        help="How long proving a patch may take: 90s, 60m, 2h [default: the setting, 60m].",
    ),
]
NoHistoryOption = Annotated[
    bool,
    typer.Option(
        "--no-history", help="Neither use nor keep what was tried before: regreen history list."
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Where patch and evidence go [default: .regreen/fixes/…]."),
]
MendOption = Annotated[bool, typer.Option("--fix", help="Go on and mend it, as `regreen fix`.")]
QuietOption = Annotated[
    bool, typer.Option("-q", "--quiet", help="Print the result and errors, no progress.")
]
VerboseOption = Annotated[
    bool, typer.Option("-v", "--verbose", help="Print all that the steps print, as it comes.")
]
NetworkOption = Annotated[
    str | None,
    typer.Option(
        "--network",
        metavar="POLICY",
        help="What the job reaches: packages, on, off, or auto: on where it needs it "
        "[default: auto].",
    ),
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="A host that the job reaches besides the package index; may be repeated.",
    ),
]
IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="WHICH",
        help="Which state of the package indexes: as-of (the run, or --as-of), or today "
        "[default: as-of].",
    ),
]
ExtraIndexOption = Annotated[
    list[str] | None,
    typer.Option(
        "--extra-index",
        metavar="URL",
        help="A package index that the job names itself, to be served as of the date too; "
        "may be repeated.",
    ),
]
NoSudoOption = Annotated[
    bool, typer.Option("--no-sudo", help="Give no job sudo, also where it needs it.")
]
ImageOption = Annotated[
    str | None,
    typer.Option("--image", help="Run the job in this image, whatever its runner label."),
]
OfflineOption = Annotated[
    bool,
    typer.Option("--offline", help="Fetch no action: only those that were fetched before."),
]
ActionsDirOption = Annotated[
    Path | None,
    typer.Option(
        "--actions-dir",
        metavar="DIR",
        help="A folder with checkouts of actions, as owner/name@ref; they are used first.",
    ),
]
RuntimeOption = Annotated[
    str | None,
    typer.Option("--runtime", help="The engine's runtime, such as runsc [default: its own]."),
]
TriesAtOnceOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Fixes tried side by side [default: one a processor]."),
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Set up anew instead of from what is kept.")
]
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


@dataclass(frozen=True, slots=True)
class Selectors:
    """Which failed job is meant, and as of when."""

    run: RunOption = None
    latest: LatestOption = False
    branch: BranchOption = None
    repo: RepoOption = Path()
    commit: CommitOption = None
    log: LogOption = None
    workflow: WorkflowOption = None
    job: JobOption = None
    step: StepOption = None
    matrix: MatrixOption = None
    event: EventOption = None
    event_file: EventFileOption = None
    input: InputOption = None
    var: VarOption = None
    secret: SecretOption = None
    allow_action: AllowActionOption = None
    assume: AssumeOption = None
    as_of: AsOfOption = None


@dataclass(frozen=True, slots=True)
class SandboxFlags(Selectors):
    """What the sandbox is to be like, besides."""

    network: NetworkOption = None
    allow_host: AllowHostOption = None
    index: IndexOption = None
    extra_index: ExtraIndexOption = None
    no_sudo: NoSudoOption = False
    image: ImageOption = None
    runtime: RuntimeOption = None
    fresh: FreshOption = False
    offline: OfflineOption = False
    actions_dir: ActionsDirOption = None

    def sandbox(self, jobs: int | None = None) -> SandboxOptions:
        """Return what was asked for, as the pipeline takes it."""
        return SandboxOptions(
            network=self.network,
            hosts=tuple(self.allow_host or ()),
            sudo=False if self.no_sudo else None,
            image=self.image,
            runtime=self.runtime,
            jobs=jobs,
            fresh=self.fresh,
            index=self.index,
            extra_indexes=tuple(self.extra_index or ()),
            offline=self.offline,
            actions_dir=self.actions_dir,
        )


@dataclass(frozen=True, slots=True)
class FixOptions(SandboxFlags):
    """The options of ``regreen fix``."""

    jobs: TriesAtOnceOption = None

    budget: BudgetOption = "10m"
    tries: TriesOption = 50
    allow: AllowOption = "medium"
    repeat: RepeatOption = None
    siblings: SiblingsOption = False
    verify_limit: VerifyLimitOption = None
    green_log: GreenLogOption = None
    out: OutOption = None
    no_history: NoHistoryOption = False
    quiet: QuietOption = False
    verbose: VerboseOption = False
    as_json: JsonOption = False


@dataclass(frozen=True, slots=True)
class ReproduceOptions(FixOptions):
    """The options of ``regreen reproduce``: those of ``fix``, since it may go on to that."""

    mend: MendOption = False
