"""The values that travel between regreen's rooms.

Everything here is frozen data: no file, process or network is touched. Alternatives are unions
that callers close with ``typing.assert_never``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Category(StrEnum):
    """What kind of failure it is: the twelve kinds of the seed document, and ``unknown``."""

    DEPENDENCY_ISSUE = "dependency_issue"
    LINTING_ERROR = "linting_error"
    SYNTAX_ERROR = "syntax_error"
    TEST_FAILURE = "test_failure"
    TYPE_ERROR = "type_error"
    SECURITY_SCAN = "security_scan"
    BUILD_ERROR = "build_error"
    TIMEOUT = "timeout"
    NETWORK_ERROR = "network_error"
    PERMISSION_ERROR = "permission_error"
    RESOURCE_EXHAUSTION = "resource_exhaustion"
    CONFIGURATION_ERROR = "configuration_error"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much review a fix needs: ``low`` none, ``critical`` is for people only."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class AutoFixable(StrEnum):
    """Whether regreen may try to mend a failure of this kind."""

    YES = "yes"
    PARTIAL = "partial"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One raw log line that proves a finding; ``line`` is 1-based."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing a tool complained about.

    ``file`` is relative to the repository; ``line`` and ``column`` (1-based) are for people and
    take no part in comparing two failures, since a patch moves lines.
    """

    file: str | None
    code: str | None
    message: str
    line: int | None = None
    column: int | None = None

    @property
    def key(self) -> tuple[str | None, str | None, str]:
        """What identifies the complaint wherever it stands in the file."""
        return (self.file, self.code, self.message)


class Relation(StrEnum):
    """How one signature relates to another."""

    EQUAL = "equal"
    SUPERSET = "superset"
    SUBSET = "subset"
    OVERLAPPING = "overlapping"
    DISJOINT = "disjoint"


@dataclass(frozen=True, slots=True)
class Signature:
    """What makes two failures the same failure.

    ``items`` are the identities of diagnostics or tests, free of times, absolute paths and hashes.
    """

    category: Category
    tool: str | None
    items: frozenset[tuple[str | None, str | None, str]] = frozenset()

    def compare(self, other: Signature) -> Relation:
        """Return how this signature relates to ``other`` (``SUPERSET``: this one has more)."""
        if (self.category, self.tool) != (other.category, other.tool):
            return Relation.DISJOINT
        if self.items == other.items:
            return Relation.EQUAL
        if self.items > other.items:
            return Relation.SUPERSET
        if self.items < other.items:
            return Relation.SUBSET
        return Relation.OVERLAPPING if self.items & other.items else Relation.DISJOINT


