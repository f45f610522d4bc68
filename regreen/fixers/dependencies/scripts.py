"""The scripts of a job: its steps' own, those that they call, and the make targets they name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from regreen.fixers.dependencies.forms import commands
from regreen.fixers.dependencies.manifests import COMMAND, Manifest
from regreen.scene import Scene


def scripts(scene: Scene) -> dict[str, str]:
    """Return the scripts that count: the steps' own (under the workflow's path), those called."""
    own = "\n".join(dict.fromkeys((*scene.installs, scene.script)))
    found = {"": own}
    paths = set(scene.files.paths())
    for word in dict.fromkeys(re.findall(r"[\w./-]+", own)):
        path = posixpath.normpath(posixpath.join(scene.directory, word))
        if path in paths and (path.endswith(".sh") or "." not in posixpath.basename(path)):
            found[path] = scene.files.text(path) or ""
    targets = re.findall(r"\bmake\s+((?:[\w.-]+[ \t]*)*)", own)
    makefile = next((p for p in ("Makefile", "makefile", "GNUmakefile") if p in paths), None)
    if targets and makefile is not None:
        text = scene.files.text(makefile) or ""
        found[makefile] = recipes(text, " ".join(targets).split())
    return found


def recipes(makefile: str, targets: Sequence[str]) -> str:
    """Return the recipe lines of make targets and of those that they need."""
    waiting, seen, lines = list(targets), set(), []
    rules = list(re.finditer(r"^(?P<names>[\w./ -]+):(?!=)(?P<needs>[^=\n]*)$", makefile, re.M))
    if not waiting and rules:
        waiting = rules[0]["names"].split()
    while waiting:
        target = waiting.pop(0)
        if target in seen:
            continue
        seen.add(target)
        for rule in rules:
            if target in rule["names"].split():
                waiting += rule["needs"].split()
                body = re.match(r"(?:\n\t[^\n]*|\n)*", makefile[rule.end() :])
                lines += [x.strip().lstrip("@-") for x in (body[0] if body else "").splitlines()]
    return "\n".join(lines)


def named_in(path: str, text: str, scene: Scene) -> Iterator[Manifest]:
    """Yield the script itself, where its install commands name requirements."""
    place = scene.place
    file = path or (place.workflow if place else "")
    if not file or scene.files.text(file) is None or not commands.words(text):
        return
    counted = tuple(
        dict.fromkeys(x.strip() for x in text.splitlines() if commands.words(x.strip() + "\n"))
    )
    yield Manifest(file, COMMAND, counted, place.line if place and not path else 0)
