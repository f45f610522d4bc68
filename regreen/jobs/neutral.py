"""Steps that are the same on every system: formatters, linters, type checkers.

What a step runs is known from its script alone, and only where that is plain command lines, which
PowerShell, ``cmd`` and a POSIX shell read alike: words and quotes, no variable, pipe or block.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from regreen.jobs.workflow import StepSpec

CHECKS = frozenset({
    "autoflake", "autopep8", "bandit", "black", "blacken-docs", "blue", "codespell", "darker",
    "docformatter", "doc8", "flake8", "flakeheaven", "flynt", "interrogate", "isort", "mypy",
    "pep8", "pflake8", "pre-commit", "prek", "pycln", "pycodestyle", "pydocstyle", "pyflakes",
    "pylint", "pyproject-fmt", "pyright", "basedpyright", "pytype", "pyupgrade", "ruff",
    "sqlfluff", "typos", "usort", "validate-pyproject", "vulture", "yamllint", "yapf",
    "zizmor",
})  # fmt: skip
_ACTIONS = frozenset({
    "psf/black", "pre-commit/action", "isort/isort-action", "chartboost/ruff-action",
    "astral-sh/ruff-action", "jakebailey/pyright-action", "codespell-project/actions-codespell",
    "crate-ci/typos", "rickstaa/action-black",
})  # fmt: skip
_CHECKING_ENVIRONMENTS = CHECKS | frozenset({
    "lint", "linting", "linter", "linters", "format", "formatting", "fmt", "style",
    "codestyle", "typing", "types", "type", "typecheck", "type-check", "typechecking",
    "checkqa", "qa",
})  # fmt: skip
_BY_SYSTEM = frozenset({"mypy", "pyright", "basedpyright", "pytype", "pylint", "type", "types"})
"""Tools that judge ``sys.platform`` by the system they run on."""
_INSTALLERS = frozenset({"pip", "pip3", "poetry", "pdm", "pipenv", "uv", "pipx", "rye"})
_INSTALLING = frozenset({"install", "sync", "add", "lock", "config", "self", "venv"})
_HARMLESS = frozenset({"echo", "cd", "true"})
_RUNNERS = (
    ("python", "-m"), ("python3", "-m"), ("py", "-m"), ("poetry", "run"), ("pdm", "run"),
    ("uv", "run"), ("pipenv", "run"), ("hatch", "run"), ("pipx", "run"), ("rye", "run"),
    ("uv", "tool", "run"), ("uvx",), ("time",),
)  # fmt: skip
_PLAIN = re.compile(r"[\w\s./:=,+@~'\"\[\]*<>!?-]*")
_REDIRECTED = re.compile(r"(?:^|\s)\d?[<>]")
_CMDLET = re.compile(r"[A-Z][a-z]+-[A-Z]\w+")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_NATIVE = frozenset({"choco", "winget", "scoop", "vcpkg", "nuget", "brew", "port", "mas", "xcrun"})


def checks_of(step: StepSpec) -> frozenset[str]:
    """Return the tools by which ``step`` checks files; none where it does anything else besides."""
    if step.uses is not None:
        name = step.uses.partition("@")[0].strip().lower()
        return frozenset({name.rsplit("/", 1)[-1]}) if name in _ACTIONS else frozenset()
    found: set[str] = set()
    for words in _commands(step.run or "") or ():
        tool = _tool(words)
        if tool is not None:
            found.add(tool)
        elif words[0] not in _HARMLESS and not _installs(words):
            return frozenset()
    return frozenset(found)


def judged_by_system(tools: frozenset[str]) -> frozenset[str]:
    """Return those of ``tools`` whose verdict may depend on the system."""
    return tools & _BY_SYSTEM


def is_plain(script: str) -> bool:
    """Return whether every shell reads ``script`` alike."""
    return _commands(script) is not None


def is_native(script: str) -> bool:
    """Return whether ``script`` calls a package manager that only another system has."""
    first = {line.split()[0].lower() for line in script.splitlines() if line.split()}
    return bool(first & _NATIVE)


def unwrapped(words: list[str]) -> list[str]:
    """Return a command without what only starts it: ``poetry run``, ``python -m``."""
    for start in sorted(_RUNNERS, key=len, reverse=True):
        if tuple(words[: len(start)]) == start and len(words) > len(start):
            left = words[len(start) :]
            while left and left[0].startswith("-"):
                left = left[1:]
            return left
    return list(words)


def _commands(script: str) -> list[list[str]] | None:
    """Return the words of each command; ``None`` for what is more than plain command lines."""
    found = []
    for line in _lines(_EXPRESSION.sub("x", script)):
        for part in line.split("&&"):
            if not _PLAIN.fullmatch(part) or _REDIRECTED.search(part) or not part.strip():
                return None
            try:
                words = shlex.split(part)
            except ValueError:
                return None
            if _CMDLET.fullmatch(words[0]) or "=" in words[0]:
                return None
            found.append(words)
    return found


def _lines(script: str) -> Iterator[str]:
    for line in script.splitlines():
        text = line.strip()
        if text and not text.startswith("#"):
            yield text


def _tool(words: list[str]) -> str | None:
    """Return the checking tool that a command runs, behind what only starts it."""
    left = unwrapped(words)
    name = left[0].rsplit("/", 1)[-1].removesuffix(".exe") if left else ""
    if name in CHECKS:
        return name
    if name in {"tox", "nox", "hatch"}:
        return _environment(left)
    if name in {"make", "just", "task", "invoke"} and len(left) > 1:
        targets = set(left[1:])
        return min(targets) if targets <= _CHECKING_ENVIRONMENTS else None
    return None


def _environment(words: list[str]) -> str | None:
    """Return the one environment that ``tox -e NAME`` or ``nox -s NAME`` runs, if it checks."""
    text = " ".join(words[1:])
    found = re.search(r"(?:^|\s)(?:-e|-s|--session|--sessions|--env)[= ]?([\w.,-]+)", text)
    names = found[1].split(",") if found else []
    known = [name for name in names if name.lower() in _CHECKING_ENVIRONMENTS]
    return known[0].lower() if known and len(known) == len(names) else None


def _installs(words: list[str]) -> bool:
    left = words[2:] if words[1:2] == ["-m"] else words
    verbs = [word for word in left[1:] if word != "pip"]
    return left[:1] != [] and left[0] in _INSTALLERS and verbs[:1] != [] and verbs[0] in _INSTALLING
