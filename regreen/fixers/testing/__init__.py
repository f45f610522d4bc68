"""What tests show: things that moved or went, and how code follows."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = ()
