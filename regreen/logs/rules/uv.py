"""uv: its error and the chain of causes below it, in the three forms that its versions print.

``error: … / Caused by: …`` (to 0.4), a report framed by arrows
(from 0.4), and ``error: … / cause: …`` (newest). What the chain says decides, not its head:
"Failed to download" is a hash that differs as often as a network that is down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern
from regreen.logs.rules.causes import cause
from regreen.model import AutoFixable, Category

_DEPENDENCY = Category.DEPENDENCY_ISSUE
_PARTIAL = AutoFixable.PARTIAL
_LONGEST = 400
_HEADS = 20
"""Errors that are looked into, counted from the end."""

_HEAD = expression(
    r"^(?:error: |[ \t]*(?:\u00d7|x|X|\u00c3\u2014) )(?P<message>(?:Failed to (?!spawn)\S"
    r"|Request failed after \d|Build backend failed|The build backend returned"
    r"|Git operation failed|Querying Python at"
    r"|Error parsing included file|Couldn't parse requirement|Unable to |Error while|Distribution"
    r"|Missing credentials|Could not connect|error sending request|Hash mismatch"
    r"|HTTP status (?:client|server) error|Error in `|Querying|Extracting|I/O operation|No such"
    r"|Operation timed out|Local file|Expected (?:a|the)|Metadata|Package metadata|Range|Wheel"
    r"|The wheel filename|The lock ?file|Unknown|Python interpreter|dns error|Invalid|Can't use"
    r"|failed to (?:read|open|create|write|copy|remove|hardlink|rename|clone))[^\n]*)$",
    re.MULTILINE,
)
_CHAIN = expression(
    r"^\s+(?:cause: |Caused by: |\u251c\u2500\u25b6 |\u2570\u2500\u25b6 |\|-> |`-> )"
    r"(?P<message>.*)$"
)
_ALONE = expression(
    r"^(?:error: |[ \t]*\u00d7 )(?P<message>Failed to (?:build|download|fetch|install|prepare|unzip"
    r"|publish)\b.*`.*|Request failed after \d+ retries.*|Git operation failed.*"
    r"|Build backend failed to .*|Failed to locate a virtualenv .*)$"
)
_OUTPUT = expression(r"^[ \t]*(?:\[std(?:err|out)\]|-{3} std(?:err|out):?)$")
_KINDS = (
    (expression(r"No space left|os error 28\b|Disk quota"), Category.RESOURCE_EXHAUSTION),
    (
        expression(
            r"[Pp]ermission denied|os error 13\b|\b40[13] (?:Forbidden|Unauthorized)"
            r"|Missing credentials|[Aa]uthentication failed|could not read Username"
        ),
        Category.PERMISSION_ERROR,
    ),
    (
        expression(
            r"No solution found|[Hh]ash mismatch|hash(?:es)? (?:are|is|do)\b|\(404 Not Found\)"
            r"|Failed to resolve requirements from|unsatisfiable|requires-python|was not found in"
            r"|has no wheels with a matching|doesn't have a source distribution or wheel"
            r"|uv\.lock|lock ?file|does not satisfy Python|can't be installed because it"
            r"|does not match the|`--no-build`|not a (?:zip|valid wheel)|find (?:ref|tag|branch)"
        ),
        _DEPENDENCY,
    ),
    (
        expression(
            r"error sending request|dns error|[Cc]onnection (?:refused|reset|closed)|timed out"
            r"|status server error|\b5\d\d (?:Service|Bad|Internal|Gateway)|429 Too Many"
            r"|Could not connect|Request failed after|Failed to fetch:|operation timed out"
            r"|invalid peer certificate|request or response body error|error decoding response"
            r"|Network is unreachable|UnknownIssuer|unexpected end of file|Could not resolve host"
            r"|UV_HTTP_TIMEOUT|early EOF|RPC failed"
        ),
        Category.NETWORK_ERROR,
    ),
    (expression(r"TOML parse error|Invalid `pyproject\.toml`"), Category.CONFIGURATION_ERROR),
    (
        expression(
            r"build backend|Build backend|Failed to (?:download and )?build|Failed to prepare"
            r"|^Call to `|Building [\w-]+ failed"
        ),
        Category.BUILD_ERROR,
    ),
    (expression(r"Git operation failed|Failed to (?:clone|fetch|checkout)"), _DEPENDENCY),
)
_SETTINGS = expression(
    r"^(?:error: |[ \t]*\u00d7 )(?P<message>No (?:interpreter found|Python \S+ (?:in|found)) .*"
    r"|The Python request .*|No `pyproject\.toml` found .*|No virtual environment (?:found|or) ?.*"
    r"|The interpreter at .* is externally managed.*|File not found: .*"
    r"|(?:Default )?(?:[Gg]roup|[Ee]xtra) `[^`\n]+` is not defined .*|Required [Uu]v version .*"
    r"|.* does not appear to be a Python project, as neither .*|Source distribution directory .*"
    r"|Requirements file not found.*|Workspace member .*"
    r"|Package `[^`\n]+` not found in workspace.*|Could not find root package .*"
    r"|The specified `--?[^`\n]+` .*|Requires-Python .*|No files found to publish.*"
    r"|`[^`\n]+` (?:is included as a workspace member|references a workspace).*"
    r"|Unsupported scheme .*|Unable to determine the .*"
    r"|Invalid version request: .*)$"
)
_OWN = expression(
    r"^(?:error: |[ \t]*\u00d7 )(?P<message>Because .* we can conclude that .*"
    r"|The requested interpreter resolved to Python .*"
    r"|The (?:Python request|requested Python version) .*incompatible with .*"
    r"|The current Python (?:version|platform) .* (?:is not compatible|incompatible) .*"
    r"|Found conflicting Python requirements.*|Distribution .* can't be installed because .*"
    r"|In `--require-hashes` mode, all .*|Package `[^`\n]+` .*(?:no wheels|not available).*"
    r"|No executables are provided by .*|(?:Extras?|Groups?) .* (?:incompatible|conflict).*)$"
)
_TRIGGERS = ("error: ", "\u00d7 ", "\u00c3\u2014 ", "x Failed to ")


def _find(excerpt: Excerpt) -> Iterable[Finding]:
    for index, match in list(excerpt.grep(_HEAD, *_TRIGGERS))[-_HEADS:]:
        chain = list(_chain(excerpt, index))
        if not chain and not _ALONE.match(excerpt.lines[index]):
            continue
        said = [(index, match["message"]), *chain]
        yield _judge(excerpt, said)


def _chain(excerpt: Excerpt, head: int) -> Iterator[tuple[int, str]]:
    """The causes below a head; a report's wrapped lines and a back end's output lie between."""
    for index in range(head + 1, min(head + _LONGEST, len(excerpt))):
        line = excerpt.lines[index]
        match = _CHAIN.match(line)
        if match:
            yield index, match["message"]
        elif _OUTPUT.match(line) or (line and not line[0].isspace()):
            return


def _judge(excerpt: Excerpt, said: list[tuple[int, str]]) -> Finding:
    texts = "\n".join(text[:2000] for _, text in said)
    category = next((c for e, c in _KINDS if e.search(texts)), Category.CONFIGURATION_ERROR)
    lines, message, code = [i for i, _ in said], said[-1][1], None
    if category in (Category.BUILD_ERROR, _DEPENDENCY):
        message = " ".join(text for _, text in said)
    if category is Category.BUILD_ERROR:
        found = cause(excerpt, _begin(excerpt, said), _end(excerpt, said[-1][0]))
        if found is not None:
            category, message, code = found.category, found.message, found.code
            lines.append(found.index)
    elif category is Category.NETWORK_ERROR:
        message = re.sub(r"\bin [\d.]+m?s\b", "", " ".join(text for _, text in said))
    mendable = {_DEPENDENCY: _PARTIAL, Category.NETWORK_ERROR: AutoFixable.YES}
    return Finding(
        "uv",
        category,
        Weight.VERDICT,
        tuple(sorted(set(lines))),
        (diagnostic(None, code, message),),
        mendable.get(category, AutoFixable.NO),
        confidence=0.93,
    )


def _begin(excerpt: Excerpt, said: list[tuple[int, str]]) -> int:
    """``uv build`` lets the back end speak above its own error: its stages are headed so."""
    head = said[0][0]
    for index in range(head - 1, max(head - _LONGEST, -1), -1):
        if excerpt.lines[index].startswith("Building "):
            return index
    return said[-1][0] + 1


def _end(excerpt: Excerpt, last: int) -> int:
    """Where the back end's output ends: at uv's next word, or after so many lines."""
    for index in range(last + 1, min(last + _LONGEST, len(excerpt))):
        if re.match(r"hint: |---$|  help: |##\[", excerpt.lines[index]):
            return index
    return min(last + _LONGEST, len(excerpt))


def _alone(excerpt: Excerpt) -> Iterable[Finding]:
    """Errors of one line, without a chain."""
    for wording, category in ((_OWN, _DEPENDENCY), (_SETTINGS, Category.CONFIGURATION_ERROR)):
        hits = list(excerpt.grep(wording, *_TRIGGERS))
        if hits:
            yield Finding(
                "uv",
                category,
                Weight.VERDICT,
                tuple(index for index, _ in hits),
                tuple(diagnostic(None, None, m["message"]) for _, m in hits),
                _PARTIAL if category is _DEPENDENCY else AutoFixable.NO,
                confidence=0.9,
            )
            return


RULES = (
    pattern(
        "uv-no-solution",
        r"^[ \t]*(?:\u00d7|x|X|\u00c3\u2014|error:)?[ \t]*"
        r"(?P<message>No solution found when resolving[^\n]*(?:\n[ \t]+[^\s][^\n]*){0,30})",
        triggers=("No solution found when resolving",),
        spans=True,
        category=_DEPENDENCY,
        tool="uv",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        confidence=0.97,
        matches="  \u00d7 No solution found when resolving dependencies:\n      Because a is not",
        ignores="Resolved 12 packages in 3ms",
    ),
    pattern(
        "uv-lock",
        r"^error: (?P<message>The lockfile at `\S*uv\.lock` needs to be updated.*"
        r"|Unable to find lockfile.*)$",
        triggers=("The lockfile at", "Unable to find lockfile"),
        category=_DEPENDENCY,
        tool="uv",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches=(
            "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided."
        ),
        ignores="Using lockfile",
    ),
    pattern(
        "uv-spawn",
        r"^error: (?P<message>Failed to spawn: `?(?P<code>[^`\s]+)`?)",
        triggers=("Failed to spawn: ",),
        category=_DEPENDENCY,
        tool="uv",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches=(
            "error: Failed to spawn: `pytest`\n  Caused by: No such file or directory (os error 2)"
        ),
        ignores="spawned `pytest`",
    ),
    pattern(
        "uv-check",
        r"^(?P<message>The package `(?P<code>[\w.-]+)` requires `[^`\n]+`, but .*)$",
        triggers=("The package `",),
        category=_DEPENDENCY,
        tool="uv",
        weight=Weight.HINT,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="The package `a` requires `b>=2`, but `1.0` is installed",
        ignores="The package `a` is fine",
    ),
    Rule(
        "uv-chain",
        _TRIGGERS,
        _find,
        "error: Failed to download `a==1`\n  cause: Hash mismatch for `a==1`",
        "error: something failed",
        frozenset({"setuptools", "build"}),
    ),
    Rule(
        "uv-alone",
        _TRIGGERS,
        _alone,
        "error: No interpreter found for Python 3.99 in managed installations or search path",
        "error: something failed",
    ),
)
