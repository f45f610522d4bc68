"""What is known of the programs that check: their names, their options, how others install them.

Unknown counts as changed: an option that is not listed here may not be added to or dropped from a
command that checks. Sources: the command-line references of the tools named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from packaging.version import InvalidVersion, Version

from regreen.verify.guard import sources

_CHECKERS = re.compile(
    r"^(?:pytest(?:-[\w-]+)?|py\.test|tox(?:-[\w-]+)?|nox|coverage|hypothesis|mypy|pyright|basedpyright|pyre-check"
    r"|pytype|ruff|flake8(?:-[\w-]+)?|pep8-naming|pycodestyle|pyflakes|pydocstyle|darglint|pylint(?:-[\w-]+)?"
    r"|black|isort|yapf|autopep8|autoflake|docformatter|pyupgrade|bandit|safety|pip-audit|semgrep|vulture"
    r"|interrogate|codespell|pre-commit|prek|xdoctest|sybil|nose2?|unittest2|behave|robotframework|twine"
    r"|check-manifest|pyroma|doc8|rstcheck|sphinx-lint|yamllint|mccabe|radon|xenon|import-linter|deptry|typos"
    r"|ty|zizmor|djlint|codecov|detect-secrets|mutmut|testfixtures|typeguard|beartype|django-test[\w-]*)$"
)
_RETIRED = frozenset(
    [
        "pytest-runner",
        "pytest-pythonpath",
        "pytest-pep8",
        "pytest-flakes",
        "nose",
        "unittest2",
        "codecov",
        "tox-travis",
        "tox-gh-actions",
    ]
)
"""They have no living release, or what they did is part of something else now."""

GROUPS = frozenset(
    [
        "--dev",
        "--all-extras",
        "--all-groups",
        "--with",
        "--group",
        "--extra",
        "-r",
        "--requirement",
        "-e",
    ]
)
_INSTALLERS = re.compile(
    r"^(?:sudo )?(?:-E )?(?:apt-get|apt|brew|choco|dnf|yum|apk|conda|mamba|micromamba|npm|gem|pipx"
    r"|(?:python[\d.]* -m )?(?:pip[\d.]*|pipenv|poetry|pdm|uv|flit|hatch|ensurepip|virtualenv|venv)"
    r"|uv pip|rustup|corepack)(?: |$)"
)
_INSTALLING = frozenset(
    [
        "install",
        "update",
        "upgrade",
        "sync",
        "lock",
        "add",
        "self",
        "config",
        "tool",
        "venv",
        "env",
        "create",
        "ci",
        "i",
        "tap",
        "restore",
        "inject",
        "ensurepip",
    ]
)
_RUNNING = frozenset(
    ["run", "test", "check", "publish", "build", "exec", "uvx", "audit", "shell", "script"]
)
_HARMLESS = frozenset(
    [
        "echo",
        "printf",
        "mkdir",
        "ls",
        "df",
        "pwd",
        "export",
        "ldconfig",
        "locale-gen",
        "update-locale",
        "chmod",
        "which",
        "free",
        "uname",
        "date",
        "cat",
        "set",
    ]
)
_STEERING = re.compile(
    r"^(?:PYTEST_\w+|PYTHONWARNINGS|PYTHONOPTIMIZE|PYTHONPATH|PYTHONSTARTUP|PYTHONHOME|PYTHONNOUSERSITE|SKIP|PRE_COMMIT\w*"
    r"|TOX\w+|NOX\w+|COVERAGE\w*|MYPY\w*|RUFF\w*|FLAKE8\w*|PYLINT\w*|BLACK\w*|ISORT\w*|BANDIT\w*|HYPOTHESIS\w*"
    r"|BASH_ENV|ENV|PATH|LD_PRELOAD|SHELLOPTS|BASHOPTS|IFS|PS4|MAKEFLAGS|CI|GITHUB_ACTIONS|DJANGO_SETTINGS_MODULE"
    r"|NOSE\w*|UNITTEST\w*|SPHINXOPTS|ADDOPTS|EXIT_ZERO|LD_LIBRARY_PATH|FAKETIME\w*|NODE_OPTIONS"
    r"|PYTHON(?:HASHSEED|BREAKPOINT|PLATLIBDIR|USERBASE)|JEST_\w+|VITEST\w*|ESLINT\w*|GIT_CONFIG\w*)$"
)
_SHOWN_ONLY = re.compile(
    r"^(?:-v+|-q+|-s|-l|--verbose|--quiet|--color(?:=\S+)?|--no-color|--colored|--durations(?:=\S+)?|--tb(?:=\S+)?"
    r"|-r[a-zA-Z]+|--no-header|--show-capture(?:=\S+)?|--diff|--show-source|--statistics|--count|--pretty"
    r"|--show-error-codes|--show-error-context|--output-format(?:=\S+)?|--junitxml=\S+|--junit-xml=\S+"
    r"|--cov-report(?:=\S+)?|--progress|--no-progress|--show-diff-on-failure|--no-interaction|-n|--numprocesses(?:=\S+)?"
    r"|--no-cache(?:-dir)?|--recreate|-p|auto|xml|term|term-missing|github|colored|-a|--auto-servernum)$"
)
_FORGIVING_MAKE = re.compile(r"-[a-zA-Z]*[niqt][a-zA-Z]*$")
"""Options by which make prints, forgives or touches instead of doing."""
_STRICTER = frozenset(
    [
        "--strict",
        "--strict-markers",
        "--strict-config",
        "-Werror",
        "-W",
        "error",
        "--all-files",
        "-a",
        "--check",
        "--error-on-warnings",
    ]
)
_SUCCESSORS = {
    ("--strict",): ("--strict-markers",),
    ("setup.py", "test"): ("-m", "pytest"),
    ("py.test",): ("pytest",),
    ("--select",): ("--extend-select",),
    ("--format",): ("--output-format",),
    ("--show-source",): ("--output-format=full",),
    ("--recursive",): (),
    ("-rc",): (),
    ("--recursive", "-y"): (),
    ("--py36",): ("--target-version=py36",),
    ("--silent-imports",): ("--ignore-missing-imports",),
}
"""Options that were renamed or dropped, and what says the same now: pytest 4.5 and 8 (--strict),
isort 5 (-rc, --recursive), black 19 (--py36), ruff 0.1 and 0.5 (--format, --show-source)."""


_TASK = re.compile(r"\b(?:make|just|task|npm|yarn|pnpm|go|cargo)\s+(?:run\s+)?(?:test|check|lint)")
_OTHERS = frozenset(
    [
        *("unittest", "jest", "vitest", "mocha", "eslint", "tsc", "ctest", "doctest", "phpunit"),
        *("run_tests", "run-tests", "runtests", "test.sh", "tests.sh", "lint.sh", "check.sh"),
    ]
)


def is_checker(name: str) -> bool:
    """Whether a distribution of this name checks code or runs tests."""
    plain = re.sub(r"[-_.]+", "-", name).lower()
    return bool(_CHECKERS.match(plain)) and plain not in _RETIRED


def are_named(text: str) -> bool:
    """Whether a text names a program that checks."""
    words = set(re.findall(r"[A-Za-z][\w.-]*", text))
    return bool(_TASK.search(text)) or any(is_checker(w) or w in _OTHERS for w in words)


def is_file(word: str) -> bool:
    """Whether a word of an installer's command names a list of requirements or an extra."""
    return word.endswith((".txt", ".in", ".toml", ".lock", ".yml"))


