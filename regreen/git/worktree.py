"""Files as they lie in a work tree, kept as git would keep them: line ends, encodings, modes.

What a ``.gitattributes`` says of line ends (``text``, ``eol``, the old ``crlf``), of ``ident`` and
of ``working-tree-encoding`` is asked of git as plain words, for the tree that the files belong to,
and only these words are handed on. No filter, no text conversion and no setting of the repository
or of the sandbox that the files came from takes any part (gitattributes(5)).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regreen.errors import UsageError
from regreen.git.scratch import Tree
from regreen_sandbox.trees import temporary_tree

REGULAR = "100644"
EXECUTABLE = "100755"
LINK = "120000"

_ASKED = ("text", "eol", "crlf", "ident", "working-tree-encoding", "filter")
_WORD = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
_NO_SYSTEM = {"GIT_ATTR_NOSYSTEM": "1"}
_STATES = {"set": "{}", "unset": "-{}", "unspecified": ""}


@dataclass(frozen=True, slots=True)
class WorkFile:
    """A file of a work tree: its mode (``100644``, ``100755``, ``120000``) and its bytes.

    The bytes of a link are what it points to.
    """

    mode: str
    content: bytes


def with_work_files(base: Tree, files: Mapping[str, WorkFile | None]) -> Tree:
    """Return ``base`` with the work tree's ``files`` (``None``: the file is not there any more).

    Raises UsageError for a mode that git does not know, for a file that git keeps through a filter
    (an object of Git LFS), and for one that is not in the encoding that the attributes say.
    """
    there = {path: file for path, file in files.items() if file is not None}
    if odd := [f.mode for f in there.values() if f.mode not in (REGULAR, EXECUTABLE, LINK)]:
        raise UsageError(f"git keeps no file of the mode {odd[0]}", "look at what the tool made")
    width = len(base.sha)
    rows = [f"0 {'0' * width} 0\t{path}" for path, file in files.items() if file is None]
    with base.scratch.index(base) as env:
        ids = _ids(base, there, env)
        rows += [f"{file.mode} {ids[path]} 0\t{path}" for path, file in there.items()]
        stdin = "".join(f"{row}\0" for row in rows).encode("utf-8", "surrogateescape")
        base.scratch.must("update-index", "-z", "--index-info", stdin=stdin, env=env)
        return base.scratch.written(env)


def _ids(base: Tree, files: Mapping[str, WorkFile], env: Mapping[str, str]) -> dict[str, str]:
    """Write the files' contents as blobs and return their ids."""
    groups: dict[str, list[str]] = {}
    words = _attributes(base, [p for p, f in files.items() if f.mode != LINK], env)
    for path in files:
        groups.setdefault(words.get(path, ""), []).append(path)
    ids: dict[str, str] = {}
    with temporary_tree("worktree") as folder:
        for attributes, paths in groups.items():
            places = [folder / str(number) for number in range(len(paths))]
            for place, path in zip(places, paths, strict=True):
                place.write_bytes(files[path].content)
            ids |= zip(paths, _hashed(base, folder, places, attributes), strict=True)
    return ids


def _hashed(base: Tree, folder: Path, places: Sequence[Path], attributes: str) -> list[str]:
    """Return the blobs' ids, all files having the same ``attributes``."""
    how: tuple[str, ...] = ("hash-object", "-w", "--stdin-paths", "--no-filters")
    if attributes:
        rules = folder / "attributes"
        rules.write_text(f"* {attributes}\n", encoding="ascii")
        how = ("-c", f"core.attributesFile={rules}", "-c", "core.safecrlf=false", *how[:-1])
    names = "".join(f"{place}\n" for place in places).encode()
    return base.scratch.must(*how, stdin=names, env=_NO_SYSTEM).decode().split()


def _attributes(base: Tree, paths: Sequence[str], env: Mapping[str, str]) -> dict[str, str]:
    """Return what git has to know to keep each path, as the words of a line of attributes."""
    if not any(path.rpartition("/")[2] == ".gitattributes" for path in base.entries):
        return {}
    found = base.scratch.must(
        "check-attr", "-z", "--cached", "--stdin", *_ASKED,
        stdin="".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape"),
        env={**env, **_NO_SYSTEM},
    ).decode("utf-8", "surrogateescape").split("\0")  # fmt: skip
    said: dict[str, dict[str, str]] = {}
    for path, name, value in zip(*[iter(found[:-1])] * 3, strict=True):
        said.setdefault(path, {})[name] = value
    return {path: _words(base, path, facts) for path, facts in said.items()}


def _words(base: Tree, path: str, facts: dict[str, str]) -> str:
    through = facts.pop("filter", "unspecified")
    if through not in ("unspecified", "unset"):
        raise UsageError(
            f"{path} is kept by git through a filter ({through[:40]!r})",
            "change such a file yourself, where the filter is installed",
        )
    # A file that is kept with CR LF stays so where git is only to guess (convert.c).
    if facts.get("text") == "auto" and b"\r\n" in (base.read(path) or b""):
        facts["text"], facts["eol"] = "unset", "unspecified"
    words = [_word(name, value) for name, value in facts.items()]
    return " ".join(word for word in words if word)


def _word(name: str, value: str) -> str:
    if value in _STATES:
        return _STATES[value].format(name)
    return f"{name}={value}" if _WORD.fullmatch(value) else ""
