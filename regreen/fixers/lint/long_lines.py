"""E501 and its like: comments and docstrings are wrapped here, code by a black of regreen's own.

Only statements with a line that is too long are touched, at the limit that the failing tool named;
black proves for itself that the syntax tree stays the same.
"""

from __future__ import annotations

import ast
import base64
import re
import shlex
from collections.abc import Iterable
from dataclasses import replace

from regreen.fixers.lint.owntools import with_tool
from regreen.fixers.lint.rewrap import docstrings, rewrapped, too_long
from regreen.fixers.source import Source, parse, sources
from regreen.model import Edit, Failure, Proposal, ToolRun
from regreen.scene import Scene

ID = "long lines"
DOCS = "https://peps.python.org/pep-0008/#maximum-line-length"

_CODES = ("E501", "W505", "C0301")
_LIMIT = re.compile(r"\(\d+\s*(?:>|/)\s*(?P<limit>\d+)")
_WHY = "lines longer than {limit} characters are wrapped"


def propose(failure: Failure, scene: Scene) -> Iterable[Proposal]:
    """Yield one idea for all files: an edit where words suffice, else black on the rest."""
    reported = tuple(d for d in failure.diagnostics if d.code in _CODES)
    limits = [int(m["limit"]) for d in reported if (m := _LIMIT.search(d.message))]
    if not limits:
        return
    limit, edits, calls = min(limits), dict[str, str](), list[str]()
    for path, source in sources(replace(failure, diagnostics=reported), scene, *_CODES):
        text = rewrapped(source, limit)
        if text is not None:
            edits[path] = text
        made = parse(text) if text is not None else source
        if made is not None and (ranges := _statements(made, limit)):
            calls.append(_black(path, ranges, limit))
    why = _WHY.format(limit=limit)
    if calls:
        written = [_write(path, text) for path, text in edits.items()]
        yield ToolRun(ID, why, with_tool("black", *written, *calls), ".")
    if edits:
        yield Edit(ID, why, edits)


def _statements(source: Source, limit: int) -> list[tuple[int, int]]:
    """Return the first and last lines of the statements that hold a line that is too long."""
    skipped = {
        n for d in docstrings(source.tree) for n in range(d.lineno, (d.end_lineno or d.lineno) + 1)
    }
    numbers = [n for n in too_long(source, limit) if n not in skipped]
    smallest: dict[int, tuple[int, int]] = {}
    spans = (_span(node) for node in ast.walk(source.tree) if isinstance(node, ast.stmt))
    for span in sorted(spans, key=lambda s: s[0] - s[1]):
        smallest |= dict.fromkeys(range(span[0], span[1] + 1), span)
    found = (smallest.get(n) for n in numbers if not source.lines[n - 1].lstrip().startswith("#"))
    return sorted({span for span in found if span is not None})


def _span(node: ast.stmt) -> tuple[int, int]:
    """A statement's own lines: of one with a body only its head."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno
    return first, max(last or first, node.lineno)


def _black(path: str, ranges: list[tuple[int, int]], limit: int) -> str:
    words = ["-q", "-l", str(limit), "--skip-string-normalization", "--config", "/dev/null"]
    words += ["--preview", "--enable-unstable-feature", "string_processing"]
    words += [f"--line-ranges={first}-{last}" for first, last in ranges]
    return f'"$tool" {shlex.join([*words, "--", path])}'


def _write(path: str, text: str) -> str:
    coded = base64.b64encode(text.encode()).decode()
    return f"base64 -d > {shlex.quote(path)} <<'END'\n{coded}\nEND"
