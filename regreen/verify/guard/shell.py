"""Shell scripts, compared command by command: what was checked must still be checked, as strictly.

A script is parsed with tree-sitter's bash grammar. Each simple command keeps its words and what
stands around it (a pipe, ``||``, a condition, a loop), since that decides whether its failure ends
the script.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter
import tree_sitter_bash

from regreen.verify.guard import checkers
from regreen.verify.guard.standins import NOWHERE, Ground, is_option, is_subcommand

_BASH = tree_sitter.Language(tree_sitter_bash.language())
_DEEPEST = 400
_MOST = 1000
"""Commands of two scripts that are compared with one another."""

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
_STARTING = frozenset(["-m", "run", "sudo", "exec", "env", "uvx", "time", "command"])
_VERSION = re.compile(r"^(?P<name>.*?)(?:==|@|~=|>=|<=|<|>|!=).*$")


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


def weaker(old: str, new: str, where: str, ground: Ground = NOWHERE) -> list[str]:
    """Return why the script ``new`` checks less than ``old``; ``where`` names the place."""
    if old.split() == new.split() and old.count("\n") == new.count("\n"):
        return []
    if max(old.count("("), new.count("(")) > _MOST:
        return [f"it changes a script that is too involved to judge: {where}"]
    before, after = commands(old), commands(new)
    if len(before) + len(after) > _MOST:
        return [f"it changes a script that is too long to judge: {where}"]
    matcher = difflib.SequenceMatcher(
        None, [(c.words, c.around) for c in before], [(c.words, c.around) for c in after], False
    )
    reasons: list[str] = []
    gone: list[Command] = []
    more: list[Command] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            gone += before[a:b]
            more += after[c:d]
    for command in gone:
        partner = _partner(command, more, ground)
        if partner is None:
            reasons += _lost(command, where)
        else:
            more.remove(partner)
            reasons += _changed(_mended(command, partner, ground), partner, where)
    for command in more:
        reasons += _added(command, where)
    if _trailing(new) and not _trailing(old):
        reasons.append(f"it hides a failure behind a command that never fails: {where}")
    return list(dict.fromkeys(reasons))


def added(script: str, where: str) -> list[str]:
    """Return what is wrong with a script that is new."""
    return list(dict.fromkeys(r for c in commands(script) for r in _added(c, where)))


def _trailing(script: str) -> bool:
    found = commands(script)
    return len(found) > 1 and found[-1].words in {("true",), (":",), ("exit", "0"), ("exit",)}


def _partner(command: Command, others: Sequence[Command], ground: Ground) -> Command | None:
    """Return the command of ``others`` that stands for ``command``: same program, most alike."""
    best, score = None, 0.0
    for other in others:
        meant = _mended(command, other, ground)
        if _program(other) != _program(meant):
            continue
        ratio = difflib.SequenceMatcher(None, meant.words, other.words).ratio()
        if ratio > score:
            best, score = other, ratio
    return best if score >= 0.3 or (best and checkers.is_installer(command.words)) else None


def _mended(old: Command, new: Command, ground: Ground) -> Command:
    """Return the command with the words of ``new`` for those that named nothing."""
    codes = difflib.SequenceMatcher(None, old.words, new.words, False).get_opcodes()
    words = list(old.words)
    for tag, a, b, c, d in codes:
        if tag != "replace" or b - a != d - c:
            continue
        for at, word in zip(range(a, b), new.words[c:d], strict=True):
            before = words[at - 1] if at else ""
            starts = not at or before in _STARTING
            if (
                (starts and ground.is_program(words[at], word))
                or (before not in {"-k", "-m"} and ground.mends(words[at], word))
                or is_option(words[at], word)
                or is_subcommand(tuple(words), at, word)
            ):
                words[at] = word
    return Command(tuple(words), old.around, old.line)


def _program(command: Command) -> str:
    words = [w for w in command.words if w not in {"sudo", "-m", "exec", "time", "command"}]
    if words[:1] in (["xvfb-run"], ["env"]):
        words = [w for w in words[1:] if not w.startswith("-") and "=" not in w]
    name = words[0].rsplit("/", 1)[-1] if words else ""
    if re.fullmatch(r"python[\d.]*|py", name) and len(words) > 1:
        name = words[1]
    return re.sub(r"^(pip)[\d.]*$", r"\1", name).partition("==")[0]


def _lost(command: Command, where: str) -> list[str]:
    words = command.words
    if checkers.is_setting(words) or words[0] in {"echo", "printf", "ls", "df", "pwd", "which"}:
        return []
    if len(words) == 1 and re.match(r"\w+=", words[0]):
        return [f"it drops a variable of the script, {words[0][:40]}: {where}"]
    return [f"it removes the command {command.shown!r}: {where}"]


def _changed(old: Command, new: Command, where: str) -> list[str]:
    reasons: list[str] = []
    looser = Counter(new.around) - Counter(old.around)
    if any(not part.startswith(("behind &&", "redirected")) for part in looser):
        part = next(p for p in sorted(looser) if not p.startswith("behind &&"))
        reasons.append(f"it lets {old.shown!r} fail without notice ({part[:40]}): {where}")
    elif any(part.startswith("redirected") for part in looser) and not checkers.is_installer(
        old.words
    ):
        reasons.append(f"it sends what {old.shown!r} prints elsewhere: {where}")
    if old.words == new.words:
        return reasons
    if checkers.is_installer(old.words) and checkers.is_installer(new.words):
        return reasons + _installed_less(old, new, where)
    reasons += checkers.narrowed(old.words, new.words, where)
    return reasons


def _installed_less(old: Command, new: Command, where: str) -> list[str]:
    lost = [_name(w) for w in old.words if _name(w) not in {_name(v) for v in new.words}]
    kept = [
        w for w in lost if checkers.is_checker(w) or checkers.is_file(w) or w in checkers.GROUPS
    ]
    return [f"it no longer installs {word}, which checks: {where}" for word in kept]


def _name(word: str) -> str:
    match = _VERSION.match(word)
    return (match["name"] if match else word).split("[")[0].lower()


def _added(command: Command, where: str) -> list[str]:
    words = command.words
    shown = command.shown
    if words[0] in {"exit", "return"}:
        if words[1:2] not in ((), ("0",)):
            return []
        return [f"it ends the script early with {shown!r}: {where}"]
    if words[0] == "set" and any(re.match(r"\+[a-z]*e|\+o$", w) for w in words[1:]):
        return [f"it goes on after failures with {shown!r}: {where}"]
    if words[0] in {"trap", "alias", "eval", "source", ".", "exec", "kill", "unset"}:
        return [f"it changes how the script runs with {shown!r}: {where}"]
    if words[0] in {"true", ":"} or (command.around and command.around[-1].startswith("function")):
        return [f"it adds {shown!r}, which never fails: {where}"]
    assigned = [w for w in words if re.match(r"\w+=", w)]
    for word in assigned:
        if checkers.steers(word.partition("=")[0]):
            return [f"it steers a checker with {word[:60]!r}: {where}"]
    if any(
        re.match(r"writes|redirected >", part) and "/dev/null" not in part
        for part in command.around
    ):
        return [f"it writes a file that later commands may read with {shown!r}: {where}"]
    if checkers.is_installer(words) and any(
        re.match(r"\./|\.\./|/|\w+\+?\w*://", w) for w in words[1:]
    ):
        return [f"it installs from elsewhere with {shown!r}: {where}"]
    if checkers.is_installer(words) or checkers.is_harmless(words):
        return []
    return [f"it adds the command {shown!r}: {where}"]
