"""What linters and formatters complain about."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer
from regreen.fixers.lint import (
    bare_except,
    black,
    docformatter,
    isort,
    long_lines,
    own_ruff,
    redefinition,
    ruff_check,
    ruff_format,
    ruff_unsafe,
    step_changes,
    unused_global,
)

FIXERS: tuple[Fixer, ...] = (
    black,
    isort,
    ruff_check,
    ruff_format,
    docformatter,
    bare_except,
    unused_global,
    redefinition,
    own_ruff,
    ruff_unsafe,
    long_lines,
)
LAST: tuple[Fixer, ...] = (step_changes,)
"""Those that may do much at once: tried when nothing else helps."""
