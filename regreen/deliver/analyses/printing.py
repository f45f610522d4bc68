"""Print the table: in colour on a terminal, plain everywhere else."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from regreen.deliver.analyses.table import WIDTH, report_lines, report_text
from regreen.plain import fitting

if TYPE_CHECKING:
    from regreen.deliver.analyses.report import Report


def print_table(report: Report) -> None:
    """Print ``report`` on stdout; rich (which knows ``NO_COLOR`` and ``TERM``) only if needed."""
    stream = sys.stdout
    if not stream.isatty():
        stream.write(fitting(f"{report_text(report, WIDTH)}\n", stream.encoding))
        stream.flush()
        return
    from rich.console import Console
    from rich.text import Text

    width = shutil.get_terminal_size((WIDTH, 24)).columns
    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in report_lines(report, width):
        text = Text(fitting(line.label, console.encoding), "cyan" if line.label.strip() else "")
        text.append(fitting(line.text, console.encoding), line.style)
        console.print(text)
