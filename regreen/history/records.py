"""The values that the history keeps: one recovery, and what was tried in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from regreen.model import Failure, Signature, Try

LONGEST = 300
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """One idea that was tried: for which kind of failure, and what became of it."""

    category: str
    tool: str | None
    codes: tuple[str, ...]
    fixer: str
    ending: str
    severity: str
    seconds: float
    reason: str = ""

    @classmethod
    def of(cls, one: Try) -> Attempted:
        """Return what is kept of a node of the search tree."""
        return cls(
            one.category,
            one.tool,
            tuple(sorted(set(one.codes))),
            one.fixer,
            str(one.ending),
            str(one.severity),
            round(one.seconds, 2),
            one.reason[:LONGEST],
        )


@dataclass(frozen=True, slots=True)
class Recovery:
    """One red job that was taken up, and how that ended.

    ``signature`` is the digest of what failed, ``status`` a summary's; ``patch`` the path of the
    verified patch and ``sha256`` the digest of its bytes, both empty without one. ``id`` is 0
    before it is kept.
    """

    at: datetime
    repository: str
    commit: str
    workflow: str
    job: str
    category: str
    tool: str | None
    codes: tuple[str, ...]
    signature: str
    status: str
    fixers: tuple[str, ...] = ()
    severity: str = ""
    patch: str = ""
    sha256: str = ""
    seconds: float = 0.0
    tries: tuple[Attempted, ...] = ()
    id: int = 0

    @classmethod
    def of(
        cls,
        failure: Failure,
        *,
        repository: str,
        commit: str,
        workflow: str,
        job: str,
        status: str,
        tries: Iterable[Try] = (),
        fixers: tuple[str, ...] = (),
        severity: str = "",
        patch: str = "",
        mail: bytes = b"",
        seconds: float = 0.0,
    ) -> Recovery:
        """Return what is kept of a recovery; ``mail`` are the bytes of the verified patch."""
        return cls(
            at=datetime.now(UTC).replace(microsecond=0),
            repository=repository,
            commit=commit,
            workflow=workflow,
            job=job,
            category=str(failure.category),
            tool=failure.tool,
            codes=codes_of(failure),
            signature=digest(failure.signature),
            status=status,
            fixers=fixers,
            severity=severity,
            patch=patch,
            sha256=hashlib.sha256(mail).hexdigest() if mail else "",
            seconds=round(seconds, 2),
            tries=tuple(Attempted.of(one) for one in tries),
        )


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest recovery that mended the same failure with a verified patch."""

    recovery: Recovery
    here: bool

    @property
    def words(self) -> str:
        """Say so in one line."""
        one = self.recovery
        where = "" if self.here else f" in {one.repository}"
        how = ", ".join(one.fixers) or "a patch"
        return (
            f"the same failure was mended before{where} by {how}: {one.patch or 'no patch kept'} "
            f"({one.at:%Y-%m-%d}, commit {one.commit[:12]}, regreen history show {one.id})"
        )


def codes_of(failure: Failure) -> tuple[str, ...]:
    """Return the codes of a failure's diagnostics, sorted, each once."""
    return tuple(sorted({d.code for d in failure.diagnostics if d.code}))


def digest(signature: Signature) -> str:
    """Return what tells a failure from every other: the SHA-256 of its signature.

    Empty for a signature without items, which says too little to call two failures the same.
    """
    if not signature.items:
        return ""
    items = sorted([file or "", code or "", message] for file, code, message in signature.items)
    whole = [signature.category, signature.tool or "", items]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=True).encode()).hexdigest()
