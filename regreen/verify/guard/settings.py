"""The configuration of tools, compared as data, table by table and option by option."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from regreen.verify.guard import parsing, requirements, shell
from regreen.verify.guard.jobkeys import environment
from regreen.verify.guard.loosening import loosened, plain, rows
from regreen.verify.guard.standins import NOWHERE, Ground

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
_COMMANDS = frozenset(
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
_MOVED = {
    ("tool", "ruff", "lint"): ("tool", "ruff"),
    ("lint",): (),
    ("tool:pytest",): ("pytest",),
    ("tool", "pytest", "ini_options"): ("tool", "pytest"),
    ("tool", "poetry", "dev-dependencies"): ("tool", "poetry", "group", "dev", "dependencies"),
}
"""Tables that were renamed: ruff 0.2, pytest 4, Poetry 1.2."""

Path = tuple[str, ...]


def objections(path: str, old: str, new: str, ground: Ground = NOWHERE) -> list[str]:
    """Return which options are looser in the new text of a tool's configuration."""
    after = parsing.data(path, new)
    if after is None:
        return (
            []
            if not new.strip() and not old.strip()
            else [f"it leaves the configuration unreadable or empty: {path}"]
        )
    before = parsing.data(path, old)
    if before is None and old.strip():
        before = parsing.data(path, _repaired(path, old))
        if before is None:
            return _by_words(path, old, new)
    before = before or {}
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return [] if before == after else [f"it changes the configuration: {path}"]
    reasons = requirements.fewer(_needs(before), _needs(after), path)
    first, second = dict(_options(before)), dict(_options(after))
    for place in sorted(first.keys() | second.keys()):
        was, now = first.get(place), second.get(place)
        if was != now and not _is_free(path, place):
            reasons += _judged(path, place, was, now, ground)
    return list(dict.fromkeys(reasons))


def _judged(path: str, place: Path, was: Any, now: Any, ground: Ground) -> list[str]:
    key = plain(place[-1])
    where = f"{path}, {'.'.join(place)[:80]}"
    if key in _COMMANDS or key.startswith("commands") or _in_scripts(place):
        return _commands(was, now, where, ground)
    if key in {"setenv", "env", "environment", "environmentpass"} and "pytest" not in place:
        return environment(_variables(was), _variables(now), where)
    if key in {"deps", "dependencies", "additionaldependencies", "extras"}:
        found = requirements.fewer(
            requirements.from_lines(rows(was)), requirements.from_lines(rows(now)), where
        )
        gone = [r for r in rows(was) if r.startswith("-r") or key == "extras"]
        lost = [
            r for r in gone if r.replace(" ", "") not in {n.replace(" ", "") for n in rows(now)}
        ]
        return found + [f"it no longer installs {row!r}: {where}" for row in lost]
    if not loosened(place[-1], was, now):
        return []
    return [f"it loosens {'.'.join(place)[:80]} from {_shown(was)} to {_shown(now)}: {path}"]


def _in_scripts(place: Path) -> bool:
    return any(
        plain(part) in {"scripts", "tasks", "taskipy", "poe"} for part in place[:-1]
    ) and place[0] not in {"project"}


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)[:40]


def _commands(was: Any, now: Any, where: str, ground: Ground) -> list[str]:
    first, second = _script(was), _script(now)
    reasons = shell.weaker(first, second, where, ground)
    ignored = [
        sum(bool(re.match(r"\s*-\s?\w", x)) for x in text.split("\n")) for text in (first, second)
    ]
    if ignored[1] > ignored[0]:
        reasons.append(f"it lets a command fail without notice: {where}")
    return reasons


