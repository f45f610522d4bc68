"""What a job gives out at its end (``jobs.<job_id>.outputs``)."""

from __future__ import annotations

from regreen.jobs.expressions import ExpressionError, to_string
from regreen.jobs.runner import JobRun


def rendered(run: JobRun) -> dict[str, str]:
    """Return the outputs of a job that has ended.

    GitHub gives out nothing that holds a masked value, and nothing whose expression is wrong.
    """
    secrets = run.job.contexts.get("secrets")
    known = [to_string(one) for one in secrets.values()] if isinstance(secrets, dict) else []
    hidden = [one for one in (*run.state.masks, *known) if one]
    found: dict[str, str] = {}
    for name, text in run.job.outputs.items():
        try:
            value = run.view.render(text)
        except ExpressionError:
            continue
        if not any(one in value for one in hidden):
            found[name] = value
    return found
