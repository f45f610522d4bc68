"""What tox, nox and hatch are told to do: which of their environments the failing job makes."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regreen.fixers.dependencies.forms import ini, toml
from regreen.fixers.dependencies.manifests import INI, TOML
from regreen.scene import Files

_TOX_SAYS = re.compile(
    r"^(?P<name>[\w.-]+)(?::| (?:create|installdeps|run-test|inst)[\w-]*:) "
    r"(?:install_\w+|commands|OK|FAIL|exit|remove|skipped|/)",
    re.MULTILINE,
)
_NOX_SAYS = re.compile(
    r"^nox > (?:Running|Session) session ?(?P<name>[\w.-]+)|"
    r"^nox > Session (?P<other>[\w.-]+)[ (]",
    re.MULTILINE,
)
_REFERENCE = re.compile(r"\{\[(?P<section>[^\]]+)\](?P<option>\w+)\}")


@dataclass(frozen=True, slots=True)
class Environment:
    """What one tox environment installs: places in its file, lines that name others, the package.

    ``package`` says whether the project is installed, with ``extras``; ``groups`` are PEP 735's.
    """

    path: str
    kind: str
    places: tuple[tuple[str, ...], ...]
    lines: tuple[str, ...] = ()
    package: bool = True
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def tox_environments(
    words: Sequence[str], output: str, folder: str, files: Files
) -> Iterator[Environment]:
    """Yield what the environments of a tox call install, the likeliest first."""
    names = _asked(words, "-e", "--env", "-f") or [m["name"] for m in _TOX_SAYS.finditer(output)]
    for file in ("tox.ini", "setup.cfg", "pyproject.toml"):
        path = posixpath.normpath(posixpath.join(folder, file))
        text = files.text(path) or ""
        if any(s.startswith("testenv") for s in ini.sections(text)):
            yield from _of_ini(path, text, names)
            return
    for file, above in (("pyproject.toml", ("tool", "tox")), ("tox.toml", ())):
        path = posixpath.normpath(posixpath.join(folder, file))
        made = toml.document(files.text(path) or "")
        if toml.at(made, (*above, "env_run_base")) or toml.at(made, (*above, "env")):
            yield from _of_toml(path, made, above, names)


def _of_ini(path: str, text: str, names: Sequence[str]) -> Iterator[Environment]:
    chosen = [s for name in names for s in ini.sections(text) if name in _generated(s)]
    for section in dict.fromkeys([*chosen, "testenv"]):
        places, lines = _deps(text, section, "deps")
        says = {
            option: " ".join(ini.value(text, section, option) or ini.value(text, "testenv", option))
            for option in ("extras", "dependency_groups", "skip_install", "package")
        }
        skipped = says["skip_install"].lower() in {"true", "1", "yes"}
        extras = tuple(e for e in re.split(r"[\s,]+", says["extras"]) if e)
        groups = tuple(e for e in re.split(r"[\s,]+", says["dependency_groups"]) if e)
        package = not skipped and says["package"] != "skip"
        yield Environment(path, INI, places, lines, package, extras, groups)


def _deps(
    text: str, section: str, option: str, depth: int = 3
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Return an option's place and lines, and those of the options that it refers to."""
    found = ini.value(text, section, option)
    places: list[tuple[str, ...]] = [(section, option)] if ini.rows(text, section, option) else []
    lines = [re.sub(r"^[\w.{},!-]+:\s+", "", line) for line in found]
    for match in _REFERENCE.finditer("\n".join(found)) if depth else ():
        more, other = _deps(text, match["section"], match["option"], depth - 1)
        places += more
        lines += other
    return tuple(dict.fromkeys(places)), tuple(lines)


def _generated(section: str) -> set[str]:
    """Return the environments that a section's name stands for: ``testenv:py{38,39}-lint``."""
    if not section.startswith("testenv:"):
        return set()
    pattern = section.removeprefix("testenv:")
    parts = [p.split(",") for p in re.split(r"\{([^}]*)\}", pattern)[1::2]]
    fixed = re.split(r"\{[^}]*\}", pattern)
    found = set()
    for choice in itertools.islice(itertools.product(*parts), 500):
        words = [fixed[0]]
        for word, text in zip(choice, fixed[1:], strict=True):
            words += [word.strip(), text]
        found.add("".join(words).strip("-"))
    return found | {part.strip() for name in list(found) for part in name.split(",")}


def _of_toml(
    path: str, made: object, above: tuple[str, ...], names: Sequence[str]
) -> Iterator[Environment]:
    known = toml.at(made, (*above, "env")) or {}
    chosen = [(*above, "env", name) for name in names if name in known]
    for keys in [*chosen, (*above, "env_run_base")]:
        table = toml.at(made, keys) or {}
        deps = [str(one) for one in table.get("deps", [])]
        yield Environment(
            path,
            TOML,
            ((*keys, "deps"),) if "deps" in table else (),
            tuple(deps),
            not table.get("skip_install", False),
            tuple(str(e) for e in table.get("extras", [])),
            tuple(str(g) for g in table.get("dependency_groups", [])),
        )


def nox_sessions(words: Sequence[str], output: str) -> set[str]:
    """Return the sessions that a nox call runs, without their parameters; empty: the default."""
    named = _asked(words, "-s", "-e", "--session", "--sessions")
    named += [m["name"] or m["other"] for m in _NOX_SAYS.finditer(output)]
    return {re.sub(r"[-(][\d.].*$|\(.*$", "", name) for name in named}


def hatch_environments(words: Sequence[str]) -> list[str]:
    """Return the environments that a hatch call uses."""
    found = _asked(words, "-e", "--env")
    runs = [w for w in words if not w.startswith("-")]
    if runs[:1] in (["run"], ["test"], ["fmt"]):
        head = runs[1] if len(runs) > 1 else ""
        found += [head.partition(":")[0]] if ":" in head else []
        found += {"test": ["hatch-test"], "fmt": ["hatch-static-analysis"]}.get(runs[0], [])
    return list(dict.fromkeys([*(re.sub(r"^\+.*|^py=.*", "", n) for n in found), "default"]))


def _asked(words: Sequence[str], *options: str) -> list[str]:
    found: list[str] = []
    for number, word in enumerate(words):
        joined = next((o for o in options if word.startswith(o) and word != o), None)
        if word in options:
            found += words[number + 1 : number + 2]
        elif joined is not None:
            found.append(word.removeprefix(joined).removeprefix("="))
    return [part for text in found for part in text.split(",") if part and "$" not in part]
