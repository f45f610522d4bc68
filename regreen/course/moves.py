"""What can be done about each category of failure, as specifically as its log allows."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from regreen.course.action import Kind
from regreen.deliver.remedies import COMMANDS, hook_changed
from regreen.model import AutoFixable, Category, Failure, Severity

_MOST = 10
_MODULE = re.compile(r"No module named ['\"]?(?P<name>[A-Za-z_][\w.]*)")
_STUBS = re.compile(r"Library stubs not installed for [\"'](?P<module>[\w.]+)")
_UNSERVED = re.compile(
    r"(?:No matching distribution found for|satisfies the requirement) (?P<name>[\w.\[\]-]+)"
    r"(?P<pin>[=<>!~][^\s(,;]*)?"
)
_FIXED = re.compile(r"(?i)fix(?:ed)?(?: in| versions?:?)? v?(?P<version>\d[\w.]*)")
_HEADER = re.compile(
    r"(?P<what>[\w./+-]+\.h): No such file"
    r"|(?P<tool>pg_config|mysql_config|cmake|ninja|cargo|rustc|gfortran|swig|pkg-config|xmlsec1)\b"
    r".{0,40}not (?:be )?found"
)
_CHECKS: Mapping[str, str] = {
    "flake8": "flake8",
    "mypy": "mypy",
    "pycodestyle": "pycodestyle",
    "pydocstyle": "pydocstyle",
    "pyflakes": "pyflakes",
    "pylint": "pylint",
    "pyright": "pyright",
}
"""How a tool shows its complaints about some files again."""


@dataclass(frozen=True, slots=True)
class Move:
    """An action without the failure that it is for; ``severity``: ``None`` for the failure's."""

    kind: Kind
    title: str
    commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    change: str = ""
    review: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a log shows besides: the files that the job installs from, what the step said."""

    installs: tuple[str, ...]
    output: str


def moves(failure: Failure, seen: Seen) -> Iterator[Move]:
    """Yield what to do about ``failure``, the likeliest first."""
    known = _BY_CATEGORY.get(str(failure.category))
    if known is not None:
        yield from known(failure, seen)


def texts(failure: Failure) -> Iterator[str]:
    """Yield what the failure says, in the tool's own words."""
    yield from (found.message for found in failure.diagnostics)
    yield from (line.text for line in failure.evidence)


def _lint(failure: Failure, seen: Seen) -> Iterator[Move]:
    files = failure.files
    if hook_changed(failure):
        commands = ("pre-commit run --all-files", "git commit --all --message 'Run the hooks'")
        title = "run the hooks and commit what they change"
        yield Move(Kind.COMMAND, title, commands, files, review="what the hooks changed")
        return
    tool = failure.tool or ""
    if (command := COMMANDS.get(tool)) is not None:
        whole = failure.auto_fixable is AutoFixable.YES
        title = f"let {tool} mend {'what it found' if whole else 'what it can'}"
        review = "" if whole else "what it leaves, and what it changed"
        yield Move(Kind.COMMAND, title, (_on(command, files),), files, review=review)
        if whole:
            return
    yield from _look(failure, "mend by hand what is left" if command else "mend by hand")


def _dependency(failure: Failure, seen: Seen) -> Iterator[Move]:
    said = list(texts(failure))
    names = [m["name"] for text in said for m in _MODULE.finditer(text)]
    for module in list(dict.fromkeys(name.rstrip(".") for name in names))[:_MOST]:
        if module.split(".")[0] not in sys.stdlib_module_names:
            yield _declare(module, seen.installs)
    pins = (m for text in said for m in _UNSERVED.finditer(text))
    for name, pin in dict.fromkeys((m["name"], m["pin"] or "") for m in pins):
        yield Move(
            Kind.CHANGE,
            f"the index has no {name}{pin} for this Python: ask for a release that it has",
            (f"python -m pip index versions {shlex.quote(name.split('[')[0])}",),
            seen.installs,
            review="whether another release does what the project needs",
            severity=Severity.MEDIUM,
        )
    if not names and not _UNSERVED.search("\n".join(said)):
        title = "find the release that changed: hold what the last green run installed against this"
        yield from _look(failure, title)


def _declare(module: str, installs: tuple[str, ...]) -> Move:
    distribution = distribution_of(module)
    plain = next((f for f in installs if f.endswith((".txt", ".in"))), None)
    where = installs[0] if installs else "the file that the job installs from"
    command = f"echo {shlex.quote(distribution)} >> {shlex.quote(plain)}" if plain else ""
    return Move(
        Kind.COMMAND if plain else Kind.CHANGE,
        f"declare {distribution}, which provides the module {module!r}, in {plain or where}",
        (command,) if command else (),
        (plain,) if plain else installs,
        review=f"that {distribution} is the distribution meant, and which versions of it fit",
        severity=Severity.MEDIUM,
    )


def _syntax(failure: Failure, seen: Seen) -> Iterator[Move]:
    files = tuple(f for f in failure.files if f.endswith(".py"))[:_MOST]
    title = "mend the syntax where the parser stops; it may lie a line above"
    command = (f"python -m py_compile {shlex.join(files)}",) if files else ()
    yield from _look(failure, title, command)


