"""What linters and formatters complain about."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer
from regreen.fixers.lint import (
    bare_except,
    black,
    check_switch,
    docformatter,
    docstring_style,
    isort,
    late_imports,
    long_lines,
    menders,
    own_autopep8,
    own_ruff,
    plugins,
    raise_from,
    redefinition,
    ruff_check,
    ruff_format,
    ruff_unsafe,
    step_changes,
    suggested,
    targets,
    undefined,
    unused_global,
    whitespace,
)

FIXERS: tuple[Fixer, ...] = (
    black,
    isort,
    ruff_check,
    ruff_format,
    docformatter,
    menders,
    plugins,
    bare_except,
    unused_global,
    redefinition,
    late_imports,
    undefined,
    raise_from,
    own_ruff,
    ruff_unsafe,
    own_autopep8,
    long_lines,
    docstring_style,
    whitespace,
    check_switch,
)
LAST: tuple[Fixer, ...] = (targets, suggested, step_changes)
"""Those that may do much at once: tried when nothing else helps."""
