"""What a type checker complains about."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = ()
