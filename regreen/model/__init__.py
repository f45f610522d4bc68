"""The values that travel between regreen's rooms.

Everything here is frozen data: no file, process or network is touched. Alternatives are unions
that callers close with ``typing.assert_never``.
"""

from regreen.model.failure import (
    AutoFixable,
    Category,
    Diagnostic,
    Evidence,
    Failure,
    Relation,
    Severity,
    Signature,
    normalise,
)
from regreen.model.log import Analysis, LogFacts, Segment
from regreen.model.outcome import (
    Annotation,
    JobOutcome,
    Passed,
    Reproduced,
    ReproducedAlone,
    ReproducedDifferently,
    Reproduction,
    StepOutcome,
    Unsupported,
    Verdict,
)
from regreen.model.patch import (
    Advice,
    Edit,
    Patch,
    Proof,
    Proposal,
    Rejected,
    Scope,
    ToolRun,
    VerifiedPatch,
)
from regreen.model.request import Budget, SandboxOptions, Selection
from regreen.model.run import Run, RunJob, RunStep

__all__ = [
    "Advice",
    "Analysis",
    "Annotation",
    "AutoFixable",
    "Budget",
    "Category",
    "Diagnostic",
    "Edit",
    "Evidence",
    "Failure",
    "JobOutcome",
    "LogFacts",
    "Passed",
    "Patch",
    "Proof",
    "Proposal",
    "Rejected",
    "Relation",
    "Reproduced",
    "ReproducedAlone",
    "ReproducedDifferently",
    "Reproduction",
    "Run",
    "RunJob",
    "RunStep",
    "SandboxOptions",
    "Scope",
    "Segment",
    "Selection",
    "Severity",
    "Signature",
    "StepOutcome",
    "ToolRun",
    "Unsupported",
    "Verdict",
    "VerifiedPatch",
    "normalise",
]
