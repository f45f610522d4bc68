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

from regreen.verify.guard import checkers
from regreen.verify.guard.scripts import Command, commands
from regreen.verify.guard.standins import NOWHERE, Ground, is_option, is_subcommand

_MOST = 1000
"""Commands of two scripts that are compared with one another."""
_STARTING = frozenset(["-m", "run", "sudo", "exec", "env", "uvx", "time", "command"])
_VERSION = re.compile(r"^(?P<name>.*?)(?:==|@|~=|>=|<=|<|>|!=).*$")


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
