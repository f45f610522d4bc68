"""What is installed: missing, gone, too new or too old distributions."""

from __future__ import annotations

from regreen.fixers.dependencies import missing_dependency, pins
from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = (missing_dependency, pins)
