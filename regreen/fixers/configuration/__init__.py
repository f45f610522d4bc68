"""What tools and workflows are told: faults of form, options that went."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = ()
