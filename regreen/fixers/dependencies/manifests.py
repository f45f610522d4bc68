"""The files that a job installs from, and how a requirement is added to each of them.

Read from the job's own install commands: ``pip install -r FILE``, ``pip install .[extra]``,
``uv sync --group NAME`` and their like. Each edit keeps the file's own form.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable, Array

from regreen.fixers.invocations import Invocation, find
from regreen.scene import Files, Scene

_TESTING = re.compile(r"test|dev|ci|lint|doc|check|qa", re.IGNORECASE)
_PROJECT = re.compile(r"^(?:\.|\./|[\w./-]*/)?(?:\[(?P<extras>[\w\s,.-]+)\])?$")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One place for requirements: a file, and within it a section (extra or group), if any."""

    path: str
    kind: str
    section: str | None = None

    @property
    def for_tests(self) -> bool:
        """Whether the place is for what tests and checks need, not for what the package needs."""
        return bool(_TESTING.search(self.section or posixpath.basename(self.path)))


def manifests(scene: Scene) -> list[Manifest]:
    """Return where the job's install commands read requirements from, each place once."""
    found: list[Manifest] = []
    for script in scene.installs:
        for program in ("pip", "pip3", "uv", "poetry"):
            for invocation in find(program, script):
                found += _of_call(program, invocation, scene)
    return list(dict.fromkeys(found))


def _of_call(program: str, invocation: Invocation, scene: Scene) -> Iterator[Manifest]:
    words = [w.strip("\"'") for w in invocation.arguments]
    if program == "poetry" or words[:1] == ["sync"]:
        yield from _project("", scene.files, [])
        yield from _groups(words, scene.files)
        return
    if "install" not in words:
        return
    after = words[words.index("install") + 1 :]
    previous = ""
    for word in after:
        if previous in {"-r", "--requirement"} or word.startswith("--requirement="):
            path = posixpath.normpath(posixpath.join(scene.directory, word.split("=")[-1]))
            if scene.files.text(path) is not None:
                yield Manifest(path, "requirements")
        elif (match := _PROJECT.match(word)) and not word.startswith("-") and word:
            extras = [e.strip() for e in (match["extras"] or "").split(",") if e.strip()]
            yield from _project(word.split("[")[0], scene.files, extras)
        previous = word


def _project(folder: str, files: Files, extras: list[str]) -> Iterator[Manifest]:
    base = posixpath.normpath(folder or ".")
    for name in ("pyproject.toml", "setup.cfg", "setup.py"):
        path = posixpath.normpath(posixpath.join(base, name))
        if files.text(path) is None:
            continue
        yield Manifest(path, name)
        for extra in extras:
            yield Manifest(path, name, extra)


def _groups(words: list[str], files: Files) -> Iterator[Manifest]:
    named = [words[i + 1] for i, w in enumerate(words[:-1]) if w in {"--group", "--extra"}]
    for group in named or ["dev"]:
        if files.text("pyproject.toml") is not None:
            yield Manifest("pyproject.toml", "pyproject.toml", group)


def declared(files: Files) -> Iterator[str]:
    """Yield the distribution names that any requirements file of the repository mentions."""
    for path in files.paths():
        if not re.search(r"requirements[^/]*\.(?:txt|in)$", path):
            continue
        for line in (files.text(path) or "").splitlines():
            try:
                yield Requirement(line.split(" #")[0].strip()).name
            except InvalidRequirement:
                continue


def add(manifest: Manifest, distribution: str, files: Files) -> str | None:
    """Return the file's text with ``distribution`` added; ``None`` where it cannot or need not."""
    text = files.text(manifest.path)
    if text is None:
        return None
    if manifest.kind == "requirements":
        return _to_requirements(text, distribution)
    if manifest.kind == "pyproject.toml":
        return _to_pyproject(text, manifest.section, distribution)
    if manifest.kind == "setup.cfg":
        return _to_setup_cfg(text, manifest.section, distribution)
    return _to_setup_py(text, manifest.section, distribution)


def _to_requirements(text: str, distribution: str) -> str | None:
    if _has(text.splitlines(), distribution):
        return None
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}{distribution}\n"


def _has(lines: list[str], distribution: str) -> bool:
    wanted = canonicalize_name(distribution)
    for line in lines:
        try:
            if canonicalize_name(Requirement(line.split(" #")[0].strip()).name) == wanted:
                return True
        except InvalidRequirement:
            continue
    return False


