"""Which files a definition is made of, and what becomes of those that are not read."""

from __future__ import annotations

import pytest

from regreen.errors import UnsupportedError, WorkflowError
from tests.jobs.gitlab.support import config, job


def test_files_of_the_commit_are_merged_and_the_including_file_wins() -> None:
    files = {
        "ci/a.yml": "include: /ci/deep/b.yml\nown:\n  image: a\n  variables: {A: a, B: a}\n",
        "ci/deep/b.yml": ".base: {tags: [x]}\nown:\n  image: b\n  script: [b]\n",
    }
    text = "include: [{local: ci/a.yml}]\nown:\n  extends: .base\n  variables: {B: own}\n"
    found = job(text, "own", files).job
    assert found.script == ("b",)
    assert found.image is not None
    assert found.image.name == "a"
    assert (found.variables["A"], found.variables["B"]) == ("a", "own")


def test_wildcards_name_files_in_and_below_folders() -> None:
    files = {
        name: f"{name.split('/')[-1][0]}: {{script: x}}"
        for name in ("ci/a.yml", "ci/b.yaml", "ci/sub/c.yml", "ci/sub/d.txt", "e.yml")
    }
    assert set(config("include: 'ci/*.yml'\nown: {script: x}", files).jobs) == {"a", "own"}
    assert set(config("include: 'ci/**.yml'\nown: {script: x}", files).jobs) == {"a", "c", "own"}


def test_rules_decide_about_an_include() -> None:
    files = {"a.yml": "a: {script: x}"}
    text = "include: [{{local: a.yml, rules: [{{{0}}}]}}]\nown: {{script: x}}"
    assert "a" in config(text.format("if: $CI_COMMIT_BRANCH == 'main'"), files).jobs
    assert "a" not in config(text.format("if: $CI_COMMIT_TAG"), files).jobs
    assert "a" in config(text.format("exists: ['*.yml']"), files).jobs
    assert "a" not in config(text.format("if: $CI, when: never"), files).jobs


def test_inputs_fill_a_file_with_a_header() -> None:
    files = {
        "a.yml": "spec:\n  inputs:\n    name:\n    stage: {default: build}\n---\n"
        "'$[[ inputs.name ]]-job':\n  stage: $[[ inputs.stage ]]\n  script: do $[[inputs.name]]\n"
    }
    text = "include: [{local: a.yml, inputs: {name: lint}}]"
    found = job(text, "lint-job", files).job
    assert (found.stage, found.script) == ("build", ("do lint",))
    with pytest.raises(WorkflowError, match="required value has not been provided"):
        config("include: a.yml", files)


def test_a_circle_of_includes_ends() -> None:
    files = {"a.yml": "include: b.yml\na: {script: x}", "b.yml": "include: a.yml"}
    with pytest.raises(WorkflowError, match="Maximum of 150 nested includes are allowed!"):
        config("include: a.yml", files)


OUTSIDE = """\
include:
  - template: Jobs/Code-Quality.gitlab-ci.yml
  - project: group/ci
    file: base.yml
image: python:3.12
whole: {script: x}
theirs: {extends: .theirs}
code_quality: {rules: [{when: never}]}
staged: {stage: elsewhere, script: x}
"""


def test_a_job_that_needs_no_file_from_elsewhere_is_run() -> None:
    found = job(OUTSIDE, "whole").job
    assert found.script == ("x",)
    assert found.unsupported == ()


@pytest.mark.parametrize("name", ["theirs", "code_quality", "staged", "not here at all"])
def test_a_job_that_needs_a_file_from_elsewhere_is_named_with_file_and_line(name: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        job(OUTSIDE, name)
    assert "include: project: group/ci (.gitlab-ci.yml:3)" in caught.value.message
    assert caught.value.next_step


def test_an_image_that_may_come_from_elsewhere_is_unsupported() -> None:
    found = job("include: https://x.example/a.yml\na: {script: x}", "a").job
    (said,) = found.unsupported
    assert said.startswith("the job's image may come from include: remote: https://x.example/a.yml")
    assert said.endswith("(.gitlab-ci.yml:1)")
