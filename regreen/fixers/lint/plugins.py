"""Formatters that run as plug-ins of flake8: what they refuse, the formatter itself rewrites.

flake8-black reports ``BLK100``, flake8-isort ``I001`` to ``I005``. The formatter is installed with
the plug-in, and reads the project's own configuration.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from regreen.model import Failure, Idea, Scope, ToolRun
from regreen.scene import Scene

ID = "flake8's formatters"
DOCS = "https://github.com/peterjc/flake8-black"

_FORMATTERS = {
    "black": (("BLK100",), Scope.FORM),
    "isort": (("I001", "I002", "I003", "I004", "I005"), Scope.IMPORTS),
}


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield a run of each formatter on the files that its plug-in refuses."""
    if failure.tool != "flake8":
        return
    for program, (codes, scope) in _FORMATTERS.items():
        reported = tuple(d for d in failure.diagnostics if d.code in codes)
        files = scene.named_files(replace(failure, diagnostics=reported)) if reported else []
        if files:
            why = f"{program} rewrites the files that its plug-in refuses"
            yield ToolRun(ID, why, shlex.join([program, "--", *files]), ".", scope)
