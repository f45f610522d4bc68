"""Says where a step hung and how to give it time, as advice: more time cannot be proven here.

This fixer is asked when the step ran out of time here too; one that passes here is transient.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from regreen.fixers.surroundings.asking import (
    job_text,
    last_line,
    last_test,
    name_of,
    said,
    script_of,
    where,
)
from regreen.model import Advice, Category, Failure, Idea, Severity
from regreen.scene import Scene

ID = "time limit"
DOCS = "https://docs.github.com/en/actions/writing-workflows/workflow-syntax-for-github-actions#jobsjob_idtimeout-minutes"

_LIMIT = re.compile(
    r"(?:execution time of|timed out after|maximum time of|longer than) (?P<minutes>\d+) ?min", re.I
)
_MOST = 360
"""Minutes that GitHub gives a job on a hosted runner at most (documentation, "Usage limits")."""


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield where it hung, and the longer limit where one was reached."""
    if failure.category != Category.TIMEOUT:
        return
    text = job_text(scene)
    hung, test = last_line(scene), last_test(scene)
    limit = next((m for one in said(failure) if (m := _LIMIT.search(one))), None)
    at = f" in {test}" if test else f" after “{hung}”" if hung else ""
    if limit is None:
        yield _advice(
            f"what the step waits for did not come in time{at}: start it before, wait for it "
            "longer, or give the call a longer time-out"
        )
    else:
        minutes = min(max(math.ceil(int(limit["minutes"]) * 2), 10), _MOST)
        yield _advice(
            f"it was stopped{at}: if it is slow each time, give {where(text)} more time",
            f"jobs:\n  {name_of(text)}:\n    timeout-minutes: {minutes}",
        )
    if "pytest" in script_of(failure, scene) or test:
        yield _advice(
            "have the hanging test say where it hangs: pytest prints every thread's stack after "
            "that many seconds",
            "[tool.pytest.ini_options]\nfaulthandler_timeout = 120",
        )


def _advice(text: str, change: str = "") -> Advice:
    return Advice(text, ID, Severity.MEDIUM, change)
