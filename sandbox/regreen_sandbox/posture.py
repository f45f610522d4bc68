"""What a container may do: every protection of the sandbox in one place.

uid 1001 without any capability and no way to gain one, the engine's own seccomp profile and masked
paths, no network but loopback, nothing of the host mounted save (when given) the folder of the
package index's socket, and bounds on memory, processes, processors, files and log.
"""

from __future__ import annotations

import io
import resource
import tarfile
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from docker.types import LogConfig, Mount, Ulimit

from regreen_sandbox.engine import Engine
from regreen_sandbox.labels import Kind, Owner
from regreen_sandbox.limits import GIB, Limits
from regreen_sandbox.network.wiring import Connector, Wiring
from regreen_sandbox.profiles import UID, Profile

HOME = "/home/runner"
WORK = "/home/runner/work"
RELAY = "/opt/regreen/relay.py"
HOSTNAME = "regreen"


@dataclass(frozen=True, slots=True)
class CacheMount:
    """A volume, by its name, and the folder of the container that it is mounted at, writable."""

    volume: str
    path: str


@dataclass(frozen=True, slots=True)
class Posture:
    """What one container is started with; ``runtime`` is the engine's own when it is empty."""

    engine: Engine
    limits: Limits
    owner: Owner
    network: Connector
    profile: Profile = Profile.RUNNER
    caches: tuple[CacheMount, ...] = ()
    runtime: str = ""

    def options(self, image: str, name: str, wiring: Wiring) -> dict[str, Any]:
        """Return the arguments of the engine's create call.

        The command is absolute and isolated (``-I``): a job can write to folders on the image's
        ``PATH`` and to the user's site-packages, and a snapshot keeps what it wrote.
        """
        rights = self.profile.rights
        relay = wiring.relay if wiring.relay is not None else ("--no-index",)
        home = {} if rights.home is None else {"HOME": rights.home}
        return {
            "image": image,
            "name": name,
            "entrypoint": ["/usr/bin/python3", "-I", RELAY, "--ready-file", "/dev/null", *relay],
            "command": [],
            "user": rights.user,
            # A network namespace that is another container's comes with that one's host name.
            "hostname": None if wiring.network_mode.startswith("container:") else HOSTNAME,
            "working_dir": "/",
            "environment": home | dict(wiring.environment),
            "labels": self.owner.labels(Kind.SANDBOX),
            "healthcheck": {"test": ["NONE"]},
            "host_config": self._host_config(wiring),
            # The client would copy the host's proxy settings, passwords and all, into it.
            "use_config_proxy": False,
        }

    def _host_config(self, wiring: Wiring) -> dict[str, Any]:
        rights = self.profile.rights
        limits = self.limits
        memory = min(limits.memory_bytes, self.engine.memory_bytes or limits.memory_bytes)
        files_open = _at_most_ours(limits.open_files)
        config: dict[str, Any] = self.engine.client.api.create_host_config(
            cap_drop=["ALL"],
            cap_add=list(rights.capabilities),
            security_opt=["no-new-privileges"] if rights.no_new_privileges else [],
            privileged=False,
            runtime=self.runtime or None,
            network_mode=wiring.network_mode,
            ipc_mode="private",
            cgroupns="private",
            mounts=[*wiring.mounts, *map(_volume, self.caches)],
            mem_limit=memory,
            memswap_limit=memory,
            pids_limit=limits.pids,
            nano_cpus=int(min(limits.cpus, self.engine.cpus) * 1e9),
            shm_size=min(GIB, memory // 4),
            ulimits=[
                Ulimit(name="core", soft=0, hard=0),
                Ulimit(name="nofile", soft=files_open, hard=files_open),
                Ulimit(name="fsize", soft=limits.file_bytes, hard=limits.file_bytes),
            ],
            # A job can write to the main process's output, which the engine stores on the host.
            log_config=LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
            restart_policy={"Name": "no"},
        )
        return config


def _volume(cache: CacheMount) -> Mount:
    return Mount(cache.path, cache.volume, type="volume")


def furniture() -> bytes:
    """Return the tar, for ``/``, of what a container needs before it starts.

    That is the main process's program, root's and read-only, and the work folder, the job's.
    """
    program = files("regreen_sandbox").joinpath("index/relay.py").read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(_entry(Path(RELAY).parent, 0o755, 0, folder=True))
        relay = _entry(Path(RELAY), 0o444, 0)
        relay.size = len(program)
        tar.addfile(relay, io.BytesIO(program))
        tar.addfile(_entry(Path(WORK), 0o755, UID, folder=True))
    return buffer.getvalue()


def _at_most_ours(wanted: int) -> int:
    """Cut a number of open files to this host's own bound, beyond which the engine cannot go."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _entry(path: Path, mode: int, uid: int, *, folder: bool = False) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(str(path).lstrip("/"))
    entry.type = tarfile.DIRTYPE if folder else tarfile.REGTYPE
    entry.mode, entry.uid, entry.gid = mode, uid, uid
    entry.mtime = int(time.time())
    return entry