def _to_pyproject(text: str, section: str | None, distribution: str) -> str | None:
    try:
        document = tomlkit.parse(text)
    except TOMLKitError:
        return None
    project = document.get("project")
    if not isinstance(project, AbstractTable):
        return _to_poetry(document, section, distribution)
    if section is None:
        where = project.get("dependencies")
        if where is None and "dependencies" not in project.get("dynamic", []):
            where = project["dependencies"] = tomlkit.array()
    else:
        extras = project.get("optional-dependencies", {})
        groups = document.get("dependency-groups", {})
        where = extras.get(section, groups.get(section))
    if not isinstance(where, Array) or _has([str(item) for item in where], distribution):
        return None
    where.append(distribution)
    return tomlkit.dumps(document)


def _to_poetry(
    document: tomlkit.TOMLDocument, section: str | None, distribution: str
) -> str | None:
    poetry = document.get("tool", {}).get("poetry", {})
    where = poetry.get("dependencies")
    if section is not None:
        where = poetry.get("group", {}).get(section, {}).get("dependencies")
    if not isinstance(where, AbstractTable) or distribution in where:
        return None
    where.append(distribution, "*")
    return tomlkit.dumps(document)


def _to_setup_cfg(text: str, section: str | None, distribution: str) -> str | None:
    """Add a line to ``install_requires`` or to an extra; the file keeps its comments and order."""
    header, option = (
        ("options", "install_requires")
        if section is None
        else ("options.extras_require", re.escape(section))
    )
    pattern = re.compile(
        rf"(^\[{re.escape(header)}\][^\[]*?^{option}\s*=[^\n]*\n)((?:[ \t]+[^\n]*\n?)*)",
        re.MULTILINE,
    )
    match = pattern.search(text)
    if match is None or _has([line.strip() for line in match[2].splitlines()], distribution):
        return None
    indent = re.match(r"[ \t]+", match[2])
    body = match[2] if not match[2] or match[2].endswith("\n") else f"{match[2]}\n"
    line = f"{indent[0] if indent else '    '}{distribution}\n"
    return f"{text[: match.start(2)]}{body}{line}{text[match.end(2) :]}"


def _to_setup_py(text: str, section: str | None, distribution: str) -> str | None:
    """Add an item to the literal ``install_requires`` list (or to an extra's list) of setup()."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    wanted = _setup_list(tree, section)
    if wanted is None or wanted.end_lineno is None or wanted.end_col_offset is None:
        return None
    items = [e.value for e in wanted.elts if isinstance(e, ast.Constant)]
    if _has([str(i) for i in items], distribution):
        return None
    return _appended(text, wanted, f'"{distribution}"')


def _setup_list(tree: ast.Module, section: str | None) -> ast.List | None:
    """Return the list that setup() gets, also where it comes by a name or a dictionary's key."""
    values = _setup_values(tree)
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = values.get("install_requires" if section is None else "extras_require")
    found = names.get(found.id) if isinstance(found, ast.Name) else found
    if section is not None and isinstance(found, ast.Dict):
        extras = {
            key.value: value
            for key, value in zip(found.keys, found.values, strict=True)
            if isinstance(key, ast.Constant)
        }
        found = extras.get(section)
        found = names.get(found.id) if isinstance(found, ast.Name) else found
    return found if isinstance(found, ast.List) else None


def _setup_values(tree: ast.Module) -> dict[str, ast.expr]:
    """Collect what may be given to setup(): keywords, and keys of dictionaries, by their names."""
    values: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            values |= {k.arg: k.value for k in node.keywords if k.arg}
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    values.setdefault(key.value, value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = node.targets[0].slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                values.setdefault(key.value, node.value)
    return values


def _appended(text: str, where: ast.List, item: str) -> str:
    lines = text.splitlines(keepends=True)
    if not where.elts:
        row, column = where.end_lineno or 1, (where.end_col_offset or 1) - 1
        insert = item
    else:
        last = where.elts[-1]
        row, column = last.end_lineno or 1, last.end_col_offset or 0
        spread = last.lineno != where.lineno
        indent = " " * last.col_offset
        insert = f",\n{indent}{item}" if spread else f", {item}"
    line = lines[row - 1].encode()
    lines[row - 1] = (line[:column] + insert.encode() + line[column:]).decode()
    return "".join(lines)
