"""A comment that silences nothing any more: take it away, or only the codes that are unused."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from regreen.fixers.source import lines_of
from regreen.fixers.types.problems import Problem, problems
from regreen.model import Edit, Failure, Idea
from regreen.scene import Scene

ID = "unused type ignores"
DOCS = "https://mypy.readthedocs.io/en/stable/error_code_list2.html#code-unused-ignore"

_MYPY = re.compile(
    r"unused [\"']type: ignore(?:\[(?P<codes>[^\]]*)\])?[\"'] comment", re.IGNORECASE
)
_PYRIGHT = re.compile(
    r"Unnecessary \"# (?P<kind>type|pyright): ignore\" (?:comment|rule: \"(?P<codes>\w+)\")"
)
_COMMENT = re.compile(
    r"#\s*(?P<kind>type|pyright):\s*ignore(?:\s*\[(?P<codes>[^\]]*)\])?(?P<rest>[^#]*)"
)


def propose(failure: Failure, scene: Scene) -> Iterable[Idea]:
    """Yield one edit that takes away every unused comment that the checker names."""
    by_file: dict[str, list[Problem]] = {}
    for one in problems(failure, scene):
        if _MYPY.search(one.message) or _PYRIGHT.search(one.message):
            by_file.setdefault(one.file, []).append(one)
    files: dict[str, str] = {}
    count = 0
    for path, found in by_file.items():
        text = scene.files.text(path)
        made = _without(text, found) if text is not None else None
        if made is not None and made != text:
            files[path] = made
            count += len(found)
    if files:
        yield Edit(ID, f"{count} comments silence nothing any more", files)


def _without(text: str, found: list[Problem]) -> str | None:
    lines = list(lines_of(text))
    comments = dict(_comments(text))
    for one in found:
        column = comments.get(one.line)
        if column is None or one.line > len(lines):
            continue
        line = lines[one.line - 1]
        end = line[len(line.rstrip("\r\n")) :]
        code, comment = line[:column], line[column:].rstrip("\r\n")
        kept = _shortened(comment, one)
        lines[one.line - 1] = f"{code}{kept}".rstrip() + end if kept else code.rstrip() + end
        if not code.strip() and not kept:
            lines[one.line - 1] = ""
            break
    return "".join(lines)


def _comments(text: str) -> Iterator[tuple[int, int]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return


def _shortened(comment: str, one: Problem) -> str:
    """Return a comment without what is unused of it; other remarks in it stay."""
    said = _MYPY.search(one.message)
    match = said or _PYRIGHT.search(one.message)
    assert match is not None
    kind = "type" if said else match["kind"]
    unused = {c.strip() for c in (match["codes"] or "").split(",") if c.strip()}

    def put(found: re.Match[str]) -> str:
        if found["kind"] != kind:
            return found[0]
        written = [c.strip() for c in (found["codes"] or "").split(",") if c.strip()]
        left = [c for c in written if c not in unused] if unused else []
        if left:
            return f"# {kind}: ignore[{', '.join(left)}]{found['rest']}"
        rest = found["rest"].strip(" -:,.;")
        return f"# {rest} " if rest else ""

    return _COMMENT.sub(put, comment).strip()
