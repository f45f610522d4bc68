"""One job with everything decided: variables, instances, image, services, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regreen.errors import UsageError
from regreen.jobs.gitlab.durations import seconds_of
from regreen.jobs.gitlab.parallel import instances
from regreen.jobs.gitlab.pipeline import slug
from regreen.jobs.gitlab.tree import read
from regreen.jobs.gitlab.variables import declared, values
from tests.jobs.gitlab.support import PIPELINE, job

REQUEST = replace(PIPELINE, source="merge_request_event", ref="feature", number=3, target="main")


def filled(text: str) -> dict[str, str]:
    return values([declared(read(text, "f.yml")[0], "")])


def test_variables_are_filled_into_each_other() -> None:
    text = """\
A: a
B: $A-${C}
C: <$D>
D: d
RAW: {value: $A, expand: false}
OF_RAW: $RAW
PRICE: 5$$ and $$A
UNKNOWN: '[$NOT_KNOWN]'
NUMBER: 3.10
"""
    found = filled(text)
    assert found["B"] == "a-<d>"
    assert (found["RAW"], found["OF_RAW"]) == ("$A", "$A")
    assert (found["PRICE"], found["UNKNOWN"], found["NUMBER"]) == ("5$ and $A", "[]", "3.1")


def test_variables_within_themselves_end() -> None:
    assert filled("A: $A:x")["A"] == "$A:x"
    found = filled("A: $B\nB: $C\nC: $A")
    assert set(found) == {"A", "B", "C"}


@pytest.mark.timeout(20)
def test_variables_that_would_fill_memory_do_not() -> None:
    lines = ["V0: xxxxxxxxxx"] + [f"V{n + 1}: {f'$V{n}' * 10}" for n in range(30)]
    assert max(map(len, filled("\n".join(lines)).values())) <= 1 << 20


def test_the_job_wins_over_the_file_and_both_over_what_is_predefined() -> None:
    text = """\
variables: {A: file, B: file, CI_COMMIT_REF_NAME: file}
own: {script: x, variables: {A: job}}
none: {script: x, inherit: {variables: false}}
some: {script: x, inherit: {variables: [B]}}
"""
    own = job(text, "own").job.variables
    assert [own[n] for n in ("A", "B", "CI_COMMIT_REF_NAME")] == ["job", "file", "file"]
    assert "A" not in job(text, "none").job.variables
    some = job(text, "some").job.variables
    assert ("A" in some, some["B"]) == (False, "file")


def test_predefined_variables_of_a_push_and_of_a_merge_request() -> None:
    text = "own: {script: x, image: i, stage: build}"
    push = job(text, "own").job.variables
    for name, value in {
        "CI": "true", "GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "CI_JOB_NAME": "own",
        "CI_COMMIT_SHA": "a" * 40, "CI_COMMIT_SHORT_SHA": "a" * 8, "CI_JOB_STAGE": "build",
        "CI_PROJECT_DIR": "/builds/group/app", "CI_PROJECT_PATH": "group/app",
        "CI_PIPELINE_SOURCE": "push", "CI_JOB_IMAGE": "i", "CI_SERVER_HOST": "gitlab.com",
        "CI_JOB_TOKEN": "", "CI_DEFAULT_BRANCH": "main",
    }.items():  # fmt: skip
        assert push[name] == value, name
    assert "CI_MERGE_REQUEST_IID" not in push
    text = text.replace("script: x", "script: x, only: [merge_requests]")
    request = job(text, "own", pipeline=REQUEST).job.variables
    assert "CI_COMMIT_BRANCH" not in request
    assert request["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"] == "main"
    assert request["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"] == "feature"


def test_slugs() -> None:
    assert slug("Feature/Ünïcode_1!") == "feature--n-code-1"
    assert slug("a" * 62 + "/b") == "a" * 62


def test_defaults_are_inherited_as_far_as_the_job_lets_them() -> None:
    text = """\
default: {image: d, before_script: [before], timeout: 1h 30m}
own: {script: x}
none: {script: x, inherit: {default: false}}
some: {script: x, inherit: {default: [image]}}
over: {script: x, before_script: [], image: o}
"""
    own = job(text, "own").job
    assert (own.before, own.seconds) == (("before",), 5400.0)
    none, some, over = (job(text, name).job for name in ("none", "some", "over"))
    assert (none.before, none.image) == ((), None)
    assert some.before == ()
    assert some.image is not None
    assert over.before == ()
    assert over.image is not None
    assert over.image.name == "o"


def test_the_top_level_of_older_files_is_a_default() -> None:
    found = job("image: i\nbefore_script: [b]\nown: {script: x}", "own").job
    assert found.before == ("b",)


def test_a_number_and_a_matrix_make_jobs_with_gitlab_s_names() -> None:
    (node,) = read("{matrix: [{A: [x, 3.10], B: [1, 2]}, {C: z}]}", "f")
    found = instances("own", node)
    assert [one.name for one in found] == [
        "own: [x, 1]", "own: [x, 2]", "own: [3.1, 1]", "own: [3.1, 2]", "own: [z]"
    ]  # fmt: skip
    assert found[1].variables() == {
        "A": "x", "B": "2", "CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "5"
    }  # fmt: skip
    (node,) = read("3", "f")
    assert [one.name for one in instances("own", node)] == ["own 1/3", "own 2/3", "own 3/3"]


MATRIX = """\
own:
  image: python:$PY
  parallel: {matrix: [{PY: ['3.11', '3.12'], OS: [a, b]}]}
  script: x
