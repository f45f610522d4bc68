"""One Python file to be changed: changes are collected by place, and made in one go with libcst.

Places are those of ``ast`` (1-based lines, byte columns), in which fixers think; libcst keeps
everything else as it was written. It is imported when a change is made, and not before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regreen.fixers.source import Source, parse
from regreen.fixers.types.imports import Import, with_imports
from regreen.fixers.types.spelling import Spelled
from regreen.scene import Scene

if TYPE_CHECKING:
    import libcst as cst

Function = ast.FunctionDef | ast.AsyncFunctionDef
_HOLE = "_it_"
_Place = tuple[int, int, int, int]
_Start = tuple[int, int]


@dataclass(slots=True)
class Draft:
    """The changes to one file; `text` makes them."""

    path: str
    source: Source
    imports: list[Import] = field(default_factory=list)
    returns: dict[_Start, str] = field(default_factory=dict)
    parameters: dict[_Start, dict[str, str]] = field(default_factory=dict)
    more: dict[_Start, list[tuple[str, str]]] = field(default_factory=dict)
    variables: dict[_Start, str] = field(default_factory=dict)
    wrapped: dict[_Place, str] = field(default_factory=dict)
    ahead: dict[_Start, list[str]] = field(default_factory=dict)
    instead: dict[_Start, list[str]] = field(default_factory=dict)
    behind: dict[_Start, list[str]] = field(default_factory=dict)
    into: dict[_Start, list[str]] = field(default_factory=dict)
    keywords: dict[_Place, list[tuple[str, str]]] = field(default_factory=dict)
    renamed: dict[_Place, dict[str, str | None]] = field(default_factory=dict)
    unimported: dict[_Start, set[str]] = field(default_factory=dict)

    def need(self, imports: Iterable[Import]) -> None:
        """Have these names imported, where they are not yet."""
        self.imports += [one for one in imports if one not in self.imports]

    def give(self, function: Function, spelled: Spelled) -> None:
        """Annotate (or annotate anew) what a function returns."""
        self.returns[self.start(function)] = spelled.text
        self.need(spelled.imports)

    def take(self, function: Function, name: str, spelled: Spelled) -> None:
        """Annotate (or annotate anew) a parameter of a function."""
        self.parameters.setdefault(self.start(function), {})[name] = spelled.text
        self.need(spelled.imports)

    def add_parameter(self, function: Function, name: str, code: str) -> None:
        """Give a function one more parameter, behind the others that may be given by place."""
        self.more.setdefault(self.start(function), []).append((name, code))

    def declare(self, statement: ast.Assign | ast.AnnAssign, spelled: Spelled) -> None:
        """Annotate (or annotate anew) the one name that a statement assigns."""
        self.variables[self.start(statement)] = spelled.text
        self.need(spelled.imports)

    def wrap(self, expression: ast.expr, template: str) -> None:
        """Put ``template`` in place of an expression; ``_it_`` in it stands for what was there."""
        self.wrapped[self.place(expression)] = template

    def before(self, statement: ast.stmt, code: str) -> None:
        """Put a simple statement ahead of another one."""
        self.ahead.setdefault(self.start(statement), []).append(code)

    def after(self, statement: ast.stmt, code: str) -> None:
        """Put a simple statement behind another one, in the same block."""
        self.behind.setdefault(self.start(statement), []).append(code)

    def replace(self, statement: ast.stmt, codes: list[str]) -> None:
        """Put simple statements (none: nothing) in place of a simple one."""
        self.instead[self.start(statement)] = codes

    def append(self, block: Function | ast.ClassDef, code: str) -> None:
        """Put a statement (of any kind) at the end of the body of a function or class."""
        self.into.setdefault(self.start(block), []).append(code)

    def add_argument(self, call: ast.Call, name: str, value: str) -> None:
        """Give a keyword argument to a call."""
        self.keywords.setdefault(self.place(call), []).append((name, value))

    def rename_argument(self, call: ast.Call, old: str, new: str | None) -> None:
        """Give a keyword argument of a call another name; ``None`` takes it away."""
        self.renamed.setdefault(self.place(call), {})[old] = new

    def drop_import(self, node: ast.ImportFrom, name: str) -> None:
        """Take a name out of an import; the statement goes with its last one."""
        gone = self.unimported.setdefault(self.start(node), set())
        gone.add(name)
        if all(alias.name in gone for alias in node.names):
            self.replace(node, [])

    def start(self, node: ast.stmt | ast.expr) -> _Start:
        """Return where a node begins, as libcst counts (a definition: at ``def``, ``class``)."""
        return node.lineno, self.source.column(node.lineno, node.col_offset)

    def place(self, node: ast.expr) -> _Place:
        """Return where an expression begins and ends, as libcst counts."""
        line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        return (*self.start(node), line, self.source.column(line, end))

    def code(self, node: ast.AST) -> str:
        """Return a node as it is written."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None) or 0
        if not 0 < first <= last <= len(self.source.lines):
            return ast.unparse(node)
        lines = [line.encode() for line in self.source.lines[first - 1 : last]]
        lines[-1] = lines[-1][: getattr(node, "end_col_offset", None) or 0]
        lines[0] = lines[0][getattr(node, "col_offset", 0) :]
        return b"".join(lines).decode("utf-8", "replace") or ast.unparse(node)

    def lines(self) -> set[int]:
        """Return the 1-based lines where something changes, imports that are added apart."""
        places = (
            self.returns, self.parameters, self.more, self.variables, self.wrapped, self.ahead,
            self.instead, self.behind, self.into, self.keywords, self.renamed, self.unimported,
        )  # fmt: skip
        return {key[0] for one in places for key in one}

    def text(self) -> str | None:
        """Return the changed text; ``None`` when nothing changes, or it cannot be made."""
        from regreen.fixers.types.rewrite import rewritten

        made = rewritten(self)
        if made is None:
            return None
        made = with_imports(made, self.imports)
        return made if made != self.source.text and parse(made) is not None else None


def draft(path: str, scene: Scene) -> Draft | None:
    """Return a draft of a file; ``None`` where it is no Python that can be read."""
    text = scene.files.text(path)
    source = parse(text) if text is not None else None
    return Draft(path, source) if source is not None else None


def finished(drafts: Iterable[Draft]) -> dict[str, str]:
    """Return the new texts of all drafts that change something."""
    made = ((one.path, one.text()) for one in drafts)
    return {path: text for path, text in made if text is not None}


def filled(template: str, node: cst.BaseExpression) -> cst.BaseExpression:
    """Return ``template`` as an expression in which ``_it_`` is ``node``."""
    import libcst

    class Fill(libcst.CSTTransformer):
        def leave_Name(  # noqa: N802 - libcst finds it by this name
            self, original_node: cst.Name, updated_node: cst.Name
        ) -> Any:
            return node if original_node.value == _HOLE else updated_node

    made = libcst.parse_expression(template).visit(Fill())
    assert isinstance(made, libcst.BaseExpression)
    return made
