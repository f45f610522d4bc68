"""What an analysis, or the analyses of a whole folder, look like: for people and for machines.

Each form is a module with one function, imported when it is asked for: a log that is analysed in a
pipe needs neither rich nor a JSON writer.
"""

from __future__ import annotations

import json
from typing import Any

from regreen.deliver.analyses.report import Report, Skipped, Spot, of_one
from regreen.errors import UsageError
from regreen.model import Analysis

__all__ = [
    "FORMATS",
    "Report",
    "Skipped",
    "Spot",
    "analysis_json",
    "analysis_text",
    "format_of",
    "rendered",
]

FORMATS = ("table", "json", "markdown", "sarif", "github")
_SUFFIXES = {
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".sarif": "sarif",
    ".txt": "table",
}


def format_of(name: str) -> str:
    """Return the form that a file's name asks for; JSON where it asks for none."""
    ends = (form for suffix, form in _SUFFIXES.items() if name.lower().endswith(suffix))
    return next(ends, "json")


def rendered(report: Report, form: str) -> str:
    """Return ``report`` in one of ``FORMATS``, without the last line end.

    Raises UsageError for another form. ``table`` is plain and 80 columns wide here.
    """
    if form == "json":
        from regreen.deliver.analyses.as_json import report_json

        return json.dumps(report_json(report), indent=2)
    if form == "markdown":
        from regreen.deliver.analyses.markdown import report_markdown

        return report_markdown(report)
    if form == "sarif":
        from regreen.deliver.analyses.sarif import report_sarif

        return json.dumps(report_sarif(report), indent=2)
    if form == "github":
        from regreen.deliver.analyses.annotations import report_annotations

        return report_annotations(report)
    if form == "table":
        from regreen.deliver.analyses.table import report_text

        return report_text(report)
    raise UsageError(f"there is no format {form!r}", f"choose one of: {', '.join(FORMATS)}")


def analysis_json(analysis: Analysis) -> dict[str, Any]:
    """Return the object that ``regreen analyze --json`` prints for one log."""
    from regreen.deliver.analyses.as_json import report_json

    return report_json(of_one(analysis))


def analysis_text(analysis: Analysis) -> str:
    """Return what a person reads of the analysis of one log: plain, 80 columns wide."""
    return rendered(of_one(analysis), "table")
