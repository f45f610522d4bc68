"""``regreen verify``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regreen.cli.app import app
from regreen.cli.given import payload, secrets
from regreen.cli.interrupt import INTERRUPTS
from regreen.cli.options import (
    ActionsDirOption,
    AllowActionOption,
    AllowHostOption,
    EventFileOption,
    ExtraIndexOption,
    ImageOption,
    IndexOption,
    JsonOption,
    NetworkOption,
    NoSudoOption,
    OfflineOption,
    QuietOption,
    RepoOption,
    RuntimeOption,
    SecretOption,
    SiblingsOption,
    VerboseOption,
    VerifyLimitOption,
)
from regreen.cli.output import show
from regreen.cli.recover import begin_transcript
from regreen.cli.signature import taking
from regreen.durations import seconds
from regreen.errors import ExitCode, RegreenError, UsageError
from regreen.plain import visible
from regreen_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from regreen.granted import Asked
    from regreen.recheck import Rechecked

CODES = {
    "verified": ExitCode.DONE,
    "not-verified": ExitCode.NO_PATCH,
    "not-reproduced": ExitCode.NOT_REPRODUCED,
    "unsupported": ExitCode.UNSUPPORTED,
    "rejected": ExitCode.REJECTED,
    "flaky": ExitCode.FLAKY,
}
_HEADINGS = {
    "verified": "Verified: the patch turns the job green, here too.",
    "not-verified": "Not verified.",
    "not-reproduced": "Not reproduced: without the patch the job is not red as it was.",
    "unsupported": "Not supported here.",
    "rejected": "Rejected: the patch is not honest.",
    "flaky": "Flaky: the runs contradict one another.",
}

PatchArgument = Annotated[Path, typer.Argument(metavar="PATCH", help="The patch file.")]
EvidenceOption = Annotated[
    Path, typer.Option("--evidence", metavar="FILE", help="The evidence that came with the patch.")
]
AgainOption = Annotated[
    int | None,
    typer.Option("--repeat", min=1, help="Runs with and without it, each [default: as proven]."),
]
FileOption = Annotated[
    str | None,
    typer.Option("--workflow", help="The workflow's file, where the commit does not have it."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """The options of ``regreen verify``."""

    patch: PatchArgument
    evidence: EvidenceOption
    repo: RepoOption = Path()
    workflow: FileOption = None
    event_file: EventFileOption = None
    secret: SecretOption = None
    allow_action: AllowActionOption = None
    repeat: AgainOption = None
    siblings: SiblingsOption = False
    verify_limit: VerifyLimitOption = None
    network: NetworkOption = None
    allow_host: AllowHostOption = None
    index: IndexOption = None
    extra_index: ExtraIndexOption = None
    no_sudo: NoSudoOption = False
    image: ImageOption = None
    runtime: RuntimeOption = None
    offline: OfflineOption = False
    actions_dir: ActionsDirOption = None
    quiet: QuietOption = False
    verbose: VerboseOption = False
    as_json: JsonOption = False

    def asked(self) -> Asked:
        """Return what they mean. Raises UsageError for what is not written right."""
        from regreen.granted import Asked
        from regreen.model import SandboxOptions

        if self.verify_limit is not None:
            seconds(self.verify_limit)  # a wrong one is told before the work
        return Asked(
            self.patch,
            self.evidence,
            self.repo,
            workflow=self.workflow,
            payload=payload(self.event_file) if self.event_file else None,
            secrets=secrets(self.secret),
            allowed=tuple(self.allow_action or ()),
            sandbox=SandboxOptions(
                network=self.network,
                hosts=tuple(self.allow_host or ()),
                sudo=False if self.no_sudo else None,
                image=self.image,
                runtime=self.runtime,
                index=self.index,
                extra_indexes=tuple(self.extra_index or ()),
                offline=self.offline,
                actions_dir=self.actions_dir,
            ),
            repeat=self.repeat,
            siblings=self.siblings,
            verify_limit=self.verify_limit,
        )


@app.command()
@taking(VerifyOptions)
def verify(options: VerifyOptions) -> None:
    """Prove a patch once more, from scratch, from what its evidence says of the job."""
    from regreen import config
    from regreen.deliver import Console
    from regreen.recheck import recheck
    from regreen.report import Tee

    if options.quiet and options.verbose:
        raise UsageError("--quiet and --verbose exclude each other", "give one of them")
    asked = options.asked()
    console = Console(quiet=options.quiet, verbose=options.verbose)
    transcript = begin_transcript(console)
    words = "ended without a result"
    try:
        with INTERRUPTS.heard(console.hush):
            reporter = Tee(console, transcript) if transcript else console
            found = recheck(asked, config.load(Path.cwd()), reporter)
        words = _text(found)
    except (RegreenError, SandboxError) as error:
        words = f"{error.message}\nnext: {error.next_step}"
        if options.as_json:
            said = {"schema": 1, "status": "error", "reason": error.message}
            show(json.dumps({**said, "next": error.next_step}, indent=2))
        raise
    finally:
        console.close()
        if transcript:
            transcript.close(words)
    if options.as_json:
        show(json.dumps(_as_json(found), indent=2, ensure_ascii=False))
    else:
        show(words)
    raise typer.Exit(CODES[found.status])


def _text(found: Rechecked) -> str:
    from regreen.deliver.text import proof_lines

    proven = found.proven
    lines = [_HEADINGS[found.status]]
    lines.append(_row("job", f"{proven.job} of {proven.workflow} at {proven.base[:12]}"))
    if found.reason:
        lines.append(_row("why", found.reason))
    lines += [_row("note", words) for words in found.notes]
    if found.proof is not None:
        lines += proof_lines(found.proof)
    if found.severity is not None:
        lines.append(_row("severity", str(found.severity)))
    lines.append(_row("seconds", f"{found.seconds:.0f}"))
    lines.append(_row("next", found.next))
    return "\n".join(lines)


def _row(name: str, text: str) -> str:
    return visible(f"  {name + ':':<12}{text}")


def _as_json(found: Rechecked) -> dict[str, Any]:
    from regreen.deliver.summary import verification_json

    proven = found.proven
    return {
        "schema": 1,
        "status": found.status,
        "reason": found.reason,
        "repository": proven.repository,
        "workflow": proven.workflow,
        "job": proven.job,
        "commit": proven.base,
        "tree": proven.tree,
        "sha256": proven.sha256,
        "severity": str(found.severity) if found.severity else None,
        "verification": verification_json(found.proof) if found.proof else None,
        "notes": list(found.notes),
        "next": found.next,
        "seconds": round(found.seconds, 2),
    }
