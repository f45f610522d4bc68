"""How the failing step calls its tests, written anew for some files or tests only."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from regreen.fixers.invocations import Invocation, find
from regreen.model import Failure
from regreen.scene import Scene

_KEPT = ("-p", "-c", "-W", "--ds", "--rootdir", "--import-mode", "--asyncio-mode", "--confcutdir")
_VALUED = frozenset(["-p", "-c", "-W", "--ds", "--rootdir", "--import-mode", "--confcutdir"])
_MOST_FILES = 6


@dataclass(frozen=True, slots=True)
class Runner:
    """A call of pytest or unittest; ``wrapped`` when the step's script only names what calls it."""

    tool: str
    call: Invocation
    wrapped: bool

    def command(self, tests: Sequence[str], options: Sequence[str] = ()) -> str:
        """Return the call for these tests (files, or ids), with more options."""
        words = [self.call.words[0]]
        if self.tool == "pytest":
            words += [*_kept(self.call.arguments), "-o", "addopts="]
        chosen = [_module(test) for test in tests] if self.tool == "unittest" else tests
        return self.call.rewritten([*words, *options, *map(shlex.quote, chosen)])


def runner(scene: Scene) -> Runner | None:
    """Return how the step calls its tests; ``None`` where neither script nor output shows it."""
    for tool in ("pytest", "py.test", "unittest"):
        in_script = find(tool, scene.script)
        calls = in_script or find(tool, "", scene.output)
        if calls:
            return Runner("pytest" if tool != "unittest" else tool, calls[0], not in_script)
    return None


def failing_files(failure: Failure, scene: Scene) -> list[str]:
    """Return the files of the failing tests, relative to where the step runs."""
    files = [p for p in scene.named_files(failure) if p.endswith(".py")]
    return [posixpath.relpath(p, scene.directory or ".") for p in files[:_MOST_FILES]]


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def _kept(arguments: Sequence[str]) -> list[str]:
    found: list[str] = []
    take = False
    for word in arguments:
        if take:
            found.append(word)
            take = False
        elif word.startswith(_KEPT):
            found.append(word)
            take = word in _VALUED
    return found
