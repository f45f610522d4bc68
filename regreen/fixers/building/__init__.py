"""What is built: headers, tools, metadata and build requirements."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer

FIXERS: tuple[Fixer, ...] = ()
