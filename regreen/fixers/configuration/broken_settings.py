"""Mends settings files of tools that cannot be read: broken TOML, INI and YAML.

Where the parser stops is what counts, whoever reported it. Open quotes and brackets, missing commas
and colons, words and signs of other languages, names that are there twice, tabs, indentation, merge
conflicts, escapes. Of several repairs those come first after which the settings are most like those
of the commit before, and in lines that the red commit wrote.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from regreen.fixers.configuration.ini_repairs import doubled, of_file
from regreen.fixers.configuration.settings_common import conflicts, doubles, strange
from regreen.fixers.configuration.settings_forms import (
    INI,
    STRICT_YAML,
    TOML,
    YAML,
    Form,
    form_of,
    readable,
)
from regreen.fixers.configuration.settings_search import Repair, Search, Whole
from regreen.fixers.configuration.settings_yaml import SETTINGS_YAML_REPAIRS
from regreen.fixers.configuration.toml_repairs import TOML_REPAIRS
from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "broken-settings"
DOCS = "https://toml.io/en/v1.0.0"

_SAID = re.compile(
    r"TOML|toml\b|YAML|ya?ml\b|\bat line \d+[ ,]|line \d+,? column \d+|Scanner|[Pp]ars(?:e|ing)"
    r"|MissingSectionHeader|no section header|[Dd]uplicate|already exists|configparser"
    r"|Interpolation|iniconfig|unexpected (?:line|value)|[Ii]nvalid|<<<<<<<|could not (?:be )?read"
)
_STRICT = re.compile(r"[Dd]uplicated? (?:key|mapping)|key-duplicates|already defined")
_PERCENT = re.compile(r"'%' must be followed by")
_MOST = 4
_MOST_FILES = 4
_REVIEW = "see that the settings say what was meant"


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield edits after which the settings files can be read, the likeliest first."""
    said = "\n".join([scene.output, *(d.message for d in failure.diagnostics)])
    found: list[tuple[str, list[Whole]]] = []
    for path, form in suspects(failure, scene, said):
        text = scene.files.text(path) or ""
        if made := mended(path, form, text, _before(scene, path)):
            found.append((path, made))
        if len(found) >= _MOST_FILES:
            break
    if len(found) > 1:
        yield _edit({path: made[0] for path, made in found})
    for path, made in found:
        for one in made[:_MOST]:
            yield _edit({path: one})
    if _PERCENT.search(said):
        yield from _percents(failure, scene, said)


def suspects(failure: Failure, scene: Scene, said: str) -> Iterator[tuple[str, Form]]:
    """Yield the settings files that cannot be read, those that the output names first.

    A file that the output does not name counts where it lies beside the code, and where it could be
    read in the commit before: broken files of tests are meant to be. Such a one counts even where
    no parser complains, for some tools go on without their settings and find other things.
    """
    named = set(scene.named_files(failure))
    strict = _STRICT.search(said) is not None
    ranked: list[tuple[int, str, Form]] = []
    for path in scene.files.paths():
        form = form_of(path)
        if form is None:
            continue
        told = path in named or re.search(rf"(?<![\w-]){re.escape(path)}\b", said) is not None
        base = re.search(rf"(?<![\w.-]){re.escape(posixpath.basename(path))}\b", said) is not None
        beside = "/" not in path or posixpath.dirname(path) == scene.directory
        if not (told or beside or (base and path.count("/") < 3)):
            continue
        ranked.append((0 if told else 1 if base and beside else 2, path, form))
    for rank, path, form in sorted(ranked, key=lambda one: one[:2]):
        text, before = scene.files.text(path), _before(scene, path)
        if text is None or not readable(text):
            continue
        form = STRICT_YAML if form is YAML and strict else form
        if form.read(text).fault is None:
            continue
        if rank and (text == before or (before and form.read(before).fault)):
            continue
        if before is None and not _SAID.search(said):
            continue
        yield path, form


def mended(path: str, form: Form, text: str, before: str | None) -> list[Whole]:
    """Return the ways to mend ``text``, the likeliest first; none for what can be read."""
    if not readable(text):
        return []
    in_order = form is INI or re.search(r"^ *\t", text, re.MULTILINE) is not None
    return Search(form, repairs(path, form, before), before, in_order).mends(text)


def repairs(path: str, form: Form, before: str | None) -> tuple[Repair, ...]:
    """Return what may mend a file of this form, in the order of likelihood."""
    of_form: tuple[Repair, ...] = SETTINGS_YAML_REPAIRS
    if form is TOML:
        of_form = TOML_REPAIRS
    elif form is INI:
        of_form = of_file(path, before)
    return (conflicts(before), strange, doubles(before), *of_form)


def _before(scene: Scene, path: str) -> str | None:
    return scene.parent.text(path) if scene.parent is not None else None


def _percents(failure: Failure, scene: Scene, said: str) -> Iterator[Edit]:
    """Double the percent signs of the section that a reader with interpolation refuses."""
    named = set(scene.named_files(failure))
    for path in scene.files.paths():
        if form_of(path) is not INI or ("/" in path and path not in named):
            continue
        text = scene.files.text(path) or ""
        rows = text.splitlines(keepends=True)
        refused = re.findall(r"found: ['\"]%?([^\n]*?)['\"]?$", said, re.M)
        made = "".join(
            doubled(row) if any(part.strip("'\"") in row for part in refused) else row
            for row in rows
        )
        if made != text:
            yield Edit(
                ID, "a percent sign is written twice", {path: made},
                from_start=True, severity=Severity.MEDIUM, review=_REVIEW,
            )  # fmt: skip


def _edit(made: dict[str, Whole]) -> Edit:
    changes = [change for one in made.values() for change in one.changes]
    names = ", ".join(made)
    why = "; ".join(dict.fromkeys(change.why for change in changes))
    review = "; ".join(dict.fromkeys(change.review for change in changes if change.review))
    return Edit(
        ID,
        f"{names} can be read again: {why}",
        {path: one.text for path, one in made.items()},
        from_start=True,
        severity=Severity.MEDIUM,
        review=review or _REVIEW,
    )
