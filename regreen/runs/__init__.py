"""Where failed runs come from. For now: log files."""

from regreen.runs.files import read_file

__all__ = ["read_file"]
