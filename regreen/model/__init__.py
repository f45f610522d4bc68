"""The values that travel between regreen's rooms.

Everything here is frozen data: no file, process or network is touched. Alternatives are unions
that callers close with ``typing.assert_never``.
"""

from regreen.model.beside import Compared, Fared, FlakyTest
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
    Culprit,
    Edit,
    Ending,
    Idea,
    Patch,
    Probe,
    Proof,
    Proposal,
    Rejected,
    Scope,
    ToolRun,
    Try,
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
    "Compared",
    "Culprit",
    "Diagnostic",
    "Edit",
    "Ending",
    "Evidence",
    "Failure",
    "Fared",
    "FlakyTest",
    "Idea",
    "JobOutcome",
    "LogFacts",
    "Passed",
    "Patch",
    "Probe",
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
    "Try",
    "Unsupported",
    "Verdict",
    "VerifiedPatch",
    "normalise",
]
