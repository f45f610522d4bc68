"""``regreen rules``: by what logs are read, whether it holds, and why a log came out as it did."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from regreen.cli.app import app
from regreen.cli.options import JobOption, JsonOption, PipedOption, SourceArgument, StepOption
from regreen.cli.output import show
from regreen.cli.spool import named, readable
from regreen.errors import ExitCode

if TYPE_CHECKING:
    from regreen.logs import LogReader
    from regreen.logs.explaining import Explanation
    from regreen.logs.rules import Rule

_WIDTH = 160
_TEXT = 160

rules_app = typer.Typer(help="The rules by which logs are read.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command("list")
def list_rules(as_json: JsonOption = False) -> None:
    """List the rules in order, one's own among them, with an example of what each finds."""
    rows = [_row(rule) for rule in _reader().rule_set().rules]
    if as_json:
        show(json.dumps({"schema": 1, "rules": rows}, indent=2, ensure_ascii=False))
        return
    width = max(len(row["id"]) for row in rows)
    columns = shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH
    for row in rows:
        tool = f" ({row['tool']})" if row["tool"] else ""
        example = row["matches"].strip().split("\n")[0]
        line = f"{row['id']:<{width}}  {row['category'] or ''}{tool}  {example}"
        show(line if len(line) <= columns else line[: columns - 1] + "…")


def _row(rule: Rule) -> dict[str, Any]:
    """A rule as JSON; tool and category are those that it finds in its own example."""
    found = next(iter(rule(rule.example.excerpt(rule.matches))), None)
    return {
        "id": rule.id,
        "tool": found.tool if found else None,
        "category": str(found.category) if found else None,
        "matches": rule.matches,
        "ignores": rule.ignores,
        "triggers": list(rule.triggers),
        "beats": sorted(rule.beats),
    }


@rules_app.command("test")
def check_rules(as_json: JsonOption = False) -> None:
    """Check that every rule finds its own example, and ignores what it is to ignore."""
    from regreen.logs import broken_example

    rules = _reader().rule_set().rules
    faults = [fault for rule in rules if (fault := broken_example(rule)) is not None]
    if as_json:
        show(json.dumps({"schema": 1, "rules": len(rules), "faults": faults}, indent=2))
    else:
        show("\n".join([*faults, f"{len(rules)} rules, {len(faults)} with a broken example"]))
    raise typer.Exit(ExitCode.NO_PATCH if faults else ExitCode.DONE)


@rules_app.command("explain")
def explain(
    file: SourceArgument = None,
    log: PipedOption = None,
    job: JobOption = None,
    step: StepOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what every rule found in a log's failing step, and what became of it."""
    from regreen.reading import require_file

    with readable(named(file, log, "regreen rules explain")) as source:
        require_file(source.path)
        found = _reader().explain_file(source.path, step=step, job=job)
    if as_json:
        show(json.dumps({"schema": 1, **asdict(found)}, indent=2, ensure_ascii=False))
    else:
        _explained(found)


def _explained(found: Explanation) -> None:
    if found.step is None:
        show("the log shows no failure")
        return
    nothing = "" if found.considered else ", and none of them found anything"
    show(f"step {found.step!r}: {found.asked} rules had something to look at{nothing}")
    for one in found.considered:
        tool = f" ({one.tool})" if one.tool else ""
        text = one.text if len(one.text) <= _TEXT else one.text[: _TEXT - 1] + "…"
        show(f"{one.outcome:<7} {one.weight:<8} {one.confidence:.2f} {one.category}{tool}")
        show(f"        rule {one.rule or '(the hook itself)'}, line {one.line}: {text}")


def _reader() -> LogReader:
    from regreen import config
    from regreen.reading import reader

    return reader(config.load(Path.cwd()))
