"""pre-commit (and prek): one part for each failed hook, so that each hook is judged by itself.

The output is pre-commit's own: a dotted line ending in ``Failed``, ``- hook id: …``, the hook's
output (indented by prek), and with ``--show-diff-on-failure`` one diff of all changes at the end.
What stops pre-commit itself is in ``precommit_setup``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Weight, diagnostic, unique
from regreen.model import AutoFixable, Category, Diagnostic, Severity

_RESULT = expression(
    r"^(?P<name>.{1,200}?)\.{3,}(?:\([^)\n]*\))?(?P<result>Passed|Failed|Skipped)$", re.MULTILINE
)
_ID = expression(r"^- hook id: (?P<id>\S+)$")
_DETAIL = expression(r"^- (?:hook id|exit code|duration|files were modified)")
_MODIFIED = "- files were modified by this hook"
_TOUCHED = expression(
    r"^(?:Fixing|Rewriting|reformatted|Reformatted|Sorting|Formatted:?|Fixed) (?P<file>\S+)$"
    r"|^(?P<sorted>\S+): (?:Pretty format|fixed|FIXED).*$",
    re.MULTILINE,
)
_TOUCHING = ("Fix", "Rewriting", "eformatted", "Sorting", "Formatted", "fixed", "FIXED", ": Pretty")
_DIFF_START = expression(
    r"^(?:All changes made by hooks:|pre-commit hook\(s\) made changes\..*|diff --git a/.*)$"
)
_DIFF_FILE = expression(r"^diff --git a/(?P<file>.+?) b/", re.MULTILINE)
_ABSENT = expression(r"^Executable `(?P<name>[^`\n]+)` not found$")
_ANYONE = (None, "python", "shell")
"""Tools of findings that any hook may have: a traceback, a command not found."""
_TOOLS = {
    "ruff": "ruff",
    "ruff-check": "ruff",
    "ruff-format": "ruff-format",
    "black": "black",
    "black-jupyter": "black",
    "isort": "isort",
    "flake8": "flake8",
    "mypy": "mypy",
    "pylint": "pylint",
}
_CATEGORIES = (
    (expression(r"mypy|pyright|^ty$|pyre|tsc"), Category.TYPE_ERROR),
    (expression(r"check-ast|debug-statements"), Category.SYNTAX_ERROR),
    (
        expression(
            r"bandit|detect-(?:private-key|aws|secrets)|gitleaks|trufflehog|safety|pip-audit"
        ),
        Category.SECURITY_SCAN,
    ),
    (expression(r"pytest|unittest|\btests?\b"), Category.TEST_FAILURE),
    (
        expression(r"check-(?:toml|yaml|json|xml|github|jsonschema)|validate-|actionlint|zizmor"),
        Category.CONFIGURATION_ERROR,
    ),
)


@dataclass(frozen=True, slots=True)
class HookPart:
    """One failed hook: its lines in the whole excerpt and what is known of it."""

    first: int
    excerpt: Excerpt
    heading: int
    hook: str
    modified: bool
    changed: tuple[str, ...]

    def accepts(self, finding: Finding) -> bool:
        """Whether a finding inside a hook's output can be the hook's own verdict."""
        return finding.weight >= Weight.SIGN and finding.tool != "pre-commit-hooks"

    def finding(self, inner: Finding | None) -> Finding:
        """The hook's failure: what its tool said, or that it changed files, or that it failed."""
        return replace(self._judge(inner), collected=True)

    def _judge(self, inner: Finding | None) -> Finding:
        absent = self._absent()
        if absent is not None:
            return absent
        if inner is not None and inner.weight >= Weight.VERDICT:
            fixable = AutoFixable.YES if self._only_mended(inner) else inner.fixable
            return replace(self._named(inner), fixable=fixable)
        if self.modified:
            return self._mended()
        if inner is not None:
            return replace(self._named(inner), weight=Weight.VERDICT)
        return self._plain()

    def _named(self, inner: Finding) -> Finding:
        """The finding under the hook's heading; what any program may say is the hook's own word."""
        tool = inner.tool if inner.tool not in _ANYONE else self.tool
        return replace(inner, lines=(self.heading, *inner.lines), tool=tool)

    @property
    def tool(self) -> str:
        """The tool that the hook runs."""
        return _TOOLS.get(self.hook, self.hook)

    def _absent(self) -> Finding | None:
        """pre-commit's word that the hook's program is not installed."""
        hits = list(self.excerpt.grep(_ABSENT, "Executable `"))
        if not hits:
            return None
        return Finding(
            self.tool,
            Category.DEPENDENCY_ISSUE,
            Weight.VERDICT,
            (self.heading, *(self.first + index for index, _ in hits)),
            unique(diagnostic(None, _program(m["name"]), "executable not found") for _, m in hits),
            AutoFixable.PARTIAL,
            confidence=0.95,
        )

    def _only_mended(self, inner: Finding) -> bool:
        return self.modified and inner.category is Category.LINTING_ERROR and not inner.diagnostics

    def _mended(self) -> Finding:
        touched = self.excerpt.grep(_TOUCHED, *_TOUCHING)
        named = [(index, m["file"] or m["sorted"]) for index, m in touched]
        files = [file for _, file in named] or list(self.changed)
        made: list[Diagnostic] = [
            diagnostic(file, self.hook, "files were modified by this hook") for file in files
        ] or [diagnostic(None, self.hook, "files were modified by this hook")]
        return Finding(
            self.tool,
            Category.LINTING_ERROR,
            Weight.VERDICT,
            (self.heading, *(self.first + index for index, _ in named)),
            unique(made),
            AutoFixable.YES,
            Severity.LOW,
            0.98,
        )

    def _plain(self) -> Finding:
        said = [i for i, line in enumerate(self.excerpt.lines) if line.strip()]
        said = [i for i in said if not _DETAIL.match(self.excerpt.lines[i])]
        made = [diagnostic(None, self.hook, self.excerpt.lines[i]) for i in said[:20]]
        category = next(
            (c for expression, c in _CATEGORIES if expression.search(self.hook)),
            Category.LINTING_ERROR,
        )
        return Finding(
            self.tool,
            category,
            Weight.VERDICT,
            (self.heading, *(self.first + i for i in said[:3])),
            unique(made) or (diagnostic(None, self.hook, "the hook failed"),),
            confidence=0.8,
        )