def is_installer(words: Sequence[str]) -> bool:
    """Whether a command brings programs onto the machine, and runs none of the project's."""
    line = " ".join(words)
    if not _INSTALLERS.match(line):
        return False
    verbs = [w for w in words if not w.startswith("-")]
    return not _RUNNING & set(verbs[1:3]) and bool(_INSTALLING & set(verbs))


def is_setting(words: Sequence[str]) -> bool:
    """Whether a command only sets an installer's own option, or renews the installer."""
    line = " ".join(words)
    if not is_installer(words):
        return False
    return bool(re.search(r"\bconfig\b|\bself update\b|--upgrade pip\b|apt(?:-get)? update", line))


def is_harmless(words: Sequence[str]) -> bool:
    """Whether a command neither checks anything nor changes what is checked."""
    plain = [w for w in words if w not in {"sudo", "-E"}]
    if plain[:2] == ["rm", "-rf"] or plain[:1] == ["rm"]:
        return all(w.startswith(("-", "/usr/", "/opt/", "/var/")) for w in plain[1:])
    if plain[:1] == ["chmod"]:
        return bool(re.fullmatch(r"[augo]*\+[rwxX]+|[0-7]?[4-7]{3}", "".join(plain[1:2])))
    if any(re.search(r"PYTEST|PYTHON|TOX|::|GITHUB_ENV", w) for w in plain):
        return False
    return bool(plain) and (plain[0] in _HARMLESS or re.fullmatch(r"\w+=.*", plain[0]) is not None)


