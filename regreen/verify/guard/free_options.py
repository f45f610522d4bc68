"""Options that only build, install or describe, told apart from those that run or check."""

from __future__ import annotations

import re

from regreen.verify.guard import foreign
from regreen.verify.guard.loosening import plain

_FREE_TOOLS = frozenset(
    [
        "poetry",
        "setuptools",
        "setuptools_scm",
        "setuptoolsscm",
        "hatch",
        "flit",
        "pdm",
        "uv",
        "towncrier",
        "commitizen",
        "bumpversion",
        "bumpver",
        "semanticrelease",
        "maturin",
        "scikitbuild",
        "distutils",
        "versioneer",
        "cython",
        "rye",
        "briefcase",
        "scriv",
        "gitcliff",
        "hatchversion",
        "poetrydynamicversioning",
        "docformatter_",
        "releaser",
        "mesonpython",
        "dynamicversioning",
    ]
)
"""Tools that build, publish and install. Their commands and dependencies are looked at apart."""

_FREE_SECTIONS = re.compile(
    r"^(?:metadata|options(?:\..*)?|bdist\w*|sdist|wheel|egg_info|aliases|build\w*|upload\w*|easy_install|install"
    r"|files|entry_points|global|bumpversion.*|versioneer|devpi.*|zest\.releaser|semantic_release|develop|extras|backwards_compat)$"
)


_TOX_FREE = frozenset(
    [
        "passenv",
        "pass_env",
        "description",
        "requires",
        "isolated_build",
        "usedevelop",
        "use_develop",
        "package",
        "wheel_build_env",
        "package_env",
        "whitelist_externals",
        "allowlist_externals",
        "min_version",
        "minversion",
        "skipsdist",
        "no_package",
        "download",
        "install_command_",
        "changedir_",
        "parallel_show_output",
        "sitepackages",
        "recreate",
        "labels",
        "provision_tox_env",
    ]
)


COMMANDS = frozenset(
    [
        "commands",
        "commandspre",
        "commandspost",
        "script",
        "scripts",
        "tasks",
        "cmd",
        "shell",
        "testcommand",
        "beforetest",
        "command",
    ]
)


Path = tuple[str, ...]
"""The tables around an option, and its name."""


def in_scripts(place: Path) -> bool:
    """Whether an option lies in a table of named commands."""
    return any(
        plain(part) in {"scripts", "tasks", "taskipy", "poe"} for part in place[:-1]
    ) and place[0] not in {"project"}


def is_free(path: str, place: Path) -> bool:
    """Whether an option only builds, installs or describes."""
    if (told := foreign.is_free(path, place)) is not None:
        return told
    if path.endswith("pyproject.toml"):
        return _is_free_in_pyproject(place)
    section = place[0]
    if path.endswith(("setup.cfg", "tox.ini")) and len(place) > 1:
        if place[-1] == "pytest11":
            return False
        if _FREE_SECTIONS.match(section):
            return True
        if section.startswith(("tox", "testenv", "gh-actions", "gh", "travis")):
            return place[-1] in _TOX_FREE
    if path.endswith("tox.toml"):
        return place[-1] in _TOX_FREE
    if section in {"module", "module_name", "files"} or place[-1] == "module":
        return True
    return path.endswith(".editorconfig") and plain(place[-1]) in {"root", "charset"}


def is_uninstalling(path: str, place: Path, was: object, now: object) -> bool:
    """Whether an option of tox's lets the tests run without the project being installed."""
    section = place[0] if place[0] != "tool" else place[1] if len(place) > 1 else ""
    if not section.startswith(("tox", "testenv", "env_run_base", "env", "DEFAULT")):
        return False
    if not path.endswith(("tox.ini", "setup.cfg", "pyproject.toml", "tox.toml")):
        return False
    key, (old, new) = plain(place[-1]), (str(v).strip().lower() for v in (was, now))
    if key == "package":
        return new in {"skip", "external", "deps-only"} and old not in {"skip", "external"}
    return (
        key in {"skipsdist", "nopackage", "skipinstall"}
        and new in {"true", "1", "yes", "on"}
        and old not in {"true", "1", "yes", "on"}
    )


def _is_free_in_pyproject(place: Path) -> bool:
    if "pytest11" in place:
        return False
    if place[0] != "tool" or len(place) < 3:
        return place[0] in {"project", "build-system", "dependency-groups"}
    if plain(place[-1]) in COMMANDS or plain(place[-1]).startswith("test") or in_scripts(place):
        return False
    if place[-1] == "module":
        return True
    if place[1] == "hatch" and "envs" in place:
        return plain(place[-1]) in {"description", "installer", "path", "type"}
    return plain(place[1]) in _FREE_TOOLS or (
        place[1] == "cibuildwheel" and plain(place[-1]) not in {"skip", "build", "testskip"}
    )
