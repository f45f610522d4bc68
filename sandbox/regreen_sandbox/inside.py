"""What runs in a container: counted from outside, and ended."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import docker.errors

from regreen_sandbox import podman
from regreen_sandbox.disk import DiskWatch, kill
from regreen_sandbox.engine import Engine
from regreen_sandbox.errors import EngineRefused, SandboxGone
from regreen_sandbox.imagefacts import MAIN_LOOP_PROCESSES, ImageFacts
from regreen_sandbox.limits import Limits
from regreen_sandbox.profiles import Profile


@dataclass(frozen=True, slots=True)
class Inside:
    """One running container, as commands are run in it.

    ``user`` is who runs them, as the engine wants it; what is put into it is ``owner``'s.
    """

    engine: Engine
    container: str
    profile: Profile
    facts: ImageFacts
    limits: Limits
    disk: DiskWatch
    user: str
    owner: int


# Without starting a process of its own. In /proc/pid/status a job's name for itself is one line,
# its odd characters escaped; in /proc/pid/stat it is not, see proc(5).
_COUNT = """\
n=0
for p in /proc/[0-9]*; do
  while read -r key state rest; do
    [ "$key" = State: ] || continue
    [ "$state" = Z ] || n=$((n + 1))
    break
  done 2> /dev/null < "$p/status"
done
echo $((n - 1))
"""


def processes(inside: Inside) -> int:
    """Return how many processes run in a container besides its main process; zombies do not count.

    The engine looks from outside, so nothing that a job does hides one. Where it cannot (a runtime
    with a kernel of its own), they are counted inside, where none can hide either. Raises
    `SandboxGone`.
    """
    api = inside.engine.client.api
    with inside.engine.guard("counting a container's processes"):
        try:
            main = str(api.inspect_container(inside.container)["State"]["Pid"])
            alive = _alive(api.top(inside.container, "-eo pid,stat"), main)
        except docker.errors.APIError as error:
            require_running(error)
            alive = None
        if alive is None:
            alive = _counted_inside(inside)
    return max(0, alive - (1 if inside.facts.python3 else MAIN_LOOP_PROCESSES))


def _alive(seen: Mapping[str, Any], main: str) -> int | None:
    """Count what the engine saw; ``None`` when the main process is not in it, so not this."""
    titles, rows = seen["Titles"], seen["Processes"]
    if "PID" not in titles or "STAT" not in titles:
        return None
    pid, state = titles.index("PID"), titles.index("STAT")
    if main not in (row[pid] for row in rows):
        return None
    return sum(not row[state].startswith("Z") for row in rows)


def _counted_inside(inside: Inside) -> int:
    api = inside.engine.client.api
    created = api.exec_create(inside.container, ["/bin/sh", "-c", _COUNT], user=inside.user)
    said = bytes(api.exec_start(created["Id"])).decode(errors="replace").strip()
    if not said.isdecimal():
        raise EngineRefused(f"the processes of a container cannot be counted: {said[-200:]}")
    return int(said)


def end_stragglers(inside: Inside) -> None:
    """End what a timed-out command left running, children in sessions of their own included.

    No profile may signal other users' processes: where some are left, the container is ended.
    """
    sent = send_all(inside, "KILL")
    if not sent or (inside.profile is not Profile.RUNNER and processes(inside) > 0):
        kill(inside.engine, inside.container)


def send_all(inside: Inside, signal: str) -> bool:
    """Send a signal to everything in a container but its main process; say whether that went.

    A shell's own ``kill`` needs no new process, so a full process table does not stop it; -1 means
    everything but itself and the container's main process.
    """
    api = inside.engine.client.api
    script = ["/bin/sh", "-c", f"kill -{signal} -1; exit 0"]
    root = inside.profile is not Profile.RUNNER and inside.user != "0:0"
    users = [inside.user, *(["0:0"] if root else [])]
    with (
        inside.engine.guard("ending a command that took too long"),
        suppress(docker.errors.APIError),
    ):
        for user in users:
            created = api.exec_create(inside.container, script, user=user)
            api.exec_start(created["Id"])
            if api.exec_inspect(created["Id"])["ExitCode"] != 0:
                return False
        return True
    return False


def require_running(error: docker.errors.APIError) -> None:
    """Raise `SandboxGone` when ``error`` says that the container is gone or does not run."""
    if error.status_code in (404, 409) or podman.NOT_RUNNING in str(error.explanation):
        raise SandboxGone(f"the container is not running: {error.explanation}") from None