def _tests(failure: Failure, seen: Seen) -> Iterator[Move]:
    ids = [d.message for d in failure.diagnostics if "::" in d.message][:_MOST]
    ids = [name.split(" ")[0] for name in ids] or list(failure.files[:_MOST])
    pytest = failure.tool in (None, "pytest") and ids
    command = (f"python -m pytest {shlex.join(ids)}",) if pytest else ()
    yield from _look(failure, "run the failing tests alone and mend what they show", command)


def _types(failure: Failure, seen: Seen) -> Iterator[Move]:
    wanted = [f"types-{distribution_of(m['module'])}" for m in _STUBS.finditer(seen.output)]
    for name in list(dict.fromkeys(wanted))[:_MOST]:
        yield Move(
            Kind.COMMAND,
            f"install the stubs {name} where the checker runs",
            (f"python -m pip install {name}",),
            seen.installs,
            review=f"that {name} fits the version of the library; declare it beside the checker",
            severity=Severity.MEDIUM,
        )
    yield from _look(failure, "correct the types", _again(failure))


def _security(failure: Failure, seen: Seen) -> Iterator[Move]:
    for found in failure.diagnostics[:_MOST]:
        match = _FIXED.search(found.message)
        if match is not None and found.file is None and found.code:
            yield Move(
                Kind.CHANGE,
                f"{found.code}: take release {match['version']} or a later one",
                (),
                seen.installs,
                review="what else changed in that release",
            )
    yield from _look(
        failure, "close what the scanner found, or say why it is none", _again(failure)
    )


def _build(failure: Failure, seen: Seen) -> Iterator[Move]:
    matches = _HEADER.finditer(seen.output)
    names = dict.fromkeys(m["what"] or m["tool"] for m in matches)
    packages = [(name, _package(name)) for name in names]
    for name, package in [(n, p) for n, p in packages if p][:_MOST]:
        yield Move(
            Kind.CHANGE,
            f"install {package}, which brings {name}, before the step that builds",
            (f"sudo apt-get install --yes {package}",),
            change="- run: |\n    sudo apt-get update\n"
            f"    sudo apt-get install --yes --no-install-recommends {package}",
            review="that the package is the one for the runner's system",
            severity=Severity.MEDIUM,
        )
    yield from _look(failure, "see how the build fails, step by step")


def _configuration(failure: Failure, seen: Seen) -> Iterator[Move]:
    workflows = [f for f in failure.files if ".github/workflows/" in f]
    command = tuple(f"regreen jobs --workflow {shlex.quote(f)}" for f in workflows[:_MOST])
    yield from _look(failure, "correct the configuration", command)


def _look(failure: Failure, title: str, commands: tuple[str, ...] = ()) -> Iterator[Move]:
    places = [
        f"{found.file}{f':{found.line}' if found.line else ''}"
        for found in failure.diagnostics
        if found.file
    ]
    where = ", ".join(list(dict.fromkeys(places))[:3])
    more = len(set(places)) - 3
    said = f"{title}: {where}{f' and {more} more places' if more > 0 else ''}" if where else title
    review = "the change is yours to make and to judge"
    yield Move(Kind.LOOK, said, commands, failure.files, review=review)


def _again(failure: Failure) -> tuple[str, ...]:
    tool = _CHECKS.get(failure.tool or "")
    return (_on(tool, failure.files),) if tool and failure.files else ()


def _on(command: str, files: Iterable[str]) -> str:
    names = list(files)
    return f"{command} {shlex.join(names)}" if 0 < len(names) <= _MOST else f"{command} ."


def _package(name: str) -> str | None:
    known, parts = _debian(), name.split("/")
    ends = ("/".join(parts[at:]) for at in range(len(parts)))
    return next((known[end] for end in ends if end in known), None)


@cache
def _debian() -> Mapping[str, str]:
    """Return Debian's packages by the headers and programs that they bring."""
    data = resources.files("regreen.fixers").joinpath("building/data/headers.toml")
    found = tomllib.loads(data.read_text("utf-8"))
    return {**found["headers"], **found["programs"]}


def distribution_of(module: str) -> str:
    """Return the distribution that a module is known to come from; else the module's own name."""
    known = _distributions()
    parts = module.split(".")
    tried = (known.get(".".join(parts[:length])) for length in range(len(parts), 0, -1))
    return next(filter(None, tried), None) or parts[0].replace("_", "-")


@cache
def _distributions() -> Mapping[str, str]:
    data = resources.files("regreen.fixers").joinpath("dependencies/data/distributions.toml")
    found = tomllib.loads(data.read_text("utf-8"))["modules"]
    return {str(name): value for name, value in found.items() if isinstance(value, str)}


_BY_CATEGORY: Mapping[str, Callable[[Failure, Seen], Iterator[Move]]] = {
    str(Category.LINTING_ERROR): _lint,
    str(Category.DEPENDENCY_ISSUE): _dependency,
    str(Category.SYNTAX_ERROR): _syntax,
    str(Category.TEST_FAILURE): _tests,
    str(Category.TYPE_ERROR): _types,
    str(Category.SECURITY_SCAN): _security,
    str(Category.BUILD_ERROR): _build,
    str(Category.CONFIGURATION_ERROR): _configuration,
}
"""Most others lie outside of the commit: `regreen.fixers.surroundings` advises on them."""
