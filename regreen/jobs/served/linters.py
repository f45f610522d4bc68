"""Actions of formatters and linters: black, ruff, isort, pre-commit, flake8, codespell, typos.

Inputs, defaults and outputs: each action's ``action.yml``; what they do: the scripts that it names.
"""

from __future__ import annotations

import posixpath
import re
import shlex

from regreen.jobs.commands import Effects
from regreen.jobs.served.call import Call, Script, failing
from regreen.jobs.served.tools import Tool, declared, place, requirement, running, spaced, words
from regreen.model import Unsupported

_SUMMARY = """\
{ echo '```python'; cat "$regreen_said"; echo '```'; } >> "$GITHUB_STEP_SUMMARY"
"""
_RELEASE = re.compile(r"v?(\d+\.\d+(?:\.\d+)?(?:[ab]\d+|\.dev\d+)?)")
_RUFF_COMMANDS = frozenset({"check", "format", "rule", "linter", "config", "clean", "version"})
_EXTRAS = "[requirements_deprecated_finder,pipfile_deprecated_finder]"


def black(call: Call) -> Script:
    """Run psf/black: of a release's tag that release, else the newest."""
    version = call.given("version")
    if call.flag("use_pyproject"):
        if version:
            both = "'with.version' and 'with.use_pyproject' inputs are mutually exclusive."
            return failing(both)
        text = call.read("pyproject.toml")
        if text is None:
            return failing("'with.use_pyproject' input requires a pyproject.toml file.")
        found = _required_version(text) or declared(text, "black")
        if found is None:
            return failing("'black' dependency missing from pyproject.toml.")
        version = found
    elif not version:
        released = _RELEASE.fullmatch(call.version)
        version = released[1] if released else ""
    extras = "[colorama,jupyter]" if call.flag("jupyter") else "[colorama]"
    tool = Tool("black", (requirement("black", version, extras),), error="Failed to install Black.")
    plain = f"{call.given('options', '--check --diff')} {call.given('src', '.')}"
    line = f"black {words(call.given('black_args', plain))}"
    after = _SUMMARY if call.flag("summary", True) else ""
    if output := call.given("output-file"):
        after += f'cp -- "$regreen_said" {shlex.quote(output)}\n'
    return running(call, tool, line, after)


def _required_version(text: str) -> str | None:
    found = re.search(r'^required-version\s*=\s*["\']([^"\']+)["\']', _section(text), re.MULTILINE)
    return found[1] if found else None


