"""Mends settings files that a new major version of their tool reads in another way.

tox 4: one variable a line in ``passenv``, ``allowlist_externals``. flake8 6: no comment behind a
value. setuptools 78: no dashes in the keys of ``setup.cfg``. ruff: settings of the linter in a
table of their own. pre-commit: ``rev`` for ``sha``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from regreen.model import Edit, Failure, Idea, Severity
from regreen.scene import Scene

ID = "tool-settings"
DOCS = "https://tox.wiki/en/latest/upgrading.html"

_PASSENV = re.compile(
    r"^(?P<key>[ \t]*pass_?env[ \t]*=)(?P<value>[^\n]*)(?P<more>(?:\n[ \t]+\S[^\n]*)*)", re.M | re.I
)
_SPACED = re.compile(r"pass_?env.*(?:whitespace|comma)|(?:whitespace|comma).*pass_?env", re.I)
_ALLOW = re.compile(r"allowlist_externals|not allowed|whitelist_externals", re.I)
_NOT_ALLOWED = re.compile(r"(?P<env>[\w.-]+): failed with (?P<tool>[\w./-]+) .*not allowed")
_OPTION_COMMENT = re.compile(
    r"Error code '#'|'#' supplied to '(?:extend-)?(?:ignore|select)'", re.I
)
_SETUP_DASH = re.compile(
    r"(?:Usage of dash-separated|Invalid dash-separated key) '?(?P<key>[\w-]+)'?", re.I
)
_RUFF_MOVED = re.compile(r"^\s*-? ?'(?P<old>[\w-]+)' -> 'lint\.(?P<new>[\w-]+)'", re.M)
_SECTION = re.compile(r"^\[(?P<name>[^\]\n]+)\]", re.M)


def propose(failure: Failure, scene: Scene, /) -> Iterator[Idea]:
    """Yield edits of the settings of the tool that refuses them."""
    del failure
    for said, paths, edit, why in _KINDS:
        if not said.search(scene.output):
            continue
        for path in _present(scene, paths):
            text = scene.files.text(path) or ""
            made = edit(text, scene.output)
            if made != text:
                yield Edit(ID, why, {path: made}, from_start=True, severity=Severity.MEDIUM)


def _present(scene: Scene, names: tuple[str, ...]) -> list[str]:
    """Return the files of these names, those next to where the step runs first."""
    found = [path for path in scene.files.paths() if posixpath.basename(path) in names]
    here = scene.directory.strip(".")
    return sorted(found, key=lambda path: (posixpath.dirname(path) != here, path))


def one_a_line(text: str, output: str = "") -> str:
    """Return tox's settings with one variable a line in ``passenv``."""
    del output

    def lines(found: re.Match[str]) -> str:
        made: list[str] = []
        for row in (found["value"], *found["more"].split("\n")):
            if row.strip().startswith("#") or "{" in row or ":" in row.partition("#")[0]:
                made.append(row.strip())
            else:
                made += re.split(r"[,\s]+", row.partition(" #")[0].strip())
        names = [name for name in made if name]
        if len(names) < 2 and not found["more"].strip():
            return found[0]
        indent = re.search(r"\n([ \t]+)", found["more"])
        pad = indent[1] if indent else "    "
        return found["key"].rstrip() + "".join(f"\n{pad}{name}" for name in names)

    return _PASSENV.sub(lines, text)


def allowlisted(text: str, output: str = "") -> str:
    """Return tox's settings with the externals that it asks for under their new name."""
    made = re.sub(r"^([ \t]*)whitelist_externals\b", r"\1allowlist_externals", text, flags=re.M)
    asked = _NOT_ALLOWED.search(output)
    if made != text or asked is None:
        return made
    return _with_external(made, asked["env"], asked["tool"])


def _with_external(text: str, env: str, tool: str) -> str:
    """Add an external command to the environment's section, or to all environments'."""
    sections = {found["name"]: found for found in _SECTION.finditer(text)}
    found = sections.get(f"testenv:{env}") or sections.get("testenv")
    if found is None:
        return text
    following = _SECTION.search(text, found.end())
    end = following.start() if following else len(text)
    body = text[found.end() : end]
    there = re.search(r"^allowlist_externals\s*=[^\n]*(?:\n[ \t]+\S[^\n]*)*", body, re.M)
    if there:
        at = found.end() + there.end()
        return f"{text[:at]}\n    {tool}{text[at:]}"
    return f"{text[: found.end()]}\nallowlist_externals =\n    {tool}{text[found.end() :]}"


