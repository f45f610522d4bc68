"""The rules, in order: a tool's own verdict before signs, signs before circumstances.

A rule module gives ``RULES``; the order decides between findings that weigh the same and end on
the same line.
"""

from __future__ import annotations

from regreen.logs.rules import (
    black,
    checks,
    circumstances,
    compiled,
    imports,
    isort,
    jvm,
    lines,
    menders,
    mypy,
    plain,
    pylint,
    pyright,
    pytest,
    python,
    resolvers,
    ruff,
    shell,
    unittest,
    web,
)
from regreen.logs.rules.base import Finding, Rule, Weight
from regreen.logs.rules.precommit import HookPart, divide
from regreen.logs.rules.registry import RuleSet

__all__ = ["BUILTIN", "RULES", "Finding", "HookPart", "Rule", "RuleSet", "Weight", "divide"]

RULES: tuple[Rule, ...] = (
    *black.RULES,
    *isort.RULES,
    *lines.RULES,
    *ruff.RULES,
    *pylint.RULES,
    *menders.RULES,
    *mypy.RULES,
    *pyright.RULES,
    *pytest.RULES,
    *unittest.RULES,
    *imports.RULES,
    *resolvers.RULES,
    *checks.RULES,
    *python.RULES,
    *shell.RULES,
    *web.RULES,
    *compiled.RULES,
    *jvm.RULES,
    *plain.RULES,
    *circumstances.RULES,
)

BUILTIN = RuleSet(RULES)
"""The rules that regreen brings along."""
