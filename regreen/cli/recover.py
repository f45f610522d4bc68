"""``regreen reproduce`` and ``regreen fix``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from regreen.cli.app import app
from regreen.cli.asked import asked
from regreen.cli.interrupt import INTERRUPTS
from regreen.cli.options import FixOptions, ReproduceOptions
from regreen.cli.output import show
from regreen.cli.signature import taking
from regreen.durations import seconds
from regreen.errors import ExitCode, RegreenError, UsageError
from regreen.model import Budget, Severity
from regreen_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from regreen.deliver import Console, Summary, Transcript

CODES = {
    "verified": ExitCode.DONE,
    "passed": ExitCode.DONE,
    "reproduced": ExitCode.NO_PATCH,
    "no-fix": ExitCode.NO_PATCH,
    "advice": ExitCode.NO_PATCH,
    "not-reproduced": ExitCode.NOT_REPRODUCED,
    "unsupported": ExitCode.UNSUPPORTED,
    "rejected": ExitCode.REJECTED,
    "transient": ExitCode.FLAKY,
    "flaky": ExitCode.FLAKY,
}


@app.command()
@taking(FixOptions)
def fix(options: FixOptions) -> None:
    """Reproduce a failed job, mend it, and prove the patch in fresh sandboxes."""
    _recovered(options, mend=True)


@app.command()
@taking(ReproduceOptions)
def reproduce(options: ReproduceOptions) -> None:
    """Rebuild a failed job in a sandbox and show that it fails in the same way."""
    _recovered(options, mend=options.mend)


def _recovered(options: FixOptions, *, mend: bool) -> NoReturn:
    summary = carried_out(options, mend=mend)
    shown(summary, options.as_json)
    raise typer.Exit(CODES[summary.status])


def carried_out(options: FixOptions, *, mend: bool, dry: bool = False) -> Summary:
    """Reproduce the job that ``options`` mean, mend it with ``mend``, and return how that ended.

    Progress is shown as it comes, and kept in a log file. ``dry``: the patch is only looked at.
    """
    from regreen import config
    from regreen.deliver import Console, error_json, summary_text
    from regreen.recovery import recover
    from regreen.report import Tee

    if options.quiet and options.verbose:
        raise UsageError("--quiet and --verbose exclude each other", "give one of them")
    request = asked(
        options,
        budget=Budget(seconds=seconds(options.budget), tries=options.tries),
        repeat=options.repeat,
        out=options.out,
        jobs=options.jobs,
    )
    if options.verify_limit is not None:
        seconds(options.verify_limit)  # a wrong one is told before the work
    request = replace(
        request,
        siblings=options.siblings,
        verify_limit=options.verify_limit,
        allow=allowed(options.allow),
        dry=dry,
        green_log=readable(options.green_log),
    )
    console = Console(quiet=options.quiet, verbose=options.verbose)
    transcript = begin_transcript(console)
    words = "ended without a result"
    try:
        with INTERRUPTS.heard(console.hush):
            reporter = Tee(console, transcript) if transcript else console
            settings = config.load(Path.cwd())
            settings = replace(settings, history=settings.history and not options.no_history)
            summary = recover(request, settings, reporter, fix=mend)
        summary = replace(summary, log=str(transcript.path) if transcript else None)
        words = summary_text(summary)
    except (RegreenError, SandboxError) as error:
        words = f"{error.message}\nnext: {error.next_step}"
        log = transcript.path if transcript and transcript.told else None
        if log:
            console.note(f"the log: {log}")
        if options.as_json:
            found = error_json(error.message, error.next_step, str(log) if log else None)
            show(json.dumps(found, indent=2))
        raise
    except KeyboardInterrupt:
        words = "interrupted"
        raise
    finally:
        console.close()
        if transcript:
            transcript.close(words)
    return summary


def allowed(text: str) -> Severity:
    """Return the severity that ``--allow`` names. Raises UsageError for any other word."""
    if text not in ("low", "medium", "high"):
        words = f"--allow takes low, medium or high, not {text!r}"
        raise UsageError(words, "critical is for people only: mend it by hand")
    return Severity(text)


def readable(path: Path | None) -> Path | None:
    """Return the log that ``--green-log`` names. Raises UsageError where there is no such file."""
    if path is not None and not path.is_file():
        words = f"there is no log {path}"
        raise UsageError(words, "name the green job's log with --green-log FILE")
    return path


def begin_transcript(console: Console) -> Transcript | None:
    """Begin the log file; where none can be written, say so and go on."""
    from regreen.deliver import Transcript

    try:
        return Transcript.begin(Path.cwd())
    except UsageError as error:
        console.note(f"no log is kept: {error.message}")
        return None


def shown(summary: Summary, as_json: bool) -> None:
    """Print how a recovery ended."""
    from regreen.deliver import summary_text

    if as_json:
        show(json.dumps(summary.as_json(), indent=2, ensure_ascii=False))
    else:
        show(summary_text(summary))
