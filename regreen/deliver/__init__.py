"""What a person gets: the patch file, the evidence beside it, the summary, the analysis.

Each is imported when it is first used, so that ``regreen analyze`` starts without what only a
recovery needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regreen.deliver.analyses import analysis_json, analysis_text
    from regreen.deliver.console import Console
    from regreen.deliver.evidence import Story
    from regreen.deliver.evidence_folders import remember
    from regreen.deliver.files import Delivered, deliver, deliver_search, prepare, state_folder
    from regreen.deliver.message import commit_message
    from regreen.deliver.summary import SCHEMA, Summary, error_json
    from regreen.deliver.text import summary_text
    from regreen.deliver.transcript import Transcript

__all__ = [
    "SCHEMA",
    "Console",
    "Delivered",
    "Story",
    "Summary",
    "Transcript",
    "analysis_json",
    "analysis_text",
    "commit_message",
    "deliver",
    "deliver_search",
    "error_json",
    "prepare",
    "remember",
    "state_folder",
    "summary_text",
]

_PLACES = {
    "analyses": ("analysis_json", "analysis_text"),
    "console": ("Console",),
    "evidence": ("Story",),
    "evidence_folders": ("remember",),
    "files": ("Delivered", "deliver", "deliver_search", "prepare", "state_folder"),
    "message": ("commit_message",),
    "summary": ("SCHEMA", "Summary", "error_json"),
    "text": ("summary_text",),
    "transcript": ("Transcript",),
}


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
