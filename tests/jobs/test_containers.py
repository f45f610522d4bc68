"""What ``container:`` and ``services:`` of a rendered workflow ask for."""

from __future__ import annotations

import pytest

from regreen.jobs.containers import ContainerSpec, container_spec
from regreen.jobs.expressions import Value
from regreen.model import Unsupported

ALWAYS = {"CI": "true", "GITHUB_ACTIONS": "true"}


def test_a_name_alone_is_an_image() -> None:
    assert container_spec("docker://node:20 ") == ContainerSpec("node:20", env=ALWAYS)


@pytest.mark.parametrize("value", [None, "", "docker://", {}, {"image": ""}, {"image": None}])
def test_no_image_is_no_container(value: Value) -> None:
    assert container_spec(value) is None


def test_everything_is_taken_over() -> None:
    spec = container_spec(
        {
            "image": "postgres:16",
            "env": {"POSTGRES_PASSWORD": "postgres", "N": 5.0, "EMPTY": None, "YES": True},
            "ports": ["5432:5432", 6379.0],
            "volumes": ["data:/data", "/cache"],
            "options": "--health-cmd pg_isready ",
            "credentials": {"username": "u", "password": "***"},
            "entrypoint": "/usr/local/bin/entry point",
            "command": "postgres -c 'fsync=off'",
        },
        service=True,
    )
    assert spec == ContainerSpec(
        image="postgres:16",
        env=ALWAYS | {"POSTGRES_PASSWORD": "postgres", "N": "5", "EMPTY": "", "YES": "true"},
        ports=("5432:5432", "6379"),
        volumes=("data:/data", "/cache"),
        options="--health-cmd pg_isready",
        entrypoint=("/usr/local/bin/entry point",),
        command=("postgres", "-c", "fsync=off"),
        credentials=True,
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"image": "a", "entrypoint": "/x"}, "the container: entrypoint"),
        ({"image": "a", "env": ["A=1"]}, "env is no mapping"),
        ({"image": "a", "ports": "80"}, "ports and volumes are lists"),
        (["a"], "neither an image's name nor a mapping"),
    ],
)
def test_what_github_refuses_is_named(value: Value, words: str) -> None:
    found = container_spec(value)
    assert isinstance(found, Unsupported)
    assert words in found.what


def test_a_broken_command_is_named() -> None:
    found = container_spec({"image": "a", "command": "sh -c 'x"}, "the service db", service=True)
    assert isinstance(found, Unsupported)
    assert found.what.startswith("the service db: command: ")
