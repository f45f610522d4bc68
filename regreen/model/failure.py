"""What failed: categories, diagnostics, and the signature that tells two failures apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What kind of failure it is: the twelve kinds of the seed document, and ``unknown``.

    Where a value's ``category`` is a plain ``str``, it is one of these or one of the user's own.
    """

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
        """What identifies the complaint wherever it stands in the file.

        Of web addresses only the last part counts: the same thing may be fetched from elsewhere.
        """
        return (self.file, self.code, _ADDRESS.sub("", self.message))


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

    category: str
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
class Failure:
    """What failed, what kind of failure it is, and the proof of both."""

    category: str
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


_ADDRESS = re.compile(r"https?://[^\s'\"]*/")
_ABSOLUTE = re.compile(r"(?:file://)?(?<![\w.])(?<!:/)/(?:[\w.+@-]+/)+")
_HASH = re.compile(r"\b[0-9a-f]{12,64}\b|0x[0-9a-f]+", re.IGNORECASE)
_NUMBER_UNIT = re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|s|sec|seconds|minutes)\b")


def normalise(message: str) -> str:
    """Return ``message`` without what differs between two runs of one failure.

    Absolute folders, hexadecimal hashes and addresses, durations and runs of white space go; web
    addresses stay.
    """
    text = _ABSOLUTE.sub("", message)
    text = _HASH.sub("<hash>", text)
    text = _NUMBER_UNIT.sub("<time>", text)
    return " ".join(text.split())
