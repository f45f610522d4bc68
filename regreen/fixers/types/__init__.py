"""What a type checker complains about."""

from __future__ import annotations

from regreen.fixers.fixer import Fixer
from regreen.fixers.types import (
    abstracts,
    calls,
    casts,
    discarded,
    guards,
    items,
    names,
    newer_syntax,
    optional,
    overrides,
    signatures,
    stubs,
    type_arguments,
    unbound,
    undetermined,
    unpacking,
    unused_ignores,
    variables,
    widening,
)

FIXERS: tuple[Fixer, ...] = (
    unused_ignores,
    newer_syntax,
    optional,
    names,
    unbound,
    signatures,
    stubs,
    casts,
    variables,
    type_arguments,
    overrides,
    calls,
    unpacking,
    abstracts,
    discarded,
    undetermined,
    items,
    widening,
    guards,
)
