"""A name that is not where it is looked for: import it from where the project defines it.

The one module of the project that defines it, or the way in which other files import it. Where the
red commit took the name away, what its diff put in its place. A misspelt name is corrected where
the checker itself says what was meant.
"""

from __future__ import annotations

import ast
import difflib
import posixpath
import re
from collections.abc import Iterable

from regreen.fixers.source import parse
from regreen.fixers.types.bench import Bench, edits
from regreen.fixers.types.draft import Draft
from regreen.fixers.types.imports import Import, bound
from regreen.fixers.types.nodes import every, touching
from regreen.fixers.types.problems import Problem, problems
from regreen.fixers.types.project import Project, module_of
from regreen.model import Failure, Idea, Severity
from regreen.scene import Scene

ID = "names"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list.html#code-attr-defined"

_ABSENT = re.compile(
    r"Module \"(?P<module>[\w.]+)\" (?:has no attribute|does not explicitly export attribute)"
    r" \"(?P<name>\w+)\"(?:[;,] maybe \"(?P<maybe>\w+)\")?"
)
_UNKNOWN_IMPORT = re.compile(r"\"(?P<name>\w+)\" is unknown import symbol")
_ALIKE = 0.8
"""How much alike two names must be, as difflib counts, for one to stand for the other."""
_MISSPELT = re.compile(
    r"\"(?P<owner>[^\"]+)\" has no attribute \"(?P<name>\w+)\"; maybe (?P<maybe>.+?)\??$"
)
_REVIEW = "another name is used now: is it the one meant?"


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for imports, then for misspelt attributes."""
    found = problems(failure, scene)
    absent = [p for p in found if _ABSENT.match(p.message) or _UNKNOWN_IMPORT.match(p.message)]
    projects: dict[str, Project] = {}

    def project(problem: Problem) -> Project:
        return projects.setdefault("", Project(scene.files, problem.file))

    def moved(problem: Problem, bench: Bench) -> bool:
        return _moved(problem, bench, project(problem))

    def alike(problem: Problem, bench: Bench) -> bool:
        return _moved(problem, bench, None)

    why = "imported from where the project defines it"
    yield from edits(ID, why, absent, scene, moved, severity=Severity.MEDIUM)
    why = "what the module has that is called almost the same"
    yield from edits(ID, why, absent, scene, alike, severity=Severity.MEDIUM, review=_REVIEW)
    misspelt = [p for p in found if _MISSPELT.match(p.message)]
    yield from edits(
        ID, "the name that the checker suggests", misspelt, scene, _spelt,
        severity=Severity.MEDIUM, review=_REVIEW,
    )  # fmt: skip


def _moved(problem: Problem, bench: Bench, project: Project | None) -> bool:
    """Import a name from its home; without a ``project``, import one that is called alike."""
    draft = bench.draft(problem.file)
    match = _ABSENT.match(problem.message) or _UNKNOWN_IMPORT.match(problem.message)
    if draft is None or match is None:
        return False
    name = match["name"]
    node = _import_of(draft, problem, name)
    if node is None:
        return project is None and _renamed_there(draft, problem, match)
    alias = next(a for a in node.names if a.name == name)
    asked = "." * node.level + (node.module or "")
    module = match.groupdict().get("module") or ""
    target = home_of(name, project, problem.file, module) if project is not None else None
    if project is not None:
        if target is None:
            return False
        own = module_of(problem.file, bench.scene.files)
        one = Import(_as_asked(target, node, own, problem.file), name, alias.asname or "")
        _imported(draft, node, alias, one)
        return True
    other = match.groupdict().get("maybe") or _closest(name, draft, node, bench, problem.file)
    if other is None:
        return False
    _imported(draft, node, alias, Import(asked, other, alias.asname or ""))
    if alias.asname is None:
        for used in every(draft.source.tree):
            if isinstance(used, ast.Name) and used.id == name:
                draft.wrap(used, other)
    return True


def _imported(draft: Draft, node: ast.ImportFrom, alias: ast.alias, one: Import) -> None:
    """Put another import in place of a name of a statement, where that statement stands."""
    if node in draft.source.tree.body:
        draft.drop_import(node, alias.name)
        draft.need([one])
        return
    asked = "." * node.level + (node.module or "")
    left = [a for a in node.names if a is not alias]
    kept = [f"from {asked} import {', '.join(ast.unparse(a) for a in left)}"] if left else []
    draft.replace(node, [*kept, one.code()])


def _as_asked(target: str, node: ast.ImportFrom, own: str, path: str) -> str:
    """Return a module as a statement would name it: relative where that one was."""
    if node.level == 0:
        return target
    parts = own.split(".") if path.endswith("__init__.py") else own.split(".")[:-1]
    base = ".".join(parts[: len(parts) - node.level + 1])
    if base and (target == base or target.startswith(f"{base}.")):
        return "." * node.level + target.removeprefix(base).lstrip(".")
    return target


def _closest(name: str, draft: Draft, node: ast.ImportFrom, bench: Bench, path: str) -> str | None:
    """Return the name of that module most like ``name``, of those that the file does not use."""
    here = path if path.endswith("__init__.py") else posixpath.dirname(path) + "/"
    folder = posixpath.dirname(here)
    for _ in range(node.level - 1):
        folder = posixpath.dirname(folder)
    inner = (node.module or "").replace(".", "/")
    wanted = posixpath.join(folder, inner) if node.level else inner
    ends = (f"{wanted}.py", f"{wanted}/__init__.py", f"{wanted}.pyi")
    paths = bench.scene.files.paths()
    found = [
        p
        for p in paths
        if p in ends or (not node.level and p.endswith(tuple(f"/{e}" for e in ends)))
    ]
    source = parse(bench.scene.files.text(found[0]) or "") if len(found) == 1 else None
    if source is None:
        return None
    have = set(bound(draft.source.tree))
    offered = set(bound(source.tree)) | {
        n.name
        for n in source.tree.body
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    close = difflib.get_close_matches(name, sorted(offered - have - {name}), n=1, cutoff=_ALIKE)
    return close[0] if close else None


def _import_of(draft: Draft, problem: Problem, name: str) -> ast.ImportFrom | None:
    for node in touching(draft.source, problem.line):
        if isinstance(node, ast.ImportFrom) and any(a.name == name for a in node.names):
            return node
    return None


def home_of(name: str, project: Project, path: str, module: str) -> str | None:
    """Return the one module (not a test's) that defines ``name``, as others import it."""
    found = [d for d in project.defining(name) if d.path != path and d.module]
    homes = sorted({d.module for d in found if d.module != module})
    plain = [h for h in homes if not re.search(r"(?:^|[._])tests?(?:[._]|$)", h)] or homes
    used = [i.module for i in project.importing(name) if i.name == name and i.module != module]
    if len(plain) != 1:
        return used[0] if len(set(used)) == 1 and not plain else None
    passed_on = [m for m in used if plain[0].startswith(f"{m}.")]
    return passed_on[0] if passed_on else _offered(plain[0], name, module, project)


def _offered(home: str, name: str, module: str, project: Project) -> str:
    """Return the package around ``home`` that lists ``name`` in ``__all__``, or ``home``."""
    for path, source in project.using(name):
        if not path.endswith("/__init__.py"):
            continue
        package = module_of(path, project.files)
        if not home.startswith(f"{package}.") or package == module:
            continue
        for node in source.tree.body:
            if (
                isinstance(node, ast.Assign)
                and ast.unparse(node.targets[0]) == "__all__"
                and any(isinstance(n, ast.Constant) and n.value == name for n in ast.walk(node))
            ):
                return package
    return home


def _renamed_there(draft: Draft, problem: Problem, match: re.Match[str]) -> bool:
    """``module.name`` where the checker says what was meant."""
    maybe = match.groupdict().get("maybe")
    return maybe is not None and _renamed(draft, problem, match["name"], maybe)


def _renamed(draft: Draft, problem: Problem, name: str, new: str) -> bool:
    for node in touching(draft.source, problem.line):
        if isinstance(node, ast.Attribute) and node.attr == name:
            value = draft.code(node.value)
            if "\n" in value:
                return False
            draft.wrap(node, f"{value}.{new}")
            return True
    return False


def _spelt(problem: Problem, bench: Bench) -> bool:
    draft = bench.draft(problem.file)
    match = _MISSPELT.match(problem.message)
    suggested = re.findall(r"\"(\w+)\"", match["maybe"]) if match else []
    if draft is None or match is None or len(suggested) != 1:
        return False
    return _renamed(draft, problem, match["name"], suggested[0])
