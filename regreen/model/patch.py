"""Ideas for a fix, patches, and the proof that makes one of them verified."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from regreen.model.beside import Compared
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

    It runs with the failing step's environment, at the state before that step. ``scope`` is what
    the tool may touch of a program: ``form``, ``imports`` or ``code``. ``from_start`` when set-up
    must see what it changed; ``severity`` is the least review that the change asks for.
    """

    fixer: str
    why: str
    command: str
    directory: str = "."
    scope: Scope = Scope.CODE
    from_start: bool = False
    severity: Severity = Severity.LOW


@dataclass(frozen=True, slots=True)
class Edit:
    """A fixer's idea: give these files these texts, and these executable bits.

    ``from_start`` when set-up must see the change; ``severity`` is the least review that it asks
    for; ``review`` what a person should look at (a change that is plausible, and no more).
    """

    fixer: str
    why: str
    files: Mapping[str, str]
    from_start: bool = False
    executable: Mapping[str, bool] = field(default_factory=dict)
    severity: Severity = Severity.LOW
    review: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A fixer's question: run this shell command in the sandbox, and go on from what it prints.

    It runs as a `ToolRun` does; what it changes is lost. ``read`` gets its whole output (standard
    output and errors, masked) and returns further ideas, without running anything itself. With
    ``before_step`` false it runs behind the failing step instead, with what that left there.
    """

    fixer: str
    why: str
    command: str
    read: Callable[[str], Iterable[Idea]]
    directory: str = "."
    before_step: bool = True
    severity: Severity = Severity.LOW


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person should do where no patch can be proven.

    ``change`` is a change to make by hand (YAML, a diff), ``action`` what could be done instead of
    a change (``rerun`` or nothing).
    """

    text: str
    fixer: str = ""
    severity: Severity = Severity.HIGH
    change: str = ""
    action: str = ""


Proposal = ToolRun | Edit
Idea = ToolRun | Edit | Probe | Advice


class Ending(StrEnum):
    """What became of an idea that was tried."""

    GREEN = "green"
    PROGRESS = "progress"
    NO_PROGRESS = "no-progress"
    CHANGES_NOTHING = "changes-nothing"
    REFUSED = "refused"
    HELD_BACK = "held-back"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Try:
    """One idea of a search, and what became of it: a node of the search tree.

    ``number`` counts from 1 in the order of settling; ``parent`` is the try whose progress it began
    from (``None``: the red commit). ``failure`` is what it was to mend, ``step`` the failing step;
    ``reason`` says why it was not kept, or what is left; ``left`` counts the diagnostics that are
    left of that kind; ``seconds`` what it took. ``category``, ``tool`` and ``codes`` are those of
    the failure that it was for: by them the history knows which fixer helped.
    """

    number: int
    parent: int | None
    fixer: str
    why: str
    failure: str
    step: str
    ending: Ending
    reason: str = ""
    severity: Severity = Severity.LOW
    files: tuple[str, ...] = ()
    left: int | None = None
    seconds: float = field(default=0.0, compare=False)
    category: str = ""
    tool: str | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Culprit:
    """What turned the job red, found by leaving it out: a finding for people, never a patch.

    ``kind`` is ``change`` (hunks of the red commit; ``diff`` holds the smallest set of them without
    which the job is green) or ``release`` (of a dependency); ``text`` says it in words.
    """

    kind: str
    text: str
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """A unified diff against the base commit, not yet proven.

    ``severity`` is the least review that its ideas ask for, ``review`` what to look at.
    """

    diff: bytes
    fixers: tuple[str, ...]
    why: tuple[str, ...]
    files: tuple[str, ...]
    severity: Severity = Severity.LOW
    review: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consulted:
    """A fixer or action of the user's own that was asked, and how many ideas it had.

    ``problem`` says why it could not be asked, or what it raised, with the place.
    """

    fixer: str
    ideas: int = 0
    problem: str = ""

    @property
    def words(self) -> str:
        """What came of it."""
        if self.problem:
            return self.problem
        counted = f"{self.ideas} {'idea' if self.ideas == 1 else 'ideas'}"
        return f"asked, {counted if self.ideas else 'no idea'}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A patch that was not accepted, and why."""

    fixer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which of the statements that a patch changes the tests reach that vouch for it.

    ``changed`` statements there are in product code, ``reached`` of them in the tests of ``jobs``;
    ``missed`` are the lines of those that no test reached, by file. ``reason`` says why that could
    not be measured, or not wholly: what is neither reached nor missed is then not known.
    """

    changed: int
    reached: int = 0
    missed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    jobs: tuple[str, ...] = ()
    reason: str = ""

    @property
    def in_vain(self) -> bool:
        """Whether it is known that no test reaches any of the changed statements."""
        missed = sum(map(len, self.missed.values()))
        return missed == self.changed > 0 and not self.reason


@dataclass(frozen=True, slots=True)
class Proof:
    """How a patch was proven: always red without it, always green with it, in fresh sandboxes.

    ``complete`` is false when steps that GitHub would run were ``excluded``; ``runs`` counts the
    fresh sandboxes; ``as_of`` dates the package index of the run (``None``: today's), ``today``
    says whether the patched job is green with today's index too (``today_reason``: why not);
    ``before`` and ``after`` are the runs without and with the patch.

    ``vouched`` are the workflow's test jobs that were run without and with the patch, ``siblings``
    the other combinations of the job's matrix. ``excused`` names the failures that are left with
    the patch and that the commit's parent shows here too, though CI's log does not.
    ``severity_reason`` says why the severity is what it is. ``refused`` says why GitHub starts no
    job at all without the patch; then there are no runs ``before``.
    ``coverage`` is of the tests that vouch (``None``: none do, or the patch changes no statement of
    product code).
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
    vouched: tuple[Compared, ...] = ()
    siblings: tuple[Compared, ...] = ()
    excused: tuple[str, ...] = ()
    today_reason: str = ""
    severity_reason: str = ""
    refused: str = ""
    coverage: Coverage | None = None


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
