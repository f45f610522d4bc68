"""Mends configuration: workflows, commands, the settings of tools, modes of files."""

from __future__ import annotations

from regreen.fixers.configuration import (
    artifact_names,
    broken_settings,
    executable_bits,
    misspelt,
    project_metadata,
    removed_options,
    retired_commands,
    service_settings,
    sphinx_settings,
    tool_settings,
    unquoted_versions,
    workflow_repair,
)
from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = (
    workflow_repair,
    artifact_names,
    broken_settings,
    project_metadata,
    sphinx_settings,
    service_settings,
    tool_settings,
    removed_options,
    retired_commands,
    executable_bits,
    misspelt,
    unquoted_versions,
)
