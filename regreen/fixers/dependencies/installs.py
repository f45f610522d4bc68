"""Which places the failing job installs from, read from its own install commands.

Commands are looked for in the steps' scripts, in the repository's scripts and make targets that
these call, and in what tox, nox and hatch are told to do.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from regreen.fixers.dependencies.forms import strings, toml
from regreen.fixers.dependencies.manifests import (
    CONSTRAINTS,
    ENVIRONMENT,
    NOXFILE,
    REQUIREMENTS,
    SETUP_CFG,
    SETUP_PY,
    TOML,
    Manifest,
    setup_cfg_extras,
)
from regreen.fixers.dependencies.scripts import named_in, scripts
from regreen.fixers.dependencies.wrappers import hatch_environments, nox_sessions, tox_environments
from regreen.fixers.invocations import Invocation, find
from regreen.scene import Files, Scene

_PROJECT = re.compile(r"^(?P<folder>\.{1,2}|[\w./-]*)(?:\[(?P<extras>[\w\s,.-]+)\])?$")
_INCLUDE = re.compile(
    r"^\s*(?:-(?P<short>[rc])\s*|--(?P<long>requirement|constraint)[\s=]+)(?P<path>\S+)",
    re.MULTILINE,
)
_PROGRAMS = (
    "pip", "pip3", "uv", "poetry", "pdm", "pipenv", "tox", "nox", "hatch", "conda", "mamba",
    "micromamba", "flit", "python", "python3",
)  # fmt: skip
_MOST_FILES = 200


def manifests(scene: Scene) -> list[Manifest]:
    """Return where the job's install commands read requirements from, each place once.

    The files that others include, and their constraints, stand behind these.
    """
    texts = scripts(scene)
    reading = _Reading(scene.files, scene.directory, scene.output)
    found: list[Manifest] = []
    for text in texts.values():
        for program in _PROGRAMS:
            for invocation in find(program, text):
                found += reading.of_call(program, invocation)
    for path, text in texts.items():
        found += named_in(path, text, scene)
    return _with_included(list(dict.fromkeys(found)), scene.files)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads install commands of scripts that run in ``directory``."""

    files: Files
    directory: str
    output: str

    def of_call(self, program: str, call: Invocation) -> Iterator[Manifest]:
        words = [w.strip("\"'") for w in call.arguments]
        folder = self._folder(call)
        read = {
            "pip": self._pip, "pip3": self._pip, "uv": self._uv, "poetry": self._grouped,
            "pdm": self._grouped, "pipenv": self._pipenv, "tox": self._tox, "nox": self._nox,
            "hatch": self._hatch, "conda": self._conda, "mamba": self._conda,
            "micromamba": self._conda,
        }.get(program)  # fmt: skip
        if read is not None:
            yield from read(words, folder)
        elif program == "flit" or "setup.py" in words[:1]:
            yield from self._project(folder, [])

    def _pip(self, words: list[str], folder: str) -> Iterator[Manifest]:
        if "install" in words or "wheel" in words:
            yield from self.of_words(words, folder)

    def _grouped(self, words: list[str], folder: str) -> Iterator[Manifest]:
        yield from self._project(folder, _named(words, "-E", "--extras", "-G", "--group"))
        yield from self._groups(folder, None)

    def _pipenv(self, _words: list[str], folder: str) -> Iterator[Manifest]:
        path = posixpath.normpath(posixpath.join(folder, "Pipfile"))
        if self.files.text(path) is not None:
            yield from (Manifest(path, TOML, (key,)) for key in ("packages", "dev-packages"))

    def _conda(self, words: list[str], folder: str) -> Iterator[Manifest]:
        for name in _named(words, "-f", "--file"):
            path = posixpath.normpath(posixpath.join(folder, name))
            if self.files.text(path) is not None:
                yield Manifest(path, ENVIRONMENT)

    def _folder(self, call: Invocation) -> str:
        """Return where a call runs: behind its script's ``cd``, where that leads to a folder."""
        moved = re.findall(r"^cd\s+[\"']?([\w./-]+)", call.setup, re.MULTILINE)
        folder = posixpath.normpath(posixpath.join(self.directory, *moved))
        return folder if not folder.startswith("..") else "."

    def of_words(self, words: Sequence[str], folder: str) -> Iterator[Manifest]:
        """Yield the places that the words of a pip command, or of tox's deps, name."""
        previous = ""
        for word in words:
            joined = re.match(r"(-[rce])(?=[^=-])|(--[\w-]+)=", word)
            option = joined[1] or joined[2] if joined else previous
            value = word[joined.end() :] if joined else word
            if option in {"-r", "--requirement", "-c", "--constraint"}:
                path = self._existing(folder, value)
                if path is not None:
                    constrains = option in {"-c", "--constraint"}
                    yield Manifest(path, CONSTRAINTS if constrains else REQUIREMENTS)
            elif option == "--group":
                yield from self._groups(folder, [value.rpartition(":")[2]])
            elif not value.startswith("-") and (match := _PROJECT.match(value)):
                place = posixpath.normpath(posixpath.join(folder, match["folder"] or "."))
                known = match["folder"].startswith(".") or "/" in match["folder"]
                if known or not match["folder"] or option in {"-e", "--editable"}:
                    extras = [e.strip() for e in (match["extras"] or "").split(",") if e.strip()]
                    yield from self._project(place, extras)
            previous = word

    def _existing(self, folder: str, name: str) -> str | None:
        name = re.sub(r"^\{tox(?:_root|inidir)\}/?", "", name)
        tries = (posixpath.normpath(posixpath.join(one, name)) for one in (folder, "."))
        return next((path for path in tries if self.files.text(path) is not None), None)

    def _project(self, folder: str, extras: Iterable[str]) -> Iterator[Manifest]:
        """Yield what a project needs at run time, its ``extras``, and what builds it."""
        asked = list(extras)
        base = posixpath.normpath(folder or ".")
        for name, kind in (("pyproject.toml", TOML), (SETUP_CFG, SETUP_CFG), (SETUP_PY, SETUP_PY)):
            path = posixpath.normpath(posixpath.join(base, name))
            text = self.files.text(path)
            if text is None:
                continue
            if kind == TOML:
                yield from _of_pyproject(path, text, asked, self.files)
                continue
            yield Manifest(path, kind)
            known = setup_cfg_extras(text) if kind == SETUP_CFG else asked
            yield from (Manifest(path, kind, (extra,)) for extra in asked if extra in known)

    def _groups(self, folder: str, names: Sequence[str] | None) -> Iterator[Manifest]:
        """Yield groups of a project: those named (``None``: all)."""
        path = posixpath.normpath(posixpath.join(folder, "pyproject.toml"))
        text = self.files.text(path)
        if text is None:
            return
        above = [("dependency-groups",), ("tool", "pdm", "dev-dependencies")]
        groups = [keys for one in above for keys in toml.sections(text, *one)]
        groups += [(*k, "dependencies") for k in toml.sections(text, "tool", "poetry", "group")]
        for keys in groups:
            name = keys[-2] if keys[-1] == "dependencies" else keys[-1]
            if names is None or name in names:
                yield Manifest(path, TOML, keys)
        for tool in ("uv", "poetry"):
            keys = ("tool", tool, "dev-dependencies")
            if toml.at(toml.document(text), keys) is not None:
                yield Manifest(path, TOML, keys)

    def _uv(self, words: list[str], folder: str) -> Iterator[Manifest]:
        if words[:1] not in (["sync"], ["run"], ["lock"], ["export"], ["build"]):
            return
        folder = next(iter(_named(words, "--directory", "--project")), folder)
        for option in ("-r", "--with-requirements"):
            yield from self.of_words([x for n in _named(words, option) for x in ("-r", n)], folder)
        groups = _named(words, "--group", "--only-group")
        everything = "--all-groups" in words
        yield from self._groups(folder, None if everything else [*groups, "dev"])
        yield from self._project(folder, _named(words, "--extra"))
        path = posixpath.normpath(posixpath.join(folder, "pyproject.toml"))
        text = self.files.text(path)
        if "--all-extras" in words and text is not None:
            for keys in toml.sections(text, "project", "optional-dependencies"):
                yield Manifest(path, TOML, keys)

    def _tox(self, words: list[str], folder: str) -> Iterator[Manifest]:
        for found in tox_environments(words, self.output, folder, self.files):
            yield from (Manifest(found.path, found.kind, keys) for keys in found.places)
            yield from self.of_words([w for line in found.lines for w in line.split()], folder)
            if found.package:
                yield from self._project(folder, found.extras)
            if found.groups:
                yield from self._groups(folder, found.groups)

    def _nox(self, words: list[str], folder: str) -> Iterator[Manifest]:
        path = posixpath.normpath(posixpath.join(folder, NOXFILE + ".py"))
        text = self.files.text(path)
        if text is None:
            return
        wanted = nox_sessions(words, self.output)
        for call in strings.installs(text):
            if not wanted or call.session in wanted:
                yield Manifest(path, NOXFILE, (call.session,))
                yield from self.of_words(call.words, folder)

    def _hatch(self, words: list[str], folder: str) -> Iterator[Manifest]:
        path = posixpath.normpath(posixpath.join(folder, "pyproject.toml"))
        text = self.files.text(path)
        if text is None:
            return
        for name in hatch_environments(words):
            env = ("tool", "hatch", "envs", name)
            for key in ("dependencies", "extra-dependencies"):
                if toml.at(toml.document(text), (*env, key)) is not None:
                    yield Manifest(path, TOML, (*env, key))
            features = toml.at(toml.document(text), (*env, "features"))
            yield from self._project(folder, [str(f) for f in features or ()])


