"""Programs that put a prefix before every line of another's output: the prefix is cut off.

Docker's BuildKit (``#12 3.4 …``, ``3.4 …`` in the closing recap), docker compose (``web-1  | …``),
turbo (``pkg:task: …``), pnpm's recursive run (``packages/a test: …``), concurrently (``[0] …``),
yarn's workspaces (``[pkg]: …``), Ant's exec (``[exec] …``), act (``[job]   | …``) and Earthly
(``+target | …``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.registry import Words
from regreen.logs.rules.shapes import compiled

_LEVEL = r"(?i:error|err|warn|warning|info|debug|notice|success|fatal|trace|fail|ok|y|n)"
_TASK = (
    r"(?:test|build|lint|typecheck|type-check|check|compile|format|ci|prepare|\w*install)"
    r"(?::\S{1,60})?"
)
_PNPM = (
    r"^(?:(?:[\w@.-]{1,60}/){1,6}[\w@.-]{1,60} [a-z][\w:-]{0,60}"
    rf"|[\w@.-]{{1,60}} {_TASK}): "
)
_FORMS = (
    (("#1 [", "\n#1 ", "\n#2 ", "\n#3 ", "] RUN "), r"^#\d{1,4} \d+\.\d{1,3} "),
    (("failed to solve",), r"^\d{1,5}\.\d{2,3} (?=\S| )"),
    (("-1  | ", "_1  | ", "-1 | ", "_1 | "), r"^[\w.-]{1,80}[-_]\d+ +\| ?"),
    (
        ("turbo run ", "• Running ", "Packages in scope"),
        r"^@?[\w.-]{1,60}(?:/[\w.-]{1,60})?(?:#|:)[a-z][\w:-]{0,60}: ?",
    ),
    (
        ("ERR_PNPM_RECURSIVE", " workspace projects"),
        _PNPM,
    ),
    (("exited with code", "SIGTERM to other processes"), rf"^\[(?!{_LEVEL}\])[\w:@./-]{{1,60}}\] "),
    (("yarn workspaces", "workspaces foreach"), r"^\[[\w@./-]{1,80}\]: "),
    ((" [exec] ",), r"^ {2,12}\[exec\] ?"),
    (("]   | ",), r"^\[[^\]\n]{1,120}\] {3}\| "),
    (("+base | ", "Earthfile"), r"^ *(?:[\w./-]{0,80})?\+[\w.-]{1,60}(?:\([^)\n]{0,80}\))? \| "),
)
_SIGNS = Words([sign for signs, _ in _FORMS for sign in signs])


def unwrap(excerpt: Excerpt) -> Excerpt:
    """Return the excerpt without such prefixes; itself where there are none."""
    forms = [compiled(form) for form in _present(excerpt)]
    if not forms:
        return excerpt
    return Excerpt(
        [_cut(line, forms) for line in excerpt.lines],
        excerpt.numbers,
        script=excerpt.script,
        exit_code=excerpt.exit_code,
        cancelled=excerpt.cancelled,
        step=excerpt.step,
    )


def _present(excerpt: Excerpt) -> Iterator[str]:
    present = _SIGNS.present(excerpt.text)
    for signs, form in _FORMS:
        if not present.isdisjoint(signs):
            yield form


def _cut(line: str, forms: list[re.Pattern[str]]) -> str:
    for form in forms:
        line = form.sub("", line, count=1)
    return line
