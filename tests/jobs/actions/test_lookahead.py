"""What a job's actions will need is known before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.jobs import read_workflow
from regreen.jobs.actions.lookahead import Ahead, Outlook, look_ahead
from regreen.jobs.actions.store import Store

LOCAL = """\
runs:
  using: composite
  steps:
    - {run: a, shell: cmd}
    - uses: octo/deep@v1
    - uses: pypa/gh-action-pypi-publish@v1
    - uses: actions/checkout@v4
"""
DEEP = "runs: {using: composite, steps: [{uses: octo/none@v2}, {uses: octo/node@v1}]}"
LOOP = "runs: {using: composite, steps: [" + "{uses: ./loop}, {uses: ./loop/}, " * 10 + "]}"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    for name, text in {"deep@v1": DEEP, "node@v1": "runs: {using: node20, main: x}"}.items():
        place = tmp_path / "mine" / "octo" / name
        place.mkdir(parents=True)
        (place / "action.yml").write_text(text)
    return Store(tmp_path / "cache", folder=tmp_path / "mine", offline=True)


def ahead(steps: str, store: Store | None) -> Outlook:
    text = f"on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps: [{steps}]\n"
    files = {"x/action.yml": LOCAL.encode(), "loop/action.yml": LOOP.encode()}
    return look_ahead(read_workflow(text, "ci.yml").jobs["j"].steps, files.get, store)


def test_actions_are_followed_into_one_another(store: Store) -> None:
    none = (
        "the action octo/none@v2 is not in the cache, and --offline asks no server: put a checkout"
        " of it into a folder, as octo/none@v2, and name the folder with --actions-dir"
    )
    found = ahead("{run: a}, {uses: ./x}, {uses: octo/node@v1}", store)
    assert found.nodes == {20}
    assert [(step.index, step.uses) for step in found.served] == [(1, "actions/checkout@v4")]
    assert found.ahead == (
        Ahead(1, "shell: cmd, in ./x/action.yml:4", True),
        Ahead(1, f"{none}, in octo/deep@v1/action.yml:1, in ./x/action.yml:5", True),
        Ahead(1, "pypa/gh-action-pypi-publish@v1 publishes a package, in ./x/action.yml:6", False),
    )


def test_without_a_store_only_the_commit_is_read(store: Store) -> None:
    assert [a.what for a in ahead("{uses: ./x}, {uses: octo/none@v2}", None).ahead] == [
        "shell: cmd, in ./x/action.yml:4",
        "pypa/gh-action-pypi-publish@v1 publishes a package, in ./x/action.yml:6",
    ]


def test_what_github_finds_wrong_itself_is_not_ours_to_say(store: Store) -> None:
    assert ahead("{uses: ./none}, {uses: ./loop}, {uses: docker://a:b}", store).ahead == ()
