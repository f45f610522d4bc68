"""tox and nox: what goes wrong in themselves, before or beside the commands that they run.

A command that fails under them is judged by its own rules; their farewells add nothing.
"""

from __future__ import annotations

from regreen.logs.rules.base import Weight, pattern
from regreen.model import AutoFixable, Category

RULES = (
    pattern(
        "tox-interpreter",
        r"^(?:ERROR: +)?(?:(?P<code>[\w.-]+): )?(?P<message>(?:failed with )?[Cc]ould not find"
        r" python interpreter .*|InterpreterNotFound: .*)$",
        triggers=("could not find python interpreter", "InterpreterNotFound: "),
        category=Category.CONFIGURATION_ERROR,
        tool="tox",
        weight=Weight.VERDICT,
        matches="py38: failed with could not find python interpreter matching any of the specs",
        ignores="py38: skipped because could not find python interpreter with spec(s): py38",
    ),
    pattern(
        "tox-skipped",
        r"^(?P<code>[\w.-]+): (?P<message>skipped because could not find python interpreter .*)$",
        triggers=("skipped because could not",),
        category=Category.CONFIGURATION_ERROR,
        tool="tox",
        weight=Weight.HINT,
        final=Weight.SIGN,
        confidence=0.7,
        matches="py38: skipped because could not find python interpreter with spec(s): py38",
        ignores="py38: skipped because of platform",
    ),
    pattern(
        "tox-settings",
        r"^(?:ROOT: HandledError\| (?P<message>(?:provided environments not found[^\n]*(?:\n\S+)?"
        r"|[^\n]+))|ERROR: (?P<code>unknown environment '[^'\n]+'|tox config file [^\n]*"
        r"|MinVersionError: [^\n]*|venv '[^'\n]+' [^\n]*)"
        r"|[\w.-]+: failed with [^\n]* is not allowed, use allowlist_externals[^\n]*"
        r"|[\w.-]+: failed with pass_env values cannot contain whitespace[^\n]*)$",
        triggers=(
            "HandledError| ",
            "unknown environment ",
            "tox config file ",
            "MinVersionError",
            "allowlist_externals",
            "pass_env values",
            "ERROR: venv ",
        ),
        spans=True,
        category=Category.CONFIGURATION_ERROR,
        tool="tox",
        weight=Weight.VERDICT,
        matches="ROOT: HandledError| provided environments not found in configuration file:\nlintt",
        ignores="WARNING: test command found but not installed in testenv",
    ),
    pattern(
        "tox-program",
        r"^(?:[\w.-]+: Exception running subprocess \[Errno 2\] (?P<message>No such file or"
        r" directory: '(?P<code>[^'\n]+)')"
        r"|ERROR: InvocationError for command could not find executable (?P<old>\S+)"
        r"|nox > Program (?P<program>\S+) not found\.?)$",
        triggers=("Exception running subprocess", "could not find executable", "nox > Program "),
        category=Category.DEPENDENCY_ISSUE,
        tool="shell",
        weight=Weight.VERDICT,
        fixable=AutoFixable.PARTIAL,
        matches="lint: Exception running subprocess [Errno 2] No such file or directory: 'blackk'",
        ignores="nox > Program black found",
    ),
    pattern(
        "tox-packaging",
        r"^(?:[\w.-]+: (?P<message>packaging backend failed(?: \(code=\d+\))?, with .*)"
        r"|ERROR: (?P<old>FAIL could not package project.*|pyproject\.toml file found\.)"
        r"|ERROR: (?P<isolated>.*could not build .*isolated.*))$",
        triggers=("packaging backend failed", "could not package", "pyproject.toml file found"),
        category=Category.BUILD_ERROR,
        tool="tox",
        weight=Weight.VERDICT,
        matches="py: packaging backend failed (code=1), with ValueError: invalid pyproject.toml",
        ignores="py: packaging done",
    ),
    pattern(
        "nox-settings",
        r"^nox > (?P<message>Sessions? not found: .*|Unknown session.*|Failed to load Noxfile .*"
        r"|Error while collecting sessions\.|No sessions selected.*"
        r"|Session \S+ (?:failed|aborted): Python interpreter .* not found\.?"
        r"|Session \S+ does not have .*)$",
        triggers=("nox > ",),
        category=Category.CONFIGURATION_ERROR,
        tool="nox",
        weight=Weight.VERDICT,
        matches="nox > Sessions not found: lintt",
        ignores="nox > Session lint failed.",
    ),
)