def without_comments(text: str, output: str = "") -> str:
    """Return flake8's settings with the comments behind values on lines of their own."""
    del output
    made: list[str] = []
    inside = False
    for row in text.splitlines(keepends=True):
        if found := _SECTION.match(row):
            inside = found["name"].startswith("flake8")
        code, sign, comment = row.partition("#")
        if inside and sign and code.strip() and not code.lstrip().startswith(";"):
            indent = row[: len(row) - len(row.lstrip())]
            made.append(f"{indent}# {comment.strip()}\n")
            made.append(f"{code.rstrip()}\n")
        else:
            made.append(row)
    return "".join(made)


def underscored(text: str, output: str = "") -> str:
    """Return ``setup.cfg`` with underscores in the keys that setuptools names."""
    for key in dict.fromkeys(found["key"] for found in _SETUP_DASH.finditer(output)):
        new = key.replace("-", "_")
        text = re.sub(rf"^{re.escape(key)}(?=\s*[=:])", new, text, flags=re.M)
    return text


def moved_to_lint(text: str, output: str = "") -> str:
    """Return ruff's settings with those of the linter in its own table."""
    prefix = "tool.ruff" if "[tool.ruff" in text else ""
    names = {found["old"] for found in _RUFF_MOVED.finditer(output)}
    head = f"{prefix}.lint" if prefix else "lint"
    for name in sorted(names):
        table = f"[{prefix}.{name}]" if prefix else f"[{name}]"
        text = text.replace(table, f"[{head}.{name}]")
    own = f"[{prefix}]" if prefix else ""
    start = text.find(own) + len(own) if own else 0
    if own and own not in text:
        return text
    following = _SECTION.search(text, start)
    end = following.start() if following else len(text)
    body, moved = text[start:end], ""
    for name in sorted(names):
        entry = re.search(rf"^{re.escape(name)}\s*=\s*(?:\[[^\]]*\]|[^\n]*)\n?", body, re.M)
        if entry:
            moved += entry[0] if entry[0].endswith("\n") else f"{entry[0]}\n"
            body = body[: entry.start()] + body[entry.end() :]
    if not moved:
        return text
    there = f"[{head}]"
    if there in text[end:]:
        rest = text[end:].replace(there, f"{there}\n{moved.rstrip()}", 1)
        return f"{text[:start]}{body}{rest}"
    return f"{text[:start]}{body.rstrip()}\n\n{there}\n{moved}\n{text[end:]}".rstrip() + "\n"


def with_rev(text: str, output: str = "") -> str:
    """Return pre-commit's settings with ``rev`` for ``sha``."""
    del output
    return re.sub(r"^(\s*(?:-\s+)?)sha:", r"\1rev:", text, flags=re.M)


_TOX = ("tox.ini", "setup.cfg", "pyproject.toml")
_KINDS: tuple[tuple[re.Pattern[str], tuple[str, ...], Callable[[str, str], str], str], ...] = (
    (_SPACED, _TOX, one_a_line, "tox 4 takes one variable a line in passenv"),
    (_ALLOW, _TOX, allowlisted, "tox 4 runs the external commands of allowlist_externals only"),
    (
        _OPTION_COMMENT,
        (".flake8", "setup.cfg", "tox.ini"),
        without_comments,
        "flake8 6 takes no comment behind a value",
    ),
    (_SETUP_DASH, ("setup.cfg",), underscored, "setuptools takes keys with underscores only"),
    (
        _RUFF_MOVED,
        ("pyproject.toml", "ruff.toml", ".ruff.toml"),
        moved_to_lint,
        "ruff has the settings of its linter in a table of their own",
    ),
    (
        re.compile(r"Missing required key: rev|'sha'"),
        (".pre-commit-config.yaml",),
        with_rev,
        "pre-commit calls it rev",
    ),
)
