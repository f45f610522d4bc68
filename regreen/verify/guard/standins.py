"""Words of a command that named nothing, and the near words that name what there is.

A command with a path that is not in the repository, a program that nobody knows or an option that
its tool refuses has never checked a thing: the same command with the word that was meant checks
what it was written for. Sources of the names: the command-line references of the tools.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from regreen.verify.guard import checkers
from regreen.verify.guard.change import Change
from regreen.verify.guard.mentioned import Mentioned


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FOLDERS = re.compile(
    r"(?:working-directory:|change_?dir\s*=|\b(?:cd|pushd|mkdir(?: -p)?)|\s-C)"
    r"\s*['\"]?([^\s'\";&|]+)"
)
_PLAIN = re.compile(r"^[\w.+-]+(?:/[\w.+-]+)*/?$")
_NEAR = 0.8
PROGRAMS = _words(
    "bash cat cmake cp curl docker docker-compose echo find git hatch invoke make mkdir mv nox npm "
    "pdm pip pip3 pipenv pipx poetry python python2 python3 rm sed sh sphinx-build sudo tar uv uvx "
    "wget yarn"
)
_SUBCOMMANDS = {
    "pip": _words("check download freeze install list uninstall wheel"),
    "poetry": _words("build check config install lock publish run update"),
    "ruff": _words("check clean format linter rule version"),
    "uv": _words("build lock pip publish run sync tool venv"),
    "pre-commit": _words("autoupdate clean install run"),
    "coverage": _words("combine erase html json lcov report run xml"),
}
_OPTIONS = _words(
    "--verbose --quiet --cov --cov-report --cov-config --cov-append --cov-branch --cov-fail-under "
    "--no-cov --no-cov-on-fail --co --collect-only --junitxml --junit-xml --durations --maxfail "
    "--exitfirst --numprocesses --dist --timeout --color --strict-markers --strict-config "
    "--tb --pyargs --rootdir --doctest-modules --doctest-glob --capture --import-mode "
    "--benchmark-only --benchmark-skip --benchmark-disable --count --statistics --show-source "
    "--max-line-length --max-complexity --check --check-only --diff --all-files --hook-stage "
    "--show-diff-on-failure --output-format --target-version --line-length --profile --recursive "
    "--strict --install-types --non-interactive --config-file --python-version --show-error-codes "
    "--requirement --upgrade --editable --constraint --no-deps --force-reinstall --user --extra "
    "--with --without --group --dev --no-root --all-extras --frozen --locked --parallel --branch "
    "--source --append --rcfile --reruns --forked --randomly-seed --config --fix --preview"
)
_LOOSER = frozenset(["--no-cov", "--collect-only", "--benchmark-skip", "--fix", "--maxfail"])


@dataclass(frozen=True, slots=True)
class Ground:
    """The files that a command may name: ``paths`` less those in ``added``, from ``folders``.

    Where it cannot be told which folder a command runs in, ``sure`` is false and no word is mended.
    """

    paths: Collection[str] = ()
    added: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ("",)
    sure: bool = False
    named: str = field(default="", repr=False)
    mentioned: Mentioned | None = field(default=None, repr=False)
    """What the repository speaks of; ``None``: nobody can tell."""

    def is_unknown(self, name: str) -> bool:
        """Whether nothing in the repository speaks of a distribution."""
        return self.mentioned is not None and not self.mentioned.speaks_of(name)

    def runs_on(self, version: str) -> bool:
        """Whether CI's definition names a version of Python (``3.9``)."""
        return self.mentioned is not None and self.mentioned.runs_on(version)

    def names(self, word: str) -> bool:
        """Whether CI's definition has a word."""
        return self.mentioned is not None and self.mentioned.in_workflows(word)

    def is_own_name(self, name: str) -> bool:
        """Whether a distribution is the repository's own project."""
        return self.mentioned is not None and self.mentioned.is_own_name(name)

    def is_only_added(self, word: str) -> bool:
        """Whether all files of a folder, or module, that a word names come with the patch."""
        place = posixpath.normpath(word.strip().replace(".", "/") if "/" not in word else word)
        found = [p for p in self.paths if p.startswith(f"{place}/") or p == f"{place}.py"]
        return bool(found) and all(p in self.added for p in found)

    def holds(self, word: str, *, folder: bool = False) -> bool:
        """Whether a word is the path of a file or (with ``folder``: only) a folder of the base."""
        places = {posixpath.normpath(posixpath.join(f, word)) for f in self.folders}
        within = tuple(f"{place}/" for place in places)
        if not folder and any(p in self.paths and p not in self.added for p in places):
            return True
        return any(p.startswith(within) and p not in self.added for p in self.paths)

    def mends(self, old: str, new: str) -> bool:
        """Whether ``old`` is a path that is not there, and ``new`` a near one that is."""
        if "=" in old and "=" in new:
            (name, _, old), (other, _, new) = old.partition("="), new.partition("=")
            if name != other:
                return False
        if not self.sure or not (_PLAIN.match(old) and _PLAIN.match(new)) or old == new:
            return False
        if self.holds(old) or not self.holds(new):
            return False
        first, second = (posixpath.normpath(w) for w in (old, new))
        is_file = "." in posixpath.basename(first)
        if is_file == self.holds(new, folder=True):
            return False
        same = posixpath.basename(first) == posixpath.basename(second)
        return same or difflib.SequenceMatcher(None, first, second, False).ratio() >= _NEAR

    def is_program(self, old: str, new: str) -> bool:
        """Whether ``old`` is no program that is known, and ``new`` is one with nearly its name."""
        known = [w in PROGRAMS or checkers.is_checker(w) for w in (old, new)]
        if known[0] or not known[1] or not self.sure:
            return False
        ends = (f"/{old}", f"/{old}.py", f"/{old}.sh")
        own = any(f"/{path}".endswith(ends) for path in self.paths)
        told = re.search(rf"(?<![\w.-]){re.escape(old)}(?![\w.-])", self.named)
        return not own and told is None and _one_slip(old, new)


