"""SARIF 2.1.0 as the standard describes it, and as code scanning takes it.

The published schema is no package, so what a report may hold is written out here: which properties
each object has, of which type, and which of them are required.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from regreen.deliver.analyses import Report, rendered
from regreen.model import Category, Diagnostic, Severity
from tests.deliver.test_analyses import HOSTILE_REPORTS, RED, folder, found, one, spot

TEXT = {"text!": str}
LEVEL = {"level!": {"none", "note", "warning", "error"}}
ANY: dict[str, Any] = {"*": object}
RULE = {
    "id!": str, "shortDescription!": TEXT, "fullDescription!": TEXT, "help!": TEXT,
    "defaultConfiguration!": LEVEL, "properties!": {"tags!": [str]},
}  # fmt: skip
PLACE = {
    "artifactLocation!": {"uri!": str, "uriBaseId!": {"%SRCROOT%"}},
    "region!": {"startLine!": 1, "startColumn": 1},
}
LOGICAL = {"name!": str, "fullyQualifiedName!": str, "kind!": {"step"}}
RESULT = {
    "ruleId!": str, "ruleIndex!": 0, **LEVEL, "message!": TEXT,
    "locations!": [{"physicalLocation!": PLACE, "logicalLocations": [LOGICAL]}],
    "partialFingerprints!": {"regreenSignature/v1!": str}, "properties!": ANY,
}  # fmt: skip
RUN = {
    "tool!": {"driver!": {"name!": {"regreen"}, "version!": str, "rules!": [RULE]}},
    "automationDetails!": {"id!": str},
    "originalUriBaseIds!": {"%SRCROOT%!": {"description!": TEXT}},
    "columnKind!": {"unicodeCodePoints", "utf16CodeUnits"},
    "results!": [RESULT],
    "properties!": ANY,
}
LOG = {"$schema!": str, "version!": {"2.1.0"}, "runs!": [RUN]}


def check(value: Any, shape: Any, path: str = "") -> None:
    """Hold ``value`` against a shape: ``!`` is required, an integer the least, a set the choice."""
    if isinstance(shape, Mapping):
        assert isinstance(value, dict), path
        if shape == ANY:
            return
        names = {name.removesuffix("!"): inner for name, inner in shape.items()}
        assert set(value) <= set(names), path
        assert set(value) >= {name[:-1] for name in shape if name.endswith("!")}, path
        for name, inner in value.items():
            check(inner, names[name], f"{path}/{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), path
        for index, inner in enumerate(value):
            check(inner, shape[0], f"{path}/{index}")
    elif isinstance(shape, set):
        assert value in shape, path
    elif isinstance(shape, int):
        assert type(value) is int, path
        assert value >= shape, path
    else:
        assert isinstance(value, shape), path
        assert value != "", path


def sarif(report: Report) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(rendered(report, "sarif"))
    check(data, LOG)
    (run,) = data["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    marks = [result["partialFingerprints"]["regreenSignature/v1"] for result in run["results"]]
    assert len(set(marks)) == len(marks)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["locations"]) == 1
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:[A-Za-z0-9/._~-]|%[0-9A-F]{2})+", uri), uri
        assert urlsplit(uri).scheme == urlsplit(uri).netloc == ""
        assert not uri.startswith("/")
        assert ".." not in unquote(uri).split("/")
    return dict(run)


def first(report: Report) -> dict[str, Any]:
    return dict(sarif(report)["results"][0])


def test_a_finding_is_a_result_with_its_place() -> None:
    result = first(one(found(RED)))
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%BC%2520%2C%3Ax.py"
    assert place["region"] == {"startLine": 3, "startColumn": 8}
    assert result["ruleId"] == "ruff/F401"
    assert result["level"] == "warning"
    assert result["message"]["text"] == "`os` imported but unused"
    assert result["properties"]["evidence"] == [{"line": 12, "text": "a.py:3:8: F401 os"}]
    assert result["properties"]["placed"] is True


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.LOW, "note"),
        (Severity.MEDIUM, "warning"),
        (Severity.HIGH, "error"),
        (Severity.CRITICAL, "error"),
    ],
)
def test_the_level_follows_the_severity(severity: Severity, level: str) -> None:
    assert first(one(found(RED, severity=severity)))["level"] == level


@pytest.mark.parametrize(
    "file", [None, "", "/etc/passwd", "../up.py", "a/../../b", "C:\\x.py", "\\\\host\\x", "./"]
)
def test_what_has_no_place_in_the_repository_stands_at_the_workflow(file: str | None) -> None:
    failure = found(Diagnostic(file, None, "no space left", 7, 9), step="Build")
    report = Report(
        "ci.log",
        "log",
        (spot("ci.log", failure),),
        (),
        "CI",
        "lint",
        None,
        ".github/workflows/ci.yml",
    )
    result = first(report)
    place = result["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == ".github/workflows/ci.yml"
    assert place["physicalLocation"]["region"] == {"startLine": 1}
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "lint/Build"
    assert result["properties"]["placed"] is False
    bare = first(one(failure))["locations"][0]["physicalLocation"]
    assert bare["artifactLocation"]["uri"] == ".github/workflows"


def test_a_failure_without_findings_is_a_result_too() -> None:
    result = first(one(found(category=Category.TIMEOUT, tool=None)))
    assert result["ruleId"] == "timeout/timeout"
    assert result["message"]["text"] == "The step ran into a time limit. A new run may pass."


def test_columns_before_the_first_are_left_out() -> None:
    result = first(one(found(Diagnostic("a.py", "C0114", "m", 1, 0))))
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_a_fingerprint_stays_when_a_finding_moves_and_tells_doubles_apart() -> None:
    def marks(*lines: int) -> list[str]:
        given = (Diagnostic("a.py", "F401", "/tmp/x/os unused", line) for line in lines)
        results = sarif(one(found(*given)))["results"]
        return [result["partialFingerprints"]["regreenSignature/v1"] for result in results]

    assert marks(3, 9) == marks(4, 30)
    other = first(one(found(Diagnostic("b.py", "F401", "/tmp/x/os unused", 3))))
    assert other["partialFingerprints"]["regreenSignature/v1"] not in marks(3, 9)


def test_two_reports_do_not_replace_one_another() -> None:
    lint = Report("a", "log", (spot("a", found(RED)),), (), "CI", "lint (3.11)")
    types = Report("a", "log", (spot("a", found(RED)),), (), "CI", "types/all")
    ids = [sarif(report)["automationDetails"]["id"] for report in (lint, types, one(found(RED)))]
    assert ids == ["regreen/CI/lint (3.11)/", "regreen/CI/types-all/", "regreen/"]


@pytest.mark.parametrize("report", HOSTILE_REPORTS, ids=["log", "folder", "run"])
def test_a_hostile_log_is_text_in_it(report: Report) -> None:
    for result in sarif(report)["results"]:
        text = result["message"]["text"]
        assert text.isprintable()
        assert re.search(r"(?<!\\)\[[^\]]*\]\(", text) is None
        assert "{0}" not in text.replace("{{0}}", "")


def test_no_more_results_than_code_scanning_takes() -> None:
    many = [Diagnostic(f"f{n}.py", f"X{n % 7}", "m", 1) for n in range(6000)]
    assert len(sarif(one(found(*many)))["results"]) == 5000


def test_a_report_without_failures_is_empty() -> None:
    for report in (one(), folder(), Report("github-1", "run", ())):
        assert sarif(report)["results"] == []
