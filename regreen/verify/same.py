"""Did the job fail here as it failed in CI?

A reproduction counts when every diagnostic of CI's log is there too; what is only seen here is
listed. Line numbers take no part: the two runs see the same files, and a patch moves lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from regreen.model import (
    Diagnostic,
    Failure,
    JobOutcome,
    Relation,
    Reproduced,
    ReproducedDifferently,
)

_NAMED = 3


def compare(
    expected: Sequence[Failure], seen: Sequence[Failure], outcome: JobOutcome
) -> Reproduced | ReproducedDifferently:
    """Hold the failures of CI's log against those of the run here; both come main one first.

    ``outcome`` is the run here, which must be red.
    """
    if not seen:
        return ReproducedDifferently(
            "the run here shows no failure that can be read", None, outcome
        )
    missing = [failure for failure in expected if not any(_covers(s, failure) for s in seen)]
    if missing:
        return ReproducedDifferently(_difference(missing[0], seen), seen[0], outcome)
    known = {d.key for failure in expected for d in failure.diagnostics}
    extra = tuple(d for failure in seen for d in failure.diagnostics if d.key not in known)
    return Reproduced(extra, seen[0], outcome)


def still(expected: Sequence[Failure], seen: Sequence[Failure]) -> bool:
    """Whether a later run shows the same failures as an earlier run of the same sandbox."""
    return all(any(_covers(s, failure) for s in seen) for failure in expected)


def _covers(seen: Failure, expected: Failure) -> bool:
    relation = seen.signature.compare(expected.signature)
    if relation is Relation.EQUAL and not expected.signature.items:
        return seen.exit_code == expected.exit_code or None in (seen.exit_code, expected.exit_code)
    return relation in {Relation.EQUAL, Relation.SUPERSET}


def _difference(missing: Failure, seen: Sequence[Failure]) -> str:
    here = {d.key for failure in seen for d in failure.diagnostics}
    lost = [d for d in missing.diagnostics if d.key not in here]
    same_kind = [s for s in seen if (s.category, s.tool) == (missing.category, missing.tool)]
    ours = " and ".join(dict.fromkeys(_name(s) for s in seen))
    if not same_kind:
        return f"CI failed with {_name(missing)}; here it is {ours}"
    if not lost:
        return (
            f"CI's {_name(missing)} ended with exit code {missing.exit_code}, "
            f"here with {same_kind[0].exit_code}"
        )
    theirs = {d.key for d in missing.diagnostics}
    ours_only = [d for d in same_kind[0].diagnostics if d.key not in theirs]
    words = f"CI's {_name(missing)} reported what is not seen here: {_list(lost)}"
    return f"{words}; only here: {_list(ours_only)}" if ours_only else words


def _list(diagnostics: Sequence[Diagnostic]) -> str:
    named = "; ".join(_words(d) for d in diagnostics[:_NAMED])
    more = f" and {len(diagnostics) - _NAMED} more" if len(diagnostics) > _NAMED else ""
    return f"{named}{more}"


def _name(failure: Failure) -> str:
    return f"{failure.category} ({failure.tool})" if failure.tool else str(failure.category)


def _words(diagnostic: Diagnostic) -> str:
    parts = [diagnostic.file, diagnostic.code, diagnostic.message]
    return " ".join(part for part in parts if part)[:200]
