"""Which files of a repository are GitHub's workflows."""

from __future__ import annotations

import re

WORKFLOW = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$")
