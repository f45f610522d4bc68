"""The shell and the programs it starts: commands not found, wrong options, missing files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from regreen.logs.excerpt import Excerpt
from regreen.logs.rules.base import Finding, Rule, Weight, diagnostic, pattern, unique
from regreen.logs.rules.spoken import is_last, spoken
from regreen.model import AutoFixable, Category

_NOT_FOUND = re.compile(
    r"^(?:\S+: )?(?:line \d+: )?(?:\S+\.sh: )?(?:\d+: )?(?:/bin/)?(?:ba|da|z)?(?:sh: )?(?:\d+: )?"
    r"(?:exec: )?(?P<message>(?P<code>[^\s:]+): (?:command )?not found)$"
    r"|^(?P<make>make(?:\[\d+\])?: (?P<goal>[^\s:*]+): (?:No such file or directory"
    r"|Command not found))$|^(?P<git>git: '(?P<sub>[\w-]+)' is not a git command\b.*)$"
    r"|^(?P<zsh>(?:\S+: ?)?(?:\d+: ?)?command not found: (?P<after>\S+)"
    r"|(?:\S+ ?)?(?:\(line \d+\))?(?:: )?(?:fish: )?Unknown command:? [`'\"]?(?P<fish>[\w./-]+)"
    r"[`'\"]?)$"
    r"|^(?P<windows>'?(?P<name>[\w.-]+)'? is not recognized as .*"
    r"|'(?P<path>[^'\n]{1,200})' is not recognized as an internal.*"
    r"|[\w.-]+ ?: The term '(?P<term>[^'\n]+)' is not recognized.*)$"
    r"|^(?P<exec>(?:env|timeout|nohup|xargs|nice|sudo|doas"
    r"|/usr/bin/env): .*?[\u2018'](?P<program>[^'\u2019\n]+)['\u2019].*: No such file or"
    r" directory|(?:env|xargs|timeout|nohup|time): (?P<bare>[^\s:]+): No such file or directory"
    r"|.{0,200}?exec: \\?\"(?P<go>[^\"\\\n]+)\\?\": executable file not found in .*"
    r"|(?:\S+: )?Unable to locate executable file: (?P<located>[^\s]+)\. .*"
    r"|(?:Error: |error: )?spawn (?P<spawned>[^\s/]+) ENOENT)$",
    re.MULTILINE,
)
_NAMES = (
    *("code", "name", "term", "program", "goal", "sub", "after", "fish", "path", "bare", "go"),
    *("located", "spawned"),
)


_ABSENT = (
    *("not found", "is not recognized", "No such file", "is not a git command"),
    *("Unknown command", "Unable to locate executable", " ENOENT"),
)


_NEAR = 40
"""Lines from the end within which a command that was not found may be why a later one failed."""


def _not_found(excerpt: Excerpt) -> Iterable[Finding]:
    hits = list(excerpt.grep(_NOT_FOUND, *_ABSENT))
    if not hits:
        return
    last = hits[-1][0]
    final = excerpt.exit_code == 127 or is_last(excerpt, last)
    if not final and last < excerpt.tail(_NEAR):
        return
    yield Finding(
        "shell",
        Category.DEPENDENCY_ISSUE,
        Weight.VERDICT if final else Weight.HINT,
        tuple(index for index, _ in hits),
        unique(
            diagnostic(
                None,
                next((m[name] for name in _NAMES if m[name]), None),
                m["message"] or m["windows"] or m["exec"] or m["make"] or m["git"] or m["zsh"],
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
        r"^(?:\S+: )?\[?(?:error|Error|ERROR)\]?: (?P<message>(?:unexpected argument"
        r"|Found argument|unrecognized arguments?|No such option|no such option"
        r"|invalid value|[Ii]nvalid choice|argument \S+: [Ii]nvalid|unrecognized subcommand"
        r"|the following arguments are required|Got unexpected extra argument"
        r"|Invalid value for|Missing (?:argument|option)|unknown (?:flag|command"
        r"|option)).*)$",
        triggers=("rror: ", "[ERROR]: "),
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
        r"|tar: .*: Cannot (?:open|stat): No such file or directory|unzip: +cannot find or open .*"
        r"|FileNotFoundError: .*|Error: Cannot find module '\S+'|E: Can't find .*)$",
        triggers=(
            "No such file or directory",
            "No rule to make target",
            "No targets specified",
            "Cannot find module",
            "can't cd to",
            "required file not found",
            "cannot find or open",
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
    spoken(
        "not-executable",
        r"^(?P<message>.{0,200}?(?:bad interpreter: .*|: Is a directory"
        r"|cannot execute binary file.*"
        r"|cannot execute: .*|[Ee]xec format error.*|exec \S+: no such file or directory"
        r"|Syntax error: \"\(\" unexpected))$",
        triggers=(
            "bad interpreter",
            ": Is a directory",
            "annot execute",
            "xec format error",
            "exec ",
            "Syntax error",
        ),
        category=_CONFIGURATION,
        tool="shell",
        final=Weight.VERDICT,
        tail=12,
        confidence=0.82,
        matches="/tmp/a.sh: ./run.py: /usr/bin/python2: bad interpreter: No such file or directory",
        ignores="exec ./run.py",
    ),
    spoken(
        "windows-path",
        r"^(?P<message>(?:The system cannot find the (?:path|file|drive) specified\.?"
        r"|The filename, directory name, or volume label syntax is incorrect\.?"
        r"|The syntax of the command is incorrect\.?|File Not Found|Invalid switch - .*"
        r"|.{1,60} was unexpected at this time\.?))$",
        triggers=(
            "The system cannot",
            "is incorrect",
            "File Not Found",
            "Invalid switch",
            "unexpected at this time",
        ),
        category=_CONFIGURATION,
        tool="shell",
        tail=8,
        confidence=0.7,
        matches="The system cannot find the path specified.",
        ignores="the system can find the path",
    ),
    spoken(
        "no-recipe",
        r"^(?:error: )?(?P<message>(?:Justfile does not contain recipes? .*|No justfile found.*"
        r"|task: Task \"\S+\" does not exist.*|task: No Taskfile found.*"
        r"|Don't know how to build task '.*"
        r"|ninja: error: (?:unknown target|loading).*"
        r"|make: \S+: No such file or directory|CMake Error: The source directory .*))$",
        triggers=(
            "ustfile",
            "task: ",
            "how to build task",
            "ninja: error",
            "CMake Error: The source",
        ),
        category=_CONFIGURATION,
        final=Weight.VERDICT,
        tail=12,
        confidence=0.85,
        matches="error: Justfile does not contain recipe `tset`.",
        ignores="task: [build] make",
    ),
)
