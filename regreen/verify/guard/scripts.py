"""A shell script as its simple commands, each with its words and what stands around it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import tree_sitter
import tree_sitter_bash

_BASH = tree_sitter.Language(tree_sitter_bash.language())
_DEEPEST = 400

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_AROUND = frozenset(
    [
        "list",
        "pipeline",
        "if_statement",
        "elif_clause",
        "else_clause",
        "while_statement",
        "for_statement",
        "case_item",
        "negated_command",
        "function_definition",
        "subshell",
        "command_substitution",
        "redirected_statement",
        "c_style_for_statement",
        "process_substitution",
        "ERROR",
    ]
)
_OLD_OUTPUT = re.compile(
    r"^::(?P<what>set-output|save-state|set-env) name=(?P<name>[^:]+)::(?P<value>.*)$"
)
_OLD_PATH = re.compile(r"^::add-path::(?P<value>.*)$")
_FILES = {"set-output": "GITHUB_OUTPUT", "save-state": "GITHUB_STATE", "set-env": "GITHUB_ENV"}


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: its words without quotes, its surroundings, its line in the script."""

    words: tuple[str, ...]
    around: tuple[str, ...]
    line: int

    @property
    def shown(self) -> str:
        """The command in one short line."""
        return " ".join(self.words)[:80]


def commands(script: str) -> list[Command]:
    """Return the simple commands of a script in their order."""
    plain = _EXPRESSION.sub(lambda m: _as_word(m[0]), script)
    source = plain.encode("utf-8", "replace")
    root = tree_sitter.Parser(_BASH).parse(source).root_node
    found: list[Command] = []
    stack: list[tuple[tree_sitter.Node, tuple[str, ...]]] = [(root, ())]
    while stack:
        node, around = stack.pop()
        if len(around) > _DEEPEST:
            continue
        if node.type in {
            "command",
            "declaration_command",
            "variable_assignment",
            "test_command",
            "unset_command",
        }:
            if command := _command(source, node, around):
                found.append(command)
            continue
        stack.extend(reversed([(c, (*around, *_role(source, node, c))) for c in node.children]))
    return found


def _as_word(expression: str) -> str:
    return "${" + re.sub(r"\W+", "_", expression).strip("_") + "}"


def _role(source: bytes, node: tree_sitter.Node, child: tree_sitter.Node) -> tuple[str, ...]:
    """Say what it means for ``child`` to stand in ``node``."""
    kind = node.type
    if kind == "program" or kind not in _AROUND:
        after = child.next_sibling
        return ("in the background",) if after is not None and after.type == "&" else ()
    if kind == "list":
        operator = next((c.type for c in node.children if c.type in {"||", "&&"}), "")
        first = child.start_byte == node.start_byte
        if operator == "||":
            other = node.children[-1]
            way_out = _text(source, other).strip()
            fails = re.match(r"(?:\{\s*)?(?:.*;\s*)?(?:exit|return)\s+[1-9]", way_out, re.DOTALL)
            return () if first and fails else (f"|| {way_out}" if first else "behind ||",)
        return ("before &&",) if first else ("behind &&",)
    if kind == "pipeline":
        last = node.children[-1].start_byte == child.start_byte
        return () if last else (f"| {_text(source, node.children[-1])}",)
    if kind in {"if_statement", "elif_clause", "while_statement"}:
        condition = node.child_by_field_name("condition")
        tested = condition is not None and condition.start_byte == child.start_byte
        words = _text(source, condition) if condition is not None else ""
        return ("a condition",) if tested else (f"{kind} {words}",)
    if kind == "for_statement":
        names = [
            c for c in node.children if c.is_named and c.type not in {"variable_name", "do_group"}
        ]
        return (kind, *(f"for each {_bare(_text(source, c))}" for c in names))
    if kind == "function_definition":
        name = node.child_by_field_name("name")
        return (f"function {_text(source, name) if name is not None else ''}",)
    if kind == "redirected_statement":
        if kept := re.search(r"GITHUB_(?:ENV|PATH)", _text(source, node)):
            return (f"writes {kept[0]}",)
        return tuple(
            f"redirected {_text(source, c)}"
            for c in node.children
            if c.type.endswith("redirect") and c is not child and "GITHUB_" not in _text(source, c)
        )
    return (kind,)


def _command(source: bytes, node: tree_sitter.Node, around: tuple[str, ...]) -> Command | None:
    words = (
        [_bare(_text(source, child)) for child in node.children]
        if node.type != "variable_assignment"
        else [_text(source, node)]
    )
    words = [w for w in words if w]
    line = node.start_point[0] + 1
    if node.type == "test_command":
        return Command(("[", _text(source, node)), around, line)
    if words[:1] == ["echo"] and len(words) == 2:
        if match := _OLD_OUTPUT.match(words[1]):
            text = f"{match['name']}={match['value']}"
            writes = ("writes GITHUB_ENV",) if match["what"] == "set-env" else ()
            return Command(("echo", text), (*around, *writes), line)
        if match := _OLD_PATH.match(words[1]):
            return Command(("echo", match["value"]), (*around, "writes GITHUB_PATH"), line)
    return Command(tuple(words), around, line) if words else None


def _bare(word: str) -> str:
    return word.replace('"', "").replace("'", "").replace("\\\n", "").strip()


def _text(source: bytes, node: tree_sitter.Node) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")
