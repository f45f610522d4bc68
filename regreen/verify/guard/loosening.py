"""Which way a tool's option goes: what it means when a list grows or a number falls.

Names are compared without ``-`` and ``_``. An option that is not known here counts as loosened when
it changes. Sources: the reference of the options of pytest, coverage.py, mypy, pyright, ruff,
flake8, pylint, black, isort, bandit, codespell, interrogate, pydocstyle, vulture and Sphinx.
"""

from __future__ import annotations

import re
from typing import Any

from regreen.verify.guard import checkers

_GROWS = frozenset(
    [
        "ignore",
        "extendignore",
        "disable",
        "exclude",
        "extendexclude",
        "forceexclude",
        "omit",
        "excludelines",
        "excludealso",
        "partialbranches",
        "perfileignores",
        "extendperfileignores",
        "skip",
        "skips",
        "extendskip",
        "skipglob",
        "excludedirs",
        "norecursedirs",
        "ignorepaths",
        "ignorepatterns",
        "ignorewordslist",
        "ignoreregex",
        "ignorewords",
        "disableerrorcode",
        "reportoptionalmemberaccess",
        "goodnames",
        "badfunctions",
        "ignoredmodules",
        "ignoredclasses",
        "generatedmembers",
        "whitelist",
        "allowlist",
        "excludepatterns",
        "nitpickignore",
        "nitpickignoreregex",
        "suppresswarnings",
        "linkcheckignore",
        "unfixable",
        "untypedcallsexclude",
        "collectignore",
        "collectignoreglob",
        "allowedconfusables",
        "ignorenames",
        "ignoredecorators",
        "addignore",
        "extensionpkgallowlist",
        "addignore",
        "ignoremodules",
        "excludemodules",
        "forceskip",
        "skipfile",
        "deselect",
        "ignorevars",
        "dummyvariablergx",
    ]
)
_SHRINKS = frozenset(
    [
        "select",
        "extendselect",
        "enable",
        "enableerrorcode",
        "plugins",
        "loadplugins",
        "files",
        "testpaths",
        "paths",
        "include",
        "source",
        "sourcepkgs",
        "packages",
        "modules",
        "pythonfiles",
        "pythonclasses",
        "pythonfunctions",
        "envlist",
        "targets",
        "filename",
        "extendenable",
        "fixable",
        "requiredplugins",
        "extensions",
        "tests",
        "checks",
        "addselect",
        "reportmissing",
        "contracts",
        "sourcemodules",
        "layers",
        "python",
        "forbiddenmodules",
        "rootpackages",
        "markers",
        "doctestglob",
    ]
)
_NOT_HIGHER = re.compile(
    r"^(?:minconfidence|minsimilaritylines|confidence\w*|maxlinelength|linelength|max\w+|mccabe|complexity|jobs|tolerance\w*|threshold\b.*)$"
)
_NOT_LOWER = re.compile(r"^(?:failunder|failon|min\w+|coveragethreshold|precision|target)$")
_LOOSE_WHEN_TRUE = re.compile(
    r"^(?:ignore\w*|allow\w*|skip\w*|implicit\w*|exitzero|disable\w*|nostrict\w*|noisort|quiet|nolint|lenient\w*"
    r"|respectgitignore|excludeprotected|silent\w*|continueonerror|ignoreoutcome|ignoreerrors|warnonly|failfast)$"
)
_STRICT_WHEN_TRUE = re.compile(
    r"^(?:strict\w*|warn\w*|disallow\w*|check\w*|noimplicit\w*|xfailstrict|branch|report\w+|force\w*|nitpicky"
    r"|localpartialtypes|extrachecks|preview|requirehashes|failon\w*|showmissing|relativefiles|parallel)$"
)
_FREE = re.compile(
    r"^(?:asynciomode|asynciodefault\w*|pythonpath|mypypath|minversion|requiredversion|cachedir\w*|showerrorcodes|pretty"
    r"|color\w*|consoleoutputstyle|logcli\w*|junit\w*|datafile|src|timeout\w*|output\w*|version"
    r"|description|sqlitecache|showsource|statistics|count|verbose|verbosity|skipmissinginterpreters_|basetemp"
    r"|title|cachefinegrained|incremental|pythonexecutable|html|directory|xml|djangosettingsmodule_)$"
)
_INFLATING = {
    "pythonfunctions": re.compile(""),
    "pythonclasses": re.compile(""),
    "source": re.compile(r"(?:^|/)tests?(?:/|$)"),
    "sourcepkgs": re.compile(r"^tests?(?:\.|$)"),
    "loadplugins": re.compile(r"^(?!pylint|perflint)\w+\.|/"),
    "plugins": re.compile(r"\.py$|/"),
}
"""What more of is no gain: other names that count as tests, tests that count as covered code, a
plug-in of the repository's own."""