def _of_pyproject(path: str, text: str, extras: Iterable[str], files: Files) -> Iterator[Manifest]:
    made = toml.document(text)
    for keys in (("project", "dependencies"), ("tool", "poetry", "dependencies")):
        project = toml.at(made, keys[:-1])
        if toml.at(made, keys) is not None or (project is not None and keys[0] == "project"):
            yield Manifest(path, TOML, keys)
    for extra in extras:
        keys_of = toml.section_named(text, ("project", "optional-dependencies"), extra)
        if keys_of is not None:
            yield Manifest(path, TOML, keys_of)
    dynamic = ("tool", "setuptools", "dynamic")
    wanted: list[tuple[str, ...]] = [(*dynamic, "dependencies", "file")]
    wanted += [(*dynamic, "optional-dependencies", extra, "file") for extra in extras]
    for keys_to in wanted:
        named = toml.at(made, keys_to)
        for name in [named] if isinstance(named, str) else named or ():
            if files.text(str(name)) is not None:
                yield Manifest(str(name), REQUIREMENTS)


def _with_included(found: list[Manifest], files: Files) -> list[Manifest]:
    """Add what requirements files include, and what constrains them."""
    waiting, seen = [m for m in found if m.kind in {REQUIREMENTS, CONSTRAINTS}], list(found)
    while waiting and len(seen) < _MOST_FILES:
        manifest = waiting.pop(0)
        folder = posixpath.dirname(manifest.path)
        for match in _INCLUDE.finditer(files.text(manifest.path) or ""):
            path = posixpath.normpath(posixpath.join(folder, match["path"]))
            constrains = match["short"] == "c" or match["long"] == "constraint"
            made = Manifest(path, CONSTRAINTS if constrains else manifest.kind)
            if files.text(path) is not None and made not in seen:
                seen.append(made)
                waiting.append(made)
    return seen


def _named(words: Sequence[str], *options: str) -> list[str]:
    """Return the values of options, also behind ``=`` and between commas."""
    found: list[str] = []
    for number, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in options:
            after = words[number + 1] if number + 1 < len(words) else ""
            found += (value if equals else after).replace(",", " ").split()
    return found
