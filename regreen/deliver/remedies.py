"""What can be done about a failure: who can mend it, and whether to run it again will help.

``FIXERS`` says for which tools the fixers of ``regreen.fixers.lint`` have ideas, ``TAKEN_UP`` the
same of the other categories, ``COMMANDS`` with what command a tool mends what it finds.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from regreen.deliver.account_words import HOOK_CHANGED
from regreen.model import AutoFixable, Category, Failure

_RUFF = frozenset({"ruff", "ruff check", "ruff-check"})
_OTHER_LINTERS = frozenset({"flake8", "pycodestyle", "pyflakes", "pydocstyle", "pylint"})
_ANY = frozenset[str]()

FIXERS: Mapping[str, frozenset[str]] = {
    "black": frozenset({"black"}),
    "isort": frozenset({"isort"}),
    "ruff check --fix": _RUFF,
    "ruff format": frozenset({"ruff format", "ruff-format"}),
    "docformatter": frozenset({"docformatter"}),
    "tools that mend": _ANY,
    "flake8's formatters": _ANY,
    "bare except": (_OTHER_LINTERS | _RUFF) - {"pylint"},
    "unused global": _OTHER_LINTERS | _RUFF,
    "redefinition": _OTHER_LINTERS | _RUFF,
    "late imports": _OTHER_LINTERS | _RUFF,
    "undefined names": _OTHER_LINTERS | _RUFF,
    "raise from": _OTHER_LINTERS | _RUFF,
    "ruff for other linters": _OTHER_LINTERS,
    "ruff check --unsafe-fixes": _RUFF,
    "autopep8 for pycodestyle": frozenset({"flake8", "pycodestyle"}) | _RUFF,
    "long lines": _OTHER_LINTERS | _RUFF,
    "docstring style": _OTHER_LINTERS | _RUFF,
    "white space": _ANY,
    "check switch": _ANY,
    "formatting target": _ANY,
    "suggested command": _ANY,
    "step changes": _ANY,
}
"""The fixers by their ids, and whose complaints each takes up; the empty ones go by the words."""

TAKEN_UP: Mapping[str, frozenset[str]] = {
    Category.SYNTAX_ERROR: frozenset({"python", "black", "ruff", "mypy", "pytest", "flake8"}),
    Category.TYPE_ERROR: frozenset({"mypy", "pyright"}),
    Category.BUILD_ERROR: frozenset({"build", "pip", "setuptools", "sphinx"}),
    Category.SECURITY_SCAN: frozenset({"bandit", "pip-audit", "trivy"}),
}
"""The other categories that fixers have ideas for, whatever a failure's own words say of that, by
the tools that report them."""
_TESTERS = frozenset({"pytest", "unittest"})
_NAMED = re.compile(
    r"\b(?:NameError|AttributeError|ImportError|ModuleNotFoundError|FileNotFoundError|TypeError"
    r"|DeprecationWarning)\b|fixture '|unexpected keyword argument"
)
"""What a test says whose repair its words tell: a name or a file is another one now."""
_INSTALLERS = frozenset({"pip", "uv"})

# fmt: off
PYLINT_CODES = frozenset([
    "C0114", "C0115", "C0116", "C0117", "C0121", "C0201", "C0208", "C0209", "C0301", "C0303",
    "C0304", "C0305", "C0325", "C0410", "C0411", "C0412", "C0413", "C0414", "C1802", "C3001",
    "E0102", "E0602", "R0205", "R0402", "R1701", "R1703", "R1705", "R1710", "R1711", "R1714",
    "R1715", "R1716", "R1717", "R1718", "R1719", "R1720", "R1721", "R1722", "R1723", "R1724",
    "R1725", "R1728", "R1729", "R1730", "R1731", "R1733", "R1734", "R1735", "R1736", "R5501",
    "W0102", "W0107", "W0108", "W0109", "W0120", "W0301", "W0404", "W0602", "W0611", "W0612",
    "W0707", "W1309", "W1401", "W1405", "W1510", "W1514", "W2301",
])
# fmt: on
"""What of pylint's messages a fixer can mend."""

FLAKE8_CODES = re.compile(
    r"E(?:1|2|3|40[12]|501|70[1-3]|711|712|713|714|722|731|800)|W(?:1|2|3|50[345]|6)|D[1-4]|Q|COM|C4"
    r"|F(?:401|50[1-9]|541|601|632|811|821|824|841|901)|FS00|I\d|UP|SIM|PIE|PT|RET|ISC|BLK|C81"
    r"|B(?:0(?:06|07|09|10|11|13)|90[45])"
)
"""How the codes of flake8 and its plug-ins begin that a fixer can mend."""