"""


def test_an_instance_is_chosen_by_name_or_by_values() -> None:
    named = job(MATRIX, "own: [3.12, a]").job
    assert named.image is not None
    assert (named.image.name, named.matrix) == ("python:3.12", {"PY": "3.12", "OS": "a"})
    assert named.variables["CI_NODE_INDEX"] == "3"
    by_values = job(MATRIX, "own", matrix={"OS": "b", "PY": "3.12"})
    assert by_values.job.name == "own: [3.12, b]"
    first = job(MATRIX, "own")
    assert first.job.name == "own: [3.11, a]"
    assert "the first of 4" in first.why
    with pytest.raises(UsageError, match="no combination has --matrix OS=c"):
        job(MATRIX, "own", matrix={"OS": "c"})


def test_images_and_services_with_their_names() -> None:
    text = """\
own:
  image: {name: "$REG/python:3", entrypoint: ['']}
  variables: {REG: reg.example:5000, PW: secret}
  services:
    - postgres:16
    - name: tutum/wordpress:latest
      alias: blog, press
      command: [run, it]
      variables: {OWN: "x$PW"}
    - reg.example:5000/group/redis@sha256:abc
  script: x
"""
    found = job(text, "own").job
    assert found.image is not None
    assert (found.image.name, found.image.entrypoint) == ("reg.example:5000/python:3", ("",))
    one, two, three = found.services
    assert (one.image.name, one.names) == ("postgres:16", ("postgres",))
    assert two.names == ("tutum__wordpress", "tutum-wordpress", "blog", "press")
    assert two.image.command == ("run", "it")
    assert (two.variables["OWN"], one.variables["PW"]) == ("xsecret", "secret")
    assert three.names == ("group__redis", "group-redis")


def test_an_image_whose_variables_are_not_known_is_said() -> None:
    found = job("own: {script: x, image: $OF_THE_PROJECT}", "own").job
    assert found.image is None
    assert found.notes == (
        "image: $OF_THE_PROJECT is empty here, its variables are not known; --image names one",
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("trigger: other/project", "trigger: a job that starts another pipeline"),
        ("run: [{name: a, step: b}]", "run: GitLab's steps"),
        ("script: x, id_tokens: {T: {aud: a}}", "id_tokens: a token of GitLab's"),
        ("script: x, secrets: {S: {vault: a}}", "secrets: values from a vault"),
        ("script: x, environment: production", "environment: a job that deploys is not run"),
        ("script: x, environment: {name: p, action: stop}", "environment: a job that deploys"),
        ("script: x, services: ['docker:28-dind']", "services: docker:28-dind, a Docker daemon"),
    ],
)
def test_what_is_not_done_is_named_with_its_line(body: str, words: str) -> None:
    (said,) = job(f"own: {{{body}}}", "own").job.unsupported
    assert said.startswith(words)
    assert said.endswith("(.gitlab-ci.yml:1)")


def test_what_has_no_effect_outside_is_run() -> None:
    text = "own: {script: x, environment: {name: p, action: verify}, release: {tag_name: a}}"
    found = job(text, "own").job
    assert found.unsupported == ()
    assert found.notes == ("no release is made",)


def test_artifacts_of_earlier_jobs_are_named() -> None:
    text = """\
made: {stage: build, script: x, artifacts: {paths: [out]}}
told: {stage: build, script: x, artifacts: {reports: {dotenv: a.env}}}
seen: {stage: build, script: x, artifacts: {reports: {junit: a.xml}}}
all: {script: x}
none: {script: x, dependencies: []}
some: {script: x, needs: [told, {job: made, artifacts: false}]}
"""
    found = {name: job(text, name).job.artifacts for name in ("all", "none", "some")}
    assert found == {"all": ("made", "told"), "none": (), "some": ("told",)}


def test_without_a_name_the_only_job_of_a_push_is_taken() -> None:
    text = "a: {script: x, rules: [{if: $CI_COMMIT_TAG}]}\nb: {script: x}"
    assert job(text).job.key == "b"
    with pytest.raises(UsageError, match="several jobs are meant: a, b") as caught:
        job("a: {script: x}\nb: {script: x}")
    assert "--job" in caught.value.next_step
    with pytest.raises(
        UsageError, match=r"there is no job 'c' in \.gitlab-ci\.yml; the jobs are: a"
    ):
        job("a: {script: x}", "c")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3600", 3600), ("1h", 3600), ("1h 30m", 5400), ("90 minutes", 5400), ("1 day", 86400),
        ("3 hours 30 minutes", 12600), ("1:30:00", 5400), ("2h30m", 9000), ("soon", None),
        ("", None), ("1 fortnight", None), ("1.5 hours", 5400),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds
