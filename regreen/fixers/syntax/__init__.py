"""What no Python, or not the job's, can read."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer
from regreen.fixers.syntax import conflict, older, repair

FIXERS: tuple[Fixer, ...] = (conflict, repair, older)