COMMANDS: Mapping[str, str] = {
    "autoflake": "autoflake --in-place",
    "autopep8": "autopep8 --in-place",
    "biome": "biome check --write",
    "black": "black",
    "buf": "buf format -w",
    "cargo fmt": "cargo fmt",
    "clang-format": "clang-format -i",
    "clippy": "cargo clippy --fix",
    "codespell": "codespell -w",
    "dart format": "dart format",
    "djlint": "djlint --reformat",
    "docformatter": "docformatter --in-place",
    "dotnet format": "dotnet format",
    "eslint": "eslint --fix",
    "gofmt": "gofmt -w",
    "golangci-lint": "golangci-lint run --fix",
    "isort": "isort",
    "ktlint": "ktlint -F",
    "lintrunner": "lintrunner -a",
    "markdownlint": "markdownlint --fix",
    "php-cs-fixer": "php-cs-fixer fix",
    "phpcs": "phpcbf",
    "pint": "pint",
    "prettier": "prettier --write",
    "pyupgrade": "pyupgrade",
    "rubocop": "rubocop -a",
    "ruff": "ruff check --fix",
    "ruff check": "ruff check --fix",
    "ruff-check": "ruff check --fix",
    "ruff format": "ruff format",
    "ruff-format": "ruff format",
    "rustfmt": "cargo fmt",
    "scalafmt": "scalafmt",
    "shfmt": "shfmt -w",
    "spotless": "spotlessApply",
    "sqlfluff": "sqlfluff fix",
    "standard": "standard --fix",
    "stylelint": "stylelint --fix",
    "swiftlint": "swiftlint --fix",
    "taplo": "taplo fmt",
    "terraform fmt": "terraform fmt",
    "terraform-fmt": "terraform fmt",
    "typos": "typos -w",
    "yapf": "yapf -i",
}
"""How the tools mend what they find."""

_MISSING = re.compile(r"No module named ['\"]?(?P<name>[A-Za-z_]\w*)")
_UNSERVED = re.compile(
    r"No solution found|No matching distribution|Could not find a version that satisfies"
    r"|requires a different Python"
)
_PERMANENT = re.compile(
    r"(?<![\w.:/-])(?:40[0134]|405|410|422|451)(?![\w.:-])|\bE40[134]\b|[Nn]ot [Ff]ound|NOT FOUND"
    r"|does not exist|[Ff]orbidden|[Uu]nauthori[sz]ed|[Uu]nknown host key"
)
_TRANSIENT = re.compile(
    r"(?<![\w.:/-])(?:5\d\d|429)(?![\w.:-])|rate.?limit|too many requests|time[ds]?.?out"
    r"|\bres(?:et|ume)\b|refused|temporar|resolv|resolution|getaddrinfo|ENOTFOUND|EAI_AGAIN|ECONN"
    r"|ETIMEDOUT|unreachable|broken pipe|\beof\b|end of file|closed|hang ?up|hung up|unavailable"
    r"|try again|handshake|http/?2|interrupt|lost communication|shutdown signal|disconnect"
    r"|gateway|truncated|incomplete|name or service|no route|overload",
    re.IGNORECASE,
)


def regreen_tries(failure: Failure, provider: str | None) -> bool:
    """Whether a fixer of regreen takes this failure up.

    ``provider`` is whose log it is; only the jobs of those that `regreen fix` can run are mended,
    and what says nothing of its provider may be one.
    """
    if provider not in (None, "github"):
        return False
    if failure.tool in TAKEN_UP.get(failure.category, ()) or _in_workflow(failure):
        return True
    if failure.category == Category.TEST_FAILURE:
        return failure.tool in _TESTERS and any(_NAMED.search(text) for text in _texts(failure))
    if failure.auto_fixable is AutoFixable.NO:
        return False
    if failure.category not in set(Category) or hook_changed(failure):
        return True
    if failure.category == Category.DEPENDENCY_ISSUE:
        return _missing_module(failure) or _unserved_pin(failure)
    if failure.category != Category.LINTING_ERROR:
        return False
    tool = failure.tool or ""
    codes = [d.code or "" for d in failure.diagnostics]
    if tool == "pylint":
        return not PYLINT_CODES.isdisjoint(codes)
    if tool in _OTHER_LINTERS:
        return any(FLAKE8_CODES.match(code) for code in codes)
    known = menders().union(*FIXERS.values())
    return tool in known or failure.auto_fixable is AutoFixable.YES


@cache
def menders() -> frozenset[str]:
    """Return the tools that the fixer "tools that mend" calls, from its own table."""
    data = resources.files("regreen.fixers").joinpath("lint/data/menders.toml")
    table = tomllib.loads(data.read_text("utf-8"))
    return frozenset(name for key, row in table.items() for name in (key, *row.get("aliases", ())))


def hook_changed(failure: Failure) -> bool:
    """Whether the step changed files itself and failed because it did."""
    return any(HOOK_CHANGED in d.message for d in failure.diagnostics)


def may_pass_again(failure: Failure) -> bool:
    """Whether what failed is known to pass by itself: it says so, or ran out of time."""
    if failure.category == Category.TIMEOUT:
        return True
    if failure.category != Category.NETWORK_ERROR:
        return False
    for texts in ((d.message for d in failure.diagnostics), (e.text for e in failure.evidence)):
        said = " ".join(texts)
        if _TRANSIENT.search(said) or _PERMANENT.search(said):
            return _PERMANENT.search(said) is None
    return False


def is_permanent(failure: Failure) -> bool:
    """Whether a server gave an answer that it will give again."""
    said = " ".join(_texts(failure))
    return _PERMANENT.search(said) is not None and not may_pass_again(failure)


def _in_workflow(failure: Failure) -> bool:
    """Whether it is a fault of a workflow's own file."""
    return failure.category == Category.CONFIGURATION_ERROR and any(
        name.startswith(".github/workflows/") for name in failure.files
    )


def _missing_module(failure: Failure) -> bool:
    names = {m["name"] for text in _texts(failure) for m in _MISSING.finditer(text)}
    return bool(names - sys.stdlib_module_names)


def _unserved_pin(failure: Failure) -> bool:
    return failure.tool in _INSTALLERS and any(_UNSERVED.search(text) for text in _texts(failure))


def _texts(failure: Failure) -> Iterable[str]:
    yield from (d.message for d in failure.diagnostics)
    yield from (e.text for e in failure.evidence)