def steers(name: str) -> bool:
    """Whether an environment variable of this name can change what a checker does."""
    return bool(_STEERING.match(name)) or sources.is_variable(name)


def narrowed(old: Sequence[str], new: Sequence[str], where: str) -> list[str]:
    """Return why a command with the words ``new`` may check less than with ``old``."""
    lost, more = Counter(old) - Counter(new), Counter(new) - Counter(old)
    for before, after in _SUCCESSORS.items():
        if all(lost[w] for w in before) and all(more[w] for w in after):
            lost -= Counter(before)
            more -= Counter(after)
            continue
        if len(before) == len(after) == 1 and before[0].startswith("--") and "=" not in after[0]:
            _renamed(before[0], after[0], lost, more)
    _same_program(lost, more)
    _raised(lost, more)
    shown = " ".join(old)[:60]
    reasons = [
        f"it drops {word!r} from the command {shown!r}: {where}"
        for word in sorted(lost)
        if not _SHOWN_ONLY.match(word) and not _loosens(word)
    ]
    reasons += [
        f"it adds {word!r} to the command {shown!r}: {where}"
        for word in sorted(more)
        if (not _SHOWN_ONLY.match(word) and word not in _STRICTER)
        or ("make" in old[:2] and _FORGIVING_MAKE.match(word))
    ]
    return reasons


def _renamed(before: str, after: str, lost: Counter[str], more: Counter[str]) -> None:
    """Take out a renamed option that keeps its value: ``--format=x``, ``--output-format=x``."""
    for word in [w for w in lost if w.startswith(f"{before}=")]:
        other = f"{after}={word.partition('=')[2]}"
        if lost[word] > 0 and more[other] > 0:
            lost[word] -= 1
            more[other] -= 1


def _same_program(lost: Counter[str], more: Counter[str]) -> None:
    """Take out what only says how a program is started, as ``python -m`` does."""
    for word in ("-m", "sudo", "python", "python3", "xvfb-run", "exec"):
        del more[word]
    for word in ("exec", "sudo"):
        del lost[word]


def _raised(lost: Counter[str], more: Counter[str]) -> None:
    """Take out pins of the same distribution: ``black==21.12b0`` and ``black==22.3.0``."""
    for word in list(lost):
        name = re.match(r"[\w.-]+(?:==|>=|@)", word)
        other = name and next((w for w in more if w.startswith(name[0])), None)
        numbers = [re.sub(r"^[^=>@]*[=>@]+", "", w) for w in (word, other or "")]
        if other and not (name and is_checker(name[0].strip("=>@")) and _is_older(*numbers)):
            lost[word] -= 1
            more[other] -= 1
    for counter in (lost, more):
        for word in [w for w, count in counter.items() if count <= 0]:
            del counter[word]


def _is_older(old: str, new: str) -> bool:
    try:
        return Version(new) < Version(old)
    except InvalidVersion:
        return False


def _loosens(word: str) -> bool:
    """Whether a word without which the command checks more."""
    return bool(
        re.match(
            r"--(?:ignore|exclude|extend-ignore|extend-exclude|disable|skip|deselect|exit-zero)\b",
            word,
        )
    )
