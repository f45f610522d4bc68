"""Many rules, and which of them an output is worth asking.

Most output holds none of the words that any rule looks for. One pass of RE2's set matching says
which of them are there (about 500 MB/s for 300 literals; a search for each alone comes to 3 MB/s:
``benchmarks/bench_prefilter.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import re2

from regreen.logs.rules.base import Rule

_MEMORY = 64 << 20


class RuleSet:
    """Rules in order, the words that wake them, and a fast search for these."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)

    def awake(self, text: str | bytes) -> Iterator[Rule]:
        """Yield, in order, the rules of which ``text`` holds a trigger."""
        present = self.present(text)
        for rule in self.rules:
            if not present.isdisjoint(rule.triggers):
                yield rule

    def present(self, text: str | bytes) -> frozenset[str]:
        """Return the triggers that ``text`` holds; the empty one is always there."""
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        found = self._set.Match(data)
        if len(self._literals) - 1 not in found:  # the set gave up: the empty one always matches
            return frozenset(one for one in self._literals if one.encode() in data)
        return frozenset(self._literals[number] for number in found)

    def telling(self, data: bytes) -> bool:
        """Whether ``data`` holds a trigger, the empty one aside."""
        return len(self.present(data)) > 1

    @cached_property
    def _literals(self) -> tuple[str, ...]:
        return (*sorted({t for rule in self.rules for t in rule.triggers} - {""}), "")

    @cached_property
    def _set(self) -> re2.Set:
        options = re2.Options()
        options.max_mem = _MEMORY
        options.log_errors = False
        options.encoding = re2.Options.Encoding.LATIN1
        matcher = re2.Set.SearchSet(options)
        for literal in self._literals:
            matcher.Add(re2.escape(literal.encode()))
        matcher.Compile()
        return matcher
