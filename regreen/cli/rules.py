"""``regreen rules``: by what logs are read, whether it holds, and why a log came out as it did."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regreen.cli.app import app
from regreen.cli.options import JobOption, JsonOption, StepOption
from regreen.cli.output import show
from regreen.errors import ExitCode

if TYPE_CHECKING:
    from regreen.logs import LogReader

rules_app = typer.Typer(help="The rules by which logs are read.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command("list")
def list_rules(as_json: JsonOption = False) -> None:
    """List the rules in order, one's own among them, with an example of what each finds."""
    rows = [
        {
            "id": rule.id,
            "matches": rule.matches,
            "ignores": rule.ignores,
            "triggers": list(rule.triggers),
            "beats": sorted(rule.beats),
        }
        for rule in _reader().rules.rules
    ]
    if as_json:
        show(json.dumps({"schema": 1, "rules": rows}, indent=2, ensure_ascii=False))
        return
    width = max(len(str(row["id"])) for row in rows)
    for row in rows:
        example = str(row["matches"]).strip().split("\n")[0]
        show(f"{row['id']:<{width}}  {example[:100]}")


@rules_app.command("test")
def check_rules(as_json: JsonOption = False) -> None:
    """Check that every rule finds its own example, and ignores what it is to ignore."""
    from regreen.logs import broken_example

    rules = _reader().rules.rules
    faults = [fault for rule in rules if (fault := broken_example(rule)) is not None]
    if as_json:
        show(json.dumps({"schema": 1, "rules": len(rules), "faults": faults}, indent=2))
    else:
        show("\n".join([*faults, f"{len(rules)} rules, {len(faults)} with a broken example"]))
    raise typer.Exit(ExitCode.NO_PATCH if faults else ExitCode.DONE)


@rules_app.command("explain")
def explain(
    log: Annotated[Path, typer.Argument(help="The failed job's log.")],
    job: JobOption = None,
    step: StepOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what every rule found in a log's failing step, and what became of it."""
    from regreen.reading import require_file

    require_file(log)
    found = _reader().explain_file(log, step=step, job=job)
    if as_json:
        show(json.dumps({"schema": 1, **asdict(found)}, indent=2, ensure_ascii=False))
        return
    if found.step is None:
        show("the log shows no failure")
        return
    show(f"step {found.step!r}: {found.asked} rules had something to look at")
    for one in found.considered:
        tool = f" ({one.tool})" if one.tool else ""
        show(f"{one.outcome:<7} {one.weight:<8} {one.confidence:.2f} {one.category}{tool}")
        show(f"        rule {one.rule or '(the hook itself)'}, line {one.line}: {one.text[:160]}")


def _reader() -> LogReader:
    from regreen import config
    from regreen.reading import reader

    return reader(config.load(Path.cwd()))
