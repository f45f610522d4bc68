"""A ruff of regreen's own for what flake8, its plug-ins and pylint find and ruff can mend.

Only the codes that failed, only in the files that failed, and without any configuration, so that
nothing else is touched.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from regreen.fixers.lint.owntools import with_tool
from regreen.fixers.lint.rufftable import acceptable, reasons, translated
from regreen.model import Category, Failure, Proposal, ToolRun
from regreen.scene import Scene

ID = "ruff for other linters"
DOCS = "https://docs.astral.sh/ruff/rules/"


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield a run with safe fixes only, then one with the unsafe fixes that are good enough."""
    if failure.category is not Category.LINTING_ERROR:
        return
    codes = translated(failure)
    files = [f for f in scene.named_files(failure) if f.endswith((".py", ".pyi"))]
    if not codes or not files:
        return
    why = f"ruff mends {', '.join(codes)} as {failure.tool} asks for"
    yield ToolRun(ID, why, with_tool("ruff", _call(codes, files)), ".")
    if unsafe := acceptable(codes, files, scene.files):
        call = _call(unsafe, files, "--unsafe-fixes")
        yield ToolRun(ID, f"{why} ({reasons(unsafe)})", with_tool("ruff", call), ".")


def _call(codes: Iterable[str], files: Iterable[str], *more: str) -> str:
    select = ",".join(codes)
    words = ["check", "--isolated", "--preview", "--select", select, "--fix", "--no-cache", *more]
    return f'"$tool" {shlex.join([*words, "--", *files])}'
