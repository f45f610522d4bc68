"""Justfiles, recipe by recipe: the same recipes, needs and commands, none of them forgiven.

Source: https://just.systems/man/en/
"""

from __future__ import annotations

import re

from regreen.verify.guard import shell
from regreen.verify.guard.standins import NOWHERE, Ground

_RECIPE = re.compile(r"^@?(?P<name>[A-Za-z_][\w-]*)(?P<parameters>[^:=]*):(?!=)(?P<needs>[^#]*)")


def objections(path: str, old: str, new: str, ground: Ground = NOWHERE) -> list[str]:
    """Return what the recipes of a justfile no longer do."""
    before, after = _recipes(old), _recipes(new)
    reasons = []
    for name, (needs, body) in before.items():
        if name not in after:
            reasons.append(f"it removes the recipe {name!r}: {path}")
            continue
        later, commands = after[name]
        where = f"{path}, recipe {name!r}"
        if not name and body != commands:
            reasons.append(f"it changes settings or variables: {path}")
        elif name:
            if _shell(body) != _shell(commands):
                reasons.append(f"it runs in another shell: {where}")
            if set(needs.split()) - set(later.split()):
                reasons.append(f"it takes what the recipe needs away: {where}")
            reasons += shell.weaker(_plain(body), _plain(commands), where, ground)
            if _forgiven(commands) > _forgiven(body):
                reasons.append(f"it lets a command fail without notice: {where}")
    return reasons


def _recipes(text: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {"": ("", "")}
    name = ""
    for row in re.sub(r"\\\n\s*", " ", text).split("\n"):
        match = _RECIPE.match(row[:500])
        if row[:1] in {" ", "\t"} and name:
            needs, body = found[name]
            found[name] = (needs, f"{body}{row.strip()}\n")
        elif match:
            name = match["name"]
            found[name] = (match["needs"].strip(), "")
        elif row.strip() and not row.startswith(("#", "[")):
            name = ""
            found[""] = ("", f"{found[''][1]}{row.strip()}\n")
    return found


def _plain(body: str) -> str:
    split = shell.strict if not _shell(body) else str
    rows = (split(re.sub(r"^[@-]+\s*", "", row)) for row in body.split("\n"))
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", r"${\1}", "\n".join(rows))


def _shell(body: str) -> str:
    return body.split("\n", 1)[0].strip() if body.startswith("#!") else ""


def _forgiven(body: str) -> int:
    return sum(bool(re.match(r"@?-", row)) for row in body.split("\n"))
