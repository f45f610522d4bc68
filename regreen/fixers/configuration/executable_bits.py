"""Sets or drops executable bits, and drops shebangs of files that nobody runs.

A script that a command runs by its path must be executable. Where a checker says that a file with
a shebang is not executable, the place decides what is likelier: a script's (``bin``, ``scripts``,
a file that something runs by its path) gets its bit, a module's in a package loses its shebang.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from regreen.fixers.configuration.sites import sites
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "executable-bit"
DOCS = "https://git-scm.com/docs/git-update-index#Documentation/git-update-index.txt---chmod-x"

_DENIED = re.compile(
    r"(?<![\w./@+-])(?P<path>[\w./@+-]+): (?:Permission denied|cannot execute: Permission denied)"
    r"|permission denied: (?P<other>[\w./@+-]+)|\[Errno 13\] Permission denied: '(?P<py>[^']+)'"
    r"|exec: \"?(?P<exec>[\w./@+-]+)\"?: permission denied",
    re.IGNORECASE,
)
_SHEBANG = re.compile(
    r"(?<![\w./@+-])(?P<path>[\w./@+-]+): has a shebang but is not marked executable"
)
_NO_SHEBANG = re.compile(
    r"(?<![\w./@+-])(?P<path>[\w./@+-]+): marked executable but has no \(or invalid\) shebang"
)
_LONGEST = 4096
"""Characters: a path of Linux has no more (PATH_MAX in limits.h)."""
_SCRIPTS = re.compile(
    r"(?:^|/)(?:bin|scripts?|tools?|ci|hooks|devtools|utils?/bin)/|\.(?:sh|bash)$"
)


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield changes of modes, and of shebangs, for the files that the output names."""
    del failure
    output = scene.output
    if denied := _named(_DENIED.finditer(output), scene):
        scripts = {path: True for path in denied if _is_script(scene.files.text(path))}
        if scripts:
            yield Edit(ID, "a script that is run by its path is executable", {}, executable=scripts)
    if bare := _named(_SHEBANG.finditer(output), scene):
        yield from _with_shebang(bare, scene)
    if marked := _named(_NO_SHEBANG.finditer(output), scene):
        unset = dict.fromkeys(marked, False)
        yield Edit(ID, "a file without a shebang is not executable", {}, executable=unset)


def _with_shebang(paths: list[str], scene: Scene) -> Iterator[Edit]:
    """Yield the likelier of both ways for each file; then one way for all."""
    run = set(_run(paths, scene))
    bits, texts = [p for p in paths if p in run], [p for p in paths if p not in run]
    nobody: list[str] = []
    ways = ((bits, texts), (nobody, paths), (paths, nobody))
    for some, others in ways:
        files = {path: _without(scene.files.text(path) or "") for path in others}
        why = [f"{len(some)} scripts are executable"] if some else []
        why += [f"{len(files)} modules have no shebang: nobody runs them"] if files else []
        yield Edit(
            ID,
            "; ".join(why),
            files,
            executable=dict.fromkeys(some, True),
            severity=Severity.LOW,
        )


def _run(paths: Iterable[str], scene: Scene) -> Iterator[str]:
    texts = [text for _, text in sites(scene)]
    for path in paths:
        package = posixpath.join(posixpath.dirname(path), "__init__.py")
        by_path = re.compile(rf"(?:^|[\s\"'=(])(?:\./)?{re.escape(path)}(?![\w./])", re.MULTILINE)
        in_folder = scene.files.text(package) is None and _SCRIPTS.search(path)
        if in_folder or any(by_path.search(text) for text in texts):
            yield path


def _without(text: str) -> str:
    first, newline, rest = text.partition("\n")
    return rest.removeprefix("\n") if first.startswith("#!") and newline else text


def _is_script(text: str | None) -> bool:
    return text is not None and text.startswith("#!")


def _named(found: Iterable[re.Match[str]], scene: Scene) -> list[str]:
    """Return the repository's files that the matches name, each once."""
    known = set(scene.files.paths())
    paths: list[str] = []
    for one in found:
        name = next(value for value in one.groups() if value)
        if len(name) > _LONGEST:
            continue
        tails = [name[at:] for at in (0, *(m.end() for m in re.finditer("/", name)))]
        for tail in tails:
            plain = posixpath.normpath(posixpath.join(scene.directory, tail))
            whole = posixpath.normpath(tail)
            if hit := next((path for path in (plain, whole) if path in known), None):
                paths.append(hit)
                break
    return list(dict.fromkeys(paths))
