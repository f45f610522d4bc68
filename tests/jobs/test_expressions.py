"""GitHub's expression language: own vectors, and the published ones where they are at hand."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regreen.jobs.conformance import expression_results
from regreen.jobs.expressions import (
    CaseSensitive,
    ExpressionError,
    Stage,
    Status,
    Value,
    condition,
    evaluate,
    hash_files_function,
    render,
    resolve,
)

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "expressions"
CONTEXTS: dict[str, Value] = {
    "github": {"ref": "refs/heads/main", "event": {"labels": [{"name": "a"}, {"name": "b"}]}},
    "matrix": {"python": 3.1, "os": "ubuntu-latest", "include": True},
    "env": CaseSensitive({"CI": "true"}),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 == '1'", True),
        ("'A' == 'a'", True),
        ("null == 0", True),
        ("'abc' == 0", False),
        ("1 < 2 && 2 < 3 || false", True),
        ("!true == false", True),
        ("true && 'yes' || 'no'", "yes"),
        ("'' || null", None),
        ("'it''s'", "it's"),
        ("github.REF", "refs/heads/main"),
        ("github['ref']", "refs/heads/main"),
        ("github.event.labels.*.name", ["a", "b"]),
        ("github.event.labels[1].name", "b"),
        ("github.event.labels[7].name", None),
        ("github.nothing.at.all", None),
        ("contains(github.event.labels.*.name, 'B')", True),
        ("format('{0}-{{x}}-{1}', matrix.python, true)", "3.1-{x}-true"),
        ("join(github.event.labels.*.name, '+')", "a+b"),
        ("fromJSON('{\"a\": [1, 2]}').a[1]", 2.0),
        ("toJSON(fromJSON('{\"a\": [1, {}]}'))", '{\n  "a": [\n    1,\n    {}\n  ]\n}'),
        ("startsWith('Refs/x', 'refs/') && endsWith('x.PY', '.py')", True),
        ("case(false, 1, true, 2, 3)", 2.0),
        ("env.ci", None),
        ("env.CI", "true"),
        ("0xff", 255.0),
        ("(" * 60 + "1" + ")" * 60, 1.0),
    ],
)  # fmt: skip
def test_value(text: str, value: Value) -> None:
    assert evaluate(text, CONTEXTS) == value


@pytest.mark.parametrize(
    ("text", "stage", "position"),
    [
        ("a ? b", Stage.PARSING, 1),
        ("github ? 1", Stage.LEXING, 8),
        ("matrix.python => 3.12", Stage.LEXING, 15),
        ('github.ref == "main"', Stage.LEXING, 15),
        ("github.ref ==", Stage.PARSING, 12),
        ("nothing(1)", Stage.PARSING, 1),
        ("contains('a')", Stage.PARSING, 1),
        ("always()", Stage.PARSING, 1),
        ("(1", Stage.PARSING, 2),
        ("1)", Stage.PARSING, 2),
        ("github[*", Stage.PARSING, 8),
        ("github[* == 1]", Stage.PARSING, 10),
        ("1, 2", Stage.PARSING, 2),
        ("'open", Stage.LEXING, 1),
        ("'it''s open", Stage.LEXING, 1),
        ("", Stage.PARSING, None),
        ("fromJSON('{')", Stage.EVALUATION, None),
        ("'\U0001f600' @", Stage.LEXING, 6),
    ],
)
def test_error_says_where(text: str, stage: Stage, position: int | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, CONTEXTS)
    assert (caught.value.stage, caught.value.position) == (stage, position)


@given(st.text(alphabet="()[].,*!<>=&|'abgithub 019-+xE\n\"${}\u00e9", max_size=40))
def test_any_text_gives_a_value_or_an_expression_error(text: str) -> None:
    with suppress(ExpressionError):
        evaluate(text, CONTEXTS)


def test_deep_and_long_texts_are_refused_not_crashed_on() -> None:
    nested = "(" * 9000 + "1" + ")" * 9000
    assert evaluate(nested, {}) == 1.0
    for text in ("!" * 20000 + "1", "1" * 30000, "[" * 5000, "x" + ".a" * 9000):
        with pytest.raises(ExpressionError):
            evaluate(text, {"x": None})
    with pytest.raises(ExpressionError):
        evaluate("fromJSON(x)", {"x": "[" * 200_000})


def test_text_cannot_grow_without_bound() -> None:
    text = "'0123456789'"
    for _ in range(24):
        text = f"format('{{0}}{{0}}{{0}}', {text})"
    with pytest.raises(ExpressionError, match="memory"):
        evaluate(text, {})
    many = "[" + ",".join("1" * 5000) + "]"
    with pytest.raises(ExpressionError, match="memory"):
        evaluate("join(fromJSON(many), long)", {"many": many, "long": "x" * 1_000_000})


def test_numbers_are_written_as_the_runner_writes_them() -> None:
    numbers = {3.10: "3.1", 1e15: "1E+15", 0.1 + 0.2: "0.3", -0.0: "0", 1e-5: "1E-05"}
    assert {n: render("${{ n }}", {"n": n}) for n in numbers} == numbers
    assert render("${{ n }}", {"n": math.inf}) == "Infinity"


def test_json_escapes_what_ends_a_line() -> None:
    assert evaluate("toJSON(x)", {"x": "a\u2028\x85\u00e9\n"}) == '"a\\u2028\\u0085\u00e9\\n"'


def test_rendering_and_resolving() -> None:
    assert (
        render("py${{ matrix.python }} on ${{ matrix.os }}", CONTEXTS) == "py3.1 on ubuntu-latest"
    )
    assert render("${{ '}}' }}$", CONTEXTS) == "}}$"
    assert resolve({"a": ["${{ matrix.include }}", "x${{ matrix.include }}"]}, CONTEXTS) == {
        "a": [True, "xtrue"]
    }
    assert resolve({"${{ insert }}": "${{ matrix }}", "z": 1.0}, {"matrix": {"y": 2.0}}) == {
        "y": 2.0,
        "z": 1.0,
    }
    with pytest.raises(ExpressionError, match="not closed"):
        render("${{ matrix.os }", CONTEXTS)


@pytest.mark.parametrize(
    ("text", "in_success", "in_failure"),
    [
        (None, True, False),
        ("", True, False),
        ("matrix.include", True, False),
        ("${{ matrix.include }}", True, False),
        ("always()", True, True),
        ("failure()", False, True),
        ("${{ failure() || matrix.include }}", True, True),
        ("!cancelled()", True, True),
        ("matrix.os == 'windows-latest'", False, False),
        ("${{ matrix.os }} == 'windows-latest'", True, False),
        ("github.ref == 'refs/heads/main' && success()", True, False),
    ],
)
def test_condition(text: str | None, in_success: bool, in_failure: bool) -> None:
    assert condition(text, CONTEXTS, Status.SUCCESS) is in_success
    assert condition(text, CONTEXTS, Status.FAILURE) is in_failure


def test_hash_files_is_answered_by_the_caller() -> None:
    functions = hash_files_function(lambda patterns: "+".join(patterns))
    assert render("k-${{ hashFiles('a', '**/b') }}", {}, functions) == "k-a+**/b"


def test_published_vectors() -> None:
    if not PUBLISHED.is_dir():
        pytest.skip(f"GitHub's vectors are not at {PUBLISHED}")
    results = expression_results(PUBLISHED)
    assert len(results) > 500
    assert [result for result in results if not result.passed] == []


def test_a_wrong_answer_to_a_vector_is_seen(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(
        """{"group": [
        {"expr": "1", "result": {"kind": "Number", "value": 2}},
        {"expr": "1", "result": {"kind": "String", "value": "1"}},
        {"expr": "1", "err": {"kind": "parsing", "value": "no"}},
        {"expr": "@", "err": {"kind": "parsing", "value": "Unexpected symbol"}},
        {"expr": "@", "err": {"kind": "lexing", "value": "Unexpected symbol"}},
        {"expr": "x", "contexts": {"x": [1]}, "result": {"kind": "Array", "value": [1]}}]}"""
    )
    answers = [result.passed for result in expression_results(tmp_path)]
    assert answers == [False, False, False, False, True, True]
