"""A file that tests read and that is not in the commit: brought back, or named.

Where the commit before had it, it comes back; where ``.gitignore`` keeps it out, or it was simply
never committed, only its author has it, and a person is told.
"""

from __future__ import annotations

import ast
import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.source import parse
from regreen.fixers.testing.known_changes import OURS
from regreen.model import Advice, Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "missing file"
DOCS = "https://git-scm.com/docs/gitignore"

_MISSING = re.compile(
    r"(?:No such file or directory|does not exist|[Ff]ile not found|TemplateNotFound)[:,]? "
    r"(?:b?'([^'\n]+)'|\"([^\"\n]+)\"|([\w./-]+\.\w+))"
)
_FILE = re.compile(r"[\w./@-]*\w\.(?!py$)[a-z]\w{1,5}")
_DATA = frozenset(
    ["json", "xml", "csv", "txt", "yaml", "yml", "toml", "html", "png", "jpg", "gz", "zip", "sql"]
)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield files that the commit took away, then what is missing and who has it."""
    if failure.category not in OURS:
        return
    known = set(scene.files.paths())
    missing = list(dict.fromkeys(_said(scene, known)))
    if scene.parent is not None:
        before = set(scene.parent.paths())
        gone = {p: t for p in missing if p in before and (t := scene.parent.text(p)) is not None}
        if gone:
            why = f"the commit took away what is still read: {', '.join(sorted(gone)[:3])}"
            review = "a file that the commit deleted is back: is it still wanted?"
            yield Edit(ID, why, gone, severity=Severity.MEDIUM, review=review)
    never = [p for p in missing if scene.parent is None or scene.parent.text(p) is None]
    for path in list(dict.fromkeys([*never, *_unnamed(failure, scene, known)]))[:3]:
        yield _advice(path, scene)


def _said(scene: Scene, known: set[str]) -> Iterator[str]:
    """Yield the repository's paths that the output says are not there."""
    folders = {posixpath.dirname(path) for path in known}
    before = set(scene.parent.paths()) if scene.parent is not None else set()
    for match in _MISSING.finditer(scene.output):
        name = match[1] or match[2] or match[3]
        parts = posixpath.normpath(name).lstrip("/").split("/")
        tails = ["/".join(parts[at:]) for at in range(len(parts))]
        joined = posixpath.normpath(posixpath.join(scene.directory, name))
        for path in (joined, *tails):
            if path in known:
                break
            if path in before or (posixpath.dirname(path) in folders - {""} and "." in path):
                yield path
                break


def _unnamed(failure: Failure, scene: Scene, known: set[str]) -> Iterator[str]:
    """Yield data files that a failing test names, beside others that are there, and are not.

    The error itself need not name them: code under test may say only that it got no file.
    """
    if not re.search(r"[Ff]ile|[Pp]ath|No such", scene.output):
        return
    names = {posixpath.basename(path): posixpath.dirname(path) for path in sorted(known)}
    for test in scene.named_files(failure):
        source = parse(scene.files.text(test) or "") if test.endswith(".py") else None
        words = [
            node.value
            for node in ast.walk(source.tree if source is not None else ast.Module([], []))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        files = [w for w in words if _FILE.fullmatch(w) and w.rpartition(".")[2] in _DATA]
        there = [names[posixpath.basename(w)] for w in files if posixpath.basename(w) in names]
        for word in files:
            base = posixpath.basename(word)
            if there and base not in names and _is_read(base, source.text if source else ""):
                yield posixpath.join(max(set(there), key=lambda f: (there.count(f), f)), base)


def _is_read(name: str, text: str) -> bool:
    """Whether a test reads a file rather than makes it: nothing about it speaks of writing."""
    around = "\n".join(line for line in text.splitlines() if name in line)
    return not re.search(r"tmp|temp|write|dump|save|output", around)


def _advice(path: str, scene: Scene) -> Advice:
    pattern = _ignored(path, scene)
    if pattern:
        text = (
            f"the tests read {path}, which is not in the commit: {pattern!r} in .gitignore keeps it"
            f" out. Whoever has it commits it with: git add --force {path}"
        )
    else:
        text = f"the tests read {path}, which is not in the commit. Commit it with: git add {path}"
    return Advice(text, ID)


def _ignored(path: str, scene: Scene) -> str:
    """Return the pattern of a ``.gitignore`` that covers ``path``; empty when none does."""
    found = ""
    parts = path.split("/")
    heads = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    for line in (scene.files.text(".gitignore") or "").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        bare = pattern.lstrip("!").strip("/")
        whole = "/" in bare
        names = heads if whole else parts
        if any(fnmatch.fnmatchcase(name, bare) for name in names):
            found = "" if pattern.startswith("!") else pattern
    return found
