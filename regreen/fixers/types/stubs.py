"""Libraries of which the checker knows no types: declare the stubs where mypy is declared.

mypy itself names the distribution where typeshed has one; for others ``types-NAME`` and
``NAME-stubs`` are looked up in the package index. A library that is not installed for the check at
all is declared there itself. mypy as a hook of pre-commit gets both as ``additional_dependencies``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import yaml
from packaging.utils import canonicalize_name

from regreen.fixers.dependencies import lockfiles
from regreen.fixers.dependencies.installs import manifests
from regreen.fixers.dependencies.manifests import CONSTRAINTS, Manifest, append, slots
from regreen.fixers.dependencies.missing_dependency import is_own
from regreen.fixers.dependencies.providers import is_young, known_name, providers
from regreen.fixers.types.problems import CHECKERS, Problem, problems
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Files, Scene

ID = "type stubs"
DOCS = "https://mypy.readthedocs.io/en/stable/running_mypy.html#missing-imports"

_HINT = re.compile(r"pip install (?P<name>types-[\w.-]+|[\w.-]+-stubs)")
_NO_STUBS = re.compile(
    r"(?:Library stubs not installed for|Skipping analyzing|Stub file not found for)"
    r" ['\"](?P<module>[\w.]+)['\"]"
)
_ABSENT = re.compile(
    r"(?:Cannot find implementation or library stub for module named|Import)"
    r" ['\"](?P<module>[\w.]+)['\"](?: could not be resolved)?"
)
_HOOKS = ".pre-commit-config.yaml"
_MOST = 4
"""Places that are tried for one distribution."""


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield edits that declare all stubs that are asked for, one place after the other."""
    found = problems(failure, scene)
    wanted: dict[str, None] = {}
    for one in found:
        if (name := _stubs(one, scene)) is not None or (name := _library(one, scene)) is not None:
            wanted[name] = None
    if not wanted:
        return
    names = list(wanted)
    why = f"the checker knows types by {', '.join(names)}"
    if (text := _hooked(names, scene.files)) is not None and "pre-commit" in _calls(scene):
        yield Edit(ID, why, {_HOOKS: text}, from_start=True, severity=Severity.MEDIUM)
    for place in _ranked(scene)[:_MOST]:
        text = _all(names, place, scene.files)
        if text is not None:
            yield lockfiles.idea(ID, why, place, text, scene.files, Severity.MEDIUM)


def _calls(scene: Scene) -> str:
    return "\n".join((scene.script, scene.output[:4000], *scene.installs))


def _stubs(problem: Problem, scene: Scene) -> str | None:
    """Return the distribution of stubs that a complaint asks for."""
    for note in problem.notes:
        if match := _HINT.search(note):
            return match["name"]
    match = _NO_STUBS.match(problem.message)
    if match is None or scene.index is None or is_own(match["module"], scene.files):
        return None
    top = match["module"].split(".")[0]
    name = known_name(match["module"]) or top
    for candidate in dict.fromkeys((f"types-{name}", f"{name}-stubs", f"types-{top}")):
        releases = scene.index.releases(canonicalize_name(candidate))
        if releases and not is_young(releases, scene.as_of):
            return candidate
    return None


def _library(problem: Problem, scene: Scene) -> str | None:
    """Return the distribution of a library that is not installed where the checker runs."""
    match = _ABSENT.match(problem.message)
    if match is None or scene.index is None or is_own(match["module"], scene.files):
        return None
    return next((p.name for p in providers(match["module"], scene)), None)


def _ranked(scene: Scene) -> list[Manifest]:
    """Order places: first where the checker or other stubs stand, then those for tests."""
    usable = [m for m in manifests(scene) if m.kind != CONSTRAINTS and not m.builds]

    def rank(place: Manifest) -> tuple[bool, bool, bool]:
        named = {canonicalize_name(slot.name) for slot in slots(place, scene.files)}
        typed = any(name.startswith("types-") or name.endswith("-stubs") for name in named)
        return not named & CHECKERS, not typed, not place.for_tests

    return sorted(usable, key=rank)


def _all(names: Iterable[str], place: Manifest, files: Files) -> str | None:
    """Return a place's file with all names added that it lacks."""
    changed: str | None = None
    for name in names:
        made = append(place, name, _Changed(files, place.path, changed))
        changed = made if made is not None else changed
    return changed


class _Changed:
    """Files of which one has another text."""

    def __init__(self, files: Files, path: str, text: str | None) -> None:
        self._files = files
        self._path = path
        self._text = text

    def paths(self) -> tuple[str, ...]:
        return self._files.paths()

    def text(self, path: str) -> str | None:
        if path == self._path and self._text is not None:
            return self._text
        return self._files.text(path)


def _hooked(names: list[str], files: Files) -> str | None:
    """Return pre-commit's configuration with more dependencies of its mypy hook."""
    text = files.text(_HOOKS)
    if text is None:
        return None
    for name in names:
        text = _with_dependency(text, name)
        if text is None:
            return None
    return text


def _with_dependency(text: str, name: str) -> str | None:
    try:
        document = yaml.compose(text)
    except yaml.YAMLError:
        return None
    for hook in _mappings(document):
        keys = {key.value: (key, value) for key, value in hook.value}
        if "id" not in keys or keys["id"][1].value not in CHECKERS:
            continue
        if "additional_dependencies" not in keys:
            key = keys["id"][0]
            line = keys["id"][1].end_mark.line
            new = f"{' ' * key.start_mark.column}additional_dependencies: [{name}]\n"
            lines = text.splitlines(keepends=True)
            return "".join((*lines[: line + 1], new, *lines[line + 1 :]))
        return _extended(text, keys["additional_dependencies"][1], name)
    return None


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value)


def _extended(text: str, node: yaml.Node, name: str) -> str | None:
    """Return the text with one more item in a list, in the list's own form."""
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        return None
    last = node.value[-1]
    if any(item.value.split("=")[0].split("<")[0].split(">")[0] == name for item in node.value):
        return None
    if node.flow_style:
        at = last.end_mark.index
        spread = last.start_mark.line != node.start_mark.line
        between = f",\n{' ' * last.start_mark.column}" if spread else ", "
        return f"{text[:at]}{between}{name}{text[at:]}"
    lines = text.splitlines(keepends=True)
    line = lines[last.start_mark.line]
    dash = line[: last.start_mark.column]
    new = f"{dash}{name}\n"
    return "".join((*lines[: last.start_mark.line + 1], new, *lines[last.start_mark.line + 1 :]))
