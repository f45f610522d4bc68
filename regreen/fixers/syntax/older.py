"""Code that is newer than the oldest Python that the job tests, rewritten for that one.

Annotations (``X | Y``, ``list[X]``), names of the standard library that came later, and a few calls
and statements. All files of the same package are looked at, since the first one to be imported
hides the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import append
from regreen.fixers.source import Source, parse
from regreen.fixers.syntax import calls, evaluated, names
from regreen.fixers.syntax.faults import named_in_output
from regreen.model import Edit, Failure, Idea, Probe, Severity
from regreen.scene import Scene

ID = "syntax for this Python"
DOCS = "https://docs.python.org/3/whatsnew/index.html"

Version = tuple[int, int]
Rewrite = Callable[[Source], str | None]

_NEWER = re.compile(
    r"unsupported operand type\(s\) for \|"
    r"|'(?:type|ABCMeta|_GenericAlias|\w+Meta|function)' object is not subscriptable"
    r"|cannot import name '\w+' from '(?:typing|functools|datetime|enum|itertools|contextlib"
    r"|asyncio|warnings|inspect)'"
    r"|No module named '(?:tomllib|zoneinfo|graphlib)'"
    r"|zip\(\) (?:takes no keyword arguments|got an unexpected keyword argument)"
    r"|'strict' is an invalid keyword argument for zip"
    r"|object has no attribute 'remove(?:prefix|suffix)'"
    r"|module 'functools' has no attribute 'cache'"
    r"|SyntaxError: "
)
_VERSION = re.compile(r"\b(3)\.(\d+)")
_ASK = 'python -c "import sys; print(*sys.version_info[:2], sep=chr(46))"'
_FRAME = re.compile(r'File "([^"\n]+\.py)", line (\d+)|^([\w./+-]+\.py):(\d+): ', re.MULTILINE)
_FILES = 3_000


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits for the job's Python; where nothing says which one that is, ask it first."""
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics)])
    if not _NEWER.search(said):
        return
    known = [m for name in (scene.python, *scene.pythons) if (m := _VERSION.search(name))]
    if known:
        yield from _ideas(scene, min((int(m[1]), int(m[2])) for m in known))
        return

    def read(output: str) -> Iterable[Idea]:
        told = _VERSION.search(output.strip().splitlines()[-1]) if output.strip() else None
        return _ideas(scene, (int(told[1]), int(told[2]))) if told else ()

    yield Probe(ID, "which Python does the job run?", _ASK, read)


def _ideas(scene: Scene, python: Version) -> Iterator[Edit]:
    version = f"{python[0]}.{python[1]}"
    texts = _texts(scene)
    for words, rewrite in (
        ("annotations are put off", lambda s: evaluated.put_off(s, python)),
        ("types are written with typing", lambda s: evaluated.spelled_out(s, python)),
        ("zip takes no strict", calls.strict_zips if python < (3, 10) else _nothing),
        ("prefixes are cut by hand", calls.affixes if python < (3, 9) else _nothing),
        ("several items of one with", calls.grouped_withs if python < (3, 9) else _nothing),
    ):
        if files := _rewritten(texts, rewrite):
            yield Edit(ID, f"for Python {version}: {words}", files, severity=Severity.MEDIUM)
    if python < (3, 9):
        yield from _unions_of_dicts(scene, texts, version)
    yield from _backports(scene, texts, python, version)


def _nothing(_: Source) -> str | None:
    return None


def _texts(scene: Scene) -> dict[str, Source]:
    """Return the Python files of the packages in which a file is that the step names."""
    named = [path for path in named_in_output(scene) if path.endswith(".py")]
    roots = {path.split("/")[0] if "/" in path else "" for path in named}
    found: dict[str, Source] = {}
    for path in [*named, *scene.files.paths()][:_FILES]:
        root = path.split("/")[0] if "/" in path else ""
        if path in found or root not in roots or not path.endswith(".py"):
            continue
        text = scene.files.text(path)
        source = parse(text) if text is not None else None
        if source is not None:
            found[path] = source
    return found


def _rewritten(texts: Mapping[str, Source], rewrite: Rewrite) -> dict[str, str]:
    made = {path: rewrite(source) for path, source in texts.items()}
    return {path: text for path, text in made.items() if text is not None}


def _unions_of_dicts(scene: Scene, texts: Mapping[str, Source], version: str) -> Iterator[Edit]:
    lines: dict[str, set[int]] = {}
    if "for |" not in scene.output:
        return
    for match in _FRAME.finditer(scene.output):
        name, line = match[1] or match[3], int(match[2] or match[4])
        for path in texts:
            if name == path or name.endswith(f"/{path}"):
                lines.setdefault(path, set()).add(line)
    made = {path: calls.dict_unions(texts[path], where) for path, where in lines.items()}
    if files := {path: text for path, text in made.items() if text is not None}:
        why = f"for Python {version}: dictionaries are joined as it can"
        yield Edit(ID, why, files, severity=Severity.MEDIUM)


def _backports(
    scene: Scene, texts: Mapping[str, Source], python: Version, version: str
) -> Iterator[Edit]:
    """Yield the names' backports, with what they need declared where the job installs from."""
    made = {path: names.backported(source, python) for path, source in texts.items()}
    found = {path: one for path, one in made.items() if one is not None}
    if not found:
        return
    files = {path: one.text for path, one in found.items()}
    wanted = tuple(dict.fromkeys(r for one in found.values() for r in one.requirements))
    why = f"for Python {version}: names of the standard library that it lacks are backported"
    for manifest in manifests(scene) if wanted else ():
        text: str | None = None
        for requirement in wanted:
            overlay = _Over(scene, {manifest.path: text} if text is not None else {})
            text = append(manifest, requirement, overlay) or text
        if text is not None:
            both = {**files, manifest.path: text}
            yield Edit(ID, why, both, from_start=True, severity=Severity.MEDIUM)
            break
    yield Edit(ID, why, files, severity=Severity.MEDIUM)


class _Over:
    """The scene's files with some texts changed."""

    def __init__(self, scene: Scene, texts: Mapping[str, str]) -> None:
        self._scene, self._texts = scene, texts

    def paths(self) -> tuple[str, ...]:
        """Return all paths, sorted."""
        return self._scene.files.paths()

    def text(self, path: str) -> str | None:
        """Return a file's text."""
        return self._texts.get(path) or self._scene.files.text(path)
