"""File names as tools print them in the workspaces of the providers."""

from __future__ import annotations

import pytest

from regreen.logs.paths import relative


@pytest.mark.parametrize(
    "path",
    [
        "/builds/group/demo/src/a.py",
        "/builds/worker/checkouts/demo/src/a.py",
        "/home/vsts/work/1/s/src/a.py",
        "D:\\a\\1\\s\\src\\a.py",
        "/opt/agent/_work/3/s/src/a.py",
        "/home/travis/build/octo/demo/src/a.py",
        "/Users/travis/build/octo/demo/src/a.py",
        "/var/lib/jenkins/workspace/demo_PR-7@2/src/a.py",
        "C:\\Users\\ann\\.jenkins\\workspace\\demo\\src\\a.py",
        "/var/lib/buildkite-agent/builds/agent-1/octo/demo/src/a.py",
        "/home/circleci/project/src/a.py",
        f"/{'root'}/repo/src/a.py",
        "/workspace/src/a.py",
        "/github/workspace/src/a.py",
        "C:\\projects\\demo\\src\\a.py",
        "/home/runner/work/demo/demo/src/a.py",
        "src/a.py",
    ],
)
def test_the_workspace_is_cut_off(path: str) -> None:
    assert relative(path) == "src/a.py"


@pytest.mark.parametrize("path", ["/usr/lib/python3/a.py", "/home/you/a.py", "/workspaces/a.py"])
def test_files_outside_have_no_place_in_the_repository(path: str) -> None:
    assert relative(path) is None
