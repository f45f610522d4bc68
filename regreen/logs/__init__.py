"""Logs: text to steps to a failure, with the proof.

A ``LogReader`` reads raw logs and the output of steps that ran in the sandbox, by the same rules,
and hides secrets before a line is stored, printed or sent. ``analyze``, ``analyze_file`` and
``classify`` are those of a reader that knows regreen's own rules only; so is ``mask``.

The rules take longer to import than a small job takes to run, so each name is imported when it is
first asked for (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regreen.logs.masking import mask
from regreen.logs.reader import LogReader

if TYPE_CHECKING:
    from regreen.logs.explaining import Explanation
    from regreen.logs.rules import BUILTIN, RuleSet
    from regreen.logs.rules.custom import broken_example, with_own

__all__ = [
    "BUILTIN",
    "Explanation",
    "LogReader",
    "RuleSet",
    "analyze",
    "analyze_file",
    "broken_example",
    "classify",
    "mask",
    "with_own",
]

_PLAIN = LogReader()
analyze = _PLAIN.analyze
analyze_file = _PLAIN.analyze_file
classify = _PLAIN.classify

_PLACES = {
    "BUILTIN": "regreen.logs.rules",
    "Explanation": "regreen.logs.explaining",
    "RuleSet": "regreen.logs.rules",
    "broken_example": "regreen.logs.rules.custom",
    "with_own": "regreen.logs.rules.custom",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
