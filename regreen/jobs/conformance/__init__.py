"""GitHub's published test vectors for its expression language and its reader of workflows.

``expression_results`` and ``workflow_results`` run a folder of them; each tells what was expected
and what came.
"""

from regreen.jobs.conformance.expressions import expression_results
from regreen.jobs.conformance.results import Result
from regreen.jobs.conformance.workflows import workflow_results

__all__ = ["Result", "expression_results", "workflow_results"]
