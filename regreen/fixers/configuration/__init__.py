"""Mends configuration: workflows, commands, the settings of tools, modes of files."""

from __future__ import annotations

from regreen.fixers.configuration import (
    executable_bits,
    misspelt,
    removed_options,
    retired_commands,
    tool_settings,
    unquoted_versions,
    workflow_repair,
)
from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = (
    workflow_repair,
    tool_settings,
    removed_options,
    retired_commands,
    executable_bits,
    misspelt,
    unquoted_versions,
)
