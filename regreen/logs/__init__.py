"""Logs: text to steps to a failure, with the proof.

A ``LogReader`` reads raw logs and the output of steps that ran in the sandbox, by the same rules,
and hides secrets before a line is stored, printed or sent. ``analyze``, ``analyze_file`` and
``classify`` are those of a reader that knows regreen's own rules only; so is ``mask``.
"""

from regreen.logs.explaining import Explanation
from regreen.logs.masking import mask
from regreen.logs.reader import LogReader
from regreen.logs.rules import BUILTIN, RuleSet
from regreen.logs.rules.custom import broken_example, with_own

_PLAIN = LogReader()
analyze = _PLAIN.analyze
analyze_file = _PLAIN.analyze_file
classify = _PLAIN.classify

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
