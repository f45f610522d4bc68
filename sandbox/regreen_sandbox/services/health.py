"""Waiting until a service is ready, as GitHub's runner does.

The runner asks for the container's health with growing pauses while it is "starting", and fails the
job when it is anything but "healthy" then; a container that nothing checks is ready once it runs
(actions/runner, ``ContainerOperationProvider.ContainerHealthcheck``). The engine makes its first
check only after a whole interval. So that a job does not wait for that, the same check is made from
here too, and only its success counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import docker.errors

from regreen_sandbox.errors import SandboxError
from regreen_sandbox.guests import Made

LOG_BYTES = 64 << 10
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
_CHECK_SECONDS = 10.0
_TELL_EVERY = 5.0


class ServiceFailed(SandboxError):
    """A service did not start, or is not healthy; ``log`` is the end of what it said."""

    def __init__(self, name: str, why: str, log: bytes = b"") -> None:
        super().__init__(
            f"the service {name} {why}",
            next_step=f"look at the log of the service {name}, its env and options in the workflow",
        )
        self.name = name
        self.log = log


def await_healthy(service: str, made: Made, *, until: float, report: Callable[[str], None]) -> None:
    """Return when a service that was started is ready. Raises `ServiceFailed`.

    ``until`` is the monotonic time at which it must be.
    """
    pause, told = _FIRST_PAUSE, time.monotonic()
    check = _check_of(made)
    while True:
        state = made.state()
        if not state.running and (state.health or check):
            why = f"ended with exit code {state.exit_code} before it was healthy"
            raise ServiceFailed(service, why, made.log(LOG_BYTES))
        if not check or not state.running or state.health in ("", "healthy"):
            return
        if state.health == "unhealthy":
            raise ServiceFailed(service, "is unhealthy", made.log(LOG_BYTES))
        if _succeeds(made, check):
            return
        if time.monotonic() > until:
            raise ServiceFailed(service, "was not healthy in time", made.log(LOG_BYTES))
        if time.monotonic() - told > _TELL_EVERY:
            report(f"the service {service} is starting")
            told = time.monotonic()
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _check_of(made: Made) -> list[str]:
    """Return the command of the container's health check, empty where there is none."""
    with made.engine.guard("looking at a container"):
        config = made.engine.client.api.inspect_container(made.name)["Config"]
    test = [str(word) for word in (config.get("Healthcheck") or {}).get("Test") or ()]
    if test[:1] == ["CMD"]:
        return test[1:]
    if test[:1] == ["CMD-SHELL"]:
        return [*(config.get("Shell") or ["/bin/sh", "-c"]), *test[1:]]
    return []


def _succeeds(made: Made, check: list[str]) -> bool:
    """Make the check in the container, and say whether it ended well within its time."""
    api = made.engine.client.api
    with (
        suppress(SandboxError),
        made.engine.guard("checking a service's health"),
        suppress(docker.errors.APIError),
    ):
        identity = api.exec_create(made.name, check)["Id"]
        api.exec_start(identity, detach=True)
        until = time.monotonic() + _CHECK_SECONDS
        while time.monotonic() < until:
            state = api.exec_inspect(identity)
            if not state["Running"]:
                return bool(state["ExitCode"] == 0)
            time.sleep(0.02)
    return False
