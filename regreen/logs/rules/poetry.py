"""poetry 1 and 2: what it cannot solve, install or read; builds that it ran are in ``lockers``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.expressions import expression
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.model import AutoFixable, Category

_DEPENDENCY = Category.DEPENDENCY_ISSUE
_CONFIGURATION = Category.CONFIGURATION_ERROR
_PARTIAL = AutoFixable.PARTIAL

_UNSOLVED = expression(r"^[ \t]*(?P<message>.*version solving failed\.?)$", re.MULTILINE)
_DART = ("pubspec", "flutter", "dart ")


def _unsolved(excerpt: Excerpt) -> Iterable[Finding]:
    """No set of packages; Dart's pub words its failures alike, so its own words are looked for."""
    if any(word in excerpt or word in (excerpt.script or "") for word in _DART):
        return
    hits = list(excerpt.grep(_UNSOLVED, "version solving failed"))
    if hits:
        yield Finding(
            "poetry",
            _DEPENDENCY,
            Weight.VERDICT,
            tuple(index for index, _ in hits),
            unique(diagnostic(None, None, m["message"]) for _, m in hits),
            _PARTIAL,
            confidence=0.95,
        )


RULES = (
    Rule(
        "poetry-unsolved",
        ("version solving failed",),
        _unsolved,
        "And because a depends on b, version solving failed.",
        "Running flutter pub get\nBecause a depends on b, version solving failed.",
        frozenset({"dart pub"}),
    ),
    pattern(
        "poetry",
        r"^[ \t]*(?P<message>(?:Error: )?pyproject\.toml changed significantly since"
        r" poetry\.lock was last generated.*|(?:Error: )?poetry\.lock (?:is not up to date"
        r"|was not found).*"
        r"|Error: (?:The )?poetry\.lock .*|Unable to read the lock file .*"
        r"|The lock file (?:is not compatible with|does not (?:have|contain|exist)).*"
        r"|The current project's (?:supported )?Python (?:requirement|version) .*"
        r"|Current Python version \(.*\) is not allowed by the project.*"
        r"|(?:The currently activated Python version .* is not supported by the project .*\n)?"
        r"Poetry was unable to find a compatible version\..*"
        r"|Unable to find installation candidates for .*"
        r"|Could not find a matching version of package .*"
        r"|Retrieved digest for (?:link|package) .* not in poetry\.lock metadata.*"
        r"|Hash for .* from archive .* not found in known hashes.*)$",
        triggers=(
            "poetry.lock",
            "The current project's",
            "the lock file",
            "The lock file",
            "Current Python version (",
            "unable to find a compatible version",
            "installation candidates for",
            "matching version of package",
            "known hashes",
        ),
        category=_DEPENDENCY,
        tool="poetry",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="Error: poetry.lock is not up to date with pyproject.toml",
        ignores="Installing dependencies from lock file",
    ),
    pattern(
        "poetry-locked-package",
        r"^[ \t]*(?P<message>Package '?(?P<code>[\w.-]+)'?"
        r" \(\d\S*\) not found\.)$",
        triggers=(") not found.",),
        category=_DEPENDENCY,
        tool="poetry",
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="Package attrs (26.1.0) not found.",
        ignores="Package not found.",
    ),
    pattern(
        "poetry-settings",
        r"^[ \t]*(?:Error: )?(?P<message>Setting \S+ does not exist"
        r"|The Poetry configuration is invalid:?(?:\n\s+- [^\n]*){0,5}"
        r"|Poetry could not find a pyproject\.toml[^\n]*"
        r"|The \"[^\"\n]+\" option does not exist|The option \"[^\"\n]+\" does not exist"
        r"|The command \"[^\"\n]+\" (?:does not exist|is not defined)\."
        r"|The requested command [^\n]+ does not exist\.|Group\(s\) not found: [^\n]*"
        r"|Extra \[[^\]\n]+\] is not specified\.|Invalid TOML file \S*pyproject\.toml: [^\n]*"
        r"|(?:Invalid|Unexpected|Expected|Cannot|Unclosed|Unterminated) [^\n]*"
        r" \(at (?:line \d+, column \d+|end of document)\)"
        r"|\S*pyproject\.toml is not a valid TOML file\.(?:\n[^\n]+)?"
        r"|The current project could not be installed: [^\n]*"
        r"|Additional properties are not allowed \([^\n]*"
        r"|Building a package is not possible in non-package mode\."
        r"|This project requires Poetry [^\n]*|Could not find the python executable [^\n]*"
        r"|Invalid package name[^\n]*|Upgrade Poetry to be able to read [^\n]*)$",
        triggers=(
            "does not exist",
            "is not defined.",
            "oetry c",
            "Group(s) not found: ",
            "] is not specified",
            "Invalid TOML file",
            "(at line ",
            "(at end of document)",
            "not a valid TOML file",
            "project could not be installed",
            "Additional properties are",
            "non-package mode",
            "This project requires Poetry",
            "the python executable",
        ),
        spans=True,
        category=_CONFIGURATION,
        tool="poetry",
        final=Weight.VERDICT,
        matches="Setting experimental.new-installer does not exist",
        ignores="the file does not exist",
    ),
    pattern(
        "poetry-old-settings",
        r"^[ \t]*(?:NoSuchOptionException|TOMLError|RuntimeError)\n\s*\n\s*"
        r"(?P<message>The \"[^\"\n]+\" option does not exist\.?|Invalid TOML file [^\n]*"
        r"|The Poetry configuration is invalid:(?:\n\s+- [^\n]*){0,5}"
        r"|Poetry could not find a pyproject\.toml[^\n]*)",
        triggers=("NoSuchOptionException", "TOMLError", "RuntimeError"),
        spans=True,
        category=_CONFIGURATION,
        tool="poetry",
        weight=Weight.VERDICT,
        matches='  NoSuchOptionException\n\n  The "--with" option does not exist.',
        ignores="RuntimeError: no",
    ),
    pattern(
        "poetry-command",
        r"^[ \t]*(?P<message>Command not found: (?P<code>\S+))$",
        triggers=("Command not found: ",),
        category=_DEPENDENCY,
        tool="poetry",
        weight=Weight.VERDICT,
        fixable=_PARTIAL,
        matches="Command not found: pytest",
        ignores="command found",
    ),
    pattern(
        "poetry-network",
        r"^[ \t]*(?P<message>All attempts to connect to \S+ failed\.)$",
        triggers=("All attempts to connect to",),
        category=Category.NETWORK_ERROR,
        tool="poetry",
        weight=Weight.SIGN,
        fixable=AutoFixable.YES,
        matches="All attempts to connect to example.org failed.",
        ignores="connection attempts",
    ),
)
