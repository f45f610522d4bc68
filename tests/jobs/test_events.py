"""What started a run: the event that is chosen, its refs and payload, the contexts made of it."""

from __future__ import annotations

import json

import pytest

from regreen.errors import UsageError
from regreen.jobs import Job, find_job, plan, read_workflow
from regreen.jobs.calling import Sight
from regreen.jobs.events import Told, trigger
from regreen.jobs.expressions import Value, render
from regreen.jobs.given import DUMMY_TOKEN, Given
from regreen.jobs.job import at_commit
from regreen.jobs.payloads import payload
from regreen.model import Selection

PATH = ".github/workflows/ci.yml"
SHA, HEAD, BASE = "a" * 40, "b" * 40, "c" * 40
JOB = "jobs: {j: {runs-on: ubuntu-latest, steps: [{run: a}]}}\n"


def planned(text: str, given: Given | None = None) -> Job:
    sight = Sight("owner/name", SHA, given or Given())
    found = find_job({PATH: read_workflow(text, PATH)}, Selection(), None, sight)
    return plan(found, repository="owner/name", commit=SHA, sight=sight)


def shown(job: Job, *names: str) -> str:
    return render(" ".join(f"${{{{ {name} }}}}" for name in names), job.contexts)


def test_without_word_of_it_a_workflow_is_started_by_its_likeliest_event() -> None:
    job = planned(f"on: [schedule, pull_request, push]\n{JOB}")
    assert shown(job, "github.event_name", "github.ref", "github.head_ref") == (
        "push refs/heads/main "
    )
    assert job.notes == ("nothing tells the event: push is taken (--event chooses)",)
    assert planned(f"on: push\n{JOB}").notes == ()


def test_filters_choose_the_ref() -> None:
    assert shown(planned(f"on: {{push: {{branches: ['v*', dev]}}}}\n{JOB}"), "github.ref") == (
        "refs/heads/dev"
    )
    job = planned(f"on: {{push: {{tags: ['v[0-9]+.*']}}}}\n{JOB}")
    assert shown(job, "github.ref_type", "github.ref_name") == "tag v1.1"
    job = planned(f"on: {{push: {{tags: ['v*']}}}}\n{JOB}", Given(Told("push", "v3")))
    assert shown(job, "github.ref") == "refs/tags/v3"
    job = planned(f"on: {{push: {{branches: [master]}}}}\n{JOB}")
    assert shown(job, "github.event.repository.default_branch") == "master"
    job = planned(f"on: {{pull_request: {{branches: [dev], types: [labeled]}}}}\n{JOB}")
    names = ("github.ref", "github.base_ref", "github.event.action")
    assert shown(job, *names) == "refs/pull/1/merge dev labeled"


def test_the_condition_of_a_job_chooses_the_event() -> None:
    text = f"on: [push, pull_request, release]\n{JOB}"
    only = text.replace("{runs-on", "{if: github.event_name == 'release', runs-on")
    assert shown(planned(only), "github.event_name", "github.ref") == "release refs/tags/v1.0.0"
    never = planned(text.replace("{runs-on", "{if: github.actor == 'me', runs-on"))
    assert never.notes[0] == (
        f"its condition is false for push ({PATH}:2): it is run all the same "
        "(--event chooses another)"
    )


def test_a_pulled_run_tells_its_event() -> None:
    told = Told("pull_request", "feature", 7, HEAD, BASE, "fork/name")
    job = planned(f"on: [push, pull_request]\n{JOB}", Given(told))
    assert shown(job, "github.ref", "github.head_ref", "github.event.number", "github.sha") == (
        f"refs/pull/7/merge feature 7 {SHA}"
    )
    pull = "github.event.pull_request"
    sides = (f"{pull}.head.sha", f"{pull}.base.sha", f"{pull}.head.repo.full_name")
    assert shown(job, *sides, f"{pull}.head.repo.fork") == f"{HEAD} {BASE} fork/name true"


def test_an_event_that_does_not_start_the_workflow_is_refused() -> None:
    with pytest.raises(UsageError, match="not started by push; it is by: release") as caught:
        planned(f"on: release\n{JOB}", Given(event="push"))
    assert "--event release" in caught.value.next_step


