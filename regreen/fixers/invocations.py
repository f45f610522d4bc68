"""Find where a script calls a tool, and write that call anew with other arguments.

Scripts are parsed with tree-sitter's bash grammar, so that quotes, substitutions, pipes and loops
stay what they are. Commands that a wrapper prints (tox, nox, make, ``bash -x``) are read from the
step's output, since the script then only names the wrapper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter
import tree_sitter_bash

_BASH = tree_sitter.Language(tree_sitter_bash.language())
_WRAPPERS = frozenset(
    [
        "uv",
        "uvx",
        "poetry",
        "pdm",
        "hatch",
        "pipenv",
        "pipx",
        "rye",
        "xargs",
        "time",
        "exec",
        "env",
        "command",
        "python",
        "python3",
        "nice",
        "coverage",
        "sudo",
        "stdbuf",
        "npx",
        "pnpm",
        "yarn",
        "bunx",
    ]
)
_WORDS = frozenset(
    [
        "word",
        "number",
        "string",
        "raw_string",
        "concatenation",
        "simple_expansion",
        "expansion",
        "command_substitution",
        "ansi_c_string",
    ]
)
_BLOCKS = frozenset(
    [
        "pipeline",
        "for_statement",
        "while_statement",
        "if_statement",
        "subshell",
        "compound_statement",
        "case_statement",
        "negated_command",
        "redirected_statement",
        "command_substitution",
    ]
)
_ECHO = re.compile(
    r"""^(?:
        \S+:\s(?:\S+\s)?commands\[\d+\]\s?[>|]\s   # tox 4 and tox 3
      | nox\s>\s                                   # nox
      | cmd\s\[\d+\]\s\|\s                         # hatch
      | Poe\s=>\s                                  # poethepoet
      | \++\s                                      # bash -x
      | \$\s                                       # npm-like runners, task runners
    )?(?P<command>\S.*)$""",
    re.VERBOSE,
)
_TOX_PREFIX = re.compile(r"^\S+ run-test: commands\[\d+\] \| ")
_SCRIPT = 64 << 10
"""A longer script is no step that a person wrote, and would take long to be parsed."""
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a tool.

    ``statement`` is the whole statement around the call (its pipe or loop), ``setup`` the ``cd``
    and assignments before it, ``words`` the call's words from the tool's name on, as written.
    """

    setup: str
    statement: bytes
    start: int
    end: int
    words: tuple[str, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words behind the tool's name."""
        return self.words[1:]

    def rewritten(self, words: Sequence[str]) -> str:
        """Return the statement with ``words`` in place of the call's own, set-up before it."""
        call = " ".join(words).encode()
        text = self.statement[: self.start] + call + self.statement[self.end :]
        return f"{self.setup}{text.decode('utf-8', 'replace')}"


def find(tool: str, script: str, output: str = "") -> list[Invocation]:
    """Return the calls of ``tool`` in a script, or, when it has none, in what it printed."""
    found = list(_in_script(tool, script))
    return found or list(_in_output(tool, output))


def _in_output(tool: str, output: str) -> Iterator[Invocation]:
    seen: set[str] = set()
    for line in output.splitlines():
        plain = _TOX_PREFIX.sub("", _ANSI.sub("", line).strip())
        if tool not in plain or len(plain) > 4000:
            continue
        match = _ECHO.match(plain)
        command = match["command"] if match else plain
        if command in seen or not _looks_like_call(tool, command):
            continue
        seen.add(command)
        yield from _in_script(tool, command)


def _looks_like_call(tool: str, command: str) -> bool:
    words = command.split()
    head = words[0].rsplit("/", 1)[-1]
    if head != tool and not re.fullmatch(r"python[\d.]*|" + "|".join(_WRAPPERS), head):
        return False
    return len(words) > 1 and not words[1].endswith((":", ","))


def _in_script(tool: str, script: str) -> Iterator[Invocation]:
    source = script.encode()
    if len(source) > _SCRIPT:
        return
    root = tree_sitter.Parser(_BASH).parse(source).root_node
    setup: list[str] = []
    for node in _commands(root):
        if node.type == "variable_assignment":
            setup.append(_text(source, node))
            continue
        words = [c for c in _words(node) if c.type in _WORDS]
        texts = [_text(source, word) for word in words]
        if texts and texts[0] == "cd" and len(texts) == 2:
            setup.append(" ".join(texts))
            continue
        at = _position(tool, texts)
        if at is None:
            continue
        block = _statement(node)
        yield Invocation(
            setup="".join(f"{line}\n" for line in setup),
            statement=source[block.start_byte : block.end_byte],
            start=words[at].start_byte - block.start_byte,
            end=words[-1].end_byte - block.start_byte,
            words=tuple(texts[at:]),
        )


def _commands(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "command":
            yield node
        elif node.type == "variable_assignment":
            yield node
            continue
        stack.extend(reversed(node.children))


def _words(command: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for child in command.children:
        if child.type == "command_name":
            yield from child.children[:1]
        else:
            yield child


def _statement(node: tree_sitter.Node) -> tree_sitter.Node:
    best = node
    parent = node.parent
    while parent is not None:
        if parent.type in _BLOCKS:
            best = parent
        parent = parent.parent
    return best


def _text(source: bytes, node: tree_sitter.Node) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _position(tool: str, words: Sequence[str]) -> int | None:
    """Return where the tool's name stands: first, or behind wrappers such as ``uv run``."""
    if not words:
        return None
    for at, word in enumerate(words):
        name = word.strip("\"'").rsplit("/", 1)[-1].split("@", 1)[0]
        if name == tool:
            return at
        if at == 0 and not (name in _WRAPPERS or re.fullmatch(r"python[\d.]*", name)):
            return None
    return None


def without(arguments: Sequence[str], flags: frozenset[str], valued: frozenset[str]) -> list[str]:
    """Return ``arguments`` without ``flags``, and without ``valued`` options and their values."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        name = argument.split("=", 1)[0]
        if skip:
            skip = False
        elif argument in flags:
            continue
        elif name in valued:
            skip = "=" not in argument
        else:
            kept.append(argument)
    return kept
