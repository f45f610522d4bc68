"""The words by which set-up scripts are known: installers' options, checks, variables."""

from __future__ import annotations

import re

SETTING = re.compile(
    r"\b(?:PIP|UV|POETRY|PIPENV|NPM_CONFIG|npm_config)_\w+\s*[=:]\s*[\"']?(?![\"']?(?:\d+|true|false)\b)[^\s\"']",
    re.IGNORECASE,
)
"""An installer's variable that may name a file: anything but a number, true or false."""
GUARDED = re.compile(r"if \[ -f (?P<file>[\w./-]+) \]; then (?P<then>[^;]+); fi")
"""The line that GitHub's starter workflows guard an installation with."""
CHECKS = re.compile(
    r"(?:py\.?test|unittest|doctest|nose2?|trial|behave|coverage|flake8|pylint|pyflakes|pycodestyle"
    r"|pydocstyle|mypy|pyright|pytype|pyre|ruff|black|isort|bandit|safety|pip-audit|vulture|radon"
    r"|docformatter|interrogate|codespell|yamllint|twine|pre-commit|prek|eslint|prettier|tsc|jest"
    r"|vitest|mocha|stylelint|ctest|check-manifest|sphinx-build|mkdocs|cargo|go)"
)
RUNNERS = {("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("pdm", "run"), ("hatch", "run")}
HARMLESS = frozenset({"echo", "printf", "true", ":", "export", "set", "which", "pwd", "date"})
PYTHON = re.compile(r"(?:/\S*/)?python(?:\d(?:\.\d+)?)?")
ODD = re.compile(r"`|\$\(|\$\{|<\(|<<|\$[A-Za-z_@*#0-9]|\b(?:for|while|if|case|function)\b")
VARIABLE = re.compile(r"\$\{?(?:GITHUB_(?:ENV|PATH|OUTPUT|STEP_SUMMARY)|HOME|PATH)\}?")
OPERATORS = frozenset({"&&", "||", ";", "|", "&"})
LIFECYCLE = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare")
VALUED = frozenset(
    [
        "-i",
        "--index-url",
        "--extra-index-url",
        "--trusted-host",
        "--timeout",
        "--retries",
        "--cache-dir",
        "--upgrade-strategy",
        "--no-binary",
        "--only-binary",
        "--progress-bar",
        "--group",
        "--extra",
    ]
)
"""Options whose value names no file of the repository."""
PLAIN = frozenset(
    [
        "-U",
        "--upgrade",
        "-q",
        "-qq",
        "--quiet",
        "-v",
        "-vv",
        "--verbose",
        "--pre",
        "--user",
        "--system",
        "--no-cache-dir",
        "--no-cache",
        "--no-deps",
        "--no-input",
        "--disable-pip-version-check",
        "--force-reinstall",
        "--no-build-isolation",
        "--break-system-packages",
        "--prefer-binary",
        "--require-hashes",
        "--no-warn-script-location",
        "--frozen",
        "--locked",
        "--no-install-project",
        "--no-dev",
        "--all-extras",
        "--all-groups",
        "--dev",
        "-y",
        "--yes",
        "--no-install-recommends",
    ]
)
"""Options without a value that make an installer read nothing more; any other may name a file."""
LINE_OPTIONS = ("-i", "--index-url", "--extra-index-url", "--hash", "--only-binary", "--no-binary",
                 "--pre", "--prefer-binary", "--require-hashes", "--trusted-host", "-r", "-c",
                 "--requirement", "--constraint")  # fmt: skip
STEERING = re.compile(
    r"^\s*(?:export\s+)?[\"']?(?:PATH|HOME|PYTHON\w*|BASH_ENV|ENV|XDG_\w+|LD_\w+|NODE_\w+|GIT_\w+"
    r"|VIRTUAL_ENV|\w*CONFIG\w*)[\"']?=|GITHUB_PATH",
    re.MULTILINE,
)
"""Variables that make a program find others, or its settings, in another place."""
INSTALLS = {
    ("pipenv", "install"), ("pipenv", "sync"), ("pdm", "install"), ("pdm", "sync"),
    ("flit", "install"), ("hatch", "env"), ("bundle", "install"), ("composer", "install"),
}  # fmt: skip