def _script(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(_script(v) for v in value.values())
    if isinstance(value, list):
        words = all(isinstance(v, str) for v in value)
        return "\n".join(
            str(v)
            if words
            else " ".join(v)
            if isinstance(v, list) and all(isinstance(x, str) for x in v)
            else str(v)
            for v in value
        )
    return re.sub(r"\{([^{}\n]*)\}", r"$\1", str(value or "")).strip()


def _variables(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(k): str(v) for k, v in value.items()}
    found = {}
    for row in str(value or "").split("\n"):
        name, mark, text = row.partition("=")
        if mark:
            found[name.strip()] = text.strip()
    return found


def _options(data: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every option with its place; lists of tables are told apart by what they are for."""
    for key, value in data.items():
        place = (*above, str(key))
        if isinstance(value, dict) and not _is_value(place):
            yield from _options(value, _successor(place))
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            for at, table in enumerate(value):
                name = table.get("module") or table.get("name") or table.get("files") or at
                for each in name if isinstance(name, list) else [name]:
                    yield from _options(table, (*place, str(each)))
        else:
            yield (*_successor(place[:-1]), place[-1].replace("-", "_")), value


def _successor(place: Path) -> Path:
    return _MOVED.get(place, place)


def _is_value(place: Path) -> bool:
    return plain(place[-1]) in {"perfileignores", "extendperfileignores", "setenv", "env"}


def _is_free(path: str, place: Path) -> bool:
    """Whether an option only builds, installs or describes."""
    if path.endswith("package.json"):
        return place[0] != "scripts"
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


def _is_free_in_pyproject(place: Path) -> bool:
    if "pytest11" in place:
        return False
    if place[0] != "tool" or len(place) < 3:
        return place[0] in {"project", "build-system", "dependency-groups"}
    if plain(place[-1]) in _COMMANDS or plain(place[-1]).startswith("test") or _in_scripts(place):
        return False
    if place[-1] == "module":
        return True
    return plain(place[1]) in _FREE_TOOLS or (
        place[1] == "cibuildwheel" and plain(place[-1]) not in {"skip", "build", "testskip"}
    )


def _needs(data: Mapping[str, Any]) -> requirements.Needs:
    """Return every distribution that a configuration declares, in whatever table."""
    lines: list[str] = []
    project = _table(data, "project")
    for value in (project.get("dependencies"), _table(data, "build-system").get("requires")):
        lines += [str(v) for v in value] if isinstance(value, list) else []
    for groups in (project.get("optional-dependencies"), data.get("dependency-groups")):
        for group in groups.values() if isinstance(groups, dict) else ():
            lines += (
                [str(v) for v in group if isinstance(v, str)] if isinstance(group, list) else []
            )
    tools = _table(data, "tool")
    poetry, uv, pdm = _table(tools, "poetry"), _table(tools, "uv"), _table(tools, "pdm")
    for table in (poetry.get("dependencies"), poetry.get("dev-dependencies")):
        lines += requirements.from_table(table)
    for group in _table(poetry, "group").values():
        lines += requirements.from_table(_table(group, "dependencies"))
    lines += (
        [str(v) for v in uv.get("dev-dependencies", []) if isinstance(v, str)]
        if isinstance(uv.get("dev-dependencies"), list)
        else []
    )
    for group in _table(pdm, "dev-dependencies").values():
        lines += [str(v) for v in group] if isinstance(group, list) else []
    options = _table(data, "options")
    for key in ("install_requires", "setup_requires", "tests_require"):
        lines += str(options.get(key) or "").split("\n")
    for value in _table(data, "options.extras_require").values():
        lines += str(value or "").split("\n")
    return requirements.from_lines(lines)


def _table(data: Any, key: str) -> Mapping[str, Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _repaired(path: str, text: str) -> str:
    """Undo the commonest fault of an INI file, an indented section."""
    return re.sub(r"(?m)^[ \t]+(?=\[)", "", text) if path.endswith((".ini", ".cfg")) else text


def _by_words(path: str, old: str, new: str) -> list[str]:
    """A configuration that could not be read had the words that it must still have."""
    first, second = (
        sorted(re.findall(r"[\w.-]+", re.sub(r"(?m)[#;].*$", "", t))) for t in (old, new)
    )
    if first == second:
        return []
    return [
        f"it changes more than how the configuration is written, which could not be read: {path}"
    ]


_SPHINX = frozenset(
    [
        "nitpicky",
        "nitpick_ignore",
        "nitpick_ignore_regex",
        "suppress_warnings",
        "linkcheck_ignore",
        "exclude_patterns",
        "collect_ignore",
        "collect_ignore_glob",
    ]
)


def of_program(path: str, old: ast.Module, new: ast.Module) -> list[str]:
    """Return what settings written in Python, ``setup.py`` or Sphinx's ``conf.py``, say less."""
    name = path.rpartition("/")[2]
    if name in {"setup.py", "noxfile.py"}:
        needs = [
            requirements.from_lines(
                str(n.value) for n in ast.walk(t) if isinstance(n, ast.Constant)
            )
            for t in (old, new)
        ]
        return requirements.fewer(needs[0], needs[1], path)
    if name != "conf.py":
        return []
    first, second = (_assigned(tree) for tree in (old, new))
    return [
        f"it loosens {key}: {path}"
        for key in sorted(_SPHINX & (first.keys() | second.keys()))
        if first.get(key) != second.get(key) and loosened(key, first.get(key), second.get(key))
    ]


def _assigned(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError, RecursionError, MemoryError):
                found[node.targets[0].id] = ast.dump(node.value)
    return found
