"""What a job's set-up steps read of the repository: nothing, named files, or perhaps anything.

Only plain installer commands are known; whatever else a script holds may read anything.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import PurePosixPath

from regreen.jobs.setup_words import (
    CHECKS,
    GUARDED,
    HARMLESS,
    INSTALLS,
    LIFECYCLE,
    LINE_OPTIONS,
    ODD,
    OPERATORS,
    PLAIN,
    PYTHON,
    RUNNERS,
    SETTING,
    STEERING,
    VALUED,
    VARIABLE,
)
from regreen.scene import Files


class Reach(IntEnum):
    """How much of the repository a script may read, and what kind of script it is."""

    NAMED = 0
    """An installer that reads the files it names."""
    WHOLE = 1
    """An installer that may read the whole repository."""
    UNKNOWN = 2
    """Something else, which may be a check too."""
    CHECK = 3
    """A known check: no set-up."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What a script reads: its reach, and the files it names, relative to the repository."""

    reach: Reach
    files: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Script:
    tree: Files
    folder: str
    files: set[str] = field(default_factory=set)


def reads_of(script: str, folder: str, tree: Files) -> Reads:
    """Say what ``script`` reads of ``tree`` when it runs in ``folder`` (relative to it)."""
    work = _Script(tree, folder)
    reach = Reach.WHOLE if names_setting(script) else Reach.NAMED
    for words in _commands(GUARDED.sub(r"\g<then>", script)):
        reach = max(reach, Reach.UNKNOWN if words is None else _command(words, work))
    return Reads(reach, frozenset(work.files))


def names_setting(text: str) -> bool:
    """Whether ``text`` sets an installer's variable that may name a file (``PIP_CONSTRAINT=x``)."""
    return bool(SETTING.search(text) or STEERING.search(text))


