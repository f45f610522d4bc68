"""Mends configuration: workflows, the settings of tools, modes of files."""

from __future__ import annotations

from regreen.fixers.configuration import workflow_repair
from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = (workflow_repair,)
