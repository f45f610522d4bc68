"""The words of ``account``: what codes and tools are called in plain language.

Codes are those that the tools document: pycodestyle's and pyflakes's (flake8 and ruff share them),
ruff's other families, pylint's messages, mypy's error codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from regreen.deliver.quotes import short
from regreen.model import Category, Failure


class Kind(NamedTuple):
    """What one finding and several of a kind are called, and what its tool does about it."""

    one: str
    many: str
    verb: str = "mend"


_UNUSED_IMPORT = Kind("unused import", "unused imports", "remove")
_UNUSED_NAME = Kind("unused variable", "unused variables", "remove")
_UNDEFINED = Kind("undefined name", "undefined names")
_LONG_LINE = Kind("line that is too long", "lines that are too long", "wrap")
_TRAILING = Kind("line with trailing white space", "lines with trailing white space")
_ORDER = Kind("unsorted import block", "unsorted import blocks", "sort")
_BARE_EXCEPT = Kind("bare except", "bare excepts")
_LATE_IMPORT = Kind("import below other code", "imports below other code")
_REDEFINED = Kind("redefinition", "redefinitions")
_NO_DOCSTRING = Kind("missing docstring", "missing docstrings")
_COMPLEX = Kind("function that is too complex", "functions that are too complex")
_F_STRING = Kind("f-string without a placeholder", "f-strings without placeholders")
_BLANK_LINES = Kind("wrong number of blank lines", "wrong numbers of blank lines")
_SYNTAX = Kind("syntax error", "syntax errors")

KINDS: Mapping[str, Kind] = {
    "F401": _UNUSED_IMPORT,
    "F403": Kind("star import", "star imports"),
    "F405": Kind("name that a star import may define", "names that a star import may define"),
    "F541": _F_STRING,
    "F811": _REDEFINED,
    "F821": _UNDEFINED,
    "F841": _UNUSED_NAME,
    "E302": _BLANK_LINES,
    "E303": _BLANK_LINES,
    "E305": _BLANK_LINES,
    "E401": Kind("line with several imports", "lines with several imports"),
    "E402": _LATE_IMPORT,
    "E501": _LONG_LINE,
    "E711": Kind("comparison with None", "comparisons with None"),
    "E712": Kind("comparison with True or False", "comparisons with True or False"),
    "E722": _BARE_EXCEPT,
    "E731": Kind("lambda given a name", "lambdas given names"),
    "E741": Kind("ambiguous name", "ambiguous names"),
    "E902": Kind("file that could not be read", "files that could not be read"),
    "E999": _SYNTAX,
    "W291": _TRAILING,
    "W292": Kind("missing line end at the end of a file", "missing line ends at the end of files"),
    "W293": Kind("blank line with white space", "blank lines with white space"),
    "W605": Kind("invalid escape sequence", "invalid escape sequences"),
    "I001": _ORDER,
    "C901": _COMPLEX,
    "B006": Kind("mutable default argument", "mutable default arguments"),
    "B904": Kind("raise without its cause", "raises without their cause"),
    "D100": _NO_DOCSTRING,
    "D101": _NO_DOCSTRING,
    "D102": _NO_DOCSTRING,
    "D103": _NO_DOCSTRING,
    "S101": Kind("assert outside of a test", "asserts outside of tests"),
    "T201": Kind("print call", "print calls"),
    "UP006": Kind("outdated annotation", "outdated annotations", "renew"),
    "UP007": Kind("outdated annotation", "outdated annotations", "renew"),
    "UP035": Kind("outdated import", "outdated imports", "renew"),
    "invalid-syntax": _SYNTAX,
    "C0103": Kind("name against the naming style", "names against the naming style"),
    "C0114": _NO_DOCSTRING,
    "C0115": _NO_DOCSTRING,
    "C0116": _NO_DOCSTRING,
    "C0301": _LONG_LINE,
    "C0303": _TRAILING,
    "C0411": Kind("import in the wrong order", "imports in the wrong order"),
    "C0413": _LATE_IMPORT,
    "C0415": Kind("import inside a function", "imports inside functions"),
    "E0401": Kind("import that cannot be resolved", "imports that cannot be resolved"),
    "E0602": _UNDEFINED,
    "E0611": Kind("name that its module lacks", "names that their modules lack"),
    "E1101": Kind("unknown member", "unknown members"),
    "E1102": Kind("call of what is not callable", "calls of what is not callable"),
    "R0801": Kind("piece of duplicate code", "pieces of duplicate code"),
    "R0913": Kind("function with too many arguments", "functions with too many arguments"),
    "W0311": Kind("wrong indentation", "wrong indentations"),
    "W0611": _UNUSED_IMPORT,
    "W0612": _UNUSED_NAME,
    "W0613": Kind("unused argument", "unused arguments"),
    "W0702": _BARE_EXCEPT,
    "W0718": Kind("except that is too broad", "excepts that are too broad"),
    "arg-type": Kind("argument of the wrong type", "arguments of the wrong type"),
    "assignment": Kind("assignment of the wrong type", "assignments of the wrong type"),
    "attr-defined": Kind("unknown attribute", "unknown attributes"),
    "call-arg": Kind("call with wrong arguments", "calls with wrong arguments"),
    "import-not-found": Kind("import that was not found", "imports that were not found"),
    "import-untyped": Kind("import without types", "imports without types"),
    "index": Kind("wrong index", "wrong indexes"),
    "name-defined": _UNDEFINED,
    "no-any-return": Kind("return of an untyped value", "returns of untyped values"),
    "no-redef": _REDEFINED,
    "no-untyped-call": Kind("call of an untyped function", "calls of untyped functions"),
    "no-untyped-def": Kind("function without annotations", "functions without annotations"),
    "operator": Kind("operator on the wrong types", "operators on the wrong types"),
    "return-value": Kind("return of the wrong type", "returns of the wrong type"),
    "type-arg": Kind("generic without its parameters", "generics without their parameters"),
    "union-attr": Kind(
        "attribute that a part of a union lacks", "attributes that a part of a union lacks"
    ),
    "unreachable": Kind("statement that is never reached", "statements that are never reached"),
    "unused-ignore": Kind("needless type: ignore", "needless type: ignores", "remove"),
    "var-annotated": Kind("variable without annotation", "variables without annotation"),
}

GENERAL: Mapping[str, Kind] = {
    Category.TYPE_ERROR: Kind("type error", "type errors"),
    Category.SECURITY_SCAN: Kind("security issue", "security issues"),
    Category.SYNTAX_ERROR: Kind("syntax error", "syntax errors"),
    Category.BUILD_ERROR: Kind("error", "errors"),
}
PROBLEM = Kind("problem", "problems")

REWRITERS: Mapping[str, str] = {
    "autoflake": "would remove unused code from",
    "autopep8": "would reformat",
    "black": "would reformat",
    "docformatter": "would reformat the docstrings of",
    "gofmt": "would reformat",
    "isort": "would sort the imports of",
    "prettier": "would reformat",
    "pyupgrade": "would modernise",
    "ruff-format": "would reformat",
    "rustfmt": "would reformat",
    "terraform-fmt": "would reformat",
    "yapf": "would reformat",
}
"""Tools that find what they would themselves change."""

OPENINGS: Mapping[str, tuple[str, str]] = {
    Category.DEPENDENCY_ISSUE: ("A dependency is missing or does not fit", "{} could not go on"),
    Category.LINTING_ERROR: ("A check of the code failed", "{} complains"),
    Category.SYNTAX_ERROR: ("The code does not parse", "{} cannot parse the code"),
    Category.TEST_FAILURE: ("Tests failed", "{} reports failing tests"),
    Category.TYPE_ERROR: ("The types do not fit", "{} complains about types"),
    Category.SECURITY_SCAN: ("A security scan failed", "{} reports a security issue"),
    Category.BUILD_ERROR: ("The build failed", "{} could not build"),
    Category.TIMEOUT: ("The step ran into a time limit", "{} ran into a time limit"),
    Category.NETWORK_ERROR: ("The network or a server failed", "{} had trouble with the network"),
    Category.PERMISSION_ERROR: ("Permission was refused", "{} was refused permission"),
    Category.RESOURCE_EXHAUSTION: ("Memory or disk ran out", "{} ran out of memory or disk"),
    Category.CONFIGURATION_ERROR: ("A setting is wrong", "{} found a setting wrong"),
    Category.UNKNOWN: ("The step failed", "{} failed"),
}
"""The first words where only a message is known: without and with a tool."""

CIRCUMSTANCES = (Category.TIMEOUT, Category.RESOURCE_EXHAUSTION)
"""Categories where nothing is promised: what helps mostly lies outside of the code."""

_TOOL = 40
TOOLS: Mapping[str, str] = {"python": "Python", "runner": "The runner"}

HOOK_CHANGED = "files were modified by this hook"
"""What pre-commit prints below a hook that changed files."""

PHRASES: Sequence[tuple[str, str]] = (
    (r"No module named '(?P<name>[\w.]+)'", "{tool} could not import {name}"),
    (
        r"(?:No matching distribution found for|satisfies the requirement) (?P<name>[^\s;(]+)",
        "{tool} found no release of {name} that fits",
    ),
    (
        r"Package '(?P<name>[^']+)' requires a different Python: (?P<is>\S+) not in '(?P<to>[^']+)",
        "{tool} found {name} not made for Python {is}: it wants {to}",
    ),
)
"""What some tools say, as a pattern, and the same in plain words."""

EMPTY = re.compile(
    r"(?i)(?:build (?:step )?)?fail(?:ed|ure)(?: in [\w .]+| with an exception)?[.!]*"
    r"|errors?(?: +\d+ errors?)?|.{0,2}"
)
"""Words that say no more than that it failed."""


def called(failure: Failure) -> str:
    """Return what a failure's tool is called in a sentence; empty where none is known."""
    name = failure.tool or ""
    return TOOLS.get(name) or short(name, _TOOL)


def number(count: int, kind: Kind) -> str:
    """Return ``1 error``, ``2 errors``."""
    return f"{count} {plural(count, kind.one, kind.many)}"


def plural(count: int, one: str, many: str) -> str:
    """Return the form of a word that goes with ``count``."""
    return one if count == 1 else many
