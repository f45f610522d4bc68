"""Logs in the hosted runner's shapes, put together from scripts and outputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

SHA = "4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5"
START = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


@dataclass(frozen=True)
class Ran:
    """One step of a job: a script or an action, what it printed and how it ended."""

    script: str | None = None
    uses: str | None = None
    output: str = ""
    exit_code: int = 0
    inputs: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    name: str | None = None

    def lines(self) -> Iterable[str]:
        heading = self.script.split("\n")[0] if self.script is not None else self.uses
        yield f"##[group]Run {heading}"
        if self.script is not None:
            yield from (f"\x1b[36;1m{line}\x1b[0m" for line in self.script.split("\n"))
            yield "shell: /usr/bin/bash -e {0}"
            yield from ("env:", "  pythonLocation: /opt/hostedtoolcache/Python/3.11.9/x64")
        elif self.inputs:
            yield "with:"
            yield from (f"  {key}: {value}" for key, value in self.inputs.items())
        yield "##[endgroup]"
        if self.output:
            yield from self.output.rstrip("\n").split("\n")
        if self.exit_code:
            yield f"##[error]Process completed with exit code {self.exit_code}."
        if self.error:
            yield f"##[error]{self.error}"


CHECKOUT = Ran(
    uses="actions/checkout@v4",
    inputs={"repository": "octo/demo", "token": "***", "fetch-depth": "1"},
    output="Syncing repository: octo/demo\n"
    "[command]/usr/bin/git checkout --progress --force refs/remotes/pull/7/merge\n"
    f"HEAD is now at {SHA[:7]} Merge\n[command]/usr/bin/git log -1 --format=%H\n{SHA}",
)
OPENING = (
    "Current runner version: '2.319.1'",
    "##[group]Operating System",
    "Ubuntu",
    "##[endgroup]",
    "##[group]Runner Image",
    "Image: ubuntu-24.04",
    "Version: 20240501.1.0",
    "##[endgroup]",
    "Secret source: None",
    "Complete job name: {job}",
)
CLOSING = (
    "Post job cleanup.",
    "[command]/usr/bin/git version",
    "git version 2.43.0",
    "Cleaning up orphan processes",
)


def job(*steps: Ran, name: str = "lint", post: Iterable[str] = ()) -> list[str]:
    """The lines of one job, without time stamps."""
    lines = [line.format(job=name) for line in OPENING]
    for step in (CHECKOUT, *steps):
        lines.extend(step.lines())
    return [*lines, CLOSING[0], *post, *CLOSING[1:]]


def stamped(lines: Iterable[str], prefix: str = "") -> str:
    """The lines with the runner's time stamps, as the log archive holds them."""
    moments = (START + timedelta(milliseconds=20 * n) for n in range(1 << 30))
    return "".join(
        f"{prefix}{moment.strftime('%Y-%m-%dT%H:%M:%S.%f')}7Z {line}\n"
        for moment, line in zip(moments, lines, strict=False)
    )


def log(*steps: Ran, name: str = "lint") -> bytes:
    """A whole job's log as bytes."""
    return stamped(job(*steps, name=name)).encode()
