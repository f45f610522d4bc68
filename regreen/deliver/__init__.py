"""What a person gets: the patch file, the evidence beside it, the summary."""

from regreen.deliver.console import Console
from regreen.deliver.files import Delivered, deliver, prepare, state_folder
from regreen.deliver.message import commit_message
from regreen.deliver.summary import SCHEMA, Summary, error_json
from regreen.deliver.text import analysis_json, analysis_text, summary_text

__all__ = [
    "SCHEMA",
    "Console",
    "Delivered",
    "Summary",
    "analysis_json",
    "analysis_text",
    "commit_message",
    "deliver",
    "error_json",
    "prepare",
    "state_folder",
    "summary_text",
]
