"""Many rules, and which of them an output is worth asking.

Most output holds none of the words that any rule looks for. One pass of RE2's set matching says
which of them are there: 300 MB/s for 2,300 literals, where a search for each alone comes to 1 MB/s
(``benchmarks/bench_prefilter.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import re2

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Rule

_MEMORY = 64 << 20


class RuleSet:
    """Rules in order, the words that wake them, and a fast search for these."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)

    def awake(self, excerpt: Excerpt) -> Iterator[Rule]:
        """Yield, in order, the rules of which ``excerpt`` holds a trigger.

        The excerpt takes note of the words that it does not hold.
        """
        present = self.present(excerpt.text)
        excerpt.lacks(self._words.literals - present)
        for rule in self.rules:
            if not present.isdisjoint(rule.triggers):
                yield rule

    def present(self, text: str | bytes) -> frozenset[str]:
        """Return the words that ``text`` holds; the empty one is always there."""
        return self._words.present(text)

    def telling(self, data: bytes) -> bool:
        """Whether ``data`` holds a trigger, the empty one aside."""
        return not self._triggers.isdisjoint(self.present(data))

    @cached_property
    def _triggers(self) -> frozenset[str]:
        return frozenset(t for rule in self.rules for t in rule.triggers) - {""}

    @cached_property
    def _words(self) -> Words:
        return Words([w for rule in self.rules for w in (*rule.triggers, *rule.words)])


class Words:
    """Literals, all of them looked for at once."""

    def __init__(self, literals: Iterable[str]) -> None:
        self._ordered = (*sorted({*literals} - {""}), "")
        self.literals = frozenset(self._ordered)

    def present(self, text: str | bytes) -> frozenset[str]:
        """Return the literals that ``text`` holds; the empty one is always there."""
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        found = self._set.Match(data)
        if len(self._ordered) - 1 not in found:  # the set gave up: the empty one always matches
            return frozenset(one for one in self._ordered if one.encode() in data)
        return frozenset(self._ordered[number] for number in found)

    @cached_property
    def _set(self) -> re2.Set:
        options = re2.Options()
        options.max_mem = _MEMORY
        options.log_errors = False
        options.encoding = re2.Options.Encoding.LATIN1
        matcher = re2.Set.SearchSet(options)
        for literal in self._ordered:
            matcher.Add(re2.escape(literal.encode()))
        matcher.Compile()
        return matcher
