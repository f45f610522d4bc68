"""What stops pre-commit itself: its configuration, and hooks whose environment cannot be made."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern
from regreen.model import AutoFixable, Category

_ERROR = expression(
    r"^An (?P<unexpected>unexpected )?error has occurred: (?P<kind>\w+): ?(?P<message>.*)$"
)
_END = expression(r"^(?:Check the log at |Failed to write to log at )")
_NAME = "pre-commit"
_LONGEST = 400
"""Lines of one report; an installer's whole output stands in it."""
_REASON = expression(
    r"^\s*(?:=+> |ERROR: |error: |fatal: |npm ERR! |npm error )(?P<message>\S.*)$"
    r"|^\s*(?P<raised>\w+Error: .*)$"
)
_CAUSES = (
    (
        expression(
            r"(?i)could not resolve host|failed to connect|connection (?:refused|timed out|reset)"
            r"|timed out|temporary failure in name|name or service not known|max retries exceeded"
            r"|retry\(total=0|early eof|remote end hung up|returned error: (?:5\d\d|429)|tls |ssl"
            r"|eai_again|econnre|etimedout|network is unreachable|503 |502 |429 "
        ),
        Category.NETWORK_ERROR,
    ),
    (
        expression(
            r"(?i)could not read (?:username|from remote)|authentication failed"
            r"|permission denied|repository not found|returned error: 40[13]"
        ),
        Category.PERMISSION_ERROR,
    ),
    (expression(r"(?i)no space left on device"), Category.RESOURCE_EXHAUSTION),
    (
        expression(
            r"(?i)pathspec '.*' did not match|couldn't find remote ref|remote branch .* not found"
            r"|failed to find interpreter|not something we can merge|bad revision"
        ),
        Category.CONFIGURATION_ERROR,
    ),
)
_INSTALL = expression(r"pip|npm|install|virtualenv|cargo|go|gem|conda|dotnet|luarocks|R\b")


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    if not (_NAME in excerpt or excerpt.mentions(_NAME) or excerpt.mentions("prek")):
        return
    for index, match in list(excerpt.grep(_ERROR, "error has occurred: "))[-1:]:
        block = _block(excerpt, index)
        reason = [(i, m) for i in block if (m := _REASON.match(excerpt.lines[i]))]
        at, said = reason[-1] if reason else (index, None)
        message = (said["message"] or said["raised"]) if said else match["message"]
        category = _category(match, "\n".join(excerpt.lines[i] for i in block))
        settings = category is Category.CONFIGURATION_ERROR
        yield Finding(
            "pre-commit",
            category,
            Weight.VERDICT,
            tuple(sorted({index, at})),
            (diagnostic(".pre-commit-config.yaml" if settings else None, match["kind"], message),),
            AutoFixable.PARTIAL if category is Category.DEPENDENCY_ISSUE else AutoFixable.NO,
            confidence=0.95,
        )


def _block(excerpt: Excerpt, index: int) -> range:
    last = min(index + _LONGEST, len(excerpt))
    end = next((i for i in range(index + 1, last) if _END.match(excerpt.lines[i])), last)
    return range(index, end)


def _category(match: re.Match[str], text: str) -> Category:
    if match["unexpected"] is None:
        return Category.CONFIGURATION_ERROR
    for wording, category in _CAUSES:
        if wording.search(text):
            return category
    if match["kind"] == "CalledProcessError" and _INSTALL.search(match["message"]):
        return Category.DEPENDENCY_ISSUE
    return Category.UNKNOWN


RULES = (
    Rule(
        "pre-commit",
        ("error has occurred: ",),
        _find,
        "An error has occurred: InvalidConfigError: \n==> File .pre-commit-config.yaml\n"
        "=====> Missing required key: name\nCheck the log at pre-commit.log",
        "no error has occurred: well",
        beats=frozenset({"pip", "git", "npm", "uv", "build", "python", "virtualenv"}),
    ),
    pattern(
        "pre-commit-hooks",
        r"^(?:\[ERROR\] (?P<message>`[^`\n]+` is not present in repository \S+)"
        r"|No hook with id `[^`\n]+` .*|No \.pre-commit-config\.yaml file was found"
        r"|error: (?:Hook|Repo) `[^`\n]+` .*(?:not found|is invalid|not present).*)",
        triggers=(
            "is not present in repository",
            "No hook with id",
            "No .pre-commit-config.yaml",
            "error: Hook `",
            "error: Repo `",
        ),
        category=Category.CONFIGURATION_ERROR,
        tool="pre-commit",
        weight=Weight.VERDICT,
        matches="[ERROR] `nope` is not present in repository https://example.org/a.  Typo?",
        ignores="[INFO] Initializing environment for https://example.org/a.",
    ),
)
