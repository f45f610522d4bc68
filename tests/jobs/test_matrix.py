"""Matrices: the combinations in GitHub's order, and the names of jobs."""

from __future__ import annotations

import pytest

from regreen.errors import UsageError
from regreen.jobs import JobSpec, read_workflow
from regreen.jobs.expressions import Value
from regreen.jobs.matrix import expand, names, variants


def job(fields: str) -> JobSpec:
    """Return the one job of a workflow, with ``fields`` in flow style."""
    text = f"on: push\njobs: {{test: {{runs-on: x, steps: [{{run: a}}], {fields}}}}}\n"
    return read_workflow(text, "ci.yml").jobs["test"]


def test_the_first_key_varies_slowest() -> None:
    assert expand({"a": [1.0, 2.0], "b": ["x", "y"]}) == (
        {"a": 1.0, "b": "x"},
        {"a": 1.0, "b": "y"},
        {"a": 2.0, "b": "x"},
        {"a": 2.0, "b": "y"},
    )


def test_no_matrix_is_one_combination() -> None:
    assert expand(None) == ({},)


def test_include_as_documented() -> None:
    matrix: Value = {
        "fruit": ["apple", "pear"],
        "animal": ["cat", "dog"],
        "include": [
            {"color": "green"},
            {"color": "pink", "animal": "cat"},
            {"fruit": "apple", "shape": "circle"},
            {"fruit": "banana"},
            {"fruit": "banana", "animal": "cat"},
        ],
    }
    assert expand(matrix) == (
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    )


def test_include_alone() -> None:
    assert expand({"include": [{"a": 1.0}, {"a": 2.0}]}) == ({"a": 1.0}, {"a": 2.0})


def test_exclude_comes_before_include_and_may_be_partial() -> None:
    matrix: Value = {
        "os": ["linux", "mac"],
        "py": ["3.9", 3.1],
        "exclude": [{"os": "mac"}, {"os": "LINUX", "py": "3.10"}],
        "include": [{"os": "mac", "py": "3.9"}],
    }
    assert expand(matrix) == ({"os": "linux", "py": "3.9"}, {"os": "mac", "py": "3.9"})


def test_exclude_by_a_part_of_a_mapping() -> None:
    matrix: Value = {
        "node": [{"v": 1.0, "env": "x"}, {"v": 2.0, "env": "y"}],
        "exclude": [{"node": {"v": 2.0}}],
    }
    assert expand(matrix) == ({"node": {"v": 1.0, "env": "x"}},)


@pytest.mark.parametrize(
    "matrix",
    [
        "text",
        ["a"],
        {"a": []},
        {"a": "b"},
        {"include": "x"},
        {},
        {"include": [1.0]},
        {"a": [1.0], "exclude": [{"b": 1.0}]},
        {"a": [1.0], "exclude": [{}]},
        {"include": [{}]},
        {"include": []},
        {"a": [float(n) for n in range(20)], "b": [float(n) for n in range(20)]},
        {name: [float(n) for n in range(200)] for name in "abcdefgh"},
    ],
)
def test_what_is_no_matrix(matrix: Value) -> None:
    with pytest.raises(UsageError):
        expand(matrix)


def test_a_matrix_of_which_all_is_excluded_is_one_job_without_values() -> None:
    assert expand({"a": [1.0], "exclude": [{"a": 1.0}]}) == ({},)


def test_filters_compare_leaf_by_leaf_as_expressions_do() -> None:
    matrix: Value = {
        "a": [{"x": 1.0}, {"x": 2.0, "y": ""}],
        "include": [{"A": {"y": None}, "none": True}, {"a": {"x": "2"}, "two": True}],
    }
    assert expand(matrix) == (
        {"a": {"x": 1.0}, "none": True},
        {"a": {"x": 2.0, "y": ""}, "none": True, "two": True},
    )


def test_an_entry_that_fits_nothing_has_the_vectors_first() -> None:
    matrix: Value = {"os": ["x"], "include": [{"extra": 1.0, "os": "y"}]}
    assert [list(one) for one in expand(matrix)] == [["os"], ["os", "extra"]]


def name(fields: str, combination: dict[str, Value]) -> str:
    """Return how GitHub calls a job with ``fields``."""
    return names(job(fields), combination, {})[0]


def test_names_as_logs_show_them() -> None:
    combination: dict[str, Value] = {"python": 3.1, "os": {"name": "u", "v": "22"}, "empty": ""}
    assert name("name: Tests", {}) == "Tests"
    assert name("env: {}", combination) == "test (3.1, u, 22)"
    assert name("name: Tests", {"a": "1"}) == "Tests (1)"
    assert name("env: {}", {"a": True, "b": None, "c": 3.0, "d": [1.5, "x"]}) == (
        "test (true, 3, 1.5, x)"
    )
    assert name('name: "py${{ matrix.python }}"', combination) == "py3.1"
    assert name('name: "${{ matrix.nothing }}"', {"a": "1"}) == "test (1)"
    assert name("env: {}", {"a": "x" * 300}) == f"test ({'x' * 91}..."
    assert name("env: {}", {"a": "\U0001f600" * 60}) == f"test ({chr(0x1F600) * 45}..."


def test_a_name_leaves_out_what_include_added() -> None:
    spec = job("strategy: {matrix: {a: [1], include: [{a: 1, b: 2}, {a: 3, b: 4}]}}")
    first, second = variants({"a": [1.0], "include": [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0}]})
    assert names(spec, first.values, {}, first.named) == ("test (1)", "test (1, 2)")
    assert names(spec, second.values, {}, second.named) == ("test (3, 4)",)
