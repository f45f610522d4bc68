"""Must the steps before the failing one be run again, because they read what an idea changes?

An installed copy of the project (``pip install .``) does not follow its files; an editable one
does, save for what says how it is built. Checkers that read the files themselves need neither.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

from regreen.git import Tree
from regreen.jobs import Job, StepSpec
from regreen.jobs.setup import Reach, reads_of
from regreen.model import Category

_READ_FILES = frozenset({Category.LINTING_ERROR, Category.TYPE_ERROR, Category.SECURITY_SCAN})
"""What is found by tools that read the files as they lie there."""
_INSTALL = re.compile(r"\b(?:install|develop|sync|build|bdist_wheel)\b")
_EDITABLE = re.compile(r"(?:^|\s)(?:-e|--editable)[\s=]+\S+")
_FOLLOWS = re.compile(r"\b(?:poetry|pdm|hatch)\s+install\b|\buv\s+sync\b|\bdevelop\b")
_LOCAL = re.compile(
    r"(?:^|\s)[\"']?(?!\S*\.(?:txt|in)\b)(?:\.{1,2}(?:/[\w.-]+)*/?|(?:[\w.-]+/)+[\w.-]*)"
    r"(?:\[[^]]*\])?[\"']?(?=\s|$)|setup\.py\s+install"
)
_BUILD = re.compile(
    r"(?:^|/)(?:setup\.py|setup\.cfg|pyproject\.toml|MANIFEST\.in|Pipfile(?:\.lock)?|[^/]*\.lock"
    r"|[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)|environment\.ya?ml)$"
    r"|\.(?:pyx|pxd|c|cc|cpp|h|rs)$"
)
_PROGRAM = re.compile(r"\.(?:py|pyi|json|toml|ya?ml|txt|cfg|ini)$")


def must_set_up(
    job: Job, failing: StepSpec, category: str, changed: Collection[str], tree: Tree
) -> bool:
    """Whether steps of ``job`` before ``failing`` read any of the ``changed`` files.

    ``category`` is what kind of failure is to be mended, ``tree`` the files as they were.
    """
    if category in _READ_FILES or not changed:
        return False
    return any(
        _reads(step, changed, tree)
        for step in job.steps[: failing.index]
        if step.run is not None and step.index not in job.noop and step.index not in job.excluded
    )


def _reads(step: StepSpec, changed: Collection[str], tree: Tree) -> bool:
    script = step.run or ""
    folder = step.working_directory or "."
    if "${{" in folder or folder.startswith(("/", "..")):
        folder = "."
    reads = reads_of(script, posixpath.normpath(folder), tree)
    if reads.files & set(changed):
        return True
    if reads.reach is Reach.NAMED or not _INSTALL.search(script):
        return False
    build = any(_BUILD.search(path) for path in changed)
    follows = _EDITABLE.search(script) or _FOLLOWS.search(script)
    if follows and not _LOCAL.search(_EDITABLE.sub("", script)):
        return build
    return build or any(_PROGRAM.search(path) for path in changed)
