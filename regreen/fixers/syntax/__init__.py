"""What no Python, or not the job's, can read."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = ()
