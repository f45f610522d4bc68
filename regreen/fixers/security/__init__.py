"""Mends what security scanners report: vulnerable releases, and mechanical findings in code."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer
from regreen.fixers.security import bandit, vulnerable

FIXERS: tuple[Fixer, ...] = (vulnerable, bandit)
