"""Does a change touch what a job is made from?"""

from __future__ import annotations

import re

from regreen.git import Tree
from regreen.jobs import Job

_DEFINITION = re.compile(r"^\.github/(?:workflows|actions)/|(?:^|/)action\.ya?ml$")


def defines_job(job: Job, before: Tree, after: Tree) -> bool:
    """Whether what changed between two trees may define ``job``: its workflow, or an action.

    A workflow from outside of the commit is not changed by it.
    """
    own = job.workflow.removeprefix("./")
    if own not in before.entries:
        return False
    return any(path == own or _DEFINITION.search(path) for path in after.changed(before))
