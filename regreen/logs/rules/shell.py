"""The shell and the programs it starts: commands not found, wrong options, missing files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, is_final, pattern, unique
from regreen.model import AutoFixable, Category

_NOT_FOUND = re.compile(
    r"^(?:\S+: )?(?:line \d+: )?(?:\S+\.sh: )?(?:\d+: )?(?:/bin/)?(?:ba|da|z)?(?:sh: )?(?:\d+: )?"
    r"(?:exec: )?(?P<message>(?P<code>[^\s:]+): (?:command )?not found)$"
    r"|^(?P<make>make(?:\[\d+\])?: (?P<goal>[^\s:*]+): (?:No such file or directory"
    r"|Command not found))$|^(?P<git>git: '(?P<sub>[\w-]+)' is not a git command\b.*)$"
    r"|^(?P<windows>'?(?P<name>[\w.-]+)'? is not recognized as .*"
    r"|[\w.-]+: The term '(?P<term>[^'\n]+)' is not recognized.*)$"
    r"|^(?P<exec>(?:env|timeout|nohup"
    r"|/usr/bin/env): .*[\u2018'](?P<program>[^'\u2019\n]+)['\u2019].*: No such file or"
    r" directory)$",
    re.MULTILINE,
)


_ABSENT = ("not found", "is not recognized", "No such file", "is not a git command")


def _not_found(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.grep(_NOT_FOUND, *_ABSENT))
    if not hits:
        return
    last = hits[-1][0]
    final = excerpt.exit_code == 127 or is_final(excerpt, last)
    yield Finding(
        "shell",
        Category.DEPENDENCY_ISSUE,
        Weight.VERDICT if final else Weight.HINT,
        tuple(index for index, _ in hits),
        unique(
            diagnostic(
                None,
                m["code"] or m["name"] or m["term"] or m["program"] or m["goal"] or m["sub"],
                m["message"] or m["windows"] or m["exec"] or m["make"] or m["git"],
            )
            for _, m in hits
        ),
        AutoFixable.PARTIAL,
        confidence=0.85 if final else 0.5,
    )


_CONFIGURATION = Category.CONFIGURATION_ERROR

RULES = (
    Rule(
        "command-not-found",
        _ABSENT,
        _not_found,
        "/home/runner/work/_temp/0a.sh: line 1: black: command not found",
        "page not found",
    ),
    pattern(
        "usage",
        r"^(?:\S+: )?(?:error|Error): (?P<message>(?:unexpected argument"
        r"|Found argument|unrecognized arguments?|No such option|no such option"
        r"|invalid value|invalid choice|argument \S+: invalid|unrecognized subcommand"
        r"|the following arguments are required|Got unexpected extra argument"
        r"|Invalid value for|Missing (?:argument|option)|unknown (?:flag|command"
        r"|option)).*)$",
        triggers=("rror: ",),
        category=_CONFIGURATION,
        weight=Weight.SIGN,
        final=Weight.VERDICT,
        confidence=0.85,
        matches="error: unexpected argument '--format' found",
        ignores="error: something else",
    ),
    pattern(
        "unknown-option",
        r"^(?:\S+: )?(?P<message>(?:unrecognized|invalid"
        r"|unknown) option (?:--? ?)?['\"]?\S+.*|illegal option .*)$",
        triggers=("option",),
        category=_CONFIGURATION,
        final=Weight.VERDICT,
        weight=Weight.HINT,
        confidence=0.7,
        matches="tar: unrecognized option '--nope'",
        ignores="an option",
    ),
    pattern(
        "no-script",
        r"^(?P<message>\S*python[\d.]*: can't open file .*\[Errno 2\] No such file or"
        r" directory|(?:bash|sh): (?:line \d+: )?(?:cd: )?\S+: No such file or directory"
        r"|\S+: \d+: cd: can't cd to \S+"
        r"|\S+: line \d+: \S+: cannot execute: required file not found"
        r"|\S+\.sh: line \d+: (?:cd: )?\S+: No such file or directory"
        r"|make: \*\*\* No rule to make target .*|make: \*\*\* No targets specified.*"
        r"|(?:cat|cp|mv|ls|cd|rm|sed|grep): .*: No such file or directory"
        r"|FileNotFoundError: .*|Error: Cannot find module '\S+'|E: Can't find .*)$",
        triggers=(
            "No such file or directory",
            "No rule to make target",
            "No targets specified",
            "Cannot find module",
            "can't cd to",
            "required file not found",
        ),
        category=_CONFIGURATION,
        weight=Weight.HINT,
        final=Weight.SIGN,
        confidence=0.7,
        matches=(
            "python: can't open file '/home/runner/work/a/a/x.py': [Errno 2] No such"
            " file or directory"
        ),
        ignores="No such file or directory in the list",
    ),
    pattern(
        "shell-syntax",
        r"^\S+: (?:-c: )?(?:line )?\d+: (?P<message>[Ss]yntax error\b.*"
        r"|unexpected EOF while looking for matching .*)$",
        triggers=("yntax error", "unexpected EOF while"),
        category=Category.SYNTAX_ERROR,
        tool="shell",
        weight=Weight.HINT,
        final=Weight.VERDICT,
        confidence=0.85,
        matches="/home/runner/work/_temp/0a.sh: line 2: syntax error: unexpected end of file",
        ignores="a syntax error: unexpected end of file",
    ),
    pattern(
        "shell-unset",
        r"^\S+: (?:line )?\d+: (?P<message>(?P<code>\w+): (?:unbound variable"
        r"|parameter (?:null or )?not set))$",
        triggers=("unbound variable", "parameter not set", "parameter null"),
        category=_CONFIGURATION,
        tool="shell",
        weight=Weight.HINT,
        final=Weight.VERDICT,
        confidence=0.85,
        matches="/home/runner/work/_temp/0a.sh: line 1: TOKEN: unbound variable",
        ignores="TOKEN: unbound variable",
    ),
    pattern(
        "makefile",
        r"^(?P<file>\S+):(?P<line>\d+): \*\*\* (?P<message>(?:missing separator|multiple target"
        r"|commands commence before|recipe commences before|unterminated|Recursive variable).*)$",
        triggers=(": *** ",),
        category=_CONFIGURATION,
        tool="make",
        weight=Weight.VERDICT,
        matches="Makefile:2: *** missing separator.  Stop.",
        ignores="make: *** [Makefile:2: a] Error 1",
    ),
    pattern(
        "config-files",
        r"^.{0,200}?(?P<message>(?:Failed to (?:parse|load) (?:configuration|config"
        r"|`?\S*pyproject\.toml`?|\S+\.ya?ml)\b.*|Invalid configuration.*"
        r"|TOML parse error at line \d+.*|(?:ruff|Ruff) failed|Invalid (?:workflow"
        r"|schema|config).*|error: Invalid value: No config file.*"
        r"|There were? errors? in (?:the )?config.*|Error (?:in|reading"
        r"|parsing) config.*|InvalidConfigError.*|InvalidManifestError.*"
        r"|An error has occurred: Invalid.*"
        r"|Schema validation errors were encountered.*|found unhashable key.*"
        r"|mapping values are not allowed.*|could not find expected ':'.*"
        r"|.*is not of type '(?:array|object|string)'.*|fatal: (?:unsafe repository"
        r"|detected dubious ownership).*|key \"\S+\" is already defined.*))$",
        triggers=(
            "Failed to parse",
            "Failed to load",
            "onfig",
            "TOML parse error",
            "Ruff failed",
            "ruff failed",
            "Invalid",
            "chema",
            "unhashable",
            "mapping values",
            "expected ':'",
            "is not of type",
            "unsafe repository",
            "dubious ownership",
            "is already defined",
        ),
        category=_CONFIGURATION,
        weight=Weight.SIGN,
        confidence=0.8,
        tail=60,
        matches="fatal: detected dubious ownership in repository at '/github/workspace'",
        ignores="the configuration is fine",
    ),
)
