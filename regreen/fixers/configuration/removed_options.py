"""Mends commands with options and settings that a tool no longer has, by a list of facts.

What is listed is dropped or renamed; an option that is near to one that the tool's own help shows
is written as that one. Nothing else is dropped: what an unknown option asked for is not known.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as packaged

from regreen.fixers.configuration.sites import replaced, sites
from regreen.model import Edit, Failure, Idea, Probe, Severity
from regreen.scene import Scene

ID = "removed-option"
DOCS = "https://pip.pypa.io/en/stable/news/"

_REFUSED = re.compile(
    r"unrecognized arguments?:\s*(?P<a>-.*)|[Nn]o such option:?\s*['\"]?(?P<b>-[\w=.-]+)"
    r"|[Uu]nknown option:?\s*['\"`]?(?P<c>-[\w=.-]+)|unexpected argument '(?P<d>-[\w=.-]+)'"
    r"|The (?:option )?\"(?P<e>--[\w-]+)\" (?:option )?does not exist"
    r"|Setting (?P<f>[\w.-]+) does not exist"
    r"|option (?P<g>--[\w-]+)(?::| is| not) (?:not|invalid|unknown|recognized|removed)"
    r"|invalid choice: '(?P<h>[\w.-]+)'.*--use-feature|There is no (?P<i>[\w.-]+) setting"
    r"|Unrecognized option found: (?P<j>[\w-]+)|invalid value '\w+' for '(?P<k>--[\w-]+)"
)
_NO_COMMAND = re.compile(
    r"unrecognized subcommand|`ruff <path>` (?:has been removed|is deprecated)"
    r"|unexpected argument[^\n]*\n(?:[^\n]*\n){0,4}?\s*Usage: ruff \[OPTIONS\] <COMMAND>"
)
_BARE_RUFF = re.compile(
    r"((?:^|[;&|(\"'`]|\brun:|\brun|-m|=|-)[ \t]*ruff)[ \t]+"
    r"(?!(?:check|format|rule|config|linter|clean|server|analyze|version|help|--version|--help|-V|-h"
    r"|generate-shell-completion)\b)(?=[-\w./])",
    re.MULTILINE,
)
_HELP_OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]+")
_TOOL = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Gone:
    """One option (or setting) of ``tool`` that is gone; see the data file."""

    tool: str
    gone: str
    instead: str = ""
    line: bool = False
    value: bool = False
    seen: str = ""
    source: str = ""

    def is_named(self, option: str) -> bool:
        """Whether ``option``, as the tool names it, is this one; it may name it without a value."""
        words = self.gone.split()
        known = {self.gone, *words, *self.gone.split("="), words[-1].split("=")[0]}
        return option in {word for word in known if "-" in word or "." in word}


@cache
def catalogue() -> tuple[Gone, ...]:
    """Return what is listed."""
    text = packaged("regreen.fixers.configuration").joinpath("data/options.toml").read_text("utf-8")
    return tuple(Gone(**row) for row in tomllib.loads(text)["option"])


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield edits of the command that has an option which its tool refuses."""
    del failure
    yield from _ruff_check(scene)
    refused = list(dict.fromkeys(_options(scene.output)))
    for option in refused:
        for one in catalogue():
            if one.is_named(option):
                yield from _listed(one, scene)
    for option in refused:
        if option.startswith("--"):
            yield from _asked(option.split("=")[0], scene)


def _options(output: str) -> Iterator[str]:
    for found in _REFUSED.finditer(output):
        said = next(value for value in found.groups() if value)
        if found["j"]:
            said = f"--{said}"
        yield from (word.rstrip(".,'\"") for word in said.split() if word)


def _listed(one: Gone, scene: Scene) -> Iterator[Edit]:
    why = f"{one.tool} no longer has {one.gone}"
    if one.instead:
        why = f"{why}: {one.instead} stands for it"
    if one.line and not one.instead:
        for path, text in sites(scene):
            if (made := _without_command(text, one)) != text:
                yield Edit(ID, why, {path: made}, severity=Severity.MEDIUM)
        return
    files = replaced(scene, one.gone, one.instead) if one.instead else _dropped(scene, one)
    if any(one.tool in (scene.files.text(path) or "") for path in files):
        yield Edit(ID, why, files, severity=Severity.MEDIUM)


def _without_command(text: str, one: Gone) -> str:
    """Drop the commands that set what is gone: lines of their own in a script."""
    command = rf"{re.escape(one.tool)}\s+config\s+(?:--\w+\s+)?{re.escape(one.gone)}\b[^\n&;|]*"
    made = re.sub(rf"^[ \t]*(?:-\s+)?{command}\n", "", text, flags=re.MULTILINE)
    made = re.sub(rf"{command}(?:&&|;)\s*", "", made)
    return re.sub(rf"\s*(?:&&|;)\s*{command}$", "", made, flags=re.MULTILINE)


def _dropped(scene: Scene, one: Gone) -> dict[str, str]:
    written = re.escape(one.gone).replace("=", r"(?:=|\s+)")
    value = r"(?:(?:=|[ \t]+(?!-))[^\s'\"]+)?" if one.value else ""
    pattern = re.compile(rf"[ \t]+{written}{value}(?![\w=-])")
    for path, text in sites(scene):
        made = pattern.sub("", text)
        if made != text:
            return {path: made}
    return {}


def _ruff_check(scene: Scene) -> Iterator[Edit]:
    """Call ruff's linter by its command: 0.5.0 has none without.

    Source: https://github.com/astral-sh/ruff/blob/main/BREAKING_CHANGES.md
    """
    if not _NO_COMMAND.search(scene.output):
        return
    for path, text in sites(scene):
        made = _BARE_RUFF.sub(r"\1 check ", text)
        if made != text:
            yield Edit(
                ID, "ruff's linter is called ruff check", {path: made}, severity=Severity.MEDIUM
            )
            return


def _asked(option: str, scene: Scene) -> Iterator[Idea]:
    """Ask the tool whose command has the option for options that are like it."""
    for row in f"{scene.script}\n{scene.output}".splitlines():
        if f"{option}" not in row.split() and not re.search(rf"\s{re.escape(option)}[=\s]", row):
            continue
        words = row.strip().lstrip("+$> ").split()
        head = words[: next((n for n, word in enumerate(words) if word.startswith("-")), 1)][:3]
        if not head or not all(_TOOL.fullmatch(word) for word in head):
            continue

        def read(output: str) -> Iterable[Idea]:
            known = sorted(set(_HELP_OPTION.findall(output)))
            for near in difflib.get_close_matches(option, known, n=2, cutoff=0.75):
                if near != option and (files := replaced(scene, option, near)):
                    why = f"there is no option {option}, but {near}"
                    yield Edit(ID, why, files, severity=Severity.MEDIUM)

        tool = " ".join(head)
        yield Probe(ID, f"which options {tool} has", f"{tool} --help", read, scene.directory)
        return
