"""What tests show: things that moved or went, and how code follows."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer
from regreen.fixers.testing import (
    carry_through,
    circumstances,
    known_changes,
    missing_files,
    missing_plugin,
    plausible,
    told_renames,
    took_back,
)

FIXERS: tuple[Fixer, ...] = (
    known_changes,
    carry_through,
    missing_plugin,
    told_renames,
    missing_files,
    plausible,
    circumstances,
    took_back,
)