def divide(excerpt: Excerpt) -> tuple[list[HookPart], Excerpt]:
    """Return the failed hooks' parts, and the excerpt with pre-commit's output blanked out.

    An output without pre-commit comes back as it is.
    """
    if "- hook id: " not in excerpt:
        return [], excerpt
    results = [(i, m) for i, m in excerpt.grep(_RESULT, "...")]
    lines = list(excerpt.lines)
    changed = tuple(dict.fromkeys(m["file"] for _, m in excerpt.grep(_DIFF_FILE, "diff --git ")))
    parts: list[HookPart] = []
    for number, (index, match) in enumerate(results):
        following = results[number + 1][0] if number + 1 < len(results) else len(lines)
        end = _end(excerpt, index, following)
        part = _part(excerpt, index, end, changed)
        if match["result"] == "Failed" and part is not None:
            parts.append(part)
        lines[index:end] = [""] * (end - index)
    if parts and results:
        tail = _end(excerpt, results[-1][0], len(lines))
        if tail < len(lines) and _DIFF_START.match(excerpt.lines[tail]):
            lines[tail:] = [""] * (len(lines) - tail)
    rest = Excerpt(
        lines,
        excerpt.numbers,
        script=excerpt.script,
        exit_code=excerpt.exit_code,
        cancelled=excerpt.cancelled,
        step=excerpt.step,
    )
    return parts, rest


def _end(excerpt: Excerpt, index: int, following: int) -> int:
    """Where a hook's output ends: at the next hook, or at the closing diff of all changes."""
    for at in range(index + 1, following):
        if _DIFF_START.match(excerpt.lines[at]):
            return at
    return following


def _part(excerpt: Excerpt, index: int, end: int, changed: tuple[str, ...]) -> HookPart | None:
    body, hook, modified = index + 1, None, False
    while body < end and _DETAIL.match(excerpt.lines[body]):
        if match := _ID.match(excerpt.lines[body]):
            hook = match["id"]
        modified = modified or excerpt.lines[body].startswith(_MODIFIED)
        body += 1
    if hook is None:
        return None
    script = hook.removesuffix("-check") if hook != "ruff-format" else "ruff format"
    part = _outdented(excerpt.part(body, end, script=script))
    return HookPart(body, part, index, hook, modified, changed)


def _outdented(part: Excerpt) -> Excerpt:
    """Without the two spaces that prek puts before every line of a hook's output."""
    said = [line for line in part.lines if line.strip()]
    if not said or not all(line.startswith("  ") for line in said):
        return part
    return Excerpt(
        [line[2:] for line in part.lines],
        part.numbers,
        script=part.script,
        exit_code=part.exit_code,
        cancelled=part.cancelled,
        step=part.step,
    )


def _program(name: str) -> str:
    """A program's name without the folder, which differs from machine to machine."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]
