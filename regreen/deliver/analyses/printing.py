"""Print a report: the table in colour on a terminal, all else plain."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from regreen.deliver.analyses import rendered
from regreen.deliver.analyses.table import WIDTH, report_lines
from regreen.plain import fitting, visible_lines

if TYPE_CHECKING:
    from regreen.deliver.analyses.report import Report
    from regreen.deliver.analyses.wrap import Line


def print_report(report: Report, form: str) -> None:
    """Print ``report`` in ``form`` on stdout.

    Annotations are the one form that a runner is meant to obey; their values are harmless already.
    """
    stream = sys.stdout
    if form == "table" and stream.isatty():
        _print_in_colour(report)
        return
    text = rendered(report, form)
    text = text if form == "github" else visible_lines(text)
    stream.write(fitting(f"{text}\n", stream.encoding))
    stream.flush()


def _print_in_colour(report: Report) -> None:
    print_lines(lambda width: report_lines(report, width))


def print_lines(made: Callable[[int], Iterable[Line]]) -> None:
    """Print the lines that are ``made`` for a width, in colour.

    rich knows ``NO_COLOR``, ``TERM`` and what the terminal can show.
    """
    from rich.console import Console
    from rich.text import Text

    width = shutil.get_terminal_size((WIDTH, 24)).columns
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for line in made(width):
        text = Text()
        text.append(fitting(line.label, console.encoding), "cyan" if line.label.strip() else "")
        text.append(fitting(line.text, console.encoding), line.style)
        console.print(text)