def plain(key: str) -> str:
    """Return an option's name as it is compared."""
    return re.sub(r"[-_ .]", "", key).lower()


def rows(value: Any) -> list[str]:
    """Return a list of words, however a format writes it."""
    if isinstance(value, str):
        parts = re.split(r"[,\n]" if "\n" in value or "," in value else r"\s+", value)
        return [text for p in parts if (text := re.sub(r"(?:^|\s)[#;].*$", "", p).strip())]
    if isinstance(value, dict):
        return [f"{k}:{row}" for k, v in value.items() for row in (rows(v) or [""])]
    if isinstance(value, list | tuple):
        return [str(v) for v in value]
    return [] if value is None else [str(value)]


def loosened(key: str, old: Any, new: Any) -> bool:
    """Whether ``key`` checks less with ``new`` than with ``old`` (``None``: not set)."""
    name = plain(key)
    before, after = rows(old), rows(new)
    if name == "asynciomode":
        return "auto" in before and "auto" not in after
    if (before == after and (old is None) == (new is None)) or _FREE.match(name):
        return False
    if name in {"filterwarnings", "addopts", "warningfilters"}:
        return _filters(before, after) if name != "addopts" else _options(old, new)
    if name in _GROWS:
        return bool(set(after) - set(before))
    if name in _SHRINKS:
        return _shrunk(name, before, after, old is None)
    if (numbers := _numbers(old, new)) is not None:
        return _number(name, *numbers)
    return _switch(name, _truth(old), _truth(new))


def _shrunk(name: str, before: list[str], after: list[str], unset: bool) -> bool:
    more = set(after) - set(before)
    if "!" in "".join(after) or any(
        map(_INFLATING[name].search, more) if name in _INFLATING else ()
    ):
        return True
    if not after and before:
        return True
    if unset:
        return name in {
            "files",
            "testpaths",
            "paths",
            "include",
            "select",
            "source",
            "packages",
            "modules",
            "pythonfiles",
            "pythonfunctions",
            "pythonclasses",
            "filename",
            "fixable",
            "checks",
            "tests",
            "targets",
            "python",
        }
    if "ALL" in after:
        return False
    return not all(
        any(row == new or (row.startswith(new) and name.endswith("select")) for new in after)
        for row in before
    )


def _numbers(old: Any, new: Any) -> tuple[float | None, float | None] | None:
    found: list[float | None] = []
    for value in (old, new):
        if value is None:
            found.append(None)
            continue
        try:
            found.append(float(str(value).strip().rstrip("%")))
        except ValueError:
            return None
    if isinstance(old, bool) or isinstance(new, bool):
        return None
    return found[0], found[1]


def _number(name: str, old: float | None, new: float | None) -> bool:
    if _NOT_HIGHER.match(name):
        return (new is not None and (old is None or new > old)) or (
            new is None and name.startswith("maxcompl")
        )
    if _NOT_LOWER.match(name):
        return old is not None and (new is None or new < old)
    return True


def _truth(value: Any) -> bool | None:
    text = str(value).strip().lower()
    if text in {"true", "1", "yes", "on", "error", "warning"}:
        return True
    return (
        False
        if text in {"false", "0", "no", "off", "none", "information", ""} or value is None
        else None
    )


def _switch(name: str, old: bool | None, new: bool | None) -> bool:
    if new is None or old is None:
        return True
    if _LOOSE_WHEN_TRUE.match(name):
        return new and not old
    if _STRICT_WHEN_TRUE.match(name):
        return old and not new
    return True


def _filters(before: list[str], after: list[str]) -> bool:
    """A warning that was an error must stay one; what is ignored must not become more."""
    less = [
        row
        for row in before
        if row not in after and row.split(":")[0].strip() in {"error", "once", "always", "default"}
    ]
    more = [
        row for row in after if row not in before and row.split(":")[0].strip() not in {"error"}
    ]
    return bool([r for r in less if r.startswith("error")]) or bool(more)


def _options(old: Any, new: Any) -> bool:
    first, second = (
        value if isinstance(value, list) else str(value or "").split() for value in (old, new)
    )
    return bool(checkers.narrowed(["x", *map(str, first)], ["x", *map(str, second)], ""))
