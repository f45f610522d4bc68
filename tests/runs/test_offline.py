"""What was pulled is there without its server, by any of its names."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.runs import Access, named, parse, pull
from tests.runs import bodies
from tests.runs.conftest import KEY, TOKEN, Clock, Told, hide
from tests.runs.hub import Hub, hub


def serve(github: Hub) -> dict[str, str]:
    github.serve_run(bodies.run(), bodies.job(1, "lint"))
    github.serve_log(1, b"all is lost\n")
    return {"GH_HOST": github.server.removeprefix("http://"), "GITHUB_TOKEN": TOKEN, "PATH": ""}


def test_a_whole_run_is_used_when_its_server_cannot_be_reached(
    store: Path, clock: Clock, told: Told
) -> None:
    with hub() as github:
        access = Access(serve(github), clock.now, clock.sleep, silence=5.0)
        address = github.server + "/octo/app/actions/runs/100"
        reference = parse(address, remote=None, environment=access.environment)
        first = pull(reference, store, mask=hide, key=KEY, access=access)
    again = pull(reference, store, mask=hide, key=KEY, access=access, reporter=told)
    assert again == first
    assert any("what was pulled before is used" in note for note in told.notes)
    assert first.jobs[0].log is not None
    first.jobs[0].log.unlink()
    with pytest.raises(UsageError, match="cannot reach"):
        pull(reference, store, mask=hide, key=KEY, access=access)


def test_a_pulled_run_is_known_by_its_folder_and_its_id_without_a_clone(
    store: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub() as github:
        environment = serve(github)
        access = Access(environment, clock.now, clock.sleep, silence=5.0)
        address = github.server + "/octo/app/actions/runs/100"
        reference = parse(address, remote=None, environment=environment)
        run = pull(reference, store, mask=hide, key=KEY, access=access)
        monkeypatch.setenv("GH_HOST", environment["GH_HOST"])
        for text in (str(run.folder), "github-100", "100", address):
            assert named(text, store, None, KEY) == reference
        monkeypatch.delenv("GH_HOST")
        for text in (str(run.folder), "github-100"):
            with pytest.raises(UsageError, match="a token would go there"):
                named(text, store, None, KEY)
