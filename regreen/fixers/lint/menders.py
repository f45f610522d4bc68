"""Every other formatter and linter that mends what it finds: one table, one way to call them.

The table is data (``data/menders.toml``). The job's own call is made anew in its mending mode, so
version, configuration and files are the job's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

from regreen.fixers.lint.checker import Checker, runs
from regreen.model import Failure, Idea, Scope
from regreen.scene import Scene

ID = "tools that mend"
DOCS = "https://prettier.io/docs/cli"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield runs of the failing tool in its mending mode."""
    checker = checkers().get(failure.tool or "")
    return () if checker is None else runs(checker, failure, scene)


@cache
def checkers() -> dict[str, Checker]:
    """Return the table by the names under which log rules report the tools."""
    place = resources.files("regreen.fixers.lint").joinpath("data/menders.toml")
    found: dict[str, Checker] = {}
    for name, row in tomllib.loads(place.read_text("utf-8")).items():
        tools = (name, *row.get("aliases", ()))
        checker = Checker(
            ID,
            frozenset(tools),
            tuple(row.get("programs", (name,))),
            tuple(row.get("after", ())),
            frozenset(row.get("drop", ())),
            frozenset(row.get("valued", ())),
            tuple(row.get("add", ())),
            f"{name} mends what it finds",
            Scope(row.get("scope", "code")),
            dict(row.get("becomes", {})),
            bool(row.get("named", True)),
        )
        found |= dict.fromkeys(tools, checker)
    return found
