"""regreen's own fixers, in the order in which they are tried."""

from __future__ import annotations

from regreen.fixers import (
    building,
    configuration,
    dependencies,
    lint,
    security,
    surroundings,
    syntax,
    testing,
    types,
)
from regreen.fixers.fixer import Fixer

BUILT_IN: tuple[Fixer, ...] = (
    *lint.FIXERS,
    *syntax.FIXERS,
    *types.FIXERS,
    *dependencies.FIXERS,
    *security.FIXERS,
    *building.FIXERS,
    *configuration.FIXERS,
    *testing.FIXERS,
    *lint.LAST,
    *surroundings.FIXERS,
)
