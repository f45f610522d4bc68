"""Modules that are not there: ``ModuleNotFoundError``, ``ImportError``, ``No module named``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.paths import relative
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, unique
from regreen.model import AutoFixable, Category, Diagnostic

_MISSING = expression(
    r"^(?P<prefix>E )?\s*(?:[\w.]+: )?(?:ModuleNotFoundError|ImportError): "
    r"No module named ['\"]?(?P<module>[\w.]+)['\"]?(?P<rest>.*)$",
    re.MULTILINE,
)
_NAME = expression(
    r"^(?P<prefix>E )?\s*ImportError: cannot import name ['\"](?P<name>\w+)['\"] "
    r"from (?:partially initialized module )?['\"](?P<module>[\w.]+)['\"](?:"
    r" \((?P<file>[^)\n]+)\))?.*$",
    re.MULTILINE,
)
_RUN = expression(
    r"^(?P<python>\S*python[\d.]*(?:\.exe)?: )?No module named '?(?P<module>[\w.]+)'?(?P<rest>.*)$"
)
_CHAINED = "During handling of the above exception, another exception occurred:"
_LIBRARY = expression(
    r"^(?P<prefix>E )?\s*ImportError: (?P<message>(?:lib\S+: cannot open shared"
    r" object file|DLL load failed).*)$",
    re.MULTILINE,
)
_FRAME = expression(
    r'^(?:E )?\s*(?:File "(?P<quoted>[^"\n]+)", line \d+|(?P<bare>[\w./@+-]+\.py):\d+: in )',
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Missing:
    """Lines that name missing modules, and the modules as diagnostics (``code`` is the module)."""

    lines: tuple[int, ...]
    diagnostics: tuple[Diagnostic, ...]


def missing(excerpt: Excerpt, *, prefix: str | None) -> Missing:
    """Return the modules from elsewhere that imports failed on.

    ``prefix`` is ``"E "`` for pytest's tracebacks and ``None`` for the others. A module below one
    of the project's own packages, and a name that one of its own files lacks, are the project's
    business and left out.
    """
    own = _own_packages(excerpt)
    found: dict[int, Diagnostic] = {}
    for index, match in excerpt.grep(_MISSING, "No module named "):
        module = match["module"]
        if match["prefix"] == prefix and not ("." in module and module.split(".")[0] in own):
            found[index] = diagnostic(None, module, f"No module named '{module}'")
    for index, match in excerpt.grep(_NAME, "cannot import name "):
        top = match["module"].split(".")[0]
        if (
            match["prefix"] == prefix
            and not _is_own(match["file"], top, own)
            and top not in sys.stdlib_module_names
        ):
            text = f"cannot import name '{match['name']}' from '{match['module']}'"
            found[index] = diagnostic(None, match["module"], text)
    for index, match in excerpt.grep(_LIBRARY, "ImportError: "):
        if match["prefix"] == prefix:
            found[index] = diagnostic(None, "ImportError", match["message"])
    final = [index for index in sorted(found) if not _was_handled(excerpt, index)]
    lines = tuple(final or sorted(found))
    return Missing(lines, unique(found[index] for index in lines))


def _was_handled(excerpt: Excerpt, index: int) -> bool:
    """Whether the program tried something else after it: ``except ImportError: import other``."""
    return _CHAINED in excerpt.lines[index + 1 : index + 4]


def _is_own(file: str | None, top: str, own: frozenset[str]) -> bool:
    if file is None or file == "unknown location":
        return top in own
    return relative(file) is not None


def _own_packages(excerpt: Excerpt) -> frozenset[str]:
    """First folders of the repository's files that stand in tracebacks (``src`` looked through)."""
    own: set[str] = set()
    for _, match in excerpt.grep(_FRAME, ", line ", ": in "):
        file = relative(match["quoted"] or match["bare"] or "")
        if file is not None and "/" in file:
            parts = file.removeprefix("src/").removeprefix("lib/").split("/")
            own.add(parts[0].removesuffix(".py"))
    return frozenset(own - {"tests", "test"})


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    gone = missing(excerpt, prefix=None)
    runs = [
        (i, m)
        for i, m in excerpt.grep(_RUN, "No module named ")
        if m["python"] or is_final(excerpt, i)
    ]
    lines = (*gone.lines, *(i for i, _ in runs))
    if not lines:
        return
    last = max(lines)
    made = [diagnostic(None, m["module"], f"No module named '{m['module']}'") for _, m in runs]
    yield Finding(
        "python",
        Category.DEPENDENCY_ISSUE,
        Weight.VERDICT if is_final(excerpt, last) else Weight.SIGN,
        tuple(sorted(lines)),
        unique((*gone.diagnostics, *made)),
        AutoFixable.PARTIAL,
        confidence=0.95 if is_final(excerpt, last) else 0.7,
    )


RULES = (
    Rule(
        "imports",
        ("No module named", "ImportError: "),
        _find,
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n'
        "    import yaml\nModuleNotFoundError: No module named 'yaml'",
        "ImportError: cannot import name 'b' from 'a.c' (/home/runner/work/a/a/a/c.py)",
    ),
)
