"""What of a definition can be run here, job by job."""

from __future__ import annotations

from regreen.jobs.gitlab.survey import survey
from regreen.model.listing import ListedWorkflow, Support
from tests.jobs.gitlab.support import PIPELINE, Files

TEXT = """\
include: {template: Jobs/Code-Quality.gitlab-ci.yml}
image: python:3
build: {stage: build, script: x, artifacts: {paths: [out]}}
test:
  parallel: {matrix: [{PY: [a, b]}]}
  needs: [build]
  script: x
deploy: {stage: deploy, script: x, environment: p}
theirs: {extends: .theirs}
"""


def listed(text: str) -> ListedWorkflow:
    return survey(text, ".gitlab-ci.yml", Files(), PIPELINE)


def test_each_instance_is_listed_with_its_support() -> None:
    found = {job.id: job for job in listed(TEXT).jobs}
    assert [leg.name for leg in found["test"].legs] == ["test: [a]", "test: [b]"]
    assert (found["test"].needs, found["test"].line) == (("build",), 5)
    assert [leg.support for leg in found["build"].legs] == [Support.SUPPORTED]
    assert found["test"].legs[0].support is Support.DIFFERS
    assert found["test"].legs[0].notes == ("the artifacts of build are not brought",)
    assert found["deploy"].legs[0].support is Support.UNSUPPORTED
    assert "(.gitlab-ci.yml:8)" in found["deploy"].legs[0].reasons[0]
    assert "unknown keys in `extends`" in found["theirs"].legs[0].reasons[0]


def test_a_definition_that_gitlab_refuses_has_its_fault_and_no_job() -> None:
    found = listed("a: {script: x, stage: y}")
    assert found.jobs == ()
    assert found.faults[0].startswith(".gitlab-ci.yml:1:23: a job: chosen stage y")
