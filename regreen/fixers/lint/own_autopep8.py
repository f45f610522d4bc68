"""An autopep8 of regreen's own for what pycodestyle finds and ruff has no fix for.

Continuation lines above all. Only the codes that failed, only in the files that failed, and without
any configuration.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from regreen.fixers.lint.owntools import with_tool
from regreen.fixers.lint.rufftable import codes
from regreen.model import Failure, Idea, ToolRun
from regreen.scene import Scene

ID = "autopep8 for pycodestyle"
DOCS = "https://github.com/hhatto/autopep8"

_TOOLS = frozenset({"flake8", "pycodestyle", "ruff", "ruff check", "ruff-check"})
_MENDED = re.compile(
    r"E1(?:0[13]|1[1-7]|2[1-9]|3[13])|W191|E2(?:0[12345]|11|2[1-8]|3[12]|4[12]|5[12]|6[1-6]|7[1-5])"
    r"|E30[1-6]|E401|E70[1-4]|W29[13]|W391|W50[34]"
)
"""What autopep8's own list of features names, save what changes what a program does."""


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one run on the files that failed, for the codes that autopep8 mends."""
    chosen = [code for code in codes(failure) if _MENDED.fullmatch(code)]
    files = [f for f in scene.named_files(failure) if f.endswith((".py", ".pyi"))]
    if failure.tool not in _TOOLS or not chosen or not files:
        return
    words = ["--in-place", "--global-config=/dev/null", "--ignore-local-config"]
    words += [f"--select={','.join(chosen)}", "--max-line-length=1000", "--", *files]
    why = f"autopep8 mends {', '.join(chosen)} as {failure.tool} asks for"
    yield ToolRun(ID, why, with_tool("autopep8", f'"$tool" {shlex.join(words)}'), ".")
