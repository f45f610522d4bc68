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

from regreen.verify.guard import checkers, installing, sources
from regreen.verify.guard.scripts import Command, commands
from regreen.verify.guard.standins import NOWHERE, Ground, is_option, is_subcommand

_MOST = 1000
"""Commands of two scripts that are compared with one another."""
_STARTING = frozenset(["-m", "run", "sudo", "exec", "env", "uvx", "time", "command"])


_WITHIN = re.compile(r"\$\(([^(].*)\)|`([^`]+)`", re.DOTALL)


def weaker(old: str, new: str, where: str, ground: Ground = NOWHERE) -> list[str]:
    """Return why the script ``new`` checks less than ``old``; ``where`` names the place."""
    if old.split() == new.split() and old.count("\n") == new.count("\n"):
        return []
    if lost := sorted(_told_by_first_line(old) - _told_by_first_line(new)):
        return [f"it goes on after failures without {lost[0]!r} in the first line: {where}"]
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
            reasons += _changed(_mended(command, partner, ground), partner, where, ground)
    for command in more:
        reasons += _within(command, where, ground) or _added(command, where, ground)
    if _trailing(new) and not _trailing(old):
        reasons.append(f"it hides a failure behind a command that never fails: {where}")
    return list(dict.fromkeys(reasons))


def strict(line: str) -> str:
    """Return a line that a shell without ``-e`` runs, as one with it says the same.

    A chain of ``&&`` ends where one of its commands fails; before a ``;`` a failure is forgotten.
    """
    if re.search(r"\b(?:for|while|if|case|function)\b|[(){}]|\bset\s+-\w*e", line):
        return line
    return re.sub(r"\s*;\s*(?=\S)", " || :\n", re.sub(r"\s*&&\s*", "\n", line))


def added(script: str, where: str, ground: Ground = NOWHERE) -> list[str]:
    """Return what is wrong with a script that is new."""
    return list(
        dict.fromkeys(
            r
            for c in commands(script)
            for r in _within(c, where, ground) or _added(c, where, ground)
        )
    )


def _told_by_first_line(script: str) -> set[str]:
    """Return the options that a script's ``#!`` line gives to its shell."""
    row = script.split("\n", 1)[0]
    if not row.startswith("#!"):
        return set()
    words = [w for w in row[2:].split()[1:] if re.match(r"-[a-zA-RT-Z]+$|pipefail$", w)]
    return {f"-{sign}" for w in words if w.startswith("-") for sign in w[1:]} | {
        w for w in words if not w.startswith("-")
    }


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


def _changed(old: Command, new: Command, where: str, ground: Ground) -> list[str]:
    reasons: list[str] = []
    looser = Counter(p for p in new.around if not p.startswith("for each ")) - Counter(old.around)
    if gone := sorted(p for p in old.around if p.startswith("for each ") and p not in new.around):
        reasons.append(f"it no longer runs {old.shown!r} {gone[0][:40]}: {where}")
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
        return reasons + installing.less(old.words, new.words, where, ground)
    reasons += checkers.narrowed(old.words, new.words, where)
    return reasons


def _within(command: Command, where: str, ground: Ground) -> list[str]:
    """Return what is wrong with the commands that a new command's words are made by."""
    found = (m[1] or m[2] for word in command.words for m in _WITHIN.finditer(word))
    return [reason for inner in found for reason in added(inner, where, ground)]


def _added(command: Command, where: str, ground: Ground) -> list[str]:
    words = command.words
    shown = command.shown
    if words[0] in {"exit", "return"}:
        if words[1:2] not in ((), ("0",)):
            return []
        return [f"it ends the script early with {shown!r}: {where}"]
    if words[0] == "set" and any(re.match(r"\+[a-z]*e|\+o$|-[a-z]*n|noexec", w) for w in words[1:]):
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
        re.match(r"\./|\.\./|/|\w+\+?\w*://", w) and not sources.is_usual(w) for w in words[1:]
    ):
        return [f"it installs from elsewhere with {shown!r}: {where}"]
    if checkers.is_installer(words):
        return installing.less(words[:1], words, where, ground)
    if checkers.is_harmless(words):
        return []
    return [f"it adds the command {shown!r}: {where}"]
