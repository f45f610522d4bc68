"""The places that requirements are declared in: read, changed and added to, whatever their form."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from regreen.fixers.dependencies.forms import commands, environment, ini, lines, strings, toml
from regreen.fixers.dependencies.forms.slot import Slot
from regreen.scene import Files

_TESTING = re.compile(r"test|dev|ci|lint|doc|check|qa|type|mypy|style|format", re.IGNORECASE)

REQUIREMENTS, CONSTRAINTS = "requirements", "constraints"
TOML, SETUP_CFG, SETUP_PY = "toml", "setup.cfg", "setup.py"
INI, NOXFILE, ENVIRONMENT, COMMAND = "ini", "noxfile", "environment", "command"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One place for requirements: a file, its form, and what leads to the place within it.

    ``section`` are keys of TOML, section and option of an INI file, an extra of ``setup.py``, a
    session of a noxfile, or the lines of a script that count; ``line`` is where the failing step
    stands (from 1), for files that hold scripts of several jobs.
    """

    path: str
    kind: str
    section: tuple[str, ...] = ()
    line: int = 0

    @property
    def for_tests(self) -> bool:
        """Whether the place is for what tests and checks need, not for what the package needs."""
        if self.kind in {INI, NOXFILE, COMMAND, CONSTRAINTS}:
            return True
        if self.kind == TOML:
            return not _is_run_time(self.section)
        if self.kind in {SETUP_CFG, SETUP_PY}:
            return bool(self.section)
        return bool(_TESTING.search(posixpath.basename(self.path)))

    @property
    def builds(self) -> bool:
        """Whether what is declared here is for building the package only."""
        return self.section[:1] == ("build-system",) or self.section == ("", "setup_requires")


def _is_run_time(keys: tuple[str, ...]) -> bool:
    if keys[:2] in {("project", "optional-dependencies"), ("tool", "poetry")}:
        return not _TESTING.search(keys[-1] if keys[1] == "optional-dependencies" else keys[-2])
    return keys in {("project", "dependencies"), ("packages",)}


def slots(manifest: Manifest, files: Files) -> list[Slot]:
    """Return the requirements that stand in a place."""
    text = files.text(manifest.path)
    return [] if text is None else list(_slots(manifest, text))


def _slots(manifest: Manifest, text: str) -> Iterator[Slot]:
    section = manifest.section
    match manifest.kind:
        case "toml":
            yield from toml.slots(text, section)
        case "setup.cfg" | "ini":
            yield from ini.slots(text, *_option(manifest))
        case "setup.py":
            yield from strings.setup_slots(text, *_setup(manifest))
        case "noxfile":
            yield from strings.install_slots(text, section[0])
        case "environment":
            yield from environment.slots(text)
        case "command":
            yield from commands.slots(text, section, manifest.line)
        case _:
            yield from lines.slots(text)


def append(manifest: Manifest, requirement: str, files: Files, comment: str = "") -> str | None:
    """Return the file's text with a requirement added; ``None`` where it cannot or need not."""
    text = files.text(manifest.path)
    if text is None:
        return None
    section = manifest.section
    match manifest.kind:
        case "toml":
            return toml.append(text, section, requirement, comment)
        case "setup.cfg" | "ini":
            return ini.append(text, *_option(manifest), requirement, comment)
        case "setup.py":
            extra, key = _setup(manifest)
            return strings.setup_append(text, extra, requirement, key)
        case "noxfile":
            return strings.install_append(text, section[0], requirement)
        case "environment":
            return environment.append(text, requirement, comment)
        case "command":
            return commands.append(text, requirement, comment, section, manifest.line)
        case _:
            return lines.append(text, requirement, comment)


def _option(manifest: Manifest) -> tuple[str, str]:
    if manifest.kind == INI:
        return manifest.section[0], manifest.section[1]
    if not manifest.section:
        return "options", "install_requires"
    if manifest.builds:
        return "options", "setup_requires"
    return "options.extras_require", manifest.section[0]


def _setup(manifest: Manifest) -> tuple[str | None, str]:
    if manifest.builds:
        return None, "setup_requires"
    return (manifest.section[0] if manifest.section else None), "install_requires"


def every(files: Files) -> Iterator[Manifest]:
    """Yield all places of a repository whose form tells that they are one, read by the job or not.

    Files named after requirements, and the lists of ``pyproject.toml``, ``setup.cfg``,
    ``setup.py``, ``tox.ini`` and ``Pipfile``.
    """
    for path in files.paths():
        name = posixpath.basename(path)
        text = files.text(path) if _NAMED.search(path) else None
        if text is None:
            continue
        if name.endswith((".txt", ".in")):
            yield Manifest(path, REQUIREMENTS)
        elif name == "Pipfile":
            yield from (Manifest(path, TOML, (key,)) for key in ("packages", "dev-packages"))
        elif name == "pyproject.toml":
            yield from (Manifest(path, TOML, keys) for keys in toml_places(text))
        elif name == "setup.cfg":
            yield Manifest(path, SETUP_CFG)
            yield from (Manifest(path, SETUP_CFG, (extra,)) for extra in setup_cfg_extras(text))
        elif name == "setup.py":
            yield Manifest(path, SETUP_PY)
        elif name == "tox.ini":
            found = (s for s in ini.sections(text) if s.startswith("testenv"))
            yield from (Manifest(path, INI, (section, "deps")) for section in found)
        else:
            yield Manifest(path, ENVIRONMENT)


_NAMED = re.compile(
    r"(?:^|/)(?:[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in)"
    r"|Pipfile|pyproject\.toml|setup\.(?:cfg|py)|tox\.ini|environment[^/]*\.ya?ml)$"
)


def toml_places(text: str) -> list[tuple[str, ...]]:
    """Return all places for requirements in a ``pyproject.toml``."""
    poetry = [(*keys, "dependencies") for keys in toml.sections(text, "tool", "poetry", "group")]
    envs = toml.sections(text, "tool", "hatch", "envs")
    return [
        ("project", "dependencies"),
        ("tool", "poetry", "dependencies"),
        *toml.sections(text, "project", "optional-dependencies"),
        *toml.sections(text, "dependency-groups"),
        *poetry,
        ("tool", "poetry", "dev-dependencies"),
        ("tool", "uv", "dev-dependencies"),
        *toml.sections(text, "tool", "pdm", "dev-dependencies"),
        *((*env, key) for env in envs for key in ("dependencies", "extra-dependencies")),
    ]


def setup_cfg_extras(text: str) -> list[str]:
    """Return the extras that a ``setup.cfg`` declares."""
    inside, found = False, []
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.startswith("[options.extras_require]")
        elif inside and (match := re.match(r"([\w.-]+)\s*=", line)):
            found.append(match[1])
    return found


def declared(files: Files) -> Iterator[str]:
    """Yield the distribution names that the repository declares anywhere, as it spells them."""
    for manifest in every(files):
        yield from (slot.name for slot in slots(manifest, files))