NOWHERE = Ground()


def ground(change: Change, old: str, new: str) -> Ground:
    """Return what the commands of a text may name, before and after its change."""
    found = sorted({m[1] for text in (old, new) for m in _FOLDERS.finditer(text)})
    sure = not any(re.search(r"[$*{}%~]|^/|^-", one) for one in found)
    added = frozenset(f.path for f in change.files if f.before is None)
    settings = ("pyproject.toml", "setup.cfg", "setup.py")
    named = "\n".join(change.patched.text(name) or "" for name in settings)
    return Ground(change.patched.paths(), added, ("", *found), sure, named, Mentioned(change))


def is_option(old: str, new: str) -> bool:
    """Whether an option that no tool here knows became a known one of nearly the same name."""
    (first, mark, value), (second, other, kept) = old.partition("="), new.partition("=")
    if (mark, value) != (other, kept) or not first.startswith("--"):
        return False
    short_form = any(o.startswith(first) for o in _OPTIONS)
    return (second in _OPTIONS - _LOOSER and not short_form and len(second) > 4) and _one_slip(
        first, second
    )


def is_subcommand(words: tuple[str, ...], at: int, new: str) -> bool:
    """Whether a tool's subcommand that it does not have became a known one that is near."""
    known = _SUBCOMMANDS.get(words[at - 1], frozenset[str]()) if at else []
    return new in known and words[at] not in known and _one_slip(words[at], new)


def _one_slip(old: str, new: str) -> bool:
    """Whether one letter is left out, too many, wrong, or has changed places with the next."""
    if re.sub(r"[\d.]", "", old) == re.sub(r"[\d.]", "", new):
        return False
    codes = difflib.SequenceMatcher(None, old, new, False).get_opcodes()
    parts = [(old[a:b], new[c:d]) for tag, a, b, c, d in codes if tag != "equal"]
    if len(old) == len(new) and sorted(old) == sorted(new):
        return sum(a != b for a, b in zip(old, new, strict=True)) == 2
    return len(parts) == 1 and max(len(side) for side in parts[0]) == 1
