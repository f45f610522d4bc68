"""Makefiles, rule by rule: the same targets, the same commands, none of them forgiven."""

from __future__ import annotations

import re

from regreen.verify.guard import checkers, shell

_LONGEST = 500
"""Characters of a line in which the name of a target is looked for."""

_FUNCTIONS = (
    "wildcard|subst|patsubst|addprefix|addsuffix|foreach|filter|filter-out|sort|dir|notdir|basename"
    "|word|words|firstword|strip|call|if|or|and|info|abspath|realpath"
)
_STEERING = frozenset(
    [".IGNORE", ".ONESHELL", ".DEFAULT", ".POSIX", ".SHELLFLAGS", ".EXPORT_ALL_VARIABLES"]
)
"""Source: https://www.gnu.org/software/make/manual/html_node/Special-Targets.html"""
_RULE = re.compile(r"^(?P<targets>[\w./$(){}% -]+?)\s*::?(?!=)\s*(?P<needs>[^#]*)")


def objections(path: str, old: str, new: str) -> list[str]:
    """Return what the recipes of a Makefile no longer do."""
    before, after = _rules(old), _rules(new)
    reasons = []
    for name, (needs, recipe) in before.items():
        if name not in after:
            reasons.append(f"it removes the target {name!r}: {path}")
            continue
        later, commands = after[name]
        where = f"{path}, target {name!r}"
        if set(needs.split()) - set(later.split()):
            reasons.append(f"it takes what the target needs away: {where}")
        added = [n for n in later.split() if n not in needs.split()]
        if "=" in later and later.split() != needs.split():
            reasons.append(f"it sets a variable for the target: {where}")
        for need in added:
            if need in after and need not in before and checkers.are_named(f"{name} {recipe}"):
                reasons += shell.added(_plain(after[need][1]), f"{path}, target {need!r}")
        if recipe == commands:
            continue
        if not name:
            lost = set(recipe.split("\n")) - set(commands.split("\n"))
            reasons += [f"it changes the variable {row[:40]!r}: {path}" for row in sorted(lost)]
            more = set(commands.split("\n")) - set(recipe.split("\n"))
            reasons += [f"it adds to the variables {row[:40]!r}: {path}" for row in sorted(more)]
            continue
        reasons += shell.weaker(_plain(recipe), _plain(commands), where)
        if _forgiven(commands) > _forgiven(recipe):
            reasons.append(f"it lets a command fail without notice: {where}")
    return reasons + [
        f"it adds a rule that changes how others run, {name!r}: {path}"
        for name in after
        if name not in before and (name in _STEERING or "%" in name)
    ]


def _rules(text: str) -> dict[str, tuple[str, str]]:
    """Return needs and recipe of each target; what stands outside of rules under an empty name."""
    found: dict[str, tuple[str, str]] = {"": ("", "")}
    name = ""
    for row in re.sub(r"\\\n\s*", " ", text).split("\n"):
        if row.startswith("\t") and name:
            needs, recipe = found[name]
            found[name] = (needs, f"{recipe}{row[1:]}\n")
        elif (match := _RULE.match(row[:_LONGEST])) and not re.match(r"[\w.]+\s*[:+?]?=", row):
            name = match["targets"].strip()
            needs, recipe = found.get(name, ("", ""))
            found[name] = (f"{needs} {match['needs']}", recipe)
        elif row.strip() and not row.startswith("#"):
            name = ""
            needs, recipe = found[""]
            found[""] = (needs, f"{recipe}{re.sub(r' *[:?+]?= *', '=', row.strip())}\n")
    return found


def _plain(recipe: str) -> str:
    rows = (shell.strict(re.sub(r"^[@+-]+\s*", "", row)) for row in recipe.split("\n"))
    text = re.sub(rf"\$\((?:{_FUNCTIONS})\s", "$(echo ", "\n".join(rows))
    text = re.sub(r"\$\(shell\s+", "$(", text)
    return re.sub(r"\$[({](\w+)[)}]", r"${\1}", text).replace("$$", "$")


def _forgiven(recipe: str) -> int:
    return sum(bool(re.match(r"[@+]*-", row)) for row in recipe.split("\n"))
