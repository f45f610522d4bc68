"""Small repairs that an exception itself asks for, at the line that raised it."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterator

from regreen.fixers.testing.drafts import Draft, Spot, local_names

_MEANT = re.compile(
    r"has no attribute '(\w+)'.*Did you mean: '(\w+)'"
    r"|name '(\w+)' is not defined.*Did you mean: '(\w+)'"
)
_NAME = re.compile(r"(?:name|variable) '(\w+)'")
_NO_ATTRIBUTE = re.compile(r"'NoneType' object has no attribute '(\w+)'")
_LACKS = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
_KEYWORD = re.compile(r"(\w+)\(\) got an unexpected keyword argument '(\w+)'")
_POSITIONAL = re.compile(
    r"(\w+)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given"
)
_NONE = re.compile(r"'NoneType' object is not (subscriptable|iterable)|of type 'NoneType'")
_JOIN = re.compile(
    r"can only concatenate str|must be str, not|unsupported operand type\(s\) for \+: '(?:str|int)'"
    r"|sequence item \d+: expected str instance"
)
_ORDERED = re.compile(r"not supported between instances of '(\w+)' and '(\w+)'")


def directed(spot: Spot, kind: str, text: str) -> Iterator[Draft]:
    """Yield repairs of the line for an exception of this kind with this text."""
    short = kind.rpartition(".")[2]
    yield from _meant(spot, text)
    for name, template in _BY_KIND:
        if name == short:
            yield from template(spot, text)


def _meant(spot: Spot, text: str) -> Iterator[Draft]:
    """Python itself says what may have been meant."""
    match = _MEANT.search(text)
    if match is None:
        return
    old, new = (match[1], match[2]) if match[1] else (match[3], match[4])
    for node in spot.nodes():
        if isinstance(node, ast.Attribute) and node.attr == old:
            end = spot.source.span(node)[1]
            yield from spot.splice(end - len(old), end, new, f"{old!r} becomes {new!r}", 9.5)
        elif isinstance(node, ast.Name) and node.id == old:
            yield from spot.put(node, new, f"{old!r} becomes {new!r}", 9.0)


def _missing_key(spot: Spot, text: str) -> Iterator[Draft]:
    """``d[k]`` becomes ``d.get(k, default)``: a default that the module itself uses comes first."""
    for node in spot.nodes():
        if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
            continue
        key = node.slice
        if isinstance(key, ast.Slice) or (
            isinstance(key, ast.Constant) and repr(key.value) != text.strip()
        ):
            continue
        held, name = spot.text(node.value), spot.text(key)
        for default in _defaults(spot, key):
            new = f"{held}.get({name}, {default})"
            words = f"a missing {name} counts as {default}, as elsewhere"
            yield from spot.put(node, new, words, 9.0)
        yield from spot.put(node, f"{held}.get({name})", f"a missing {name} is None", 6.0)


def _defaults(spot: Spot, key: ast.expr) -> list[str]:
    found: dict[str, None] = {}
    for node in ast.walk(spot.source.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and len(node.args) == 2
            and ast.dump(node.args[0]) == ast.dump(key)
        ):
            found[spot.text(node.args[1])] = None
    return list(found)[:2]


def _none_attribute(spot: Spot, text: str) -> Iterator[Draft]:
    """An attribute of nothing: the value, or the statement, only where there is something."""
    match = _NO_ATTRIBUTE.search(text)
    for node in spot.nodes() if match else ():
        if not isinstance(node, ast.Attribute) or match is None or node.attr != match[1]:
            continue
        held = spot.text(node.value)
        if isinstance(node.value, ast.Call):
            continue
        whole = _called(spot, node)
        yield from spot.put(
            whole,
            f"({spot.text(whole)} if {held} is not None else None)",
            f"{held} may be None",
            6.0,
        )
        yield from _guarded(spot, held)


def _called(spot: Spot, node: ast.Attribute) -> ast.expr:
    """Return the call of an attribute, or the attribute where it is not called."""
    calls = (n for n in spot.nodes() if isinstance(n, ast.Call) and n.func is node)
    return next(calls, node)


def _guarded(spot: Spot, held: str) -> Iterator[Draft]:
    statement = spot.statement()
    if not isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign):
        return
    indent = " " * statement.col_offset
    body = spot.text(statement).replace("\n", "\n    ")
    new = f"if {held} is not None:\n{indent}    {body}"
    yield from spot.put(statement, new, f"only if {held} is not None", 5.0)


def _lacking(spot: Spot, text: str) -> Iterator[Draft]:
    """An attribute that its class never sets begins as None."""
    match = _LACKS.search(text)
    if match is None or match[1] == "NoneType":
        return
    for node in ast.walk(spot.source.tree):
        if isinstance(node, ast.ClassDef) and node.name == match[1]:
            begun = next(
                (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"),
                None,
            )
            if begun is not None:
                last = begun.body[-1]
                indent = " " * last.col_offset
                end = spot.source.span(last)[1]
                new = f"\n{indent}self.{match[2]} = None"
                words = f"{match[2]!r} begins as None"
                yield from spot.splice(end, end, new, words, 4.0)


def _undefined(spot: Spot, text: str) -> Iterator[Draft]:
    """A name that is not there: an attribute of the object, or one that is spelt much like it."""
    match = _NAME.search(text)
    function, owner = spot.function(), spot.owner()
    if match is None or function is None:
        return
    old = match[1]
    members = {n.attr for n in ast.walk(owner) if isinstance(n, ast.Attribute)} if owner else set()
    members |= {n.name for n in owner.body if isinstance(n, ast.FunctionDef)} if owner else set()
    near = difflib.get_close_matches(old, local_names(function), 2, 0.6)
    for node in spot.nodes():
        if not isinstance(node, ast.Name) or node.id != old:
            continue
        if old in members:
            yield from spot.put(node, f"self.{old}", f"{old!r} is the object's", 9.0)
        for new in near:
            if new != old:
                yield from spot.put(node, new, f"{old!r} becomes {new!r}", 6.0)


def _arguments(spot: Spot, text: str) -> Iterator[Draft]:
    """A keyword that is spelt otherwise; a method that forgot its ``self``."""
    if (match := _KEYWORD.search(text)) is not None:
        for node in ast.walk(spot.source.tree):
            if isinstance(node, ast.FunctionDef) and node.name == match[1]:
                near = difflib.get_close_matches(match[2], [a.arg for a in node.args.args], 1, 0.5)
                yield from _renamed_keyword(spot, match[2], near)
    match = _POSITIONAL.search(text)
    if match is None or int(match[3]) != int(match[2]) + 1:
        return
    for owner in ast.walk(spot.source.tree):
        for node in owner.body if isinstance(owner, ast.ClassDef) else ():
            if isinstance(node, ast.FunctionDef) and node.name == match[1]:
                names = [a.arg for a in node.args.args]
                begin = spot.source.text.index("(", spot.source.span(node)[0]) + 1
                if names[:1] != ["self"] and not node.decorator_list:
                    new = "self, " if names else "self"
                    yield from spot.splice(begin, begin, new, f"{match[1]} takes self", 9.0)


def _renamed_keyword(spot: Spot, old: str, near: list[str]) -> Iterator[Draft]:
    for node in spot.nodes():
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == old:
                begin = spot.source.text.rindex(old, 0, spot.source.span(keyword.value)[0])
                for new in near:
                    words = f"the argument {old!r} is {new!r}"
                    yield from spot.splice(begin, begin + len(old), new, words, 8.0)


def _of_types(spot: Spot, text: str) -> Iterator[Draft]:
    """A value of another type than the operation takes."""
    yield from _arguments(spot, text)
    if _NONE.search(text):
        yield from _nothing(spot, "{}" if "subscriptable" in text else "()")
    if _JOIN.search(text):
        yield from _as_text(spot)
    if "bytes-like object is required" in text or "str, not bytes" in text:
        yield from _encoded(spot, decode="not bytes" in text)
    if (match := _ORDERED.search(text)) is not None and "str" in (match[1], match[2]):
        yield from _as_number(spot, left=match[1] == "str")
    if "coroutine" in text:
        yield from _awaited(spot)


def _nothing(spot: Spot, empty: str) -> Iterator[Draft]:
    for node in spot.nodes():
        for held in _held(node):
            text = spot.text(held)
            yield from spot.put(held, f"({text} or {empty})", f"{text} may be None", 6.0)


def _as_text(spot: Spot) -> Iterator[Draft]:
    for node in spot.nodes():
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            for side in (node.right, node.left):
                if not isinstance(side, ast.Constant | ast.JoinedStr):
                    text = spot.text(side)
                    yield from spot.put(side, f"str({text})", f"{text} as text", 7.0)


def _as_number(spot: Spot, *, left: bool) -> Iterator[Draft]:
    for node in spot.nodes():
        if isinstance(node, ast.Compare):
            side = node.left if left else node.comparators[0]
            yield from spot.put(side, f"int({spot.text(side)})", "compared as a number", 6.0)


def _held(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Subscript):
        yield node.value
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        yield node.comparators[0]
    elif isinstance(node, ast.Call):
        yield from node.args[:1]


def _encoded(spot: Spot, *, decode: bool) -> Iterator[Draft]:
    word = "decode" if decode else "encode"
    for node in spot.nodes():
        for argument in node.args[:1] if isinstance(node, ast.Call) else ():
            new = f"{spot.text(argument)}.{word}()"
            yield from spot.put(argument, new, f"{spot.text(argument)} is {word}d", 6.0)


def _awaited(spot: Spot, weight: float = 8.0) -> Iterator[Draft]:
    if not isinstance(spot.function(), ast.AsyncFunctionDef):
        return
    awaited = {id(n.value) for n in spot.nodes() if isinstance(n, ast.Await)}
    for node in spot.nodes():
        if isinstance(node, ast.Call) and id(node) not in awaited:
            text = spot.text(node)
            yield from spot.put(node, f"(await {text})", f"{text} is awaited", weight)


def _of_index(spot: Spot, _: str) -> Iterator[Draft]:
    """An index beyond the end: one less."""
    for node in spot.nodes():
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice | ast.Constant):
            index = spot.text(node.slice)
            yield from spot.put(node.slice, f"{index} - 1", f"{index} one less", 5.0)


_Template = Callable[[Spot, str], Iterator[Draft]]
_BY_KIND: tuple[tuple[str, _Template], ...] = (
    ("KeyError", _missing_key),
    ("AttributeError", _none_attribute),
    ("AttributeError", _lacking),
    ("NameError", _undefined),
    ("UnboundLocalError", _undefined),
    ("TypeError", _of_types),
    ("IndexError", _of_index),
)
