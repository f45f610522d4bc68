r"""Rules and categories that users bring: from ``[tool.regreen]``, and from installed packages.

A rule in a settings file is a table::

    [[tool.regreen.rules]]
    id = "licence-headers"
    pattern = '^(?P<file>\S+): no licence header$'
    triggers = ["no licence header"]
    category = "licence_issue"
    matches = "src/a.py: no licence header"
    ignores = "src/a.py: licence header found"

and a category of one's own says what its failures are worth::

    [tool.regreen.categories.licence_issue]
    severity = "low"
    auto_fixable = "partial"

Expressions are RE2's, which never take more than linear time, whoever wrote them. A package offers
rules through an entry point of the group ``regreen.rules``: a ``Rule`` or an iterable of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Any, TypeVar

from regreen.errors import UsageError
from regreen.logs.expressions import expression
from regreen.logs.linear import linear
from regreen.logs.rules.base import Example, Rule, Weight, pattern
from regreen.logs.rules.registry import RuleSet
from regreen.model import AutoFixable, Category, Severity

_Word = TypeVar("_Word", bound=StrEnum)

GROUP = "regreen.rules"
_NEEDED = ("id", "pattern", "triggers", "category", "matches", "ignores")
_MAY = ("tool", "weight", "auto_fixable", "severity", "confidence", "beats")
_KNOWN = frozenset(str(one) for one in Category)
_NAME = expression(r"[a-z][a-z0-9_-]{0,63}")


def with_own(
    base: RuleSet, tables: Sequence[Mapping[str, Any]], categories: Mapping[str, Any]
) -> RuleSet:
    """Return ``base`` with the rules of installed packages and those of ``tables`` before it.

    The earlier of two rules that weigh the same decides, so users' rules stand first; one with the
    id of a rule of ``base`` takes its place. Raises UsageError, naming the rule, for what is wrong
    in it: also when its own examples do not hold.
    """
    kinds = _categories(categories)
    own = [*_installed(), *(_rule(table, kinds) for table in tables)]
    if not own:
        return base
    for rule in own:
        _try(rule)
    ids = [rule.id for rule in own]
    if doubled := next((name for name in ids if ids.count(name) > 1), None):
        raise UsageError(f"two rules have the id {doubled!r}", "give one of them another id")
    return RuleSet([*own, *(rule for rule in base.rules if rule.id not in ids)])


def broken_example(rule: Rule) -> str | None:
    """Say which of a rule's own examples does not hold, or ``None`` when both do."""
    if not _finds(rule, rule.example, rule.matches):
        return f"rule {rule.id!r} does not find its own example {rule.matches!r}"
    if _finds(rule, Example(), rule.ignores):
        return f"rule {rule.id!r} finds {rule.ignores!r}, which it is to ignore"
    return None


def _finds(rule: Rule, step: Example, output: str) -> bool:
    return any(True for _ in rule(step.excerpt(output)))


def _try(rule: Rule) -> None:
    if (fault := broken_example(rule)) is not None:
        raise UsageError(fault, "correct the rule, or its examples")


def _installed() -> Iterable[Rule]:
    for entry in entry_points(group=GROUP):
        try:
            loaded = entry.load()
        except Exception as error:
            raise UsageError(
                f"the rules of {entry.value} cannot be loaded: {error}",
                f"mend or uninstall the package that offers {entry.value}",
            ) from error
        for rule in (loaded,) if isinstance(loaded, Rule) else tuple(loaded):
            if not isinstance(rule, Rule):
                raise UsageError(
                    f"{entry.value} offers {type(rule).__name__}, not a rule",
                    f"mend or uninstall the package that offers {entry.value}",
                )
            yield rule


def _categories(tables: Mapping[str, Any]) -> dict[str, tuple[Severity, AutoFixable]]:
    known: dict[str, tuple[Severity, AutoFixable]] = {}
    for name, table in tables.items():
        if not _NAME.fullmatch(name) or name in _KNOWN:
            raise UsageError(
                f"{name!r} cannot be a category of one's own",
                "use small letters, digits and '_', and no name that regreen has",
            )
        where = f"category {name!r}"
        if not isinstance(table, Mapping) or (set(table) - {"severity", "auto_fixable"}):
            raise UsageError(f"{where} is not understood", "give it severity and auto_fixable")
        severity = _one_of(Severity, table.get("severity", "high"), f"{where}: severity")
        fixable = _one_of(AutoFixable, table.get("auto_fixable", "no"), f"{where}: auto_fixable")
        known[name] = (severity, fixable)
    return known


def _rule(table: Mapping[str, Any], kinds: Mapping[str, tuple[Severity, AutoFixable]]) -> Rule:
    name = table.get("id")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError(f"a rule's id is not understood: {name!r}", "use small letters and '-'")
    where = f"rule {name!r}"
    if missing := [key for key in _NEEDED if key not in table]:
        raise UsageError(f"{where} has no {missing[0]}", f"give it: {', '.join(_NEEDED)}")
    if unknown := sorted(set(table) - {*_NEEDED, *_MAY}):
        raise UsageError(f"{where}: unknown key {unknown[0]!r}", f"use: {', '.join(_MAY)}")
    category = str(table["category"])
    if category not in _KNOWN and category not in kinds:
        raise UsageError(
            f"{where}: there is no category {category!r}",
            f"declare it: [categories.{category}] in regreen.toml, or "
            f"[tool.regreen.categories.{category}] in pyproject.toml",
        )
    severity, fixable = kinds.get(category, (None, AutoFixable.NO))
    if "severity" in table:
        severity = _one_of(Severity, table["severity"], f"{where}: severity")
    if "auto_fixable" in table:
        fixable = _one_of(AutoFixable, table["auto_fixable"], f"{where}: auto_fixable")
    compiled = linear(table["pattern"], "the pattern", where)
    return pattern(
        name,
        table["pattern"],
        triggers=_texts(table["triggers"], f"{where}: triggers"),
        category=category,
        matches=str(table["matches"]),
        ignores=str(table["ignores"]),
        tool=str(table["tool"]) if "tool" in table else name,
        weight=_weight(table.get("weight", "verdict"), where),
        fixable=fixable,
        severity=severity,
        confidence=_share(table.get("confidence", 0.9), f"{where}: confidence"),
        beats=frozenset(_texts(table.get("beats", []), f"{where}: beats", empty=True)),
        compiler=lambda _: compiled,
    )


def _one_of(kind: type[_Word], value: Any, where: str) -> _Word:
    try:
        return kind(value)
    except ValueError as error:
        raise UsageError(f"{where} cannot be {value!r}", f"use: {', '.join(kind)}") from error


def _weight(value: Any, where: str) -> Weight:
    names = {weight.name.lower(): weight for weight in Weight}
    if value not in names:
        raise UsageError(f"{where}: weight cannot be {value!r}", f"use: {', '.join(names)}")
    return names[value]


def _share(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise UsageError(f"{where} cannot be {value!r}", "use a number above 0, at most 1")
    return float(value)


def _texts(value: Any, where: str, *, empty: bool = False) -> tuple[str, ...]:
    fits = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    if fits and (value or empty):
        return tuple(value)
    raise UsageError(f"{where} are not understood: {value!r}", 'write a list: ["…", "…"]')
