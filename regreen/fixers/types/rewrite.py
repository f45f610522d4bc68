"""Make a draft's changes with libcst."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libcst as cst
from libcst import metadata

from regreen.fixers.types.draft import Draft, filled
from regreen.fixers.types.pieces import pieces

_Node = cst.CSTNode
_Result = Any
"""What libcst takes back from a visitor: a node, several, or a request to remove it."""


def rewritten(draft: Draft) -> str | None:
    """Return the text with the changes in it, imports apart; ``None`` where libcst cannot.

    Only the statements in which something changes are taken apart: libcst is slow.
    """
    lines = list(draft.source.lines)
    if any(line.endswith("\r") for line in lines):
        return None  # libcst loses empty lines of such files
    newline = "\r\n" if "\r\n" in draft.source.text else "\n"
    wanted = draft.lines()
    try:
        for one in reversed(list(pieces(draft.source, draft.source.tree, 0, wanted))):
            head = "".join(f"{line}{newline}" for line in one.ahead)
            text = head + "".join(lines[one.first - 1 : one.last])
            made = _changed(draft, text, one.first - 1 - len(one.ahead), newline)
            lines[one.first - 1 : one.last] = [made.removeprefix(head)]
    except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError):
        return None
    return "".join(lines)


def _changed(draft: Draft, text: str, shift: int, newline: str) -> str:
    """Return a piece of the module with its changes; its lines come ``shift`` lines later there."""
    config = cst.PartialParserConfig(default_newline=newline)
    wrapper = metadata.MetadataWrapper(cst.parse_module(text, config), unsafe_skip_copy=True)
    found = wrapper.resolve(metadata.PositionProvider)
    return wrapper.module.visit(_Rewriter(draft, found, shift)).code


class _Rewriter(cst.CSTTransformer):
    def __init__(self, draft: Draft, positions: Mapping[_Node, Any], shift: int) -> None:
        super().__init__()
        self.draft = draft
        self.positions = positions
        self.shift = shift

    def on_leave(self, original_node: Any, updated_node: Any) -> _Result:
        """Change a node where the draft says so."""
        updated = super().on_leave(original_node, updated_node)
        if not isinstance(updated, cst.CSTNode):
            return updated
        if isinstance(original_node, cst.BaseExpression):
            return self._expression(original_node, updated)
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            updated = self._definition(original_node, updated)
        if isinstance(original_node, cst.Assign | cst.AnnAssign):
            return self._assigned(original_node, updated)
        if isinstance(original_node, cst.ImportFrom):
            return self._imported(original_node, updated)
        if isinstance(original_node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            return self._statement(original_node, updated)
        return updated

    def _start(self, node: _Node) -> tuple[int, int]:
        at = self.positions[node].start
        return at.line + self.shift, at.column

    def _expression(self, original: cst.BaseExpression, updated: Any) -> Any:
        at = self.positions[original]
        shift = self.shift
        place = (at.start.line + shift, at.start.column, at.end.line + shift, at.end.column)
        if isinstance(updated, cst.Call):
            updated = self._call(place, updated)
        template = self.draft.wrapped.get(place)
        if template is None:
            return updated
        outer = {"lpar": updated.lpar, "rpar": updated.rpar}
        made = filled(template, updated.with_changes(lpar=(), rpar=()))
        if not outer["lpar"] and any("\n" in t for t in (cst.Module([]).code_for_node(made),)):
            return made
        return made.with_changes(**outer) if outer["lpar"] else made

    def _call(self, place: tuple[int, int, int, int], call: cst.Call) -> cst.Call:
        renamed = self.draft.renamed.get(place, {})
        arguments: list[cst.Arg] = []
        for one in call.args:
            name = one.keyword.value if one.keyword is not None else None
            if name is None or name not in renamed:
                arguments.append(one)
            elif (new := renamed[name]) is not None:
                arguments.append(one.with_changes(keyword=cst.Name(new)))
        for name, value in self.draft.keywords.get(place, ()):
            arguments = _with_argument(arguments, name, value, call.whitespace_before_args)
        if len(arguments) < len(call.args) and arguments and not renamed.keys() <= {""}:
            arguments[-1] = arguments[-1].with_changes(comma=call.args[-1].comma)
        return call.with_changes(args=arguments)

    def _definition(self, original: Any, updated: Any) -> Any:
        start = self._start(original)
        if isinstance(updated, cst.FunctionDef):
            if (text := self.draft.returns.get(start)) is not None:
                updated = updated.with_changes(returns=_annotation(text, " "))
            updated = updated.with_changes(params=self._parameters(start, updated.params))
        for code in self.draft.into.get(start, ()):
            updated = _with_statement(updated, code)
        return updated

    def _parameters(self, start: tuple[int, int], given: cst.Parameters) -> cst.Parameters:
        wanted = self.draft.parameters.get(start, {})

        def annotated(one: Any) -> Any:
            text = wanted.get(one.name.value) if isinstance(one, cst.Param) else None
            if text is None:
                return one
            space = cst.SimpleWhitespace(" ")
            equal = cst.AssignEqual(space, space) if one.default is not None else one.equal
            return one.with_changes(annotation=_annotation(text), equal=equal)

        made = given.with_changes(
            posonly_params=[annotated(one) for one in given.posonly_params],
            params=[annotated(one) for one in given.params],
            kwonly_params=[annotated(one) for one in given.kwonly_params],
            star_arg=annotated(given.star_arg),
            star_kwarg=annotated(given.star_kwarg),
        )
        for name, code in self.draft.more.get(start, ()):
            made = _with_parameter(made, name, code)
        return made

    def _assigned(self, original: Any, updated: Any) -> Any:
        text = self.draft.variables.get(self._start(original))
        if text is None:
            return updated
        if isinstance(updated, cst.AnnAssign):
            return updated.with_changes(annotation=_annotation(text))
        target = updated.targets[0].target
        space = cst.SimpleWhitespace(" ")
        equal = cst.AssignEqual(space, space)
        return cst.AnnAssign(target, _annotation(text), updated.value, equal)

    def _imported(self, original: cst.ImportFrom, updated: Any) -> Any:
        gone = self.draft.unimported.get(self._start(original))
        if not gone or isinstance(updated.names, cst.ImportStar):
            return updated
        left = [n for n in updated.names if n.evaluated_name not in gone]
        if not left:
            return updated
        left[-1] = left[-1].with_changes(comma=updated.names[-1].comma)
        return updated.with_changes(names=left)

    def _statement(self, original: Any, updated: Any) -> Any:
        start = self._start(original)
        draft = self.draft
        if isinstance(original, cst.SimpleStatementLine) and start in draft.instead:
            return _sequence(updated, [_line(code) for code in draft.instead[start]], keep=False)
        ahead = [_line(code) for code in draft.ahead.get(start, ())]
        behind = [_line(code) for code in draft.behind.get(start, ())]
        if not ahead and not behind:
            return updated
        if ahead:
            first = ahead[0].with_changes(leading_lines=updated.leading_lines)
            ahead[0], updated = first, updated.with_changes(leading_lines=())
        return cst.FlattenSentinel([*ahead, updated, *behind])


def _sequence(old: Any, new: list[cst.SimpleStatementLine], *, keep: bool) -> Any:
    if not new:
        return cst.RemoveFromParent()
    new[0] = new[0].with_changes(leading_lines=old.leading_lines)
    new[-1] = new[-1].with_changes(trailing_whitespace=old.trailing_whitespace)
    return cst.FlattenSentinel(new)


def _line(code: str) -> cst.SimpleStatementLine:
    made = cst.parse_statement(code)
    assert isinstance(made, cst.SimpleStatementLine)
    return made


def _annotation(text: str, before: str = "") -> cst.Annotation:
    made = cst.Annotation(cst.parse_expression(text))
    if not before:
        return made
    space = cst.SimpleWhitespace(before)
    return made.with_changes(whitespace_before_indicator=space)


def _with_argument(
    given: list[cst.Arg], name: str, value: str, first: cst.BaseParenthesizableWhitespace
) -> list[cst.Arg]:
    new = cst.Arg(
        cst.parse_expression(value),
        keyword=cst.Name(name),
        equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
    )
    double = [one for one in given if one.star == "**"]
    at = given.index(double[0]) if double else len(given)
    if not given or at < len(given):
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        return [*given[:at], new.with_changes(comma=comma) if at < len(given) else new, *given[at:]]
    last = given[-1]
    between = given[-2].comma if len(given) > 1 else None
    if isinstance(last.comma, cst.Comma):
        again = between.whitespace_after if isinstance(between, cst.Comma) else first
        spread = cst.Comma(whitespace_after=again)
        return [*given[:-1], last.with_changes(comma=spread), new.with_changes(comma=last.comma)]
    plain = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    comma = between if isinstance(between, cst.Comma) else plain
    tail = last.whitespace_after_arg
    return [
        *given[:-1],
        last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace("")),
        new.with_changes(whitespace_after_arg=tail),
    ]


def _with_parameter(given: cst.Parameters, name: str, code: str) -> cst.Parameters:
    """Add what ``def f(<code>)`` takes: an ordinary parameter, ``*args`` or ``**kwargs``."""
    made = cst.parse_statement(f"def f({code}): ...")
    assert isinstance(made, cst.FunctionDef)
    if code.startswith("**"):
        return given.with_changes(star_kwarg=made.params.star_kwarg)
    if code.startswith("*"):
        if isinstance(given.star_arg, cst.Param):
            return given
        return given.with_changes(star_arg=made.params.star_arg)
    new = made.params.params[0]
    if isinstance(given.star_arg, cst.Param | cst.ParamStar):
        return given.with_changes(kwonly_params=[*given.kwonly_params, new])
    return given.with_changes(params=[*_spread(given.params), *_matching(given.params, new)])


def _spread(params: Any) -> list[cst.Param]:
    if not params:
        return []
    before = params[-2].comma if len(params) > 1 else None
    plain = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    comma = before if isinstance(before, cst.Comma) else plain
    return [*params[:-1], params[-1].with_changes(comma=comma)]


def _matching(params: Any, new: cst.Param) -> list[cst.Param]:
    if not params:
        return [new]
    last = params[-1]
    return [new.with_changes(comma=last.comma, whitespace_after_param=last.whitespace_after_param)]


def _with_statement(block: Any, code: str) -> Any:
    body = block.body
    if not isinstance(body, cst.IndentedBlock):
        return block
    made = cst.parse_statement(code)
    if isinstance(made, cst.FunctionDef):
        made = made.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return block.with_changes(body=body.with_changes(body=[*body.body, made]))
