"""The hosted runner's workflow commands: errors that GitHub shows beside the lines they are about.

GitHub shows ten errors a step: the first nine findings and one summary are printed. Values are
escaped as the runner's own toolkit does it (``%``, CR and LF; ``:`` and ``,`` in properties), after
everything that could begin another command was made harmless.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from regreen.deliver.analyses.report import Report
from regreen.deliver.analyses.table import headline, told
from regreen.model import Diagnostic, Failure
from regreen.plain import visible

_SHOWN = 9
_SUMMARISED = 20
_MESSAGE = 1000


def report_annotations(report: Report) -> str:
    """Return one line for each of the first findings, and one for what failed as a whole."""
    placed = [(f, found) for _, f in report.failures() for found in f.diagnostics if found.file]
    lines = [_finding(failure, found) for failure, found in placed[:_SHOWN]]
    said = list(_accounts(report))
    if len(placed) > _SHOWN:
        said.append(f"... and {len(placed) - _SHOWN} more findings")
    if report.red:
        lines.append(_command("error", {"title": _title(report)}, said))
    else:
        lines.append(_command("notice", {"title": "regreen"}, ["The log shows no failure."]))
    return "\n".join(lines)


def _accounts(report: Report) -> Iterator[str]:
    if report.kind == "folder":
        yield headline(report)
    several = len(report.red) > 1
    for spot in report.red[:_SUMMARISED]:
        yield (f"{spot.name}: " if several else "") + told(spot, beside=True)
    if len(report.red) > _SUMMARISED:
        yield f"... and {len(report.red) - _SUMMARISED} more logs"


def _title(report: Report) -> str:
    kinds = dict.fromkeys(str(cause.category) for cause in report.causes)
    return f"regreen: {', '.join(kinds)}"


def _finding(failure: Failure, found: Diagnostic) -> str:
    title = " ".join(filter(None, (failure.tool or str(failure.category), found.code)))
    properties = {"file": found.file or ""}
    if found.line:
        properties["line"] = str(found.line)
        if found.column:
            properties["col"] = str(found.column)
    return _command("error", properties | {"title": title}, [found.message])


def _command(name: str, properties: dict[str, str], lines: list[str]) -> str:
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = "\n".join(visible(line)[:_MESSAGE] for line in lines)
    return f"::{name} {given}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