def _section(text: str) -> str:
    found = re.search(r"^\[tool\.black\]\s*$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def ruff(call: Call) -> Script | Unsupported:
    """Run astral-sh/ruff-action: later steps find ruff, and its findings as annotations."""
    asked = call.given("version")
    file = call.given("version-file")
    if asked and file:
        return failing("It is not allowed to specify both version and version-file")
    if not asked:
        text = call.read(file.removeprefix("./")) if file else _nearest(call)
        asked = (declared(text, "ruff") if text is not None else None) or ""
    sources = call.given("src", call.layout.workspace)
    line = f"RUFF_OUTPUT_FORMAT=github ruff {words(call.given('args', 'check'))} {words(sources)}"
    tool = Tool("ruff", (requirement("ruff", asked),))
    after = 'echo "ruff-version=$(ruff --version | cut -d" " -f2)" >> "$GITHUB_OUTPUT"\n'
    after = f'PATH={place(call.layout, "ruff")}/bin:"$PATH"\n{after}'
    script = running(call, tool, line, after, lasting=True)
    effects = Effects({"RUFF_OUTPUT_FORMAT": "github"}, script.effects.path)
    return Script(script.text, effects=effects, command=script.command)


def _nearest(call: Call) -> str | None:
    """Return the pyproject.toml next to the sources, upward to the workspace."""
    source = call.given("src").split(maxsplit=1)[0] if call.given("src") else ""
    folder = posixpath.relpath(
        posixpath.normpath(posixpath.join(call.layout.workspace, source)), call.layout.workspace
    )
    while folder not in ("", ".", "/") and not folder.startswith(".."):
        text = call.read(f"{folder}/pyproject.toml")
        if text is not None and declared(text, "ruff"):
            return text
        folder = posixpath.dirname(folder)
    return call.read("pyproject.toml")


def chartboost_ruff(call: Call) -> Script:
    """Run chartboost/ruff-action."""
    arguments = words(call.given("args", "check"))
    first = arguments.split(" ", 1)[0]
    if first not in _RUFF_COMMANDS:
        arguments = f"check {arguments}"
    line = f"ruff {arguments} {words(call.given('src', '.'))}"
    return running(call, Tool("ruff", (requirement("ruff", call.given("version")),)), line)


def isort(call: Call) -> Script:
    """Run isort/isort-action: what its inputs hold goes to the shell as it is."""

    def either(new: str, old: str, default: str) -> str:
        return call.given(new) or call.given(old, default)

    version = either("isort-version", "isortVersion", "latest")
    files = either("requirements-files", "requirementsFiles", "").split()
    wanted = [requirement("isort", version, _EXTRAS)]
    wanted += [word for file in files for word in ("-r", file)]
    options = call.given("configuration", "--check-only --diff")
    line = f"isort {options} {either('sort-paths', 'sortPaths', '.')}"
    after = """\
{ echo 'isort-result<<_regreen_end'; cat "$regreen_said"; echo; echo _regreen_end; } >> \
"$GITHUB_OUTPUT"
"""
    return running(call, Tool("isort", tuple(wanted), python="python"), line, after)


def pre_commit(call: Call) -> Script:
    """Run pre-commit/action: pre-commit is installed into the job's own Python, as there."""
    options = call.given("extra_args", "--all-files")
    line = f"pre-commit run --show-diff-on-failure --color=always {options}"
    command = "\n".join(
        [
            "{",
            "python -m pip install --disable-pip-version-check pre-commit || exit",
            "python -m pip freeze --local || exit",
            line,
            "}",
        ]
    )
    return Script(f'cd -- "$GITHUB_WORKSPACE" || exit 1\n{command}', command=command)


def flake8(call: Call) -> Script:
    """Run py-actions/flake8."""
    options = [
        f"--{name}={value}"
        for name in ("ignore", "exclude", "max-line-length")
        if (value := call.given(name))
    ]
    path = words(call.given("path", "."))
    line = spaced("flake8", shlex.join(options), call.given("args"), path)
    wanted = (requirement("flake8", call.given("flake8-version")), *call.given("plugins").split())
    return running(call, Tool("flake8", wanted, python="python"), line)


def codespell(call: Call) -> Script:
    """Run codespell-project/actions-codespell; with ``only_warn`` its findings are no failure."""
    options = [option for name, option in _CODESPELL_FLAGS.items() if call.flag(name)] + [
        word
        for name, option in _CODESPELL_VALUES.items()
        if (value := call.given(name))
        for word in (option, value)
    ]
    line = spaced("codespell", shlex.join(options), words(call.given("path", ".")))
    after = "code=0\n" if call.given("only_warn") else ""
    return running(call, Tool("codespell", ("codespell", "tomli")), line, after)


_CODESPELL_FLAGS = {"check_filenames": "--check-filenames", "check_hidden": "--check-hidden"}
_CODESPELL_VALUES = {
    "exclude_file": "--exclude-file",
    "skip": "--skip",
    "builtin": "--builtin",
    "ignore_words_file": "--ignore-words",
    "ignore_words_list": "--ignore-words-list",
    "uri_ignore_words_list": "--uri-ignore-words-list",
    "config": "--config",
}


def typos(call: Call) -> Script:
    """Run crate-ci/typos: of a release's tag that release, else the newest."""
    released = _RELEASE.fullmatch(call.version)
    version = released[1] if released and released[1].count(".") == 2 else ""
    options = ["--isolated"] if call.flag("isolated") else []
    options += ["--write-changes"] if call.flag("write_changes") else []
    options += ["--config", config] if (config := call.given("config")) else []
    line = spaced("typos", shlex.join(options), words(call.given("files", ".")))
    return running(call, Tool("typos", (requirement("typos", version),)), line)
