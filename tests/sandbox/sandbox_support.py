"""Shell commands in a sandbox, for the tests of this room."""

from __future__ import annotations

from typing import Protocol

from regreen_sandbox.container import ExecResult, Sandbox
from regreen_sandbox.limits import Limits
from regreen_sandbox.network.wiring import Connector
from regreen_sandbox.profiles import Profile

WORK = "/home/runner/work"


class Start(Protocol):
    """Starts a sandbox that is closed at the end of the test."""

    def __call__(
        self,
        limits: Limits = ...,
        network: Connector = ...,
        profile: Profile = ...,
        image: str = ...,
    ) -> Sandbox: ...


def shell(sandbox: Sandbox, script: str, timeout: float = 30) -> ExecResult:
    return sandbox.run(["bash", "-c", script], env={}, cwd=WORK, timeout=timeout)
