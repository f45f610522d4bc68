"""Package installers that found no set of packages: pip, uv, poetry, pdm, pipenv, conda."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import AutoFixable, Category, Severity

_DEPENDENCY = Category.DEPENDENCY_ISSUE
_PARTIAL = AutoFixable.PARTIAL

_NO_MATCH = re.compile(
    r"^\s*(?:ERROR: |\S+ERROR: )?(?:No matching distribution found for (?P<package>[\w.\[\]-]+).*"
    r"|Could not find a version that satisfies the requirement (?P<wanted>[\w.\[\]-]+).*)$",
    re.MULTILINE,
)
_GAVE_UP = re.compile(r"Retry\(total=0|Could not fetch URL|There was a problem confirming the ssl")


def _pip_no_match(excerpt: Excerpt) -> Iterable[Finding]:
    """No distribution: because none exists, or because the index could not be reached at all."""
    hits = list(excerpt.grep(_NO_MATCH, "No matching", "Could not find a version"))
    if not hits:
        return
    before = excerpt.lines[max(hits[0][0] - 12, 0) : hits[0][0]]
    cut_off = any(_GAVE_UP.search(line) for line in before)
    yield Finding(
        "pip",
        Category.NETWORK_ERROR if cut_off else _DEPENDENCY,
        Weight.VERDICT,
        tuple(index for index, _ in hits),
        unique(diagnostic(None, m["package"] or m["wanted"], _requirement(m[0])) for _, m in hits),
        AutoFixable.YES if cut_off else _PARTIAL,
        Severity.MEDIUM,
        0.95,
    )


def _requirement(text: str) -> str:
    """The message without the list of versions, which grows with every release."""
    return re.sub(r" \(from (?:versions: )?[^\n]*$", "", text).strip().removeprefix("ERROR: ")


RULES = (
    Rule(
        "pip-no-match",
        ("No matching distribution found", "Could not find a version that satisfies"),
        _pip_no_match,
        "ERROR: No matching distribution found for nothere==9",
        "Collecting nothere==9",
    ),
    pattern(
        "pip-conflict",
        r"^(?:ERROR: )?(?P<message>Cannot install .+ because these package versions"
        r" have conflicting dependencies\.|ResolutionImpossible: .*)",
        triggers=("conflicting dependencies", "ResolutionImpossible"),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        confidence=0.96,
        matches=(
            "ERROR: Cannot install a and b==1 because these package versions have"
            " conflicting dependencies."
        ),
        ignores="Installing collected packages: a, b",
    ),
    pattern(
        "pip-python",
        r"^(?:ERROR: )?(?P<message>Package '(?P<code>[^'\n]+)' requires a different Python: .*)$",
        triggers=("requires a different Python",),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="ERROR: Package 'a' requires a different Python: 3.9.25 not in '>=3.10'",
        ignores="Requires-Python: >=3.10",
    ),
    pattern(
        "pip-hashes",
        r"^(?:ERROR: )?(?P<message>THESE PACKAGES DO NOT MATCH THE HASHES.*"
        r"|In --require-hashes mode, all requirements must have.*)$",
        triggers=("THE HASHES", "--require-hashes mode"),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        ignores="hashes match",
    ),
    pattern(
        "pip-check",
        r"^(?P<message>(?P<code>[\w.-]+) \S+ (?:requires [\w.-]+, which is not"
        r" installed\.|has requirement .+, but you have .+))$",
        triggers=("which is not installed.", ", but you have "),
        category=_DEPENDENCY,
        tool="pip",
        weight=Weight.HINT,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="a 1.0 requires b, which is not installed.",
        ignores="b is not installed",
    ),
    pattern(
        "pip-file",
        r"^(?:ERROR: )?(?P<message>Could not open requirements file: .*"
        r"|Invalid requirement: .*|File \"setup\.py\" (?:not found"
        r"|or \"setup\.cfg\" not found).*|.* does not appear to be a Python project.*"
        r"|Directory '.*' is not installable\..*)$",
        triggers=(
            "requirements file",
            "Invalid requirement",
            "does not appear to be a Python project",
            "is not installable",
            'File "setup.py"',
        ),
        category=Category.CONFIGURATION_ERROR,
        tool="pip",
        weight=Weight.VERDICT,
        matches=(
            "ERROR: Could not open requirements file: [Errno 2] No such file or"
            " directory: 'dev.txt'"
        ),
        ignores="Reading requirements file",
    ),
    pattern(
        "pip-managed",
        r"^error: externally-managed-environment$",
        triggers=("externally-managed-environment",),
        category=Category.CONFIGURATION_ERROR,
        tool="pip",
        weight=Weight.VERDICT,
        matches="error: externally-managed-environment",
        ignores="note: externally managed",
    ),
    pattern(
        "uv-no-solution",
        r"^\s*(?:\u00d7|x|X|\u00c3\u2014|error:)?\s*"
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
        r"^error: (?P<message>The lockfile at `uv\.lock` needs to be updated.*"
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
        "uv-python",
        r"^error: (?P<message>No interpreter found for .*"
        r"|The requested interpreter resolved to Python .*|The Python request .*"
        r"|The requested Python .*|No `pyproject\.toml` found .*)$",
        triggers=("interpreter", "No `pyproject.toml`", "Python request", "requested Python"),
        category=Category.CONFIGURATION_ERROR,
        tool="uv",
        weight=Weight.VERDICT,
        matches=(
            "error: No interpreter found for Python 3.99 in managed installations or search path"
        ),
        ignores="Using interpreter",
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
        "poetry",
        r"^\s*(?P<message>(?:So, )?because .+ version solving failed\.?"
        r"|.*version solving failed\."
        r"|pyproject\.toml changed significantly since poetry\.lock was last"
        r" generated.*|Error: poetry\.lock is not up to date.*"
        r"|poetry\.lock is not up to date.*"
        r"|The current project's (?:supported )?Python (?:requirement|version) .*)$",
        triggers=("version solving failed", "poetry.lock", "The current project's"),
        category=_DEPENDENCY,
        tool="poetry",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="And because a depends on b, version solving failed.",
        ignores="Installing dependencies from lock file",
    ),
    pattern(
        "poetry-settings",
        r"^\s*(?:Error: )?(?P<message>Setting \S+ does not exist"
        r"|The Poetry configuration is invalid:?.*"
        r"|Poetry could not find a pyproject\.toml.*"
        r"|The \"[^\"\n]+\" option does not exist|Group\(s\) not found: .*"
        r"|Extra \[[^\]\n]+\] is not specified\.)$",
        triggers=("does not exist", "Poetry", "not found: ", "is not specified"),
        category=Category.CONFIGURATION_ERROR,
        tool="poetry",
        final=Weight.VERDICT,
        matches="Setting experimental.new-installer does not exist",
        ignores="the file does not exist",
    ),
    pattern(
        "poetry-command",
        r"^\s*(?P<message>Command not found: (?P<code>\S+))$",
        triggers=("Command not found: ",),
        category=_DEPENDENCY,
        tool="poetry",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="Command not found: pytest",
        ignores="command found",
    ),
    pattern(
        "other-installers",
        r"^\s*(?:\S+Error: |ERROR: |\["
        r"|error\s+)?(?P<message>(?:LibMamba)?UnsatisfiableError\b.*"
        r"|PackagesNotFoundError\b.*|ResolvePackageNotFound\b.*"
        r"|Unable to find a resolution.*|Locking Failed!.*"
        r"|Could not solve for environment specs.*"
        r"|The following packages are not available from current channels.*"
        r"|nothing provides .* needed by .*)$",
        triggers=(
            "UnsatisfiableError",
            "PackagesNotFoundError",
            "ResolvePackageNotFound",
            "Unable to find a resolution",
            "Locking Failed",
            "Could not solve for",
            "not available from current channels",
            "nothing provides",
        ),
        category=_DEPENDENCY,
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="PackagesNotFoundError: The following packages are not available",
        ignores="Solving environment: done",
    ),
    pattern(
        "apt",
        r"^E: (?P<message>(?:Unable to locate package (?P<code>\S+)"
        r"|Package '[^'\n]+' has no installation candidate"
        r"|Version '[^'\n]+' for '[^'\n]+' was not found"
        r"|Unable to correct problems).*)$",
        triggers=("E: ",),
        category=_DEPENDENCY,
        tool="apt",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="E: Unable to locate package libnothere-dev",
        ignores="E: nothing",
    ),
)
