"""Rename keyword arguments, methods and methods' definitions, and write values otherwise."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Collection, Iterator, Mapping

from regreen.fixers.source import Source, parse
from regreen.fixers.testing.patterns import touches
from regreen.fixers.testing.renaming import cared_for
from regreen.fixers.testing.spelling import Speller, dotted, speller, with_imports

Edit = tuple[int, int, str]
Keywords = Mapping[str, Mapping[str, str]]


def methods(
    source: Source, path: str, names: Mapping[str, str], only: Collection[int] | None = None
) -> str | None:
    """Rename attributes of objects by their names alone, those of modules stay.

    ``only`` are the lines of which the attribute must touch one (``None``: any).
    """
    return _made(source, _attributes(source, path, names, only))


def _attributes(
    source: Source, path: str, names: Mapping[str, str], only: Collection[int] | None = None
) -> Iterator[Edit]:
    both = cared_for(source.tree)
    known = speller(source, path).known
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Attribute) or node.attr not in names or id(node) in both:
            continue
        if touches(node, only) and not known.whole(node):
            end = source.span(node)[1]
            if source.text[end - len(node.attr) : end] == node.attr:
                yield end - len(node.attr), end, names[node.attr]


def definitions(
    source: Source, path: str, names: Mapping[str, str], prefix: str = "Test"
) -> str | None:
    """Rename methods of the classes whose names begin with ``prefix``, and calls of them."""
    edits = list(_attributes(source, path, names))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and node.name.startswith(prefix):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name in names:
                    edits += defined(source, inner, names[inner.name])
    return _made(source, edits)


def defined(
    source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef, new: str
) -> Iterator[Edit]:
    """Yield what renames a definition."""
    begin = source.span(node)[0]
    at = source.text.find(node.name, source.text.index("def ", begin) + 4)
    if at >= 0:
        yield at, at + len(node.name), new


def keywords(source: Source, path: str, rules: Keywords) -> str | None:
    """Rename keyword arguments; by the called thing's dotted name, or ``.name`` of any object.

    An empty new name takes the argument out.
    """
    known = speller(source, path).known
    edits: list[Edit] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            called = known.whole(node.func)
            rule = rules.get(called) or rules.get(f"{called.rpartition('.')[0]}.*")
            if rule is None and isinstance(node.func, ast.Attribute):
                rule = rules.get(f".{node.func.attr}")
            edits += renamed_keywords(source, node, rule) if rule else ()
    return _made(source, edits)


def renamed_keywords(source: Source, node: ast.Call, names: Mapping[str, str]) -> Iterator[Edit]:
    """Yield what renames the keyword arguments of one call."""
    given = {k.arg for k in node.keywords}
    for keyword in node.keywords:
        old = keyword.arg or ""
        new = names.get(old)
        if new is None or new in given:
            continue
        value = source.span(keyword.value)
        begin = source.text.rindex(old, 0, value[0])
        if new:
            yield begin, begin + len(old), new
        else:
            yield *_with_comma(source.text, begin, value[1]), ""


def without_places(source: Source, node: ast.Call, gone: Collection[int]) -> Iterator[Edit]:
    """Yield what takes the arguments at these places (without a keyword) out of a call."""
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return
    for place, argument in enumerate(node.args):
        if place in gone:
            yield *_with_comma(source.text, *source.span(argument)), ""


def _with_comma(text: str, begin: int, end: int) -> tuple[int, int]:
    """Return the span of an argument with the comma that parts it from the others."""
    before = text[:begin].rstrip()
    if before.endswith(","):
        return len(before) - 1, end
    after = text[end:]
    cut = len(after) - len(after.lstrip())
    if after[cut : cut + 1] == ",":
        tail = after[cut + 1 :]
        return begin, end + cut + 1 + (len(tail) - len(tail.lstrip(" ")))
    return begin, end


def values(
    source: Source, path: str, argument: str, at: Mapping[str, int], news: Mapping[str, str]
) -> str | None:
    """Write strings that are given as ``argument`` otherwise.

    ``at`` are the calls (dotted, or ``.name``) with the argument's place among those without a
    keyword; ``news`` are the strings with the expressions that take their place.
    """
    writer = speller(source, path)
    edits: list[Edit] = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        called = writer.known.whole(node.func)
        if isinstance(node.func, ast.Attribute) and called not in at:
            called = f".{node.func.attr}"
        given = [k.value for k in node.keywords if k.arg == argument and called in at]
        if not given and called in at:
            given = node.args[at[called] : at[called] + 1]
        for value in given:
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(text, str) and text in news:
                edits.append((*source.span(value), _written(news[text], writer)))
    made = _made(source, edits)
    again = parse(made) if made is not None else None
    return with_imports(again, writer.imports) if again is not None else None


def _written(new: str, writer: Speller) -> str:
    head, bracket, rest = new.partition("(")
    return f"{writer.spell(head)}{bracket}{rest}" if "." in _dotted_text(head) else new


def _dotted_text(text: str) -> str:
    try:
        return dotted(ast.parse(text, mode="eval").body)
    except SyntaxError:
        return ""


def is_test_file(path: str) -> bool:
    """Whether tests stand in ``path``, by its name or folder."""
    name = posixpath.basename(path)
    folders = path.split("/")[:-1]
    return (
        name.startswith(("test_", "conftest"))
        or name.endswith("_test.py")
        or bool({"test", "tests", "testing"} & set(folders))
        or name in ("tests.py", "test.py")
    )


def _made(source: Source, edits: Iterator[Edit] | list[Edit]) -> str | None:
    chosen = sorted(set(edits), reverse=True)
    if not chosen:
        return None
    text = source.text
    for begin, end, new in chosen:
        text = text[:begin] + new + text[end:]
    return text if text != source.text and parse(text) is not None else None
