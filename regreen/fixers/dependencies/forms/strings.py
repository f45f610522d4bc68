"""Requirements that are string literals of a Python file: ``setup.py``, ``noxfile.py``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from regreen.fixers.dependencies.forms.slot import Slot, name_of, read

_PLAIN = re.compile(r"""(?P<quote>["'])(?P<text>[^"'\\\n]*)(?P=quote)""")


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one ``session.install(...)``, and the session that it is in."""

    session: str
    arguments: tuple[ast.expr, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments that are plain strings."""
        found = (_constant(one) for one in self.arguments)
        return tuple(one for one in found if one is not None)


def parsed(text: str) -> ast.Module | None:
    """Return a file's syntax tree; ``None`` when it cannot be read."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def setup_slots(text: str, extra: str | None, key: str = "install_requires") -> Iterator[Slot]:
    """Yield the requirements that ``setup()`` gets by ``key``, or of an extra."""
    where = setup_list(text, extra, key)
    yield from _slots(text, where.elts if where is not None else ())


def setup_append(
    text: str, extra: str | None, requirement: str, key: str = "install_requires"
) -> str | None:
    """Return ``setup.py`` with an item added to a list; ``None`` where there is none, or has it."""
    where = setup_list(text, extra, key)
    if where is None or any(s.key == name_of(requirement) for s in _slots(text, where.elts)):
        return None
    lines = text.splitlines(keepends=True)
    item = f'"{requirement}"'
    if not where.elts:
        row, column = where.end_lineno or 1, (where.end_col_offset or 1) - 1
    else:
        last = where.elts[-1]
        row, column = last.end_lineno or 1, last.end_col_offset or 0
        spread = last.lineno != where.lineno
        item = f",\n{' ' * last.col_offset}{item}" if spread else f", {item}"
    line = lines[row - 1].encode()
    lines[row - 1] = (line[:column] + item.encode() + line[column:]).decode()
    return "".join(lines)


def installs(text: str) -> list[Call]:
    """Return the ``session.install`` calls of a noxfile, in order."""
    tree = parsed(text)
    found: list[Call] = []
    for function in ast.walk(tree) if tree else ():
        if not isinstance(function, ast.FunctionDef):
            continue
        session = _session_name(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                arguments = tuple(node.args)
                if node.func.attr == "run":
                    words = [_constant(one) for one in arguments]
                    if words[:2] != ["pip", "install"]:
                        continue
                    arguments = arguments[2:]
                elif node.func.attr not in {"install", "conda_install"}:
                    continue
                found.append(Call(session, arguments))
    return found


def install_slots(text: str, session: str) -> Iterator[Slot]:
    """Yield the requirements that a nox session installs."""
    for call in installs(text):
        if call.session == session:
            yield from _slots(text, call.arguments)


def install_append(text: str, session: str, requirement: str) -> str | None:
    """Return a noxfile whose session installs one more requirement, in its first such call."""
    if any(s.key == name_of(requirement) for s in install_slots(text, session)):
        return None
    for call in installs(text):
        last = call.arguments[-1] if call.arguments else None
        if call.session == session and last is not None and _constant(last) is not None:
            lines = text.splitlines(keepends=True)
            row, column = last.end_lineno or 1, last.end_col_offset or 0
            line = lines[row - 1].encode()
            made = line[:column] + f', "{requirement}"'.encode() + line[column:]
            lines[row - 1] = made.decode()
            return "".join(lines)
    return None


def setup_list(text: str, extra: str | None, key: str = "install_requires") -> ast.List | None:
    """Return the list that setup() gets, also where it comes by a name or a dictionary's key."""
    tree = parsed(text)
    if tree is None:
        return None
    values = _setup_values(tree)
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = values.get("extras_require" if extra is not None else key)
    found = names.get(found.id) if isinstance(found, ast.Name) else found
    if extra is not None and isinstance(found, ast.Dict):
        chosen = [v for k, v in zip(found.keys, found.values, strict=True) if _constant(k) == extra]
        found = chosen[0] if chosen else None
        found = names.get(found.id) if isinstance(found, ast.Name) else found
    return found if isinstance(found, ast.List) else None


def _slots(text: str, nodes: Iterable[ast.expr]) -> Iterator[Slot]:
    for node in nodes:
        written = read(_constant(node) or "")
        if written is None:
            continue

        def write(specifier: str, comment: str, node: ast.expr = node) -> str | None:
            return _replaced(text, node, specifier, comment)

        yield Slot(written.name, written.specifier, write, written.marker)


def _replaced(text: str, node: ast.expr, specifier: str, comment: str) -> str | None:
    lines = text.splitlines(keepends=True)
    if node.end_lineno != node.lineno:
        return None
    line = lines[node.lineno - 1].encode()
    before, body, after = (
        part.decode()
        for part in (
            line[: node.col_offset],
            line[node.col_offset : node.end_col_offset],
            line[node.end_col_offset :],
        )
    )
    match, written = _PLAIN.fullmatch(body), read(_constant(node) or "")
    if match is None or written is None or match["quote"] in specifier:
        return None
    if comment and re.fullmatch(r",\s*", after):
        after = f",  # {comment}{after[1:].lstrip(' ') or chr(10)}"
    quote = match["quote"]
    lines[node.lineno - 1] = f"{before}{quote}{written.having(specifier)}{quote}{after}"
    return "".join(lines)


def _constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _session_name(function: ast.FunctionDef) -> str:
    for decorator in function.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg == "name" and (name := _constant(keyword.value)):
                return name
    return function.name


def _setup_values(tree: ast.Module) -> Mapping[str, ast.expr]:
    """Collect what may be given to setup(): keywords, and keys of dictionaries, by their names."""
    values: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            values |= {k.arg: k.value for k in node.keywords if k.arg}
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if (name := _constant(key)) is not None:
                    values.setdefault(name, value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            name = _constant(node.targets[0].slice)
            values |= {name: values.get(name, node.value)} if name is not None else {}
    return values
