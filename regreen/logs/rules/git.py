"""git and its remotes: refused, out of reach, not there, or moved on since.

The last ``fatal:`` says the same for all of them, so the lines above it are asked for the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, unique
from regreen.logs.rules.spoken import is_last
from regreen.model import AutoFixable, Category

_LEAD = r"^(?:[\w.+-]{0,40}: )?(?:stderr: |Error: |Caused by: )?(?:git: )?"
_END = re.compile(
    rf"^ {{0,40}}! \[(?:remote )?rejected\] .*$|{_LEAD}(?:(?:fatal|error): (?:unable to (?:access"
    rf"|connect|look up|update url)"
    r"|[Cc]ould not read (?:from remote|Username|Password)|the remote end hung up|early EOF"
    r"|Authentication failed|failed to push some refs|[Rr]emote error: "
    r"|repository '.*' (?:not found|does not exist)"
    r"|couldn't find remote ref|Remote branch .* not found|reference is not a tree"
    r"|ambiguous argument|bad revision|invalid reference|not a git repository|pathspec '"
    r"|no submodule mapping|No url found for submodule|clone of '.*' into submodule path"
    r"|unable to auto-detect email|empty ident name|tag '.*' already exists|a branch named '"
    r"|refusing to merge unrelated|Server does not allow request for unadvertised|bad object "
    r"|The current branch .* has no upstream|protocol error|RPC failed|Exiting because of"
    r"|src refspec .* does not match any|could not apply|detected dubious ownership"
    r"|unsafe repository|You must edit all merge conflicts|index-pack failed|fetch-pack: "
    r"|invalid index-pack output|smudge filter lfs failed|You have not concluded your merge"
    r"|Need to specify how to reconcile|Not possible to fast-forward|transport '.*' not allowed).*"
    r"|CONFLICT \(.*|Author identity unknown"
    r"|\*\*\* Please tell me who you are|batch response: .*"
    r"|nothing (?:added )?to commit.*|Host key verification failed\.?"
    r"|Permission denied \(publickey.*)$",
    re.MULTILINE,
)
_HINTS = (
    *("fatal: ", "error: ", "rejected] ", "CONFLICT (", "Author identity", "Please tell me who"),
    *("batch response: ", "nothing to commit", "nothing added to", "Host key verification"),
    "Permission denied (publickey",
)
_REASONS: tuple[tuple[re.Pattern[str], Category, float], ...] = (
    (
        re.compile(
            r"remote: .*(?:Push rejected, failed to compile|Build failed)|failed to compile \S+ app"
        ),
        Category.BUILD_ERROR,
        0.85,
    ),
    (
        re.compile(
            r"error: 40[13]\b|Permission to \S+ denied|denied to \S|Write access to repository not"
            r"|marked as read.only|Permission denied|Host key verification|Authentication failed"
            r"|could not read (?:Username|Password)|[Rr]epository not found|protected branch"
            r"|GH006|GH013|repository rule|refusing to allow|not allowed to (?:push|upload"
            r"|download)"
            r"|Access denied|[Ii]nvalid (?:username|credentials)|password authentication was"
            r"|insufficient permission|don't have permission|not authorized|[Ff]orbidden"
            r"|Repository .* (?:is disabled|was archived|is read-only)|archived so it is read-only"
        ),
        Category.PERMISSION_ERROR,
        0.92,
    ),
    (
        re.compile(r"No space left on device|out of memory|large files? detected|exceeds GitHub's"),
        Category.RESOURCE_EXHAUSTION,
        0.88,
    ),
    (
        re.compile(
            r"Could not resolve|error: (?:5\d\d|429)|timed out|Connection (?:reset|refused|closed|"
            r"aborted)|Failed to connect|Could not connect|early EOF|RPC failed|unexpected"
            r" disconnect|TLS|SSL|certificate|hung up|kex_exchange|Network is|HTTP2|HTTP/2"
            r"|Empty reply|transfer closed|Internal Server Error|Operation too slow|Recv failure"
            r"|unable to connect|look up|This repository is over its data quota|rate limit"
        ),
        Category.NETWORK_ERROR,
        0.9,
    ),
    (
        re.compile(r"pre-receive hook declined|remote rejected|Could not read from remote"),
        Category.PERMISSION_ERROR,
        0.6,
    ),
    (re.compile(r"unable to access"), Category.NETWORK_ERROR, 0.6),
)
_ABOVE = 14
_SETTLED = re.compile(
    r"unable to (?:access|connect|look up)|could not read|Could not read|hung up|early EOF"
    r"|rejected\]|failed to push|Authentication failed|[Rr]emote error|' not found|RPC failed"
    r"|clone of|protocol error|batch response|Host key|publickey|index-pack|fetch-pack|smudge"
)
"""What says only that something went wrong with the remote."""
_MERGED = re.compile(r"\[rejected\]|CONFLICT|could not apply|fast-forward|reconcile|nothing ")


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    hits = [(i, m) for i, m in excerpt.grep(_END, *_HINTS, first=excerpt.tail(60))]
    if not hits:
        return
    last = hits[-1][0]
    near = [(i, m) for i, m in hits if last - i <= _ABOVE]
    category, confidence, reason = _reason(excerpt, near)
    local = not any(_SETTLED.search(match[0]) for _, match in near)
    yield Finding(
        "git",
        category,
        Weight.VERDICT if _final(excerpt, last) else Weight.HINT if local else Weight.SIGN,
        tuple(sorted({*(i for i, _ in near), reason})),
        unique(diagnostic(None, None, m[0]) for _, m in near),
        AutoFixable.YES if category is Category.NETWORK_ERROR else AutoFixable.NO,
        confidence=confidence,
    )


def _reason(excerpt: Excerpt, near: list[tuple[int, re.Match[str]]]) -> tuple[Category, float, int]:
    """The category, how sure it is, and the line that says so."""
    first, last = near[0][0], near[-1][0]
    if not any(_SETTLED.search(match[0]) for _, match in near):
        sure = 0.7 if any(_MERGED.search(match[0]) for _, match in near) else 0.9
        return Category.CONFIGURATION_ERROR, sure, last
    for expression, category, confidence in _REASONS:
        for index in range(last, max(first - _ABOVE, -1), -1):
            if expression.search(excerpt.lines[index]):
                return category, confidence, index
    return Category.CONFIGURATION_ERROR, 0.6, last


_ADVICE = re.compile(
    r"^(?:\s*$|hint: |remote:|Please make sure you have|and the repository exists|  ?\S|To \S+"
    r"|error: failed to push|The process '.*git.*' failed|Use '--' to|'git <command>|warning: )"
)


def _final(excerpt: Excerpt, index: int) -> bool:
    """Whether git's advice and the runner's farewells are all that stands below."""
    while index + 1 < len(excerpt) and _ADVICE.match(excerpt.lines[index + 1]):
        index += 1
    return index + 1 >= len(excerpt) or is_last(excerpt, index)


RULES = (
    Rule(
        "git-remote",
        _HINTS,
        _find,
        "fatal: unable to access 'https://example.org/a.git/': The requested URL returned"
        " error: 503",
        "fatal: something else",
        beats=frozenset({"go-mod", "go-private"}),
    ),
)
