"""Ideas for a fix, patches, and the proof that makes one of them verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from regreen.model.failure import Severity
from regreen.model.outcome import JobOutcome


class Scope(StrEnum):
    """What a change may touch of a program, from the least to the most.

    ``form``: layout, quotes, the layout of docstrings. ``imports``: form, and the order and number
    of import statements.
    """

    FORM = "form"
    IMPORTS = "imports"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A fixer's idea: run this shell command in the sandbox and take what it changes.

    ``scope`` is what the tool may touch of a program: ``form``, ``imports`` or ``code``.
    """

    fixer: str
    why: str
    command: str
    directory: str = "."
    scope: Scope = Scope.CODE


@dataclass(frozen=True, slots=True)
class Edit:
    """A fixer's idea: give these files these texts. ``from_start`` when set-up must run again."""

    fixer: str
    why: str
    files: Mapping[str, str]
    from_start: bool = False


Proposal = ToolRun | Edit


@dataclass(frozen=True, slots=True)
class Patch:
    """A unified diff against the base commit, not yet proven."""

    diff: bytes
    fixers: tuple[str, ...]
    why: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A patch that was not accepted, and why."""

    fixer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person should do where no patch can be proven."""

    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """How a patch was proven: always red without it, always green with it, in fresh sandboxes.

    ``complete`` is false when steps that GitHub would run were ``excluded``; ``runs`` counts the
    fresh sandboxes; ``as_of`` dates the package index of the run (``None``: today's), ``today``
    says whether the patched job is green with today's index too; ``before`` and ``after`` are the
    runs without and with the patch.
    """

    complete: bool
    runs: int
    tree: str
    as_of: datetime | None
    today: bool
    excluded: tuple[str, ...]
    seconds: float
    before: tuple[JobOutcome, ...]
    after: tuple[JobOutcome, ...]


@dataclass(frozen=True, slots=True)
class VerifiedPatch:
    """A patch with its proof. Only ``regreen.verify.verifier`` makes one.

    ``mail`` is the ``git am``-ready file, byte for byte as it was verified; ``base`` the commit it
    applies to; ``severity`` how much review it asks for.
    """

    patch: Patch
    mail: bytes
    base: str
    severity: Severity
    proof: Proof
