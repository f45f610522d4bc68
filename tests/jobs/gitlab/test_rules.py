"""Which jobs a pipeline gets, and what they get from their rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regreen.jobs.gitlab.expressions import ExpressionFault, holds
from regreen.jobs.gitlab.globs import named
from regreen.jobs.gitlab.pipeline import Pipeline, of_pipeline
from regreen.jobs.gitlab.rules import Circumstances, chosen
from tests.jobs.gitlab.support import PIPELINE, Files, config, job

VARIABLES = {"A": "a", "EMPTY": "", "REF": "feature/x", "PATTERN": "/^feat/", "TEXT": "feature/x y"}
REQUEST = replace(PIPELINE, source="merge_request_event", ref="feature", number=3, target="main")
TAG = replace(PIPELINE, ref="v1.0", tag=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A", True), ("$EMPTY", False), ("$NONE", False), ('$A == "a"', True),
        ("$A == 'b'", False), ("$A != 'b'", True), ("$NONE == null", True),
        ("$EMPTY == null", False), ('$EMPTY == ""', True), ('$NONE == ""', False),
        ("$REF =~ /^feature/", True), ("$REF =~ /^FEATURE/", False), ("$REF =~ /^FEATURE/i", True),
        (r"$REF =~ /^feature\/x$/", True), ("$REF !~ /x$/", False), ("$NONE =~ /./", False),
        ("$NONE !~ /./", True), ("$REF =~ $PATTERN", True), ("$REF !~ $PATTERN", False),
        ("$REF =~ $NONE", False), ("$REF =~ $TEXT", True),
        ("$A && $NONE", False), ("$A || $NONE", True), ("$NONE || $A", True),
        ("$A == 'a' && $REF =~ /z/ || $A", True),
        ("$A == 'a' && ($REF =~ /z/ || $NONE)", False),
        ("$NONE && $A || $A", True), ("$NONE && ($A || $A)", False),
        ("'a' == $A", True), ('"text"', True), ("null", False), ("$A == $A", True),
        ("  $A  ==  'a'  ", True), ("$EMPTY && $A", True),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: bool) -> None:
    assert holds(text, VARIABLES) is expected


@pytest.mark.parametrize(
    "text",
    [
        "", "$A =", "$A ==", "== 'a'", "($A", "$A)", "$A $A", "${A} == 'a'", "A == 'a'", "$A === 1",
        "$A == 'a", "$A =~ /(/", "$A =~ 'x'", "$A == true", "(" * 60 + "$A" + ")" * 60,
        " && ".join(["$A"] * 60),
    ],
)  # fmt: skip
def test_wrong_expressions(text: str) -> None:
    with pytest.raises(ExpressionFault):
        holds(text, VARIABLES)


@pytest.mark.timeout(20)
def test_a_pattern_that_backtracks_elsewhere_ends_here() -> None:
    assert not holds("$X =~ /^(a+)+$/", {"X": "a" * 5000 + "b"})


def added(rules: str, pipeline: Pipeline, changes: bool = True) -> bool:
    text = f"own:\n  script: x\n{rules}"
    files = Files({".gitlab-ci.yml": text, "src/app/a.py": ""})
    given = Circumstances(of_pipeline(pipeline), files, changes)
    return chosen(config(text).jobs["own"], "own", given, workflow=False).added


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("", (True, False, True)),
        ("  rules: [{if: $CI_COMMIT_BRANCH}]", (True, False, False)),
        ("  rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]", (True, True, False)),
        ("  rules: []", (False, False, False)),
        ("  rules: [{exists: ['src/**/*.py']}]", (True, True, True)),
        ("  rules: [{exists: {paths: ['*.py']}}]", (False, False, False)),
        ("  rules: [{if: $CI_MERGE_REQUEST_IID}, [{if: $CI_COMMIT_TAG}]]", (False, True, True)),
        ("  only: [main]", (True, False, False)),
        ("  only: [merge_requests]", (False, True, False)),
        ("  only: [tags, branches]", (True, False, True)),
        ("  only: ['/^v/']", (False, False, True)),
        ("  only: [main@group/app]", (True, False, False)),
        ("  only: [main@other/app]", (False, False, False)),
        ("  only: {refs: [branches], variables: ['$NONE']}", (False, False, False)),
        ("  only: {variables: ['$CI']}", (True, True, True)),
        ("  except: [tags]", (True, False, False)),
        ("  only: [pushes]\n  except: [main]", (False, False, True)),
        ("  only: [schedules]", (False, False, False)),
    ],
)  # fmt: skip
def test_what_a_push_a_merge_request_and_a_tag_get(
    rules: str, expected: tuple[bool, bool, bool]
) -> None:
    assert tuple(added(rules, one) for one in (PIPELINE, REQUEST, TAG)) == expected


def test_changes_are_taken_as_told() -> None:
    for rules in ("  rules: [{changes: ['src/*']}]", "  only: {changes: ['src/*']}"):
        assert added(rules, PIPELINE, changes=True)
        assert not added(rules, PIPELINE, changes=False)


def test_a_rule_s_variables_win_and_its_words_on_failure_count() -> None:
    text = """\
