"""Which commands of a script the shell must have passed over.

GitHub runs scripts with ``bash -e``: a plain command that failed would have ended the step, so
when a later tool is the cause, what an earlier one printed was no failure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_CUT = re.compile(r"\n|&&|;(?!;)")
_JOINED = re.compile(r"[\\`^]\n")
"""How a command goes on in the next line: in sh, PowerShell and cmd."""
_COMMENT = re.compile(r"(?:^|(?<=\s))#(?: [^\n]*|$)", re.MULTILINE)
_COLLECTS = re.compile(r"\bset \+e|\bset \+o errexit|^\s*trap\b", re.MULTILINE)
_FORGIVES = re.compile(
    r"\|\|\s*(?:(?:/bin/)?true|:|echo\b|printf\b|exit 0|return 0|\{? ?(?:echo|true)\b)|--exit-zero"
    r"|--exit-code[= ]0|-(?:ErrorAction|EA) (?:SilentlyContinue|Ignore|0)\b"
)
_SPEAKS = re.compile(r"^\s*(?:echo|printf|Write-(?:Host|Output))\b(?!.*\|)")
"""A command that may name a tool and does not run it."""
_HERE = re.compile(
    r"<<-?\s*[\"']?(?P<mark>\w{1,40})[\"']?[^\n]*\n(?:(?!\s*(?P=mark)\s*$)[^\n]*\n){0,400}+"
    r"\s*(?P=mark)\s*$",
    re.MULTILINE,
)
_PARDONS = re.compile(
    r"\|\|\s*(?:(?:/bin/)?true|:|exit 0)\s*(?:$|[)}#])|--exit-zero|--exit-code[= ]0"
    r"|\bblack\b(?=.*--diff)(?!.*--check)|\bautopep8\b(?=.*--diff)(?!.*--exit-code)"
    r"|\bisort\b(?=.*--diff)(?!.*(?:--check|\s-c\b))|\bautoflake\b(?!.*(?:--check|\s-cd?\b))"
)
"""What makes a command succeed whatever it finds; formatters that only show a diff among it."""
_REMEMBERS = re.compile(r"\|\||^\s*(?:if|while|until|!)\s|(?<!\|)\|(?!\|)|(?<!&)&\s*$")
_ALIASES = {
    "ruff-format": r"ruff format",
    "ruff": r"ruff(?! format)",
    "pip": r"pip|pip3",
    "unittest": r"unittest|manage\.py|runtests|setup\.py",
    "pytest": r"pytest|py\.test",
    "pycodestyle": r"pycodestyle|pep8",
    "coverage": r"coverage|pytest|py\.test",
}


def tolerated(script: str | None, tools: Sequence[str | None]) -> frozenset[str | None]:
    """Return those of ``tools`` whose complaints cannot have ended ``script``.

    A tool is passed over when its command forgives failures (``|| true``), or when it is a plain
    command and another tool's command, which also spoke, comes after it. A tool that the script
    does not name is never passed over.
    """
    if not script:
        return frozenset()
    commands = _commands(script)
    spoken = {tool: _where(tool, commands) for tool in tools if tool is not None}
    last = max((max(at) for at in spoken.values() if at), default=-1)
    collects = _COLLECTS.search(script) is not None
    return frozenset(
        tool
        for tool, at in spoken.items()
        if at and all(_passed(commands[i], i, last, collects) for i in at)
    )


def forgiven(script: str | None, tools: Sequence[str | None]) -> frozenset[str | None]:
    """Return those of ``tools`` that ``script`` calls only in commands that cannot fail."""
    if not script:
        return frozenset()
    commands = _commands(script)
    spoken = {tool: _where(tool, commands) for tool in tools if tool is not None}
    return frozenset(
        tool for tool, at in spoken.items() if at and all(_PARDONS.search(commands[i]) for i in at)
    )


def _commands(script: str) -> list[str]:
    """The commands of ``script`` that run something: no comments, no texts that are only shown."""
    joined = _JOINED.sub(" ", _COMMENT.sub("", _HERE.sub("<<", script)))
    return [c for c in _CUT.split(joined) if c.strip() and not _SPEAKS.match(c)]


def _passed(command: str, index: int, last: int, collects: bool) -> bool:
    if _FORGIVES.search(command):
        return True
    return index < last and not collects and _REMEMBERS.search(command) is None


def _where(tool: str, commands: Sequence[str]) -> list[int]:
    word = _ALIASES.get(tool, re.escape(tool))
    named = re.compile(rf"(?<![\w./-])(?:\S*/)?(?:{word})(?![\w-])(?!\s*(?:==|>=|--version))")
    installs = re.compile(r"\b(?:install|add|sync)\b")
    return [
        index
        for index, command in enumerate(commands)
        if named.search(command) and (tool == "pip" or not installs.search(command))
    ]
