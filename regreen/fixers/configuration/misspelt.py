"""Mends a command that names what is not there: a module run as a file, a misspelt tool or path."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.configuration.sites import replaced, sites
from regreen.model import Edit, Failure, Idea, Probe, Severity
from regreen.scene import Scene

ID = "misspelt-command"
DOCS = "https://docs.python.org/3/using/cmdline.html#cmdoption-m"

_NO_FILE = re.compile(r"can't open file '(?P<path>[^']+)': \[Errno 2\]")
_NO_COMMAND = re.compile(
    r"(?:^|[:\s])(?P<name>[\w.+-]+): (?:command )?not found|exec: \"?(?P<other>[\w.+-]+)\"?: "
    r"executable file not found|command not found: (?P<third>[\w.+-]+)",
    re.MULTILINE,
)
_NO_PATH = re.compile(
    r"(?:cannot access|can't cd to|cd:|No such file or directory:|can't open file|cannot stat|"
    r"Could not open requirements file: \[Errno 2\] No such file or directory:|not found:)\s+"
    r"'?(?P<path>[\w./@+-]*[\w])'?|(?<![\w./@+-])(?P<first>[\w./@+-]+): No such file or directory",
)
_RUNNER = r"python[\d.]*(?:\s+-\w+)*"
_NEAR = 0.72
_MOST = 3


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield edits of the command, where the output says that what it names is not there."""
    del failure
    yield from _modules(scene)
    yield from _paths(scene)
    yield from _commands(scene)


def _modules(scene: Scene) -> Iterator[Edit]:
    """``python isort`` runs no module: ``python -m isort`` does."""
    for found in dict.fromkeys(m["path"] for m in _NO_FILE.finditer(scene.output)):
        name = posixpath.basename(found)
        if "." in name or any(path.split("/")[0] == name for path in scene.files.paths()):
            continue
        calls = re.compile(rf"({_RUNNER})\s+{re.escape(name)}(?![\w./-])")
        texts = [_said(scene), *(text for _, text in sites(scene))]
        for runner in dict.fromkeys(one for text in texts for one in calls.findall(text)):
            files = replaced(scene, f"{runner} {name}", f"{runner} -m {name}")
            if files:
                yield _edit(f"{name} is a module: {runner} -m {name} runs it", files)


def _said(scene: Scene) -> str:
    return f"{scene.script}\n{scene.output}"


def _paths(scene: Scene) -> Iterator[Edit]:
    """A path that is not there, where one of its name, or near it, is."""
    paths = scene.files.paths()
    folders = {posixpath.dirname(path) for path in paths}
    folders |= {posixpath.dirname(folder) for folder in folders}
    for found in dict.fromkeys(m["path"] or m["first"] for m in _NO_PATH.finditer(scene.output)):
        wrong = posixpath.normpath(found)
        known = set(paths) | folders
        if not wrong or wrong in known or wrong.startswith(("/", "..")) or wrong == ".":
            continue
        for right in _near_paths(wrong, sorted(known - {""})):
            written = f"./{right}" if found.startswith("./") else right
            files = replaced(scene, found, written)
            if files:
                yield _edit(f"there is no {wrong}, but {right}", files)


def _near_paths(wrong: str, known: list[str]) -> list[str]:
    base = posixpath.basename(wrong)
    same = [path for path in known if posixpath.basename(path) == base]
    alike = difflib.get_close_matches(wrong, known, n=_MOST, cutoff=0.8)
    return list(dict.fromkeys((*(same if len(same) <= _MOST else ()), *alike)))[:_MOST]


def _commands(scene: Scene) -> Iterator[Idea]:
    """A tool of another name: one of the repository's files, or one that is installed."""
    names = dict.fromkeys(
        m["name"] or m["other"] or m["third"] for m in _NO_COMMAND.finditer(scene.output)
    )
    for name in names:
        for path in scene.files.paths():
            same = posixpath.basename(path) == name and "/" in path
            if same and (files := replaced(scene, name, f"./{path}")):
                yield _edit(f"{name} lies at {path}", files)

        def read(output: str, wrong: str = name) -> Iterable[Idea]:
            return _installed(scene, wrong, output)

        if replaced(scene, name, f"{name}-"):
            command = "bash -c 'compgen -c' | sort -u"
            yield Probe(ID, f"which commands are like {name}", command, read, scene.directory)


def _installed(scene: Scene, wrong: str, output: str) -> Iterator[Idea]:
    known = [line.strip() for line in output.splitlines() if len(line.strip()) > 2]
    for right in difflib.get_close_matches(wrong, known, n=_MOST, cutoff=_NEAR):
        if files := replaced(scene, wrong, right):
            yield _edit(f"there is no command {wrong}, but {right}", files)


def _edit(why: str, files: dict[str, str]) -> Edit:
    return Edit(ID, why, files, severity=Severity.MEDIUM)