variables: {A: global, B: global}
own:
  variables: {A: job}
  script: x
  rules:
    - if: $CI_COMMIT_TAG
      variables: {A: tag}
    - if: $B == "global"
      variables: {A: rule, NEW: $B}
      allow_failure: true
"""
    found = job(text, "own").job
    assert (found.variables["A"], found.variables["NEW"]) == ("rule", "global")
    assert found.allow_failure


def test_rules_see_the_job_s_own_variables_and_its_matrix() -> None:
    text = """\
variables: {ALL: $CI_COMMIT_BRANCH}
own:
  parallel: {matrix: [{OS: [a, b]}]}
  variables: {ONE: x}
  script: x
  rules: [{if: $ONE == "x" && $OS == "b" && $ALL == "main", variables: {SEEN: yes it is}}]
"""
    assert job(text, "own: [b]").job.variables["SEEN"] == "yes it is"
    assert "SEEN" not in job(text, "own: [a]").job.variables


def test_a_job_that_ran_is_put_into_a_pipeline_that_has_it() -> None:
    text = "own:\n  script: x\n  rules: [{if: $CI_MERGE_REQUEST_IID, variables: {A: mr}}]\n"
    found = job(text, "own")
    assert found.job.variables["CI_PIPELINE_SOURCE"] == "merge_request_event"
    assert found.job.variables["A"] == "mr"
    assert "merge request" in found.why
    never = job("own: {script: x, rules: [{when: never}]}", "own")
    assert "its rules add it to no pipeline" in never.why
    unchanged = job("own: {script: x, rules: [{changes: [a], when: never}, {if: $CI}]}", "own")
    assert "changes" in unchanged.why


def test_workflow_rules_choose_the_pipeline_and_set_variables() -> None:
    text = """\
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
      variables: {KIND: mr}
own: {script: x, variables: {COPY: $KIND}}
"""
    found = job(text, "own").job
    assert (found.variables["KIND"], found.variables["COPY"]) == ("mr", "mr")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.py", "a.py", True), ("*.py", "s/a.py", False), ("**/*.py", "a.py", True),
        ("**/*.py", "s/t/a.py", True), ("s/**/*", "s/t/u/a.py", True), ("s/*", "s/t/a", False),
        ("*.{py,md}", "a.md", True), ("a?c", "abc", True), ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False), ("Dockerfile", "Dockerfile", True), ("s/", "s/a", False),
        ("{a,b{c,d}}.x", "bd.x", True), ("a+b", "a+b", True), ("/a.py", "a.py", True),
        (".*", ".x", True), ("[", "[", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert named(pattern, [path]) is expected
