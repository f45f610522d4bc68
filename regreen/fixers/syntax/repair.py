"""A slip that a parser pinpoints: the smallest edits with which the file parses again.

Brackets, colons, commas, quotes, indentation, misspelt keywords, Python 2's statements. Edits are
tried where the parser stops, one after the other, until the file is whole; what was meant cannot be
known, so the change asks for review.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from regreen.fixers.syntax.arguments import reordered
from regreen.fixers.syntax.edits import Mended, edits
from regreen.fixers.syntax.faults import Fault, broken_files, fault_of
from regreen.model import Edit, Failure, Proposal, Severity
from regreen.scene import Scene

ID = "syntax repair"
DOCS = "https://docs.python.org/3/tutorial/errors.html#syntax-errors"

_DEPTH = 60
"""Edits of one file: a file in Python 2 needs one for each statement."""
_WIDTH = 6
_ANSWERS = 4
_FILES = 20
_SMALL = 3
"""So many edits count as a slip, which has several readings; more are one way of writing."""


_BEFORE_PARSING = (
    "leading zeros",
    "unterminated",
    "never closed",
    "unmatched",
    "does not match opening",
    "invalid character",
    "invalid non-printable",
    "invalid decimal literal",
    "unindent does not match",
)


@dataclass(frozen=True, slots=True)
class _State:
    text: str
    fault: Fault | None
    words: tuple[str, ...]


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield an edit of all files that do not parse, then other readings of the first of them."""
    found = list(islice(broken_files(failure, scene), _FILES))
    answers = {path: _answers(path, text, fault, scene) for path, text, fault in found}
    whole = {path: states for path, states in answers.items() if states}
    if not whole:
        return
    yield _edit({path: states[0] for path, states in whole.items()})
    first = next(iter(whole))
    for state in whole[first][1:]:
        yield _edit({path: states[0] for path, states in whole.items()} | {first: state})


def _answers(path: str, text: str, fault: Fault, scene: Scene) -> list[_State]:
    """Return a few repairs; those that bring back what the commit before had come first."""
    before = scene.parent.text(path) if scene.parent is not None else None
    known = set((before or "").splitlines())
    found = list(islice(repairs(text, fault), 4 * _ANSWERS))
    found.sort(key=lambda state: -len(known.intersection(state.text.splitlines())))
    return found[:_ANSWERS]


def _edit(states: dict[str, _State]) -> Edit:
    words = "; ".join(f"{path} {', '.join(s.words[:3])}" for path, s in list(states.items())[:3])
    return Edit(
        ID,
        f"the smallest edit that parses: {words}",
        {path: state.text for path, state in states.items()},
        severity=Severity.MEDIUM,
        review="the parser cannot know what was meant: see that the edit is it",
    )


def repairs(text: str, fault: Fault) -> Iterator[_State]:
    """Yield texts that parse, those with the fewest edits first; none of two edits in one place."""
    states = [_State(text, fault, ())]
    seen = {text}
    for depth in range(_DEPTH):
        following: list[_State] = []
        for state in states:
            for mended in _ways(state):
                if mended.text in seen:
                    continue
                seen.add(mended.text)
                new = _State(mended.text, fault_of(mended.text), (*state.words, mended.words))
                if new.fault is None:
                    yield new
                elif _further(new.fault, state.fault):
                    following.append(new)
        following.sort(key=lambda s: -(s.fault.line if s.fault else 0))
        states = following[: _WIDTH if depth < _SMALL else 1]
        if not states:
            return


def _ways(state: _State) -> Iterator[Mended]:
    assert state.fault is not None
    yield from reordered(state.text, state.fault)
    yield from edits(state.text, state.fault)


def _further(now: Fault, before: Fault | None) -> bool:
    """Whether the parser comes further than it came before, by a line at least.

    Some faults are found before anything is parsed; without them the first line may be at fault.
    """
    if before is None or now.line == before.line:
        return False
    return now.line > before.line or any(words in before.message for words in _BEFORE_PARSING)
