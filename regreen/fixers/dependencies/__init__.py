"""What is installed: missing, gone, too new or too old distributions."""

from __future__ import annotations

from regreen.fixers.dependencies import (
    build_requirements,
    conflicts,
    missing_dependency,
    pins,
    stale_lock,
    unavailable,
    unbuildable,
)
from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = (
    stale_lock,
    build_requirements,
    missing_dependency,
    pins,
    unavailable,
    conflicts,
    unbuildable,
)