@dataclass(frozen=True, slots=True)
class Segment:
    """One step's part of a log.

    ``name`` is the step's heading (without ``Run ``); ``command`` the script of a ``run`` step, or
    ``None`` for an action; ``uses`` the action's reference; ``inputs`` the ``with:`` block that the
    runner printed; ``first`` and ``last`` are 1-based raw line numbers, both included.
    """

    name: str
    command: str | None
    uses: str | None
    inputs: Mapping[str, str]
    exit_code: int | None
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, what kind of failure it is, and the proof of both."""

    category: Category
    severity: Severity
    confidence: float
    auto_fixable: AutoFixable
    step: str | None
    command: str | None
    exit_code: int | None
    tool: str | None
    diagnostics: tuple[Diagnostic, ...]
    evidence: tuple[Evidence, ...]
    signature: Signature

    @property
    def files(self) -> tuple[str, ...]:
        """The repository-relative files that the diagnostics name, in order, each once."""
        return tuple(dict.fromkeys(d.file for d in self.diagnostics if d.file))


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What a log says of the run it belongs to; ``None`` where it says nothing.

    ``tested`` is the commit that CI checked out, ``image`` the runner's label (``ubuntu-24.04``),
    ``job`` the job's rendered name, ``started_at`` the first time stamp (UTC), ``pythons`` the
    exact versions that its setup-python steps installed, in order.
    """

    provider: str | None = None
    repository: str | None = None
    tested: str | None = None
    job: str | None = None
    image: str | None = None
    started_at: datetime | None = None
    pythons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that was read from one log. ``failure`` is ``None`` for a log that shows no failure.

    ``also`` are further failures of the same step (a step that runs several tools), ranked behind
    ``failure``; ``sha256`` is of the raw bytes.
    """

    facts: LogFacts
    segments: tuple[Segment, ...]
    failing: Segment | None
    failure: Failure | None
    also: tuple[Failure, ...]
    sha256: str
    lines: int


class Verdict(StrEnum):
    """How a reproduction ended."""

    SAME = "same"
    DIFFERENT = "different"
    FAILED = "failed"
    PASSED = "passed"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What one step did. ``conclusion`` is success, failure, skipped, excluded or cancelled.

    ``log`` is the step's masked output, ``log_sha256`` the hash of it, ``reason`` says why a step
    was excluded or did not start.
    """

    index: int
    name: str
    command: str | None
    conclusion: str
    exit_code: int | None
    seconds: float
    log: str
    log_sha256: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What a whole job did; ``failed`` is the first step whose failure fails the job."""

    steps: tuple[StepOutcome, ...]
    seconds: float

    @property
    def failed(self) -> StepOutcome | None:
        """The step that turned the job red, or ``None`` for a green job."""
        return next((s for s in self.steps if s.conclusion == "failure"), None)

    @property
    def green(self) -> bool:
        """Whether every step that had to pass did."""
        return self.failed is None

    @property
    def excluded(self) -> tuple[StepOutcome, ...]:
        """Steps that GitHub would run and regreen refuses to (publishing and the like)."""
        return tuple(s for s in self.steps if s.conclusion == "excluded")


@dataclass(frozen=True, slots=True)
class Reproduced:
    """The job fails here with all of CI's diagnostics; ``extra`` are those only seen here."""

    extra: tuple[Diagnostic, ...]
    failure: Failure
    outcome: JobOutcome


@dataclass(frozen=True, slots=True)
class ReproducedAlone:
    """The job is red here, and there is no log to compare with."""

    failure: Failure
    outcome: JobOutcome


@dataclass(frozen=True, slots=True)
class ReproducedDifferently:
    """The job is red here, but not with CI's failure; ``how`` says what differs."""

    how: str
    failure: Failure | None
    outcome: JobOutcome


@dataclass(frozen=True, slots=True)
class Passed:
    """The job is green here, ``times`` times of as many."""

    times: int
    outcome: JobOutcome


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The job asks for what regreen cannot run; ``what`` names the feature and where it stands."""

    what: str


Reproduction = Reproduced | ReproducedAlone | ReproducedDifferently | Passed | Unsupported


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


_ABSOLUTE = re.compile(r"(?<![\w.])/(?:[\w.+@-]+/)+")
_HASH = re.compile(r"\b[0-9a-f]{12,64}\b|0x[0-9a-f]+", re.IGNORECASE)
_NUMBER_UNIT = re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|s|sec|seconds|minutes)\b")


def normalise(message: str) -> str:
    """Return ``message`` without what differs between two runs of one failure.

    Absolute folders, hexadecimal hashes and addresses, durations and runs of white space go.
    """
    text = _ABSOLUTE.sub("", message)
    text = _HASH.sub("<hash>", text)
    text = _NUMBER_UNIT.sub("<time>", text)
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a search may spend: wall-clock seconds and tried candidates."""

    seconds: float = 600.0
    tries: int = 50


@dataclass(frozen=True, slots=True)
class Selection:
    """Which job is meant: as the user named it, before anything was looked up."""

    workflow: str | None = None
    job: str | None = None
    step: str | None = None
    matrix: Mapping[str, str] = field(default_factory=dict)


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
