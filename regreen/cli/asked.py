"""From a command's options to the request that the pipeline takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from regreen.cli.given import given
from regreen.cli.options import SandboxFlags
from regreen.errors import UsageError
from regreen.model import Budget, Selection

if TYPE_CHECKING:
    from regreen.request import Request, RunAsked


def asked(
    options: SandboxFlags,
    *,
    budget: Budget,
    repeat: int | None,
    out: Path | None,
    jobs: int | None = None,
) -> Request:
    """Return what ``options`` mean. Raises UsageError for what does not go together."""
    from regreen.request import Request

    return Request(
        options.repo,
        options.commit,
        options.log,
        Selection(options.workflow, options.job, options.step, _matrix(options.matrix or [])),
        _moment(options.as_of),
        budget,
        repeat,
        out,
        _run_asked(options),
        options.sandbox(jobs),
        given(options),
    )


def _run_asked(options: SandboxFlags) -> RunAsked | None:
    from regreen.request import RunAsked

    if options.run is not None and options.latest:
        raise UsageError("--run and --latest exclude each other", "give one of them")
    if options.branch is not None and not options.latest:
        raise UsageError("--branch goes with --latest", "regreen fix --latest --branch NAME")
    if options.run is None and not options.latest:
        return None
    return RunAsked(options.run, options.branch, options.workflow)


def _matrix(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"--matrix takes K=V, not {pair!r}", "regreen fix --help")
    return dict(pair.split("=", 1) for pair in pairs)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--as-of {text!r} is no date", "write it as 2024-05-01 or 2024-05-01T12:00:00Z"
        ) from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment > datetime.now(UTC):
        raise UsageError(f"--as-of {text!r} lies in the future", "name a day that has been")
    return moment