def _commands(script: str) -> Iterator[list[str] | None]:
    """Yield each simple command's words; ``None`` for what is no simple command."""
    for line in script.replace("\\\n", " ").splitlines():
        plain = VARIABLE.sub("/regreen-variable", line)
        try:
            lexer = shlex.shlex(plain, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words = list(lexer)
        except ValueError:
            yield None
            continue
        if ODD.search(plain) or any(_strange(word) for word in words):
            yield _check_in(words)
            continue
        command: list[str] = []
        for word in (*words, ";"):
            if word in OPERATORS:
                if command:
                    yield command
                command = []
            else:
                command.append(word)


def _strange(word: str) -> bool:
    """Whether a word is made of the shell's signs and none that is known here."""
    return bool(word) and set(word) <= set("();<>|&") and word not in {*OPERATORS, ">", ">>"}


def _check_in(words: list[str]) -> list[str] | None:
    """Of a line that is not understood: a check that it names all the same."""
    found = next((word for word in words if CHECKS.fullmatch(posixpath.basename(word))), None)
    return [found] if found else None


def _command(words: list[str], work: _Script) -> Reach:
    words = [w for w in words if w]
    while words and re.fullmatch(r"[A-Za-z_]\w*=.*", words[0]):
        words = words[1:]
    if words and words[0] == "sudo":
        words = [w for w in words[1:] if not w.startswith("-")]
    if not words:
        return Reach.NAMED
    words[0] = _program(words[0], work)
    if ">" in words or ">>" in words:
        return _written(words)
    if tuple(words[:2]) in RUNNERS:
        words = [w for w in words[2:] if not w.startswith("-")] or ["?"]
        return Reach.CHECK if _is_check(words) else Reach.UNKNOWN
    if _is_check(words):
        return Reach.CHECK
    if PYTHON.fullmatch(words[0]) and words[1:2] == ["-m"] and len(words) > 2:
        return max(_installer(words[2:], work), _shadowed(words[2], work))
    return _installer(words, work)


def _program(word: str, work: _Script) -> str:
    """Return the name of a program in an environment that the job made: ``.venv/bin/pip``."""
    place = _path(work, word)
    known = set(work.tree.paths())
    environment = posixpath.dirname(posixpath.dirname(place)) + "/"
    own = {place, *map(str, PurePosixPath(place).parents)} & known
    own |= {path for path in known if path.startswith(environment)}
    made = posixpath.basename(posixpath.dirname(word)) == "bin" and not own
    return posixpath.basename(word) if made and not place.startswith("..") else word


def _shadowed(module: str, work: _Script) -> Reach:
    """``python -m`` looks for modules in the folder first: the repository may have one's name."""
    prefix = "" if work.folder == "." else f"{work.folder}/"
    inside = (p.removeprefix(prefix) for p in work.tree.paths() if p.startswith(prefix))
    names = {p.partition("/")[0].partition(".")[0] for p in inside if p.endswith((".py", ".so"))}
    hidden = names & ({module, "pip", "setuptools", "wheel"} | sys.stdlib_module_names)
    return Reach.WHOLE if hidden else Reach.NAMED


def _is_check(words: list[str]) -> bool:
    if words[0] in {"npx", "npm", "yarn", "pnpm"}:
        return any(w in {"test", "t", "lint"} or CHECKS.fullmatch(w) for w in words[1:3])
    if PYTHON.fullmatch(words[0]) and words[1:2] == ["-m"]:
        words = words[2:] or ["?"]
    return bool(CHECKS.fullmatch(posixpath.basename(words[0])))


def _written(words: list[str]) -> Reach:
    """``echo ... >> $GITHUB_ENV``, or to a file of no consequence, and nothing else."""
    target = words[words.index(">" if ">" in words else ">>") + 1 :]
    known = words[0] in {"echo", "printf"} and len(target) == 1
    return Reach.NAMED if known and target[0].startswith("/") else Reach.UNKNOWN


def _installer(words: list[str], work: _Script) -> Reach:
    name, rest = words[0], words[1:]
    if name in HARMLESS or rest in (["--version"], ["-V"], ["version"]):
        return Reach.NAMED
    if name == "cd" and len(rest) == 1:
        work.folder = posixpath.normpath(posixpath.join(work.folder, rest[0]))
        return Reach.UNKNOWN if work.folder.startswith(("..", "/")) else Reach.NAMED
    if name in {"source", "."} and rest and rest[0].endswith("bin/activate"):
        return Reach.NAMED if work.tree.text(_path(work, rest[0])) is None else Reach.UNKNOWN
    if name in {"venv", "virtualenv"}:
        return Reach.NAMED
    if re.fullmatch(r"pip(?:\d(?:\.\d+)?)?|pipx", name):
        return _pip(rest, work)
    if name == "uv":
        return _uv(rest, work)
    if name in {"apt", "apt-get"}:
        local = any(w.startswith(("./", "/")) or w.endswith(".deb") for w in rest)
        plain = all(w in PLAIN for w in rest if w.startswith("-"))
        return Reach.UNKNOWN if local else Reach.NAMED if plain else Reach.WHOLE
    if name in {"npm", "yarn", "pnpm"}:
        return _npm(name, rest, work)
    if name == "poetry":
        return _poetry(rest)
    if name == "git" and rest[:2] == ["config", "--global"]:
        return Reach.WHOLE
    return Reach.WHOLE if (name, *rest[:1]) in INSTALLS else Reach.UNKNOWN


def _pip(words: list[str], work: _Script) -> Reach:
    if words[:1] in (["list"], ["freeze"], ["check"], ["cache"], ["debug"], ["show"]):
        return Reach.NAMED
    if words[:1] not in (["install"], ["inject"], ["ensurepath"]):
        return Reach.UNKNOWN
    reach, rest = Reach.NAMED, iter(words[1:])
    for word in rest:
        option, _, value = word.partition("=")
        if option in {"-r", "-c", "--requirement", "--constraint", "--requirements"}:
            reach = max(reach, _requirements(_path(work, value or next(rest, "")), work))
        elif short := re.fullmatch(r"-[Uqv]*[rc](.*)", word):
            reach = max(reach, _requirements(_path(work, short[1] or next(rest, "")), work))
        elif option in VALUED:
            value or next(rest, "")
        elif word.startswith("-"):
            reach = reach if word in PLAIN else Reach.WHOLE
        elif _local(word) or _path(work, word) in work.tree.paths():
            reach = Reach.WHOLE
    return reach


def _local(requirement: str) -> bool:
    """Whether a requirement is, or may be, a file or folder: no bare name, and no address."""
    bare = requirement.strip()
    if bare.endswith((".whl", ".zip", ".gz", ".bz2", ".xz", ".tgz")):
        return "://" not in bare
    if re.match(r"(?:[A-Za-z0-9._-]+(?:\[[^]]*\])?\s*@\s*)?(?:git\+)?(?:https?|ssh)://", bare):
        return False
    return not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^]/]*\])?\s*(?:[=<>!~;,(].*)?", bare)


def _requirements(path: str, work: _Script) -> Reach:
    """Follow a requirements file and what it includes."""
    if path in work.files:
        return Reach.NAMED
    text = work.tree.text(path)
    if path.startswith(("..", "/")) or text is None:
        return Reach.UNKNOWN
    work.files.add(path)
    reach, folder = Reach.NAMED, posixpath.dirname(path)
    for line in re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines():
        bare = re.sub(r"(?:^|\s)#.*", "", line).strip()
        included = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", bare)
        if included:
            inner = posixpath.normpath(posixpath.join(folder, included[1]))
            reach = max(reach, _requirements(inner, work))
        elif bare.startswith("-"):
            known = re.split(r"[\s=]", bare)[0] in LINE_OPTIONS
            reach = reach if known else Reach.WHOLE
        elif bare and _local(bare.split(" --")[0]):
            reach = Reach.WHOLE
    return reach


def _uv(words: list[str], work: _Script) -> Reach:
    if words[:1] == ["pip"]:
        known = words[1:2] in (["install"], ["list"], ["freeze"])
        return _pip(words[1:], work) if known else Reach.WHOLE
    if words[:2] == ["tool", "install"]:
        return _pip(["install", *words[2:]], work)
    if words[:1] in (["venv"], ["python"], ["cache"]):
        return Reach.NAMED
    if words[:1] == ["sync"]:
        text = work.tree.text(_path(work, "pyproject.toml")) or ""
        apart = "--no-install-project" in words and "workspace" not in text and "path" not in text
        return Reach.NAMED if apart else Reach.WHOLE
    return Reach.WHOLE if words[:1] == ["lock"] else Reach.UNKNOWN


def _npm(name: str, words: list[str], work: _Script) -> Reach:
    if name != "npm" or words[:1] not in (["ci"], ["install"], ["i"]):
        return Reach.WHOLE if words[:1] in ([], ["install"]) else Reach.UNKNOWN
    if words[0] != "ci" and [w for w in words[1:] if not w.startswith("-")]:
        globally = {"-g", "--global"} & set(words)
        local = any(_local(w.lstrip("@").replace("/", "-", 1)) for w in words[1:] if w[:1] != "-")
        return Reach.NAMED if globally and not local else Reach.WHOLE
    try:
        package = json.loads(work.tree.text(_path(work, "package.json")) or "")
        scripts = set(package.get("scripts") or ())
        apart = "workspaces" not in package and '"file:' not in json.dumps(package)
    except (ValueError, AttributeError, TypeError):
        return Reach.WHOLE
    ours = scripts & set(LIFECYCLE) and "--ignore-scripts" not in words
    work.files |= {_path(work, "package.json"), _path(work, "package-lock.json")}
    return Reach.NAMED if apart and not ours else Reach.WHOLE


def _poetry(words: list[str]) -> Reach:
    if words[:1] == ["config"]:
        return Reach.NAMED
    return Reach.WHOLE if words[:1] == ["install"] else Reach.UNKNOWN


def _path(work: _Script, name: str) -> str:
    return posixpath.normpath(posixpath.join(work.folder, name))
