"""Which Pythons a step asks for, and which of them GitHub's runners could ever set up."""

from __future__ import annotations

import pytest

from regreen.jobs.pythonreleases import is_known
from regreen.jobs.pythons import asked_for, nothing, requests


@pytest.mark.parametrize(
    ("request_", "image", "known"),
    [
        ("3.1", "", False),  # an unquoted 3.10
        ("3.10", "", True),
        ("3.x", "ubuntu-26.04", True),
        ("3.6", "ubuntu-20.04", True),
        ("3.6", "ubuntu-22.04", False),
        ("3.7", "ubuntu-22.04", True),
        ("3.7", "ubuntu-24.04", False),
        ("3.9", "ubuntu-26.04", False),
        ("3.9.1", "ubuntu-20.04", True),
        ("3.9.1", "ubuntu-22.04", False),
        ("3.8.20", "ubuntu-24.04", False),
        ("3.13.99", "ubuntu-24.04", False),
        ("3.14.9", "ubuntu-24.04", True),  # newer than the manifest
        ("3.16-dev", "ubuntu-24.04", True),
        ("3.99", "", False),
        ("3.13t", "", True),
        ("3.12t", "", False),
        ("pypy3.9", "", True),
        ("2.7", "ubuntu-20.04", True),
        ("2.7", "ubuntu-24.04", False),
        (">=3.8 <3.10", "ubuntu-24.04", True),
        (">=3.8 <3.8.12", "ubuntu-24.04", False),
        ("nonsense", "", False),
        ("3.6", "ubuntu-latest", True),  # an image that the manifest does not name
    ],
)
def test_a_request_is_known_where_a_runner_could_serve_it(
    request_: str, image: str, known: bool
) -> None:
    assert is_known(request_, image) is known


@pytest.mark.parametrize(
    ("path", "text", "asked"),
    [
        (".python-version", "# mine\n3.11/envs/x\n\n3.12\n", ("3.11", "3.12")),
        ("pyproject.toml", '[project]\nrequires-python = "~=3.9"\n', ("~3.9",)),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.8,!=3.9.*"\n', ()),
        ("pyproject.toml", '[project]\nname = "x"\n[tool.poetry.dependencies]\npython="3"\n', ()),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.8"\n', ("^3.8",)),
        ("pyproject.toml", "not toml", ()),
        (".tool-versions", "#python 3.8\nnodejs 20\npython 3.9.18\npython 2.7\n", ("3.9.18",)),
        ("Pipfile", '[requires]\npython_version = "3.8"\n', ("3.8",)),
        ("Pipfile", '[requires]\npython_full_version = "3.8.1"\npython_version="3"\n', ("3.8.1",)),
    ],
)
def test_files_are_read_as_the_action_reads_them(
    path: str, text: str, asked: tuple[str, ...]
) -> None:
    assert asked_for({"python-version-file": path}, {path: text}.get) == asked


def test_the_input_wins_and_a_default_file_is_read() -> None:
    files = {".python-version": "3.9", "x": "3.8"}
    assert asked_for({"python-version": "3.10\n3.11"}, files.get) == ("3.10", "3.11")
    assert asked_for({}, files.get) == ("3.9",)
    assert asked_for({}, nothing) == ()
    assert asked_for({"python-version": "3.13", "freethreaded": "true"}, nothing) == ("3.13t",)


def test_the_image_need_not_hold_what_never_was() -> None:
    inputs = {"python-version": "3.1\n3.11\n3.6"}
    assert requests(inputs, nothing) == ("3.11", "3.6")
    assert requests(inputs, nothing, "ubuntu-24.04") == ("3.11",)
