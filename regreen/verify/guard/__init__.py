"""No cheating to green: what a patch may do, whoever proposed it.

A first, strict rule. A patch may change existing Python files, the places where dependencies are
declared, and the white space of other text files. It may not touch tests, workflows or tool
configuration, add or delete files, change modes, drop assertions or tests, or silence a checker.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from regreen.git import Tree

_REGULAR = ("100644", "100755")
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|tests?|conftest)\.pyi?$"
)
_WORKFLOW = re.compile(
    r"^\.github/|(?:^|/)(?:\.gitlab-ci|azure-pipelines|\.travis|appveyor|action)\.ya?ml$"
    r"|^\.(?:circleci|buildkite|gitlab|azure-pipelines)/|(?:^|/)Jenkinsfile$"
)
_CONFIGURATION = re.compile(
    r"(?:^|/)(?:tox|\.?pytest|\.?mypy|\.flake8|\.pylintrc|pylintrc|\.coveragerc|\.isort|\.?ruff"
    r"|\.style|\.yapf|\.bandit|\.pydocstyle|pyrightconfig|\.editorconfig|\.pre-commit-config"
    r"|\.pre-commit-hooks|\.markdownlint|\.yamllint|codecov|\.codecov|mkdocs|hatch|\.codespell"
    r"|codespell|\.vulture|\.pdbrc|pixi|uv"
    r")(?:rc)?(?:\.(?:ini|cfg|toml|ya?ml|json|rc))*$"
    r"|(?:^|/)\.(?:git[\w-]+|[\w-]*ignore)$"
    r"|(?:^|/)(?:noxfile\.py|[Mm]akefile|GNUmakefile|justfile|Taskfile\.ya?ml|tasks\.py)$"
)
_REQUIREMENTS = re.compile(r"(?:^|/)[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)$")
_SILENCER = re.compile(
    r"\b(?:noqa|nosec|nosonar|skipcq)\b|type:\s*ignore|(?:pyright|pyre|pytype|mypy)\s*[:-]"
    r"|pylint:\s*(?:disable|skip-file)|(?:fmt|yapf|autopep8|isort):\s*(?:off|skip|disable)"
    r"|pragma:\s*no\b|(?:ruff|flake8|codespell|cspell):\s*\w+"
    r"|\|\|\s*(?:true|:|exit\s+0)\b|continue-on-error|--exit-zero|set\s\+e\b"
    r"|\b(?:skip|skipif|skip_if|skipunless|xfail|skiptest|importorskip|expectedfailure)\b",
    re.IGNORECASE,
)


def objections(base: Tree, patched: Tree) -> tuple[str, ...]:
    """Return why the change from ``base`` to ``patched`` is refused; empty when it is honest."""
    found: list[str] = []
    for path in patched.changed(base):
        found += _of_path(path, base, patched)
    return tuple(found)


def _of_path(path: str, base: Tree, patched: Tree) -> list[str]:
    before, after = base.entries.get(path), patched.entries.get(path)
    if after is None:
        return [f"it deletes {path}"]
    if _TEST.search(path):
        return [f"it changes a test: {path}"]
    if _WORKFLOW.search(path):
        return [f"it changes CI's own definition: {path}"]
    if _CONFIGURATION.search(path):
        return [f"it changes a tool's configuration: {path}"]
    if before is None:
        return [f"it adds a file: {path}"]
    if before.mode != after.mode:
        return [f"it changes the mode of {path} from {before.mode} to {after.mode}"]
    if after.mode not in _REGULAR:
        return [f"it changes a link or submodule: {path}"]
    old, new = base.text(path), patched.text(path)
    if old is None or new is None:
        return [f"it changes {path}, which cannot be read as text"]
    return _of_text(path, old, new)


def _of_text(path: str, old: str, new: str) -> list[str]:
    if len(_SILENCER.findall(new)) > len(_SILENCER.findall(old)):
        return [f"it silences a checker in {path}"]
    strip = _STRIPPERS.get(path.rsplit("/", 1)[-1])
    if strip is not None:
        same = _same(strip, old, new)
        return [] if same else [f"it changes more than dependencies in {path}"]
    if path.endswith((".py", ".pyi")):
        return _of_python(path, old, new)
    if _REQUIREMENTS.search(path) or old.split() == new.split():
        return []
    return [f"it changes more than white space in {path}"]


def _of_python(path: str, old: str, new: str) -> list[str]:
    for what, pattern in _PROOFS.items():
        if len(pattern.findall(new)) < len(pattern.findall(old)):
            return [f"it drops {what} from {path}"]
    if _parses(old) and not _parses(new):
        return [f"it leaves {path} with a syntax error"]
    return []


_PROOFS = {
    "an assertion": re.compile(r"\bassert\w*|\b(?:pytest\.)?raises\b"),
    "a test": re.compile(r"\bdef\s+test\w*|\bclass\s+Test\w*"),
    "an example that is run": re.compile(r"^\s*>>> ", re.MULTILINE),
}
"""Words that make a program prove something. Counted as text, so that no syntax hides them."""


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _same(strip: Callable[[str], Mapping[str, Any]], old: str, new: str) -> bool:
    try:
        return strip(old) == strip(new)
    except (tomllib.TOMLDecodeError, configparser.Error):
        return False


def _pyproject(text: str) -> Mapping[str, Any]:
    """Return a ``pyproject.toml`` without the places where dependencies are declared."""
    data = tomllib.loads(text)
    project = data.get("project", {})
    for key in ("dependencies", "optional-dependencies"):
        project.pop(key, None)
    data.pop("dependency-groups", None)
    data.get("build-system", {}).pop("requires", None)
    poetry = data.get("tool", {}).get("poetry", {})
    for key in ("dependencies", "dev-dependencies"):
        poetry.pop(key, None)
    for group in poetry.get("group", {}).values():
        group.pop("dependencies", None)
    return data


def _setup_cfg(text: str) -> Mapping[str, Any]:
    """Return a ``setup.cfg`` without the options where dependencies are declared."""
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    for key in ("install_requires", "setup_requires", "tests_require"):
        sections.get("options", {}).pop(key, None)
    sections.pop("options.extras_require", None)
    return sections


_STRIPPERS: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
}
