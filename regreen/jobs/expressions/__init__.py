"""GitHub's ``${{ }}`` language: text and contexts in, values out. Nothing is read or run here."""

from regreen.jobs.expressions.errors import ExpressionError, Stage
from regreen.jobs.expressions.functions import (
    STATUS_NAMES,
    Function,
    Status,
    hash_files_function,
    status_functions,
)
from regreen.jobs.expressions.nodes import Call, Index, Literal, Name, Node, Operation, walk
from regreen.jobs.expressions.template import (
    Code,
    condition,
    condition_code,
    evaluate,
    is_insert,
    literal_text,
    parse,
    render,
    resolve,
    split,
    uses_status,
    whole_code,
)
from regreen.jobs.expressions.values import CaseSensitive, Value, equal, kind, to_string, truthy

__all__ = [
    "STATUS_NAMES",
    "Call",
    "CaseSensitive",
    "Code",
    "ExpressionError",
    "Function",
    "Index",
    "Literal",
    "Name",
    "Node",
    "Operation",
    "Stage",
    "Status",
    "Value",
    "condition",
    "condition_code",
    "equal",
    "evaluate",
    "hash_files_function",
    "is_insert",
    "kind",
    "literal_text",
    "parse",
    "render",
    "resolve",
    "split",
    "status_functions",
    "to_string",
    "truthy",
    "uses_status",
    "walk",
    "whole_code",
]
