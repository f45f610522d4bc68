"""No cheating to green: what a patch may not do, whoever proposed it.

A first, strict rule: tests, workflows and tool configuration are out of bounds, files may not be
deleted, and nothing that silences a checker may be added.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from regreen.git import Tree

_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|tests?|conftest)\.pyi?$"
)
_WORKFLOW = re.compile(
    r"^\.github/|(?:^|/)(?:\.gitlab-ci|azure-pipelines|\.travis|appveyor|action)\.ya?ml$"
    r"|^\.(?:circleci|buildkite|gitlab|azure-pipelines)/|(?:^|/)Jenkinsfile$"
)
_CONFIGURATION = re.compile(
    r"(?:^|/)(?:tox|pytest|\.?mypy|\.flake8|\.pylintrc|pylintrc|\.coveragerc|\.isort|\.?ruff"
    r"|\.style|\.yapf|\.bandit|\.pydocstyle|pyrightconfig|\.editorconfig|\.pre-commit-config"
    r"|\.pre-commit-hooks|\.markdownlint|\.yamllint|codecov|\.codecov|mkdocs"
    r")(?:\.(?:ini|cfg|toml|ya?ml|json|rc))*$"
    r"|(?:^|/)(?:noxfile\.py|[Mm]akefile|GNUmakefile|justfile|Taskfile\.ya?ml|tasks\.py)$"
)
_SILENCER = re.compile(
    r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore|pylint:\s*(?:disable|skip-file)|fmt:\s*(?:off|skip)"
    r"|yapf:\s*disable|isort:\s*(?:skip|off)|nosec|pragma:\s*no\s*cover|ruff:\s*noqa|mypy:)"
    r"|\|\|\s*(?:true|:|exit\s+0)\b|continue-on-error|@?(?:pytest\.mark|unittest)\.skip"
    r"|pytest\.(?:skip|xfail|mark\.xfail)|set\s\+e\b",
    re.IGNORECASE,
)


def objections(base: Tree, patched: Tree) -> tuple[str, ...]:
    """Return why the change from ``base`` to ``patched`` is refused; empty when it is honest."""
    found: list[str] = []
    for path in patched.changed(base):
        found += _of_path(path, base, patched)
    return tuple(found)


def _of_path(path: str, base: Tree, patched: Tree) -> list[str]:
    if path not in patched.entries:
        return [f"it deletes {path}"]
    if _TEST.search(path):
        return [f"it changes a test: {path}"]
    if _WORKFLOW.search(path):
        return [f"it changes CI's own definition: {path}"]
    if _CONFIGURATION.search(path):
        return [f"it changes a tool's configuration: {path}"]
    before, after = base.entries.get(path), patched.entries[path]
    if before is not None and before.mode != after.mode:
        return [f"it changes the mode of {path} from {before.mode} to {after.mode}"]
    old, new = base.text(path) or "", patched.text(path) or ""
    strip = _STRIPPERS.get(path.rsplit("/", 1)[-1])
    if strip is not None and not _same(strip, old, new):
        return [f"it changes more than dependencies in {path}"]
    if len(_SILENCER.findall(new)) > len(_SILENCER.findall(old)):
        return [f"it silences a checker in {path}"]
    return []


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