def test_a_payload_of_the_user_is_laid_over_and_decides_the_refs() -> None:
    over: dict[str, Value] = {
        "number": 12.0,
        "pull_request": {"draft": True, "head": {"ref": "x"}, "base": {"ref": "dev"}},
    }
    job = planned(f"on: pull_request\n{JOB}", Given(payload=over))
    pull = "github.event.pull_request"
    names = ("github.ref", "github.head_ref", "github.base_ref", f"{pull}.draft", f"{pull}.state")
    assert shown(job, *names) == "refs/pull/12/merge x dev true open"


def test_a_manual_start_has_typed_inputs() -> None:
    inputs = (
        "level: {type: choice, options: [low, high]}, fast: {type: boolean}, "
        "times: {type: number, default: 3}, name: {required: true}"
    )
    text = f"on: {{workflow_dispatch: {{inputs: {{{inputs}}}}}}}\n{JOB}"
    job = planned(text, Given(inputs={"FAST": "true"}))
    assert job.contexts["inputs"] == {"level": "low", "fast": True, "times": 3.0, "name": ""}
    assert shown(job, "github.event.inputs.fast == 'true'", "inputs.fast == true") == "true true"
    assert job.notes == ("the input name is required, and empty here (--input name=VALUE)",)
    for given, words in (
        ({"level": "none"}, "one of: low, high"),
        ({"times": "x"}, "is a number"),
        ({"fast": "yes"}, "is a boolean"),
        ({"other": "x"}, "inputs are: level, fast, times, name"),
    ):
        with pytest.raises(UsageError, match=words):
            planned(text, Given(inputs=given))
    with pytest.raises(UsageError, match="takes no input from the event push"):
        planned(f"on: push\n{JOB}", Given(inputs={"x": "y"}))


def test_other_events_have_what_workflows_ask_of_them() -> None:
    def event(name: str, on: dict[str, Value] | None = None) -> dict[str, Value]:
        how = trigger(on or {name: None}, name, Told(), {})
        return payload("o/n", SHA, PATH, {}, how)

    assert event("schedule", {"schedule": [{"cron": "0 1 * * *"}]})["schedule"] == "0 1 * * *"
    run, group = event("workflow_run")["workflow_run"], event("merge_group")["merge_group"]
    assert isinstance(run, dict)
    assert (run["conclusion"], run["head_sha"]) == ("success", SHA)
    assert isinstance(group, dict)
    assert group["base_ref"] == "refs/heads/main"
    release, comment = event("release")["release"], event("issue_comment")
    assert isinstance(release, dict)
    assert release["tag_name"] == "v1.0.0"
    assert isinstance(comment["issue"], dict)
    assert comment["action"] == "created"
    assert json.loads(json.dumps(event("push")))["head_commit"]["id"] == SHA


def test_another_commit_is_another_commit_in_the_event_too() -> None:
    push = at_commit(planned(f"on: push\n{JOB}"), BASE)
    names = ("github.sha", "github.event.after", "github.event.head_commit.id")
    assert shown(push, *names, "github.event.commits[0].id") == " ".join([BASE] * 4)
    pull = at_commit(planned(f"on: pull_request\n{JOB}"), BASE)
    assert shown(pull, "github.event.pull_request.head.sha") == BASE
    told = Given(Told("pull_request", head_sha=HEAD))
    pull = at_commit(planned(f"on: pull_request\n{JOB}", told), BASE)
    assert shown(pull, "github.event.pull_request.head.sha") == HEAD


def test_secrets_are_empty_save_the_token() -> None:
    job = planned(f"on: push\n{JOB}")
    names = ("secrets.GITHUB_TOKEN", "github.token", "secrets.PYPI || 'none'")
    assert shown(job, *names) == f"{DUMMY_TOKEN} {DUMMY_TOKEN} none"
    own = Given(secrets={"PYPI": "own-value"}, variables={"Colour": "red"})
    assert shown(planned(f"on: push\n{JOB}", own), "secrets.pypi", "vars.COLOUR") == "own-value red"
    assert "own-value" not in repr(own)


def test_every_path_in_the_contexts_is_that_of_the_job_s_own_layout() -> None:
    contained = planned(f"on: push\n{JOB.replace('{runs-on', '{container: a:b, runs-on')}")
    names = ("github.workspace", "github.event_path", "github.env", "runner.temp")
    assert shown(contained, *names) == (
        "/__w/name/name /github/workflow/event.json /__w/_temp/_runner_file_commands/env /__w/_temp"
    )
